"""Administration: all users, for superusers."""
