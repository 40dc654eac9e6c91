"""Teams: who coaches whom."""
