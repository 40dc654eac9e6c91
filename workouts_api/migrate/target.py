"""Which database a command works on.

Owns the choice alone: a URL from the command line; else DATABASE_DIRECT_URL, because a runner holds a lock over its
transactions; else DATABASE_URL, through the tunnel where SSH_HOST is set; else the embedded database in the data
folder, which is made where it is missing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

TUNNEL_WAIT = 5.0  # seconds for a tunnel that is just being started beside this command


@contextmanager
def target_database(database_url: str | None) -> Iterator[str]:
    """A conninfo for as long as it is needed.

    :raises ConfigurationError, TunnelError, EmbeddedError: in the words of those who own the matter.
    """
    if database_url:
        yield database_url
        return
    # Only here: with --database-url, a migration needs neither settings nor tunnel, and starts sooner.
    from workouts_api.host.bare_machine import DATABASE, MIGRATOR, data_folder, embedded_database, settings_with_secret

    settings, _ = settings_with_secret(os.environ)
    if settings.database_url:
        from workouts_api.tunnel import connection_of_command

        yield connection_of_command(settings.direct(), wait=TUNNEL_WAIT if settings.ssh_host else 0.0)
        return
    with embedded_database(data_folder(settings)) as server:
        yield server.dsn(DATABASE, MIGRATOR)
