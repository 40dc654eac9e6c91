"""Reports: what a training history amounts to."""
