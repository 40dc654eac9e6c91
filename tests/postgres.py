"""Throw-away PostgreSQL clusters for tests: real servers with durability switched off."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from workouts_api.host.embedded import NO_OPTIONS, TRUST_ON_SOCKET, EmbeddedPostgres, find_binaries

STATEMENTS = "50000"  # the usual 5,000 are full in a whole run, and then what a test has just called may be dropped
ROLES = Path(__file__).parent.parent / "deploy" / "roles.sql"


def chosen_bin_dir() -> Path | None:
    """The folder of programs for the whole run, from WORKOUTS_TEST_PG_BIN. None means that find_binaries chooses."""
    named = os.environ.get("WORKOUTS_TEST_PG_BIN")
    return Path(named) if named else None


@contextmanager
def throwaway_cluster(
    folder: Path,
    *,
    bin_dir: Path | None = None,
    options: Mapping[str, str] = NO_OPTIONS,
    hba: Sequence[str] = TRUST_ON_SOCKET,
) -> Iterator[EmbeddedPostgres]:
    """A started cluster with the project's roles. It is removed when the last process that shares it leaves.

    Processes that give the same folder share one cluster. For TCP, give ``listen_addresses`` and lines of pg_hba.conf.
    """
    options = {"pg_stat_statements.max": STATEMENTS, **options}
    server = EmbeddedPostgres(
        folder, binaries=find_binaries(bin_dir or chosen_bin_dir()), durable=False, options=options, hba=hba
    )
    server.start()
    try:
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            # One process at a time: two that create the same role at the same moment conflict in pg_authid.
            admin.execute("select pg_advisory_lock(hashtext('roles.sql'))")
            admin.execute(ROLES.read_bytes())
        yield server
    finally:
        if server.stop():
            server.delete()


# Other databases of the server are those of tests that run at the same time.
WAITING = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"

_INVISIBLE = """
select string_agg(c.oid::regclass::text, ', ')
from pg_class as c
where c.relkind = 'r' and c.relnamespace = 'workouts'::regnamespace and c.relallvisible < c.relpages
"""


def vacuum(conn: psycopg.Connection[Any]) -> None:
    """Vacuums and analyzes until every page is visible to all, which decides what an index-only scan costs.

    Once is not enough: with synchronous_commit off rows are visible to all only when their WAL is written, and a
    snapshot elsewhere, as of autovacuum, may be in the way. Autovacuum would see to it later, in the middle of a test.
    Without index_cleanup, a vacuum leaves the dead entries of a large table's few pages where they are, each time.
    """
    tables: str | None = ""
    for _ in range(100):
        conn.execute("checkpoint")
        conn.execute(f"vacuum (analyze, index_cleanup on) {tables}".encode())
        [tables] = conn.execute(_INVISIBLE).fetchone() or [None]
        if tables is None:
            return
        time.sleep(0.1)
    raise AssertionError(f"pages of {tables} stay invisible to somebody")
