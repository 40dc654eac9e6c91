"""What is said again and again is said when it begins, once a minute, and when it ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from workouts_api.logs.outages import AGAIN_AFTER, MOST, Outages
from workouts_api.logs.standard import fold

Told = tuple[str, int, float]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outages(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Outages:
    monkeypatch.setattr("workouts_api.logs.outages._LOOK_EVERY", 0.001)
    return Outages(clock)


def noting(told: list[Told]) -> Callable[[str, int, float], None]:
    return lambda *said: told.append(said)


def test_an_outage_of_an_hour_with_five_messages_a_second(outages: Outages, clock: Clock) -> None:
    told: list[Told] = []
    news = 0
    for tick in range(3600 * 5):
        clock.now = tick / 5
        news += outages.is_news("the database is away", noting(told))
    clock.now += AGAIN_AFTER
    outages.look()
    assert news == 1
    assert [what for what, _, _ in told[:-1]] == ["lasts"] * (len(told) - 1)
    assert 55 <= len(told) <= 61
    assert sum(times for _, times, _ in told) == 3600 * 5 - 1
    assert told[-1][0] == "ended"
    assert outages.is_news("the database is away", noting(told))


def test_what_is_said_once_has_no_end(outages: Outages, clock: Clock) -> None:
    told: list[Told] = []
    assert outages.is_news("once", noting(told))
    clock.now = 2 * AGAIN_AFTER
    outages.look()
    assert told == []


def test_the_end_is_told_though_nothing_else_is_said(outages: Outages, clock: Clock) -> None:
    told: list[Told] = []
    for _ in range(3):
        outages.is_news("away", noting(told))
    clock.now = 2 * AGAIN_AFTER
    watch = outages._watch
    assert watch is not None
    watch.join(10)
    assert told == [("ended", 2, 0.0)]


def test_more_kinds_than_are_remembered_are_all_told(outages: Outages) -> None:
    told: list[Told] = []
    assert all(outages.is_news(number, noting(told)) for number in range(MOST + 10))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("attempt 3 failed after 30.2 s", "attempt 14 failed after 2 s", True),
        ("error connecting in 'workouts': no \"a\"", "error connecting in 'other': no \"b\"", True),
        ("closed: <Connection [BAD] at 0x7f61304a67d0>", "closed: <Connection [BAD] at 0x7f6130506dff>", True),
        ("the host key changed", "the key was refused", False),
    ],
)
def test_messages_are_told_apart_by_their_words(one: str, other: str, alike: bool) -> None:
    assert (fold(one) == fold(other)) is alike
