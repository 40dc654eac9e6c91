"""Teams: which coaches train which athletes."""
