"""API keys: scripts and old clients send one instead of signing in."""
