"""How long the tunnel waits between attempts."""

from __future__ import annotations

from workouts_api.tunnel.errors import HostKeyMismatch, KeyRefused, PathLost, Unreachable
from workouts_api.tunnel.supervisor import Backoff


def test_a_bastion_that_was_away_for_days_is_still_asked_every_second_and_a_half() -> None:
    pauses = [Backoff().pause(Unreachable("away"), failures) for failures in (*range(50), 1_000_000)]
    assert max(pauses) <= 1.5
    assert min(pauses[3:]) >= 0.75


def test_the_first_attempts_follow_quickly() -> None:
    assert all(0.1 <= Backoff().pause(PathLost("gone"), 0) <= 0.2 for _ in range(50))


def test_hosts_do_not_return_all_at_once() -> None:
    assert len({Backoff().pause(Unreachable("away"), 9) for _ in range(20)}) == 20


def test_what_only_a_person_can_repair_is_tried_rarely() -> None:
    for fault in (HostKeyMismatch("wrong"), KeyRefused("no")):
        assert {Backoff().pause(fault, failures) for failures in range(5)} == {4.0}
