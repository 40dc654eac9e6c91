"""What a bare machine gets so that there is something to see: an SSH server, an athlete, a year of training."""
