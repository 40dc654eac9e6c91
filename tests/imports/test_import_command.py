"""``workouts import``"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from tests.conftest import Client
from workouts_api.api.imports.commands import import_file

from .conftest import body, export, row, workout


@pytest.fixture
def run(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Runs the command on a file of these contents, on this worker's database."""
    monkeypatch.chdir(tmp_path)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def call(content: str, *options: str) -> Result:
        file = tmp_path / "workouts.csv"
        file.write_text(content, encoding="utf-8")
        return CliRunner().invoke(import_file, [str(file), *options])

    return call


def count(database: psycopg.Connection[Any]) -> int:
    found = database.execute("select count(*) from sets").fetchone()
    assert found is not None
    return int(found[0])


def test_it_does_what_the_api_does(run: Any, owner: Client, database: psycopg.Connection[Any]) -> None:
    done = run(export(workout(8)), "--user", "OWNER", "--zone", "Europe/Berlin")
    assert done.exit_code == 0, done.output
    assert "Sets added" in done.output
    assert count(database) == 3
    assert body(owner.get("/api/v1/imports"))["items"][0]["zone"] == "Europe/Berlin"


def test_a_user_is_also_known_by_e_mail(run: Any, owner: Client, database: psycopg.Connection[Any]) -> None:
    assert run(export(workout(8)), "--user", "owner@example.com").exit_code == 0
    assert count(database) == 3


def test_a_dry_run_keeps_nothing(run: Any, owner: Client, database: psycopg.Connection[Any]) -> None:
    done = run(export(workout(8)), "--user", "owner", "--dry-run")
    assert "Workouts would be added" in done.output
    assert count(database) == 0


def test_rejected_lines_are_shown_with_their_reasons(run: Any, owner: Client) -> None:
    done = run(export([row(), *(row(reps="ten") for _ in range(25))]), "--user", "owner")
    assert done.exit_code == 0
    assert "line 3: reps holds 'ten'" in done.output
    assert "… and 5 more" in done.output


def test_a_file_of_which_nothing_could_be_taken_ends_with_code_1(run: Any, owner: Client) -> None:
    done = run(export([row(reps="ten")]), "--user", "owner")
    assert done.exit_code == 1
    assert done.output.rstrip().endswith("not one line could be taken.")


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        ("", ["--user", "owner"], "workouts.csv: The file is empty."),
        ("a,b\n", ["--user", "owner"], "columns missing: title"),
        (export(workout(8)), ["--user", "nobody"], "There is no active user called 'nobody'."),
        (
            export(workout(8)),
            ["--user", "owner", "--zone", "Mars/Base"],
            "Expected an IANA time zone that the server knows",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    run: Any, owner: Client, content: str, options: list[str], sentence: str
) -> None:
    done = run(content, *options)
    assert done.exit_code in (1, 2)
    assert sentence in done.output.splitlines()[-1]
    assert "Traceback" not in done.output


def test_a_database_that_cannot_be_reached_is_said_in_one_line(
    run: Any, owner: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody@/nothing?host={tmp_path}")
    done = run(export(workout(8)), "--user", "owner")
    assert (done.exit_code, len(done.output.splitlines())) == (1, 1)
    assert "database" in done.output


def test_a_database_without_our_schema_is_said_in_one_line(
    run: Any, owner: Client, environ: dict[str, str], database_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", environ["DATABASE_URL"].replace(f"/{database_name}?", "/postgres?"))
    done = run(export(workout(8)), "--user", "owner")
    assert (done.exit_code, len(done.output.splitlines())) == (1, 1)
    assert "run: workouts db migrate" in done.output


def test_it_starts_without_what_serves_the_api(
    owner: Client, environ: dict[str, str], database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """That would be a sixth of its start."""
    file = tmp_path / "workouts.csv"
    file.write_text(export(workout(8)), encoding="utf-8")
    program = (
        "import atexit, sys; from workouts_api.cli import main; "
        "atexit.register(lambda: print({'flask', 'werkzeug', 'jwt', 'apispec'} & sys.modules.keys())); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "import", str(file), "--user", "owner", "--zone", "UTC"],
        env={**os.environ, **environ}, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.splitlines()[-1], count(database)) == (0, "set()", 3), done.stderr
