"""docs/operations: the commands of the pages exist, and the environment that they show is a production's."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.processes import ROOT
from workouts_api.cli import workouts
from workouts_api.config import load_settings

PAGES = [ROOT / "docs/OPERATIONS.md", *sorted((ROOT / "docs/operations").glob("*.md"))]
CALL = re.compile(r"(?:docker compose exec \w+ workouts|(?:\S*/)?workouts-as \w+|(?:\S*/)?workouts) ")
INSTALLING = (ROOT / "docs/operations/installing.md").read_text(encoding="utf-8")


def shell_lines(page: Path) -> Iterator[str]:
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        yield from (line.partition(" #")[0].strip() for line in block.replace("\\\n", " ").splitlines())


def commands(page: Path) -> Iterator[list[str]]:
    """The words after `workouts`, however it is called."""
    for line in shell_lines(page):
        for one in re.split(r"\s*(?:&&|;|\|)\s*", line):
            if called := CALL.match(one):
                yield shlex.split(one[called.end() :])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_exists(page: Path) -> None:
    found = list(commands(page))
    assert found
    for words in found:
        command: click.Command = workouts
        rest = list(words)
        context = click.Context(command)
        while isinstance(command, click.Group):
            next_one = command.get_command(context, rest.pop(0))
            assert next_one is not None, words
            command = next_one
        command.make_parser(context).parse_args(rest)


def block(name: str) -> str:
    found = re.search(rf"<!-- install: {name} -->\n```sh\n(.*?)```", INSTALLING, re.DOTALL)
    assert found is not None, name
    return found[1]


def test_the_environment_of_the_page_is_that_of_a_production(tmp_path: Path) -> None:
    given = dict(line.split("=", 1) for line in block("environment").splitlines())
    given = {name: shlex.split(value)[0].replace("/etc/workouts", str(tmp_path)) for name, value in given.items()}
    contents = {
        "app_url": "postgresql://workouts_app:8e1f3c5a7b9d2f4e@10.0.0.5:5432/workouts",
        "jwt_secret": "kR3xV0bq7LwYt9ZdP1mN5sAe8JfUhG2cXoW4iTzQvBy6",
        "smtp_password": "3f9c1e7a5b2d8064",
        "bastion_key": "",
        "known_hosts": "",
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o600)
    settings = load_settings({**given, "HOME": "/"})
    assert settings.is_production
    assert settings.mail_from == "Workouts <workouts@example.com>"
    assert {path.name for path in map(Path, given.values()) if path.parent == tmp_path} == contents.keys()


def test_each_file_that_a_setting_names_is_made_by_a_command_of_the_page() -> None:
    named = set(re.findall(r"=(/etc/workouts/\w+)", block("environment")))
    assert {path for path in named if not re.search(rf"(?:>|-f ){re.escape(path)}\b", INSTALLING)} == set()
