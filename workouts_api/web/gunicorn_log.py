"""gunicorn's own messages, as lines of the application's log."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger as _Logger


class Logger(_Logger):
    def setup(self, cfg: Any) -> None:
        """Leaves the handlers to workouts_api.logs; the application writes the line of each request."""
        self.loglevel = self.LOG_LEVELS[cfg.loglevel.lower()]
        self.error_log.setLevel(self.loglevel)
        self.error_log.handlers = []
        self.error_log.propagate = True
        self.access_log.disabled = True
