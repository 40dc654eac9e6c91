"""The lock files: what make run and make test install is what setup.cfg asks for, to the byte."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = {"requirements.lock": ("embedded",), "requirements-dev.lock": ("embedded", "dev")}


def asked_for(extras: tuple[str, ...]) -> list[Requirement]:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    texts = [config["options"]["install_requires"], *(config["options.extras_require"][extra] for extra in extras)]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("workouts-api")]


def pinned(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {
        canonicalize_name(name): version
        for name, version in re.findall(r"^([\w.-]+)(?:\[.*?\])?==([\w.]+)", text, re.M)
    }


@pytest.mark.parametrize("lock", EXTRAS)
def test_a_lock_pins_all_that_is_asked_for_at_a_version_that_is_allowed(lock: str) -> None:
    pins = pinned(lock)
    wrong = [
        str(requirement)
        for requirement in asked_for(EXTRAS[lock])
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"))
    ]
    assert not wrong, "run `make lock`"


@pytest.mark.parametrize("lock", EXTRAS)
def test_every_pin_has_hashes_and_no_index_is_named(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[\w.-]+(?:\[.*?\])?==)", text)[1:]
    assert len(entries) > 20
    assert not [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry]
    assert "://" not in text


def test_development_adds_to_what_is_deployed_and_changes_none_of_it() -> None:
    assert pinned("requirements.lock").items() <= pinned("requirements-dev.lock").items()
