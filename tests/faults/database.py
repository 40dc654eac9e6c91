"""The database answers, and does not do what it is asked: locked, slow, read-only, full."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.fault import LATE, REFUSED, Fault
from tests.faults.stage import NAME, NotHere, Stage, fill_disk


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    """Every connection of every pool waits for a table."""
    with stage.superuser() as admin, admin.transaction():
        admin.execute("lock table workouts.sessions in access exclusive mode")
        yield


_SLOW = """
create function workouts.slow_for_a_fault() returns trigger language plpgsql as
  $$ begin perform pg_sleep(8); return new; end $$;
create trigger slow_for_a_fault before insert on workouts.sessions
  for each row execute function workouts.slow_for_a_fault()
"""
_QUICK = "drop function if exists workouts.slow_for_a_fault() cascade"


@contextmanager
def slow(stage: Stage) -> Iterator[None]:
    """Each new session takes longer than a request may."""
    with stage.superuser() as admin:
        admin.execute(_SLOW)
        try:
            yield
        finally:
            admin.execute(_QUICK)


@contextmanager
def read_only(stage: Stage) -> Iterator[None]:
    """As a standby, or a server that its keeper closed to writes."""
    with stage.superuser("postgres") as admin:
        _let_read_only(stage, "on")
        try:
            yield
        finally:
            admin.execute(f"alter database {NAME} reset default_transaction_read_only")
            _reconnect(stage)


def _let_read_only(stage: Stage, value: str) -> None:
    with stage.superuser("postgres") as admin:
        admin.execute(f"alter database {NAME} set default_transaction_read_only = {value}")
    _reconnect(stage)


def _reconnect(stage: Stage) -> None:
    """Connections that stand keep what they were begun with."""
    with stage.superuser("postgres") as admin:
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'workouts-%'")


@contextmanager
def disk_full(stage: Stage) -> Iterator[None]:
    """Not a byte is left where the database writes. What ended for it is started again when there is room."""
    if stage.disk is None:
        raise NotHere("only root may mount a small disk")
    ballast = fill_disk(stage.disk)
    try:
        yield
    finally:
        ballast.unlink()
        with contextlib.suppress(OSError):
            time.sleep(0.2)
        if not stage.cluster.is_running():
            stage.start_database()


@contextmanager
def log_disk_full(stage: Stage) -> Iterator[None]:
    if stage.log_disk is None:
        raise NotHere("only root may mount a small disk")
    ballast = fill_disk(stage.log_disk)
    try:
        yield
    finally:
        ballast.unlink()


FAULTS = (
    Fault("All connections wait for a lock", locked, LATE),
    Fault("Writing takes longer than a request may", slow, LATE),
    Fault("The database is read-only", read_only, REFUSED),
    Fault("The database's disk is full", disk_full, LATE, road="direct"),
    Fault("The log's disk is full", log_disk_full, road="direct", idle=False),
)
