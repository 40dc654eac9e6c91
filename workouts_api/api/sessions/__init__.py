"""Workout sessions with their exercises and sets."""
