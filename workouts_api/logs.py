"""Logs: one line per request and one per error, as text or JSON, with the request's id. No secrets and no bodies."""

from __future__ import annotations

import datetime as dt
import logging
import sys
import time
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from flask import Flask, Response, g, request

if TYPE_CHECKING:
    from workouts_api.config import Settings

log = structlog.get_logger("workouts")


def init_app(app: Flask, settings: Settings) -> None:
    configure(settings)
    if logging.getLevelNamesMapping()[settings.log_level] > logging.INFO:
        return
    write = _write_line if _is_json(settings) else log.info

    @app.after_request
    def log_request(response: Response) -> Response:
        who = g.get("caller")
        if who is not None:
            write(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=round((time.perf_counter() - g.started) * 1000, 2),
                user_id=who.user_id,
                trips=who.trips,
                statements=who.statements,
                request_id=who.request_id,
            )
        return response


def _write_line(event: str, **more: Any) -> None:
    """Writes the JSON line that log.info() would write, in a quarter of the time. It is used for every request."""
    now = dt.datetime.now(dt.UTC)
    line = orjson.dumps({**more, "event": event, "level": "info", "timestamp": now}, option=orjson.OPT_UTC_Z)
    sys.__stderr__.write(line.decode() + "\n")  # type: ignore[union-attr] # no window system without a terminal here


def _is_json(settings: Settings) -> bool:
    return (settings.log_format or ("console" if settings.app_env == "development" else "json")) == "json"


def configure(settings: Settings) -> None:
    """Sets up structlog and the standard library's loggers. Of the latter only warnings are shown."""
    as_json = _is_json(settings)
    renderer: Any = (
        structlog.processors.JSONRenderer(serializer=_dumps)
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # the default one prints locals, even secrets
        )
    )
    exceptions = [structlog.processors.format_exc_info] if as_json else []
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *exceptions,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level]),
        logger_factory=structlog.PrintLoggerFactory(sys.__stderr__),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    # psycopg warns of every pipeline that ends with an error. This application reports the error itself.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    logging.getLogger("psycopg.pool").setLevel(logging.WARNING)


def _dumps(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()
