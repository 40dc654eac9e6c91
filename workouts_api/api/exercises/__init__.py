"""Exercises: the shared catalogue and an athlete's own."""
