"""The line of each request."""

from __future__ import annotations

import datetime as dt
import logging
import time
from typing import TYPE_CHECKING, Any

from flask import Flask, Response

from workouts_api.database import found_caller
from workouts_api.logs import configure, is_json, log, write_request

if TYPE_CHECKING:
    from workouts_api.config import Settings

_LONG_WAIT = 0.01  # seconds for a thread that are worth telling


def init_app(app: Flask, settings: Settings) -> None:
    configure(settings)
    if logging.getLevelNamesMapping()[settings.log_level] > logging.INFO:
        return
    write = write_request if is_json(settings) else _to_console
    now, utc = dt.datetime.now, dt.UTC
    slow_ms = settings.slow_request * 1000

    @app.after_request
    def log_request(response: Response) -> Response:
        who = found_caller()
        if who is None:
            return response
        ms = round((time.perf_counter() - who.started) * 1000, 2)
        line: dict[str, Any] = {
            "event": "request",
            "level": "info",
            "timestamp": now(utc),
            "method": who.method,
            "path": who.path,
            "status": response.status_code,
            "ms": ms,
            "address": who.address,
            "user_id": who.user_id,
            "trips": who.trips,
            "statements": who.statements,
            "request_id": who.request_id,
        }
        if who.account_id is not None:
            line["account_id"] = who.account_id
        if who.replica is not None:
            line["replica"] = who.replica
        if ms >= slow_ms or who.waited_s >= _LONG_WAIT:
            _add_waits(line, who, is_slow=ms >= slow_ms)
        write(line)
        return response


def _add_waits(line: dict[str, Any], who: Any, *, is_slow: bool) -> None:
    """Where the time of a slow request went. The times of the statements are in their order."""
    line |= {
        "waited_ms": round(who.waited_s * 1000, 2),
        "pool_ms": round(who.pool_s * 1000, 2),
        "database_ms": round(who.database_s * 1000, 2),
        "statement_ms": [round(seconds * 1000, 2) for seconds in who.took],
    }
    if is_slow:
        line |= {"slow": True, "level": "warning"}


def _to_console(line: dict[str, Any]) -> None:
    level = line.pop("level")
    del line["timestamp"]
    getattr(log, level)(**line)
