"""Where a checker is silenced, the line says why: what a reader cannot see, somebody else would undo or copy."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# With a reason, there is a word behind the mark.
MARK = re.compile(r"#\s*(?:noqa(?:: [A-Z0-9, ]+)?|type: ignore(?:\[[\w, -]+\])?|pragma: no \w+)(?P<reason>.*)")


def without_a_reason(text: str) -> list[int]:
    """The numbers of the lines."""
    found = ((number, MARK.search(line)) for number, line in enumerate(text.splitlines(), 1))
    return [number for number, mark in found if mark and not re.search(r"[^\W\d]{2}", mark["reason"])]


@pytest.mark.parametrize("folder", ["workouts_api", "bench", "tests"])
def test_each_mark_that_silences_a_checker_has_its_reason_beside_it(folder: str) -> None:
    files = set((ROOT / folder).rglob("*.py")) - {Path(__file__)}
    wrong = {path.relative_to(ROOT): numbers for path in files if (numbers := without_a_reason(path.read_text()))}
    assert not wrong


def test_no_mark_is_for_a_checker_that_does_not_read_the_tests() -> None:
    """mypy checks the package alone: what is ignored here is ignored anyway."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    assert settings["mypy"]["packages"] == "workouts_api"
    files = set((ROOT / "tests").rglob("*.py")) - {Path(__file__)}
    assert not [path for path in files if "# type: ignore" in path.read_text()]


@pytest.mark.parametrize("mark", ["noqa", "noqa: S311", "type: ignore[misc]", "type: ignore[misc, arg-type]"])
def test_a_mark_alone_is_noticed(mark: str) -> None:
    assert without_a_reason(f"x = 1  # {mark}\ny = 2  # {mark} – a sample, no secret\n") == [1]
