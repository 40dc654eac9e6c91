"""systemd's units in deploy/: times, commands, shared lines. `make check` has systemd's own look at them."""

from __future__ import annotations

import configparser
import re
import shlex
from math import ceil
from pathlib import Path

import click
import pytest

from tests.processes import ROOT
from tests.serve.conftest import NOWHERE
from workouts_api.cli import workouts
from workouts_api.config import SETTINGS, Settings, load_settings
from workouts_api.host.supervisor import KILL_TIME
from workouts_api.serve.order import WORKER_GRACE, stop_seconds
from workouts_api.serve.servers import server_grace

UNITS = ROOT / "deploy/systemd"
SERVICES = sorted(UNITS.glob("*.service"))
PROGRAMS = "/opt/workouts/.venv/bin/"
HARDENING = "# Whom a break-in finds"


class Keys(configparser.RawConfigParser):
    """Keys keep their capitals; a key that occurs again adds a line to its value, as systemd has it."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


class Lines(dict[str, object]):
    def __setitem__(self, key: str, value: object) -> None:
        if isinstance(value, list) and isinstance(before := self.get(key), list):
            value = [*before, *value]
        super().__setitem__(key, value)


def read(unit: Path) -> Keys:
    keys = Keys(strict=False, dict_type=Lines, interpolation=None, delimiters=("=",))
    keys.read_string(unit.read_text(encoding="utf-8"))
    return keys


def commands(unit: Path) -> list[list[str]]:
    service = read(unit)["Service"]
    values = [service.get(key, "") for key in ("ExecStart", "ExecReload", "ExecStartPost")]
    return [shlex.split(line) for value in values for line in value.splitlines() if line]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = tmp_path / "file"
    file.touch(0o600)
    tunnel = {"SSH_HOST": "bastion", "SSH_USER": "u", "SSH_KEY_FILE": str(file), "SSH_KNOWN_HOSTS_FILE": str(file)}
    return load_settings({"DATABASE_URL": NOWHERE, "JWT_SECRET_KEY": "x" * 48, "HOME": "/", **tunnel})


def test_a_units_time_for_a_stop_follows_from_the_parts_that_end(settings: Settings) -> None:
    expected = {
        "workouts.service": stop_seconds(settings),
        "workouts-api.service": server_grace(settings.request_timeout),
        "workouts-worker.service": WORKER_GRACE + KILL_TIME,
        "workouts-tunnel.service": KILL_TIME,
        "workouts-admin.service": KILL_TIME,
    }
    lasting = [unit for unit in SERVICES if read(unit)["Service"]["Type"] != "oneshot"]
    stops = {unit.name: int(read(unit)["Service"]["TimeoutStopSec"]) for unit in lasting}
    assert stops == {name: ceil(seconds) for name, seconds in expected.items()}


@pytest.mark.parametrize(("unit", "beyond"), [("workouts", 25), ("workouts-api", 10)])
def test_what_is_said_of_a_stop_is_true(unit: str, beyond: int, settings: Settings) -> None:
    text = (UNITS / f"{unit}.service").read_text(encoding="utf-8")
    stop = int(read(UNITS / f"{unit}.service")["Service"]["TimeoutStopSec"])
    assert f"REQUEST_TIMEOUT and {beyond} s" in text
    assert stop - settings.request_timeout == beyond


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_every_command_of_a_unit_exists(unit: Path) -> None:
    for program, *arguments in commands(unit):
        name = program.removeprefix(PROGRAMS)
        assert name != program
        if name != "workouts":
            assert name == "gunicorn"
            continue
        command: click.Command = workouts
        context = click.Context(command)
        while isinstance(command, click.Group):
            found = command.get_command(context, arguments.pop(0))
            assert found is not None, arguments
            command = found
        command.make_parser(context).parse_args(list(arguments))  # raises at what it does not know


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_unit_sets_only_variables_that_are_settings(unit: Path) -> None:
    known = {setting.name.upper() for setting in SETTINGS}
    given = read(unit)["Service"].get("Environment", "")
    assert set(re.findall(r"(\w+)=", given)) <= known


def test_all_services_are_held_back_alike() -> None:
    ways = {unit.read_text(encoding="utf-8").partition(HARDENING)[2].partition("\n\n")[0].strip() for unit in SERVICES}
    assert len(ways) == 1
    assert "CapabilityBoundingSet=\n" in ways.pop()


def test_units_that_write_share_their_folders_and_only_the_tunnels_is_removed_with_it() -> None:
    """A folder of RuntimeDirectory= goes when its unit stops, also for the units that still use it."""
    owners = [unit.name for unit in SERVICES if "RuntimeDirectory" in read(unit)["Service"]]
    assert owners == ["workouts-tunnel.service", "workouts.service"]
