"""Users: the persons who can sign in."""
