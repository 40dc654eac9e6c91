"""``python -m tests.checks.last_release``: the last release's query files on the schema that today's migrations make.

A deployment migrates first, so for a while the last release runs on the new schema. The check makes a throw-away
database, applies the last release's migrations, and looks at its query files. Then it applies today's migrations on top
and looks again: at parameters and columns, and at how each file ends when the application's role runs it on its samples
and rolls back. A table that the last release knows may not refuse more than it did. A difference that harms nobody is
accepted in last_release.toml, with its reason.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import conninfo

from workouts_api.dba.server import Session, StatementProblemError, is_explainable, session
from workouts_api.migrate import MigrationError, migrate
from workouts_api.migrate.files import MIGRATIONS
from workouts_api.migrate.scratch import scratch_database
from workouts_api.sql.catalogue import QueryFileError, load_catalogue
from workouts_api.sql.files import QueryFile

ROOT = Path(__file__).parents[2]
TOLD = Path(__file__).with_name("last_release.toml")
SKIPPED = 77  # the exit code of a check that could not be made

_COLUMNS = """
select format('%s.%s', c.relname, a.attname),
       a.attnotnull,
       a.atthasdef or a.attidentity <> ''
from pg_attribute as a
join pg_class as c on c.oid = a.attrelid
where c.relnamespace = 'workouts'::regnamespace
  and c.relkind in ('r', 'p')
  and a.attnum > 0
  and not a.attisdropped
"""
# What a table refuses: constraints, and unique indexes that are no constraint.
_REFUSALS = """
select format('%s on %s', k.conname, c.relname), c.relname, pg_get_constraintdef(k.oid)
from pg_constraint as k
join pg_class as c on c.oid = k.conrelid
where c.relnamespace = 'workouts'::regnamespace
  and k.contype <> 'n'
union all
select format('%s on %s', i.indexrelid::regclass, c.relname), c.relname, pg_get_indexdef(i.indexrelid)
from pg_index as i
join pg_class as c on c.oid = i.indrelid
where c.relnamespace = 'workouts'::regnamespace
  and i.indisunique
  and not exists (select from pg_constraint as k where k.conindid = i.indexrelid)
"""


class NotThereError(Exception):
    """The last release cannot be looked at here; the message says why, and what helps."""


@dataclass(frozen=True)
class Seen:
    """What a schema means to the query files; ``files`` by name: what they take and give, and how they end."""

    files: Mapping[str, str]
    columns: Mapping[str, tuple[bool, bool]]  # table.column: not null, has a default
    refusals: Mapping[str, tuple[str, str]]  # name on table: table, definition


def differences(superuser: str, queries: Path, before: Path, after: Path = MIGRATIONS) -> list[str]:
    """What is otherwise to query files when the migrations ``after`` follow ``before``, a line each.

    :param superuser: the conninfo of an empty database that is migrated by this.
    """
    files = list(load_catalogue(queries).files())
    migrate(superuser, migrations=before)
    old = _look(superuser, files)
    migrate(superuser, migrations=after)
    new = _look(superuser, files)
    return [*_of_files(old, new), *_of_columns(old, new), *_of_refusals(old, new)]


def _look(superuser: str, files: list[QueryFile]) -> Seen:
    with psycopg.connect(superuser, options="-c search_path=workouts") as conn:
        columns = {name: (not_null, default) for name, not_null, default in conn.execute(_COLUMNS.encode())}
        refusals = {name: (table, text) for name, table, text in conn.execute(_REFUSALS.encode())}
    with session(conninfo.make_conninfo(superuser, user="workouts_app"), read_only=False) as opened:
        return Seen({file.full_name: _described(opened, file) for file in files}, columns, refusals)


def _described(opened: Session, file: QueryFile) -> str:
    try:
        described = opened.describe(file)
    except StatementProblemError as error:
        return f"refused: {error}"
    takes = ", ".join(f"{name} {kind}" for name, kind in described.parameters.items())
    gives = ", ".join(f"{column.name} {column.type}" for column in described.columns)
    return f"takes ({takes}), gives ({gives}), {_outcome(opened, file)}"


def _outcome(opened: Session, file: QueryFile) -> str:
    """How a run on the samples ends. What privileges lack, and what a function's body lacks, shows only then."""
    if not is_explainable(file):
        return "not run"
    try:
        with opened.prepared(file, opened.values(file)) as execute, opened.rolled_back():
            opened.conn.execute(execute.encode())
    except psycopg.Error as error:
        return f"ends in {error.sqlstate}: {error.diag.message_primary}"
    except StatementProblemError as error:
        return f"its samples are refused: {error}"
    return "runs"


def _of_files(old: Seen, new: Seen) -> Iterator[str]:
    for name, was in old.files.items():
        if new.files[name] != was:
            yield f"{name}: it {was}; now it {new.files[name]}"


def _of_columns(old: Seen, new: Seen) -> Iterator[str]:
    tables = {name.partition(".")[0] for name in old.columns}
    for name, (not_null, default) in new.columns.items():
        if not not_null or name.partition(".")[0] not in tables:
            continue
        if name not in old.columns and not default:
            yield f"{name}: it is new, not null and without a default"
        elif name in old.columns and not old.columns[name][0]:
            yield f"{name}: it was nullable, and is not null"


def _of_refusals(old: Seen, new: Seen) -> Iterator[str]:
    tables = {name.partition(".")[0] for name in old.columns}
    for name, (table, definition) in new.refusals.items():
        was = old.refusals.get(name)
        if table in tables and was is None:
            yield f"{name}: it is new: {definition}"
        elif was is not None and was[1] != definition:
            yield f"{name}: it was {was[1]}, and is {definition}"


def last_release(told: Mapping[str, str], folder: Path) -> str:
    """Puts the last release's queries and migrations into a folder; what it was found by, its tag or its commit.

    :raises NotThereError: in a clone that has neither, or in no clone at all.
    """
    for name in (f"refs/tags/{told['tag']}", told["commit"]):
        if _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").returncode == 0:
            archived = folder / "release.tar"
            made = _git("archive", f"--output={archived}", name, "queries", "migrations")
            if made.returncode:
                raise NotThereError(made.stderr.decode().strip())
            with tarfile.open(archived) as archive:
                archive.extractall(folder, filter="data")
            return name.removeprefix("refs/tags/")
    raise NotThereError(
        f"this clone has neither the tag {told['tag']} nor its commit {told['commit'][:12]}: `git fetch --tags`,"
        " in a shallow clone with --unshallow"
    )


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=False)
    except FileNotFoundError as error:
        raise NotThereError("there is no git") from error


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
