"""Tests of `workouts smoke`."""
