"""``workouts user``"""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from click.testing import CliRunner, Result

from tests.conftest import PASSWORD, Client
from workouts_api.api.administration.commands import user

NEW = ("create-superuser", "--username", "root", "--email", "root@example.com")
Run = Callable[..., Result]


@pytest.fixture
def run(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path, anonymous: Client) -> Run:
    """Runs the command on this worker's database, which is empty."""
    monkeypatch.chdir(tmp_path)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return lambda *words, said="": CliRunner().invoke(user, words, input=said)


def test_the_first_superuser_is_made_and_can_sign_in(run: Run, anonymous: Client) -> None:
    done = run(*NEW, said=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    tokens = anonymous.post("/api/v1/auth/login", json={"username": "root", "password": PASSWORD}).json
    anonymous.token = tokens["access_token"]
    assert anonymous.get("/api/v1/users").status_code == 200
    assert anonymous.get("/api/v1/users/me").json["athlete_id"]


def test_the_password_can_come_from_a_file_or_the_standard_input(run: Run, tmp_path, anonymous: Client) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    assert run(*NEW, "--password-file", "password").exit_code == 0
    assert anonymous.post("/api/v1/auth/login", json={"username": "root", "password": PASSWORD}).status_code == 200
    other = ("create-superuser", "--username", "other", "--email", "other@example.com", "--password-file", "-")
    assert run(*other, said=PASSWORD).exit_code == 0


def test_what_is_not_valid_is_said_in_one_go_and_nothing_is_made(run: Run, database: psycopg.Connection) -> None:
    done = run("create-superuser", "--username", "a@b", "--email", "nobody", said="short\nshort\n")
    assert done.exit_code == 1
    assert all(f"{name}: " in done.output for name in ("username", "email", "password"))
    assert "Traceback" not in done.output
    assert database.execute("select count(*) from users").fetchone() == (0,)


def test_a_name_that_is_taken_leads_to_promote(run: Run, owner: Client) -> None:
    done = run("create-superuser", "--username", "OWNER", "--email", "x@example.com", said=f"{PASSWORD}\n{PASSWORD}\n")
    assert (done.exit_code, "This username is taken. To make" in done.output) == (1, True)
    assert owner.get("/api/v1/users").status_code == 403
    assert run("promote", "Owner@example.com").output.startswith("owner is a superuser")
    assert owner.get("/api/v1/users").status_code == 200, "at once, with the same token"


def test_promoting_nobody_is_an_error(run: Run) -> None:
    done = run("promote", "nobody")
    assert (done.exit_code, done.output) == (1, "Error: There is no user called 'nobody'.\n")


def test_a_promoted_user_who_is_deactivated_is_told_of(run: Run, owner: Client, database: psycopg.Connection) -> None:
    database.execute("update users set is_active = false")
    assert "deactivated" in run("promote", "owner").output


def test_a_database_that_is_away_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    done = run("promote", "owner")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
