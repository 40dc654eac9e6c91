"""Counts and times of what the host's processes do, for Prometheus. Each process writes its own file a second."""

from __future__ import annotations

from workouts_api.metrics.publishing import Publisher
from workouts_api.metrics.tally import note, note_query, note_request

CONTENT_TYPE = "text/plain; version=1.0.0; charset=utf-8"
"""Of the exposition."""

__all__ = ["CONTENT_TYPE", "Publisher", "exposition", "note", "note_query", "note_request"]


def exposition(settings: object = None) -> bytes:
    """All metrics of this host in Prometheus' text format. It asks no process and no database: it reads files.

    :param settings: the settings; read from the environment if they are not given.
    """
    from pathlib import Path

    from workouts_api.config import Settings, load_settings
    from workouts_api.metrics.exposing import expose

    known = settings if isinstance(settings, Settings) else load_settings(dotenv=Path(".env"))
    return expose(known)
