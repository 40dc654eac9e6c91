"""``workouts db plan --release``: an older release on the new schema, and the new files on the old one."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.house.test_last_release import LIST_SESSIONS, START, START_SESSION, TABLES
from workouts_api.cli import workouts
from workouts_api.host.embedded import EmbeddedPostgres

MIGRATIONS = {"migrations/0001_create_sessions.sql": TABLES, "migrations/repeatable/start_session.sql": START}
QUERIES = {"queries/sessions/list_sessions.sql": LIST_SESSIONS, "queries/sessions/start_session.sql": START_SESSION}


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "workouts_api-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as opened:
        for name, text in (MIGRATIONS | QUERIES).items():
            opened.writestr(f"workouts_api/{name}", text)
        opened.writestr("workouts_api/queries/../../outside.sql", "select 1")
    return path


def plan(cluster: EmbeddedPostgres, release: str | Path, folder: Path, change: str) -> Result:
    for name, text in {**MIGRATIONS, "migrations/0002_change.sql": f"-- One.\n-- migrate:up\n{change};\n"}.items():
        path = folder / "today" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    where = ("--migrations", str(folder / "today" / "migrations"), "--scratch-url", cluster.dsn())
    return CliRunner().invoke(workouts, ["db", "plan", "--release", str(release), *where])


def test_what_breaks_is_named_and_the_exit_code_is_1(cluster: EmbeddedPostgres, wheel: Path, tmp_path: Path) -> None:
    result = plan(cluster, wheel, tmp_path, "alter table sessions drop column notes")
    assert result.exit_code == 1, result.output
    assert "  sessions.list_sessions: refused: column s.notes does not exist" in result.output
    assert "do not run before `migrate`" in result.output
    assert "  account.list_logins: " in result.output  # the project's files on a schema that has only sessions
    assert not (tmp_path / "outside.sql").exists()


def test_what_nobody_notices_is_no_difference(cluster: EmbeddedPostgres, wheel: Path, tmp_path: Path) -> None:
    result = plan(cluster, wheel, tmp_path, "alter table sessions add column mood text")
    assert (result.exit_code, "on the new schema: 0 differences." in result.output) == (0, True), result.output


@pytest.mark.parametrize(("release", "said"), [("no-such-tag", "expected a wheel"), ("no.whl", "cannot be read as")])
def test_a_release_that_is_not_there_is_told(
    cluster: EmbeddedPostgres, tmp_path: Path, release: str, said: str
) -> None:
    result = plan(cluster, release, tmp_path, "select 1")
    assert (result.exit_code, said in result.output) == (1, True), result.output
