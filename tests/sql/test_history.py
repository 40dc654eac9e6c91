"""The kept snapshots: how many of them, what a broken file costs, and what lies between two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workouts_api.dba.history import MOST_RECENT, History, at_or_before, lives, since_when, thinned
from workouts_api.dba.statements import Figures, Snapshot, Version

START = datetime(2026, 1, 1, tzinfo=UTC)
ONE = Version("a.get_b", "0" * 8)


def snapshot(minutes: float, calls: int, reset_at: datetime | None = START) -> Snapshot:
    return Snapshot(START + timedelta(minutes=minutes), reset_at, "7-1", {ONE: Figures(calls, calls * 2.0)})


def test_what_is_kept_is_read_back_and_a_broken_line_is_left_out(tmp_path: Path) -> None:
    history = History(tmp_path, "7-1")
    assert history.snapshots() == []
    history.add(snapshot(1, 5))
    path = tmp_path / "statistics" / "7-1.jsonl"
    path.write_text(path.read_text() + '{"at": "2026-01-01T00', encoding="utf-8")
    history.add(snapshot(2, 6))
    assert history.snapshots() == [snapshot(1, 5), snapshot(2, 6)]
    assert path.parent.stat().st_mode & 0o077 == 0


def test_of_days_long_past_one_snapshot_each_is_kept() -> None:
    day = 24 * 60
    kept = thinned([snapshot(day * n + half, n) for n in range(1000) for half in (0, 60)])
    assert len(kept) == MOST_RECENT + 400
    assert kept[-1] == snapshot(day * 999 + 60, 999)
    assert len({one.at.date() for one in kept[:400]}) == 400


def test_the_snapshot_before_a_moment_is_taken_else_the_oldest() -> None:
    kept = [snapshot(n, n) for n in (1, 2, 3)]
    assert at_or_before(kept, START + timedelta(minutes=2.5)) == kept[1]
    assert at_or_before(kept, START) == kept[0]
    assert at_or_before([], START) is None


def test_a_counter_that_went_back_began_anew() -> None:
    assert snapshot(2, 3).since(snapshot(1, 9)) == {ONE: Figures(3, 6.0)}
    assert snapshot(2, 9).since(snapshot(1, 9)) == {}
    assert snapshot(2, 9, START + timedelta(hours=1)).since(snapshot(1, 5)) == {ONE: Figures(9, 18.0)}
    (life,) = lives([snapshot(1, 9), snapshot(2, 3), snapshot(3, 4)]).values()
    assert (life.first, life.last, life.figures.calls) == (START, START + timedelta(minutes=3), 13)


@pytest.mark.parametrize(("text", "ago"), [("30m", timedelta(minutes=30)), ("7d", timedelta(days=7))])
def test_a_time_ago(text: str, ago: timedelta) -> None:
    assert since_when(text, START) == START - ago


@pytest.mark.parametrize("text", ["", "h", "1", "-1h", "1.5h", "0d", "٣h", "9999999999d", "1 h"])
def test_what_is_no_time_ago_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a number with m, h or d"):
        since_when(text, START)
