"""Tests of `workouts backup`."""
