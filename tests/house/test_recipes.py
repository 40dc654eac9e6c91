"""CONTRIBUTING.md's recipes, carried out to the letter in a copy of the checkout."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.attribution import leave_out
from tests.conftest import create_database, url
from tests.house.recipes import Step, is_done, read_recipe, write
from workouts_api.host.embedded import EmbeddedPostgres

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent
ABOUT_ALL = (
    *("tests/house/test_layers.py", "tests/house/test_page_for_clients.py", "tests/house/test_claims.py"),
    *("tests/spine/test_every_route.py", "tests/spine/test_lists.py", "tests/spine/test_etags.py"),
    *("tests/spine/test_versions.py", "tests/sql/test_anonymise.py"),
)
"""What asks about all routes, files and columns at once, so that no test has the name of what was added."""
# What checks everything takes minutes, and is run on each commit. Here `make check` stands for those that look at the
# new lines, and ABOUT_ALL, which ends each recipe, for `make test`.
QUICK = {
    "make check": [sys.executable, "-m", "tests.checks", "ruff check", "ruff format"],
    "python -m tests.performance.renew": [sys.executable, "-c", ""],
    "make test": [sys.executable, "-c", ""],
}


class Colleague:
    """Follows a recipe in a checkout of their own, with a database on the suite's server."""

    def __init__(self, checkout: Path, cluster: EmbeddedPostgres, database: str) -> None:
        self.checkout = checkout
        self.scratch = url(cluster, "postgres", "postgres")
        self.migrator = url(cluster, database, "workouts_migrator")
        self.suites: list[str] = []
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COVERAGE"))},
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(checkout),  # else the commands would run the code of the checkout that is tested
            "PYTHONDONTWRITEBYTECODE": "1",
            "DATABASE_URL": url(cluster, database, "workouts_app"),
        }

    def follow(self, steps: list[Step]) -> None:
        for step in steps:
            if step.how != "run":
                write(step, self.checkout)
                continue
            for command in step.commands():
                self.type_in(command)

    def type_in(self, command: str) -> None:
        """Runs a command of the text; a part of the suite is kept for later, so that pytest starts once."""
        if command in QUICK:
            self.run(*QUICK[command])
            return
        if suite := re.fullmatch(r'make test SUITE="?([^"]+)"?', command):
            self.suites += suite[1].split()
            return
        words = shlex.split(command)
        if words[:2] == ["workouts", "sql"]:
            self.run("workouts", "db", "migrate", "--database-url", self.migrator)
        if words[:3] in (["workouts", "db", "dump"], ["workouts", "db", "verify"]):
            words += ["--scratch-url", self.scratch]
        self.run(*words)

    def test(self, about: str) -> None:
        """Runs what the text said of the suite, as far as it is about what was changed, and ABOUT_ALL."""
        pytest_ = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
        self.run(*pytest_, "-k", about, *dict.fromkeys(self.suites))
        self.run(*pytest_, "-m", "not (processes or sweep)", *ABOUT_ALL)

    def run(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=self.checkout, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def colleague(cluster: EmbeddedPostgres, template: str, worker_id: str, tmp_path: Path) -> Iterator[Colleague]:
    checkout = tmp_path / "checkout"
    made = shutil.ignore_patterns(".git", ".venv", "build", "*.egg-info", "__pycache__", ".pytest_cache", ".coverage*")
    shutil.copytree(ROOT, checkout, symlinks=True, ignore=made)
    name = f"colleague_{worker_id}"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        create_database(admin, name, template)
        yield Colleague(checkout, cluster, name)
        with psycopg.connect(cluster.dsn(name), autocommit=True) as own:
            leave_out(own)
        admin.execute(f"drop database {name} with (force)".encode())


@pytest.mark.recipes
@pytest.mark.parametrize(
    ("recipe", "about"),
    [
        (
            "Add a field to a resource",
            "every_field or constraint or does_not_know or (session and (read_back or variants))",
        ),
        ("Add one endpoint", "measurements or constraint"),
        ("Change one query", "logins"),
    ],
)
def test_a_recipe_followed_to_the_letter_works(colleague: Colleague, recipe: str, about: str) -> None:
    steps = read_recipe(DOCUMENT, recipe)
    if all(is_done(step, ROOT) for step in steps if step.how != "run"):
        pytest.skip("the checkout has what this recipe adds: it wants another example")
    colleague.follow(steps)
    colleague.test(about)


def test_every_chapter_with_commands_is_a_recipe_that_is_followed_or_one_that_installs() -> None:
    chapters = re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)[1:]
    with_commands = {chapter.partition("\n")[0] for chapter in chapters if "```sh" in chapter}
    assert with_commands == {"Set up", "Add a field to a resource", "Add one endpoint", "Change one query"}
