"""A training-log server whose data layer is hand-written SQL in checked-in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from workouts_api.config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application. Each line of this function sets up one chapter.

    :param settings: read from the environment unless given.
    :raises workouts_api.config.ConfigurationError: naming everything that is wrong.
    """
    from workouts_api import application

    return application.build(settings)
