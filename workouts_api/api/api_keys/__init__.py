"""API keys: what scripts and old clients present in place of a sign-in."""
