"""The database: the only owner of connections. What the rest of the application uses of it."""

from __future__ import annotations

from workouts_api.database.access import Database, transaction
from workouts_api.database.callers import ApiKey, Caller, Claim, acting, caller, found_caller, reset_caller, set_caller
from workouts_api.database.pool import CONNECT_TIMEOUT, IDLE, RECONNECT_TIMEOUT
from workouts_api.database.prepared import Statement

__all__ = [
    "CONNECT_TIMEOUT",
    "IDLE",
    "RECONNECT_TIMEOUT",
    "ApiKey",
    "Caller",
    "Claim",
    "Database",
    "Statement",
    "acting",
    "caller",
    "found_caller",
    "reset_caller",
    "set_caller",
    "transaction",
]
