"""The Makefile's environment, years after it was made."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with a Makefile and an environment that was made there, and has nothing in it."""
    folder = tmp_path / "check out ü"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    venv.create(folder / ".venv", with_pip=False, symlinks=True)
    (folder / ".venv" / ".made").write_text(f"{folder.resolve()}\n", encoding="utf-8")
    return folder


def make(folder: Path) -> str:
    """What make says when there is nothing to do: the Makefile has been read."""
    command = ["make", "--directory", str(folder), "--no-print-directory", "--dry-run", "clean"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_an_environment_that_was_made_here_stays(checkout: Path) -> None:
    assert "made anew" not in make(checkout)
    assert (checkout / ".venv" / ".made").exists()


def test_the_environment_of_a_folder_that_was_moved_or_copied_is_made_anew(checkout: Path) -> None:
    """Its programs begin with the other folder's path, and would run the code that is there."""
    copy = Path(shutil.copytree(checkout, checkout.with_name("copy"), symlinks=True))
    assert "made anew" in make(copy)
    assert not (copy / ".venv").exists()
    assert (checkout / ".venv").exists()


def test_the_environment_of_a_python_that_was_replaced_is_made_anew(checkout: Path) -> None:
    """As after an upgrade of the system: python3 is another version now, and looks for packages elsewhere."""
    [packages] = (checkout / ".venv" / "lib").iterdir()
    assert packages.name == f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages.rename(packages.with_name("python3.9"))
    assert "made anew" in make(checkout)
    assert not (checkout / ".venv").exists()


def test_the_environment_of_a_python_that_has_gone_is_made_anew(checkout: Path) -> None:
    for program in (checkout / ".venv" / "bin").glob("python*"):
        program.unlink()
        program.symlink_to("/nowhere/python3")
    assert "made anew" in make(checkout)
    assert not (checkout / ".venv").exists()
