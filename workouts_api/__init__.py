"""A training-log server whose data layer is hand-written SQL in checked-in files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from workouts_api.config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application: each line is a chapter.

    :param settings: read from the environment unless given.
    :raises workouts_api.config.ConfigurationError: naming everything that is wrong.
    """
    # structlog and PyJWT load them where they are installed: a tenth of a worker's memory, for colours and for
    # signatures by key pairs, of which it has neither.
    with _hidden("rich", "cryptography"):
        from workouts_api import application

    return application.build(settings)


@contextmanager
def _hidden(*packages: str) -> Iterator[None]:
    """Imports inside don't find these packages; who imports them later does."""
    absent = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type] # None is how Python marks what is not there
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
