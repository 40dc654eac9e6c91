"""An older release beside this one: its query files on the schema that these migrations make, and the other way round.

A deployment migrates first, so for a while the older release runs on the new schema. An empty database gets the older
release's migrations, and then these. Before and after, each of its query files is looked at: parameters, columns, and
how it ends when the application's role runs it on its samples. A table that the older release knows may not refuse more
than it did.
"""

from __future__ import annotations

import re
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import conninfo

from workouts_api.dba.server import Session, StatementProblemError, is_explainable, session
from workouts_api.migrate import migrate
from workouts_api.migrate.files import MIGRATIONS
from workouts_api.sql.catalogue import load_catalogue
from workouts_api.sql.files import QueryFile

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


_DESCRIBED = re.compile(r"takes \((?P<takes>.*?)\), gives \((?P<gives>.*?)\), (?P<ends>.*)", re.DOTALL)


class NotThereError(Exception):
    """A release cannot be looked at here; the message says why, and what helps."""


@dataclass(frozen=True)
class Seen:
    """What a schema means to the query files; ``files`` by name: what they take and give, and how they end."""

    files: Mapping[str, str]
    columns: Mapping[str, tuple[bool, bool]]  # table.column: not null, has a default
    refusals: Mapping[str, tuple[str, str]]  # name on table: table, definition


@dataclass(frozen=True)
class Difference:
    """What is otherwise for the old release, in words, and whether the application does not notice it."""

    told: str
    is_harmless: bool = False


@dataclass(frozen=True)
class Compared:
    """Both ways: the old files on the new schema, and the new files that do not run on the old one, with the reason."""

    differences: list[Difference]
    waiting: dict[str, str]


def compare(
    superuser: str, queries: Path, before: Path, after: Path = MIGRATIONS, *, new_queries: Path | None = None
) -> Compared:
    """What is otherwise to query files when the migrations ``after`` follow ``before``.

    :param superuser: the conninfo of an empty database that is migrated by this.
    :param new_queries: the files that are to run on the old schema as well; None: none.
    """
    files = list(load_catalogue(queries).files())
    migrate(superuser, migrations=before)
    waiting = _not_running(superuser, list(load_catalogue(new_queries).files())) if new_queries else {}
    old = _look(superuser, files)
    migrate(superuser, migrations=after)
    new = _look(superuser, files)
    return Compared([*_of_files(old, new), *_of_columns(old, new), *_of_refusals(old, new)], waiting)


def _not_running(superuser: str, files: list[QueryFile]) -> dict[str, str]:
    """The files that the schema refuses, with the server's words."""
    refused = {}
    with session(conninfo.make_conninfo(superuser, user="workouts_app"), read_only=True) as opened:
        for file in files:
            try:
                opened.describe(file)
            except StatementProblemError as error:
                refused[file.full_name] = str(error)
    return refused


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


def _of_files(old: Seen, new: Seen) -> Iterator[Difference]:
    for name, was in old.files.items():
        if new.files[name] != was:
            yield Difference(f"{name}: it {was}; now it {new.files[name]}", _only_adds_columns(was, new.files[name]))


def _only_adds_columns(was: str, now: str) -> bool:
    """Whether a file gives more columns, and all else as before. Prepared statements fail once, and are sent again."""
    old, new = (_DESCRIBED.fullmatch(text) for text in (was, now))
    if not old or not new or (old["takes"], old["ends"]) != (new["takes"], new["ends"]):
        return False
    return set(old["gives"].split(", ")) <= set(new["gives"].split(", "))


def _of_columns(old: Seen, new: Seen) -> Iterator[Difference]:
    tables = {name.partition(".")[0] for name in old.columns}
    for name, (not_null, default) in new.columns.items():
        if not not_null or name.partition(".")[0] not in tables:
            continue
        if name not in old.columns and not default:
            yield Difference(f"{name}: it is new, not null and without a default")
        elif name in old.columns and not old.columns[name][0]:
            yield Difference(f"{name}: it was nullable, and is not null")


def _of_refusals(old: Seen, new: Seen) -> Iterator[Difference]:
    tables = {name.partition(".")[0] for name in old.columns}
    for name, (table, definition) in new.refusals.items():
        was = old.refusals.get(name)
        if table in tables and was is None:
            yield Difference(f"{name}: it is new: {definition}")
        elif was is not None and was[1] != definition:
            yield Difference(f"{name}: it was {was[1]}, and is {definition}")


# ── where a release comes from ──────────────────────────────────────────────────────────────────────────────


def unpack(release: str, folder: Path, root: Path) -> None:
    """Puts the queries and migrations of a release into a folder.

    :param release: a wheel of it, or what git calls it in the checkout ``root``: a tag, a branch, a commit.
    :raises NotThereError: where there is no such release.
    """
    path = Path(release)
    if path.suffix == ".whl":
        _unpack_wheel(path, folder)
    elif _git(root, "rev-parse", "--verify", "--quiet", f"{release}^{{commit}}").returncode == 0:
        _unpack_commit(release, folder, root)
    else:
        raise NotThereError(f"{release}: expected a wheel (.whl), or a tag or commit of the checkout {root}")


def _unpack_wheel(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as wheel:
            for name in wheel.namelist():
                inside = name.removeprefix("workouts_api/")
                if inside != name and inside.startswith(("queries/", "migrations/")) and ".." not in inside.split("/"):
                    place = folder / inside
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(wheel.read(name))
    except (OSError, zipfile.BadZipFile) as error:
        raise NotThereError(f"{path}: cannot be read as a wheel: {error}") from error
    if not (folder / "migrations").is_dir():
        raise NotThereError(f"{path}: no wheel of workouts-api: it has no migrations")


def _unpack_commit(release: str, folder: Path, root: Path) -> None:
    archived = folder / "release.zip"  # not tar: before Python 3.11.4 tarfile lets members out of the folder
    made = _git(root, "archive", f"--output={archived}", release, "queries", "migrations")
    if made.returncode:
        raise NotThereError(made.stderr.decode().strip())
    with zipfile.ZipFile(archived) as archive:
        archive.extractall(folder)


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    except FileNotFoundError as error:
        raise NotThereError("there is no git") from error
