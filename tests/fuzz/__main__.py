"""``python -m tests.fuzz``: 20,000 made-up requests to a served API on a database of its own, signed in.

As somebody with training, as their coach and as a superuser. Ends with 1 where anything was found.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import schemathesis

from tests.access.cast import World
from tests.conftest import SECRET, create_database, roomy_memory, url
from tests.fuzz.fuzzing import UNSIGNED, Fuzzing, told
from tests.postgres import throwaway_cluster
from tests.road.processes import gunicorn, short_folder, wait_until
from tests.road.served import Api
from tests.routes import PASSWORD
from workouts_api import create_app
from workouts_api.api.auth.passwords import hash_password
from workouts_api.config import load_settings
from workouts_api.migrate import migrate


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="tried again, the same requests")
    asked = parser.parse_args()
    with _served() as (place, world, log):
        _tell(f"--seed {asked.seed}; what the server says: {log}")
        schema = schemathesis.openapi.from_url(f"http://{place}/openapi.json", config=UNSIGNED)
        fuzzing = Fuzzing(world, schema)
        fuzzing.run(asked.cases, asked.seed, _tell)
        for line in told(fuzzing):
            _tell(line)
        if fuzzing.server_errors:
            _tell(log.read_text()[-20_000:])
    sys.exit(1 if fuzzing.found else 0)


@contextmanager
def _served() -> Iterator[tuple[str, World, Path]]:
    """Where it is served, the people who call it, and its log."""
    with ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        cluster = stack.enter_context(throwaway_cluster(roomy_memory() / f"fuzz-{secrets.token_hex(4)}"))
        with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
            create_database(admin, "fuzz", "template0")
        migrate(cluster.dsn("fuzz", "workouts_migrator"))
        environ = {
            "APP_ENV": "development",
            "DATABASE_URL": url(cluster, "fuzz", "workouts_app"),
            "JWT_SECRET_KEY": SECRET,
            "LOG_LEVEL": "WARNING",
            "RATE_LIMITS": "false",
            "WEB_THREADS": "4",
            "WEB_WORKERS": "1",
            "WORKOUTS_DATA_DIR": str(folder),
        }
        place = stack.enter_context(gunicorn(environ, folder))
        app = create_app(load_settings(environ))
        app.extensions["database"].open()
        stack.callback(app.extensions["database"].close)
        database = stack.enter_context(psycopg.connect(cluster.dsn("fuzz"), autocommit=True))
        database.execute("set search_path = workouts, extensions, pg_temp")
        world = World(app, database, hash_password(PASSWORD))
        log = folder / "gunicorn.log"
        wait_until(lambda: Api(place).get("/health/ready").status == 200, log)
        yield place, world, log


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
