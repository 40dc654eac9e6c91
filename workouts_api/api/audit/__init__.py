"""The audit record: who changed what."""
