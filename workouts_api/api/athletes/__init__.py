"""Athletes: whose training it is."""
