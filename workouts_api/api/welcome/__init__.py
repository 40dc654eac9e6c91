"""The greeting at the bare address."""
