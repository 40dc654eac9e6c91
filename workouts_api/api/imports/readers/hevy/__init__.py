"""Hevy: a table of comma-separated values with one row per set."""

from workouts_api.api.imports.history import Reader

from .file import open_export

READER = Reader("hevy", "a Hevy export", "A CSV file as Hevy exports it, UTF-8.", open_export)
