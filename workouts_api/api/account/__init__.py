"""The caller's own account: reading it, changing it, its logins, and deleting it."""
