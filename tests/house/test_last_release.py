"""`python -m tests.checks.last_release`: it names a change that breaks the last release, and no other change."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.checks import last_release
from tests.checks.last_release import NotThereError, differences, left_over
from tests.sql.conftest import create_database
from workouts_api.host.embedded import EmbeddedPostgres

_NUMBERS = itertools.count()
TABLES = """\
-- Training.
-- migrate:up
create table sessions (id bigint generated always as identity primary key, title text, notes text);
grant usage on schema workouts to workouts_app;
grant select, insert on sessions to workouts_app;

-- migrate:down
drop table sessions;
"""
START = """\
create or replace function start_session(title text) returns bigint language sql
as $$ insert into workouts.sessions (title) values (title) returning id $$;
"""
LIST_SESSIONS = """\
-- Every session.
-- @returns many
-- @readonly
select s.id, s.notes
from sessions as s
"""
START_SESSION = """\
-- Starts a session.
-- @param title text = 'Legs'
-- @returns value
-- @writes
select start_session(:title) as id
"""


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A folder with the last release's queries and migrations."""
    folder = tmp_path / "release"
    _write(folder / "migrations", {"0001_create_sessions.sql": TABLES, "repeatable/start_session.sql": START})
    _write(folder / "queries" / "sessions", {"list_sessions.sql": LIST_SESSIONS, "start_session.sql": START_SESSION})
    return folder


@pytest.fixture
def database(cluster: EmbeddedPostgres, worker_id: str) -> Iterator[str]:
    name = f"release_{worker_id}_{next(_NUMBERS)}"
    create_database(cluster, name, owner="workouts_owner")
    yield cluster.dsn(name)
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)".encode())


def after(release: Path, database: str, change: str, **repeatable: str) -> list[str]:
    """What is named when a migration of today follows the last release's."""
    today = Path(shutil.copytree(release / "migrations", release.parent / "today"))
    _write(today, {"0002_change.sql": f"-- A change.\n-- migrate:up\n{change};\n"})
    _write(today / "repeatable", {f"{name}.sql": text for name, text in repeatable.items()})
    return differences(database, release / "queries", release / "migrations", today)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            "alter table sessions drop column notes",
            "sessions.list_sessions: it takes (), gives (id bigint, notes text)",
        ),
        (
            "alter table sessions alter column notes type integer using 1",
            "now it takes (), gives (id bigint, notes int",
        ),
        ("alter table sessions add column day date not null", "sessions.day: it is new, not null and without"),
        ("alter table sessions alter column notes set not null", "sessions.notes: it was nullable"),
        ("alter table sessions add constraint short check (title < 'M')", "short on sessions: it is new"),
        ("create unique index titles_once on sessions (title)", "titles_once on sessions: it is new"),
        ("drop function start_session(text)", "sessions.start_session: it takes (title text), gives (id bigint), runs"),
        ("revoke insert on sessions from workouts_app", "now it takes (title text), gives (id bigint), ends in 42501"),
    ],
)
def test_a_change_that_breaks_the_last_release_is_named(release: Path, database: str, change: str, named: str) -> None:
    assert named in "\n".join(after(release, database, change))


def test_a_function_that_asks_for_more_is_named(release: Path, database: str) -> None:
    asks = START.replace("title text", "title text, day date")
    [named] = after(release, database, "drop function start_session(text)", start_session=asks)
    assert "refused: function start_session(text) does not exist" in named


@pytest.mark.parametrize(
    ("drops", "named"), [("", ["start_session(title text)"]), ("drop function if exists start_session(text);\n", [])]
)
def test_a_function_that_got_a_parameter_and_is_not_dropped_is_named(
    release: Path, database: str, drops: str, named: list[str]
) -> None:
    fresh = "start_session(title text, day date DEFAULT now())"
    asks = START.replace("title text", "title text, day date default now()")
    after(release, database, "select 1", start_session=drops + asks)
    left = left_over(database, f"CREATE OR REPLACE FUNCTION workouts.{fresh}\n LANGUAGE sql\n")
    assert [line.partition(":")[0] for line in left] == [f"workouts.{name}" for name in named]


def test_what_the_last_release_does_not_notice_is_not_named(release: Path, database: str) -> None:
    change = """
    alter table sessions add column day date not null default '2026-01-01', add column mood text;
    create table sets (id bigint primary key, reps integer not null check (reps > 0));
    create unique index sets_reps on sets (reps);
    create index sessions_title on sessions (title)
    """
    assert after(release, database, change, another="create or replace function one() returns int return 1;") == []


@pytest.fixture
def clone(release: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The release as a repository of its own, without a tag."""
    monkeypatch.setattr(last_release, "ROOT", release)
    for command in ("init --quiet", "add .", "-c user.name=a -c user.email=a@b commit --quiet --message 1"):
        subprocess.run(["git", "-C", str(release), *command.split()], check=True)
    return release


def test_a_release_is_found_by_its_tag_and_without_it_by_its_commit(clone: Path, tmp_path: Path) -> None:
    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", str(clone), *words], capture_output=True, text=True, check=True).stdout

    told = {"tag": "v1", "commit": git("rev-parse", "HEAD").strip()}
    with pytest.raises(NotThereError, match="neither the tag v1"):
        last_release.last_release({**told, "commit": "0" * 40}, tmp_path)
    assert last_release.last_release(told, tmp_path) == told["commit"]
    git("tag", "v1")
    assert last_release.last_release(told, tmp_path) == "v1"
    assert (tmp_path / "queries" / "sessions" / "list_sessions.sql").read_text(encoding="utf-8") == LIST_SESSIONS
