"""The standard library's loggers, which packages use: their records become lines like all others."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable

from workouts_api.logs.outages import Outages

_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|0x[0-9a-f]+|\d+(?:\.\d+)*")
_TRACE = logging.Formatter()
_CONSOLE = logging.Formatter("%(levelname)s %(name)s: %(message)s")


def fold(message: str) -> str:
    """A message without what differs from one time to the next: numbers, addresses in memory, what stands in quotes."""
    return _VALUES.sub("_", message[:500])


class Bridge(logging.Handler):
    """Writes records as lines of the log; what is repeated is folded."""

    def __init__(self, write: Callable[..., None] | None, outages: Outages) -> None:
        """:param write: writes a line of JSON; None: text for a terminal."""
        super().__init__()
        self._write = write
        self._outages = outages

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
            if record.levelno >= logging.WARNING and not self._is_news(record, message):
                return
            self._say(record, message)
        except Exception:
            self.handleError(record)

    def _is_news(self, record: logging.LogRecord, message: str) -> bool:
        def tell(what: str, times: int, seconds: float) -> None:
            self._say(record, message, outage=what, times=times, seconds=seconds)

        return self._outages.is_news((record.name, record.levelno, fold(message)), tell)

    def _say(self, record: logging.LogRecord, message: str, **more: object) -> None:
        if self._write is None:
            told = f" ({', '.join(f'{name} {value}' for name, value in more.items())})" if more else ""
            # Not sys.stderr: who replaces that for a while, to read what a command says, would get other threads' text.
            print(_CONSOLE.format(record) + told, file=sys.__stderr__)
            return
        if record.exc_info and not more:
            more["exception"] = _TRACE.formatException(record.exc_info)
        self._write(message, level=record.levelname.lower(), logger=record.name, **more)
