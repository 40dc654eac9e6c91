"""Exercises: the shared catalogue and the athletes' own."""
