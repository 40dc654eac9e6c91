"""``python -m tests.checks.last_release``: the last release's query files on the schema that today's migrations make.

``workouts_api.dba.releases`` compares. A difference that harms nobody, and is not known as harmless, is accepted in
last_release.toml, with its reason. A function that today's migrations leave over is in no fresh database, so
`workouts db drift --files` would name it in each database that came from the last release.
"""

from __future__ import annotations

import re
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

import psycopg

from workouts_api.dba.releases import NotThereError, compare, unpack
from workouts_api.migrate import MigrationError
from workouts_api.migrate.files import MIGRATIONS
from workouts_api.migrate.scratch import scratch_database
from workouts_api.sql.catalogue import QueryFileError

ROOT = Path(__file__).parents[2]
TOLD = Path(__file__).with_name("last_release.toml")
SCHEMA = ROOT / "docs" / "schema.sql"
_FUNCTIONS = """
select format('workouts.%I(%s)', p.proname, pg_get_function_arguments(p.oid))
from pg_proc as p
where p.pronamespace = 'workouts'::regnamespace
  and p.prokind in ('f', 'p')
"""
SKIPPED = 77  # the exit code of a check that could not be made


def differences(superuser: str, queries: Path, before: Path, after: Path = MIGRATIONS) -> list[str]:
    """What the old query files notice when the migrations ``after`` follow ``before``, a line each."""
    found = compare(superuser, queries, before, after).differences
    return [one.told for one in found if not one.is_harmless]


def left_over(migrated: str, schema: str) -> list[str]:
    """The functions of a database from the last release that a fresh one does not have, a line each.

    :param schema: what today's migrations make of an empty database, as `workouts db dump` writes it.
    """
    fresh = set(re.findall(r"^CREATE OR REPLACE (?:FUNCTION|PROCEDURE) (.*\))$", schema, re.MULTILINE))
    with psycopg.connect(migrated, options="-c search_path=workouts") as conn:
        found = {str(name) for (name,) in conn.execute(_FUNCTIONS.encode())}
    return [
        f"{name}: a fresh database does not have it: drop it above the function that takes its place"
        for name in sorted(found - fresh)
    ]


def last_release(told: Mapping[str, str], folder: Path) -> str:
    """Puts the last release's queries and migrations into a folder; what it was found by, its tag or its commit.

    :raises NotThereError: in a clone that has neither, or in no clone at all.
    """
    for name in (told["tag"], told["commit"]):
        try:
            unpack(name, folder, ROOT)
        except NotThereError as error:
            if "expected a wheel" not in str(error):
                raise
        else:
            return name
    raise NotThereError(
        f"this clone has neither the tag {told['tag']} nor its commit {told['commit'][:12]}: `git fetch --tags`,"
        " in a shallow clone with --unshallow"
    )


def main() -> int:
    told = tomllib.loads(TOLD.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="workouts-release-") as name, scratch_database() as scratch:
        folder = Path(name)
        try:
            found = last_release(told, folder)
        except NotThereError as error:
            print(error)
            return SKIPPED
        try:
            problems = differences(scratch, folder / "queries", folder / "migrations")
            problems += left_over(scratch, SCHEMA.read_text(encoding="utf-8"))
        except QueryFileError as error:
            problems = [f"today's reader of query files refuses one of {found}: {one}" for one in error.problems]
        except MigrationError as error:
            problems = [f"after the migrations of {found}, today's stop: {error}"]
    harmful = [problem for problem in problems if problem not in told["accepted"]]
    gone = sorted(set(told["accepted"]) - set(problems))
    for problem in harmful:
        print(problem)
    for accepted in gone:
        print(f"{TOLD.name} accepts what is no longer so: {accepted}")
    if harmful:
        print("How to change a schema that the last release still uses: docs/MIGRATIONS.md, Without downtime.")
    if harmful or gone:
        return 1
    print(f"The query files of {found} run on today's schema as on theirs.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
