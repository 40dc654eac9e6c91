"""``workouts config``: whole values, hidden secrets, and JSON for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from workouts_api.cli import show_config, workouts
from workouts_api.config import SETTINGS

LONG = "/srv/" + "/".join(f"folder_{number}" for number in range(40))
ENVIRON = {
    "JWT_SECRET_KEY": "x" * 48,
    "DATABASE_URL": "postgresql://workouts_app:swordfish@db/workouts?application_name=jörg",
    "WORKOUTS_DATA_DIR": LONG,
    "APP_ENV": "development",
    "COLUMNS": "40",
}


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def shown(*arguments: str) -> str:
    done = CliRunner().invoke(show_config, list(arguments), env=ENVIRON, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_values_are_whole_where_the_output_is_no_terminal() -> None:
    lines = shown().splitlines()
    assert [line.split()[0] for line in lines] == [setting.name.upper() for setting in SETTINGS]
    assert any(LONG in line for line in lines)


def test_json_has_every_setting_with_its_origin() -> None:
    told = {one["variable"]: one for one in json.loads(shown("--json"))}
    assert told.keys() == {setting.name.upper() for setting in SETTINGS}
    assert (told["WORKOUTS_DATA_DIR"]["value"], told["WORKOUTS_DATA_DIR"]["from"]) == (LONG, "environment")
    assert (told["PORT"]["value"], told["PORT"]["from"]) == ("8000", "default")
    assert "application_name=jörg" in told["DATABASE_URL"]["value"]


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_no_secret_is_shown(arguments: list[str]) -> None:
    output = shown(*arguments)
    assert "swordfish" not in output
    assert "x" * 48 not in output


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["config"], 0, "JWT_SECRET_KEY"),
        (["tunnel", "status"], 1, "down: no tunnel has run"),
        (["db", "status", "--database-url", "postgresql://127.0.0.1:1/x"], 1, "no connection"),
    ],
)
def test_in_development_nothing_has_to_be_set(tmp_path: Path, command: list[str], code: int, words: str) -> None:
    """The first command that somebody tries beside `make run` is one of these."""
    nothing = {"WORKOUTS_DATA_DIR": str(tmp_path / "data"), "HOME": str(tmp_path)}
    nothing |= dict.fromkeys(("JWT_SECRET_KEY", "JWT_SECRET_KEY_FILE", "APP_ENV", "DATABASE_URL", "SSH_HOST"), None)
    ran = CliRunner().invoke(workouts, command, env=nothing)
    assert (ran.exit_code, words in ran.output) == (code, True), ran.output
