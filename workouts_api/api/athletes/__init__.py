"""Athletes: the persons whose training is recorded."""
