"""docs/operations: the commands of the pages exist, and the environment that they show is a production's."""

from __future__ import annotations

import re
import shlex
import shutil
import stat
import subprocess
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


# What gives files to the service only notes them here, and a bastion's key comes from no network.
NOTED = """
given() { shift; printf '%s\\n' "$@" >>given; }
chgrp() { given "$@"; }
chown() { given "$@"; }
ssh-keyscan() { echo "bastion.example.com $(cut -d ' ' -f 1,2 bastion_key.pub)"; }
"""


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen")
def test_the_service_can_read_every_file_that_its_environment_names(tmp_path: Path) -> None:
    """All blocks in one shell, as they are typed: a umask of one block holds in the next."""
    script = NOTED + block("secrets") + block("bastion")
    script = script.replace("/etc/workouts/", "")
    done = subprocess.run(
        ["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    given = (tmp_path / "given").read_text().split()
    named = re.findall(r"^\w+_FILE=/etc/workouts/(\w+)$", block("environment"), re.MULTILINE)
    assert named
    for name in named:
        mode = stat.S_IMODE((tmp_path / name).stat().st_mode)
        assert name in given or mode & stat.S_IROTH, f"{name} has mode {mode:04o}"
        assert mode & 0o037 in (0, 0o004 if name == "known_hosts" else 0), f"{name} has mode {mode:04o}"
    for url in ("migrator_url", "dba_url"):
        assert stat.S_IMODE((tmp_path / url).stat().st_mode) == 0o600
