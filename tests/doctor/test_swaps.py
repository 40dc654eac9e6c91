"""The doctor names each swapped query file, as long as it lies there."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from workouts_api import activity
from workouts_api.config import Settings, load_settings
from workouts_api.database.swap_files import Swap, digest_of, write
from workouts_api.database.swapping import in_force, mark_of, swaps_in
from workouts_api.doctor.swaps import look_at_swaps
from workouts_api.sql.loaded import CATALOGUE

NAME = "users.get_user"
RELEASED = CATALOGUE.find(NAME)
OTHER = RELEASED.text.replace("where u.id = :user_id", "where :user_id = u.id").encode()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"JWT_SECRET_KEY": "x" * 48, "WORKOUTS_DATA_DIR": str(tmp_path)})


def keep(settings: Settings, text: bytes = OTHER, release: str = "") -> None:
    write(settings.swaps_folder, Swap(NAME, text, release or digest_of(RELEASED.text.encode()), "anna", time.time()))


def found(settings: Settings) -> list[tuple[str, str]]:
    findings = list(look_at_swaps(settings))
    assert {one.part for one in findings} == {"queries"}
    assert all(bool(one.todo) == (one.state != "ok") for one in findings)
    return [(one.state, one.found) for one in findings]


def test_without_a_swap_all_is_in_order(settings: Settings) -> None:
    assert found(settings) == [("ok", "are the release's")]


def test_a_swap_in_force_is_named_with_who_and_when(settings: Settings) -> None:
    keep(settings)
    ((state, said),) = found(settings)
    assert state == "warning"
    assert said.startswith(
        f"{NAME}: {digest_of(OTHER)[:8]} takes the place of the release's {RELEASED.digest}, since 20"
    )
    assert said.endswith(" by anna")


def test_a_swap_that_no_longer_applies_after_an_upgrade_is_named(settings: Settings) -> None:
    keep(settings, release="0" * 64)
    ((state, said),) = found(settings)
    assert state == "warning"
    assert said.endswith("no longer applies: the release has another file than the one that it replaced")


def test_a_damaged_swap_is_wrong(settings: Settings) -> None:
    keep(settings)
    (settings.swaps_folder / f"{NAME}.sql").write_bytes(b"-- swap {}\n")
    ((state, said),) = found(settings)
    assert (state, said.startswith(f"{NAME}: its swap is damaged and not used: ")) == ("wrong", True)


def test_workers_that_run_other_texts_are_wrong(settings: Settings) -> None:
    activity.join(settings.activity_folder, 1)
    try:
        assert found(settings) == [("ok", "are the release's")]
        keep(settings)
        assert [state for state, _ in found(settings)] == ["warning", "wrong"]
        activity.show_mark(mark_of(in_force(swaps_in(settings.swaps_folder, CATALOGUE))))
        assert [state for state, _ in found(settings)] == ["warning"]
    finally:
        activity.leave()
