"""Tests of `workouts doctor`."""
