"""Logs: one line per request and one per error, as text or JSON, with the request's id. No secrets and no bodies.

All lines of a process go the same way: structlog's, the standard library's loggers (gunicorn, psycopg, procrastinate,
paramiko), warnings, and exceptions that nobody catches.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import click
import orjson
import structlog

from workouts_api.logs.lines import Files, StandardError
from workouts_api.logs.outages import Outages
from workouts_api.logs.standard import Bridge, fold

if TYPE_CHECKING:
    from workouts_api.config import Settings

log = structlog.get_logger("workouts")

_outages = Outages()
os.register_at_fork(after_in_child=_outages.forget)
_QUICK = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
_OPTIONS = _QUICK | orjson.OPT_NON_STR_KEYS
_ERRORS = ("error", "critical")

_sink: StandardError | Files = StandardError()
_as_json = False


def write_line(event: str, **more: Any) -> None:
    """Writes the JSON line that log.info() would write, in a quarter of the time."""
    line = {"event": event, "level": "info", "timestamp": dt.datetime.now(dt.UTC), **more}
    _sink.write(orjson.dumps(line, option=_OPTIONS), is_error=line["level"] in _ERRORS)


def write_request(line: dict[str, Any]) -> None:
    """Writes the line of a request, which has its event, level and time already: the quickest way."""
    _sink.write(orjson.dumps(line, option=_QUICK))


def is_json(settings: Settings) -> bool:
    """Whether lines are JSON. Files always are."""
    if settings.log_file:
        return True
    return (settings.log_format or ("console" if settings.app_env == "development" else "json")) == "json"


def configure(settings: Settings) -> None:
    """Sets up structlog and the standard library's loggers. Of the latter mostly warnings are shown."""
    global _as_json, _sink
    as_json = _as_json = is_json(settings)
    if settings.log_file:
        _sink = Files(settings.log_file, settings.log_days, settings.log_error_days)
    else:
        _sink = StandardError()
    level = logging.getLevelNamesMapping()[settings.log_level]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _fold,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *((structlog.processors.format_exc_info, _as_line) if as_json else (_console(),)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Writer if as_json else structlog.PrintLoggerFactory(sys.__stderr__),
        cache_logger_on_first_use=True,
    )
    _take_standard_loggers(Bridge(write_line if as_json else None, _outages))


def take_over(settings: Settings) -> None:
    """As configure(), for a process that is wholly ours: warnings and exceptions that nobody catches are lines too."""
    configure(settings)
    if is_json(settings):
        logging.captureWarnings(capture=True)
        sys.excepthook = _tell_uncaught
        threading.excepthook = lambda args: _tell_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _tell_uncaught(kind: Any, error: Any, trace: Any) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger("workouts_api").error("%s ended the thread", kind.__name__, exc_info=(kind, error, trace))


def _take_standard_loggers(bridge: Bridge) -> None:
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if not isinstance(handler, Bridge)]
    root.addHandler(bridge)
    root.setLevel(logging.WARNING)
    logging.getLogger("workouts_api.tunnel").setLevel(logging.INFO)
    # psycopg warns of every pipeline that ends with an error. This application reports the error itself.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    logging.getLogger("psycopg.pool").setLevel(logging.WARNING)


def say(text: str) -> None:
    """What a command tells whoever has started it: a line on standard output, or of the log if that is JSON."""
    if _as_json:
        write_line(text, logger="serve")
    else:
        click.echo(text)
        sys.stdout.flush()


def warn(text: str, **fields: Any) -> None:
    """As say(), of what somebody should look at; the fields are the JSON line's."""
    if _as_json:
        write_line(text, level="warning", logger="serve", **fields)
    else:
        say(f"Warning: {text}")


class _Writer:
    """What structlog hands its lines to."""

    def __init__(self, *_: Any) -> None:
        pass

    def msg(self, line: bytes, *, is_error: bool) -> None:
        _sink.write(line, is_error=is_error)

    debug = info = warning = error = critical = exception = msg


def _as_line(_: Any, __: str, event: Any) -> tuple[tuple[bytes], dict[str, bool]]:
    line = orjson.dumps(event, default=str, option=_OPTIONS)
    return (line,), {"is_error": event["level"] in _ERRORS}


def _fold(_: Any, __: str, event: Any) -> Any:
    """Lets a warning through once. Lines of a request or a job are never folded: they can be looked up by its id."""
    if event["level"] == "info" or "request_id" in event or "job_id" in event or "outage" in event:
        return event

    def tell(what: str, times: int, seconds: float) -> None:
        known = {name: value for name, value in event.items() if name not in ("exc_info", "timestamp", "level")}
        log.warning(**known, outage=what, times=times, seconds=seconds)

    if not _outages.is_news(("workouts", fold(str(event.get("event")))), tell):
        raise structlog.DropEvent
    return event


def _console() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        exception_formatter=structlog.dev.plain_traceback,  # the default one prints locals, even secrets
    )
