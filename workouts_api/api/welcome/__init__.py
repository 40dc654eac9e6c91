"""What the bare address answers."""
