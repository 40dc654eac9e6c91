"""One's own account: its data, its logins, its end."""
