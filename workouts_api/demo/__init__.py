"""The demo: an athlete with a year of training, which a new server gets so that there is something to see."""
