"""Throw-away PostgreSQL clusters for tests: real servers with durability switched off."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from workouts_api.host.embedded import NO_OPTIONS, TRUST_ON_SOCKET, EmbeddedPostgres, find_binaries

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
