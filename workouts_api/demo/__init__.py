"""What a bare machine gets so that there is something to see: an athlete with a year of training."""
