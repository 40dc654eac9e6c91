"""Reports: figures about a training history."""
