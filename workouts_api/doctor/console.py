"""Looks at the connection of the DBA's console, where it has one of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg

from workouts_api.config import Settings
from workouts_api.doctor.database import OWN, Row, connected, rows
from workouts_api.doctor.finding import Finding, fine, warning, wrong
from workouts_api.doctor.pooler import identity
from workouts_api.tunnel import TunnelError, connection_info

NAME = "CONSOLE_DATABASE_URL"
_USUAL = f"let {NAME} sign in as workouts_dba"


def look_at_console(settings: Settings) -> Iterator[Finding]:
    """Whether it answers, leads to the API's database, and signs in as a role that only looks, and at everything."""
    if settings.console_database_url is None:
        return
    try:
        with connected(connection_info(settings.of_console())) as conn:
            role, place = rows(conn, OWN / "console.sql")[0], identity(conn)
    except (psycopg.Error, TunnelError, OSError) as error:
        todo = f"mend {NAME}; without it the console sees what the application may"
        yield wrong("console", f"{NAME}: {' '.join(str(error).split())}", todo)
        return
    yield judge_console(role, is_same=_served(settings) in (None, place))


def _served(settings: Settings) -> Any:
    """The API's database. None: it does not answer, which is another finding."""
    with contextlib.suppress(psycopg.Error, TunnelError, OSError), connected(connection_info(settings)) as conn:
        return identity(conn)
    return None


def judge_console(role: Row, *, is_same: bool) -> Finding:
    said = f"{NAME} signs in as {role['role']}"
    if not is_same:
        todo = "let both lead to one database of one server"
        return wrong("console", f"{NAME} leads to another database than DATABASE_URL", todo)
    if role["is_too_strong"]:
        return wrong("console", f"{said}, a superuser or the schema's owner, whom nothing holds back", _USUAL)
    if not role["is_read_only"]:
        return warning("console", f"{said}, whose transactions may write", _USUAL)
    if not role["may_monitor"]:
        return warning("console", f"{said}, who does not see what others do", f"{_USUAL}, or grant it pg_monitor")
    return fine("console", f"{said}, who looks at everything and writes nothing")
