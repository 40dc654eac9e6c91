"""Migrations that an installed package brings: `-- migrate:package`."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from workouts_api.migrate import MIGRATIONS, migrate, packages, rollback
from workouts_api.migrate.commands import db
from workouts_api.migrate.files import read_folder
from workouts_api.migrate.statements import FileError

from .conftest import Database, Folder

FILES = {
    "01.00.00_01_initial.sql": "create table kept (id int);\ncreate index kept_idx on kept (id);",
    "01.01.00_01_add_name.sql": "alter table kept add name text;",
    "02.00.00_01_drop.sql": "alter table kept drop name;",
    "README.md": "nothing",
}


def digest(*names: str) -> str:
    return hashlib.sha256("\0".join(FILES[name] for name in names).encode()).hexdigest()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package called keeper, with three migrations."""
    folder = tmp_path / "site" / "keeper" / "sql"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr(packages, "FOLDERS", {"keeper": "sql", "not_installed": "sql"})
    return folder


FIRST_TWO = f"keeper 01.00.00_01 to 01.01.00_01 sha256:{digest('01.00.00_01_initial.sql', '01.01.00_01_add_name.sql')}"


def test_a_range_of_a_packages_migrations_is_run_where_it_is_named(
    package: Path, folder: Folder, database: Database
) -> None:
    up = ["create schema kept_here;", "set local search_path = kept_here;", f"-- migrate:package {FIRST_TWO}"]
    folder.add("0001_keep", "\n".join(up), "drop schema kept_here cascade;")
    migrate(database.url, migrations=folder.path)
    assert database.columns("kept_here.kept") == ["id", "name"]
    rollback(database.url, migrations=folder.path)
    assert database.columns("kept_here.kept") == []


def test_what_a_file_runs_can_be_shown_for_psql(package: Path, folder: Folder) -> None:
    up, down = f"create schema kept_here;\n-- migrate:package {FIRST_TWO}", "drop schema kept_here cascade;"
    folder.add("0001_keep", up, down)

    def shown(*options: str) -> str:
        return CliRunner().invoke(db, ["show", *options, "--migrations", str(folder.path)]).output

    parts = ["create schema kept_here", *FILES["01.00.00_01_initial.sql"].rstrip(";").split(";\n")]
    assert shown("1") == "".join(f"{part};\n\n" for part in [*parts, "alter table kept add name text"])
    assert shown("1", "--down") == f"{down}\n\n"
    assert "2: the newest file is 1" in shown("2")


def test_an_error_in_it_has_the_line_of_the_marker(package: Path, folder: Folder, database: Database) -> None:
    folder.add("0001_keep", f"create table kept (id int);\n-- migrate:package {FIRST_TWO}")
    with pytest.raises(Exception, match=r'0001_keep\.sql:3: 42P07: relation "kept" already exists'):
        migrate(database.url, migrations=folder.path)


@pytest.mark.parametrize(
    ("marker", "told"),
    [
        ("keeper", "expected migrate:package NAME FIRST to LAST sha256:DIGEST"),
        ("sqlite 1 to 2 sha256:0", "sqlite: no such package with migrations is installed"),
        ("not_installed 1 to 2 sha256:0", "not_installed: no such package with migrations is installed"),
        ("keeper 01.00.00_01 to 03.00.00_01 sha256:0", "keeper: has no migration 03.00.00_01; its last is 02.00.00_01"),
        (
            "keeper 02.00.00_01 to 02.00.00_01 sha256:0",
            "keeper: its migrations 02.00.00_01 to 02.00.00_01 are not those that this file was written for; "
            f"found sha256:{digest('02.00.00_01_drop.sql')}",
        ),
    ],
)
def test_a_marker_that_does_not_hold_is_refused_before_anything_runs(package: Path, marker: str, told: str) -> None:
    with pytest.raises(FileError) as raised:
        packages.statements(7, marker)
    assert (raised.value.line, str(raised.value)) == (7, told)


def test_a_repeatable_file_cannot_bring_a_package(package: Path, folder: Folder) -> None:
    folder.add("0001_keep", "select 1;")
    folder.repeat("keep", f"-- migrate:package {FIRST_TWO}\nselect 1;")
    with pytest.raises(Exception, match=r"repeatable/keep\.sql:1: migrate:package is not known here"):
        read_folder(folder.path)


def test_every_migration_of_every_package_is_taken_in_once() -> None:
    """A release of a package that brings a new one fails here, until a file of ours names it."""
    for name in packages.FOLDERS:
        folder = packages.installed(name)
        assert folder is not None
        ups = "".join(
            path.read_text("utf-8").partition("-- migrate:down")[0] for path in sorted(MIGRATIONS.glob("*.sql"))
        )
        ranges = re.findall(rf"migrate:package {name} (\S+) to (\S+)", ups)
        taken = [number for first, last in ranges for number in packages.numbers(folder) if first <= number <= last]
        assert taken == list(packages.numbers(folder))
