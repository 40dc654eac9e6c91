"""A guessed end is 5 minutes after the last set, as long as it is a guess, and never later than now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.sessions.bodies import URL
from tests.sessions.test_live_sessions import START

FORGET = "update sessions set updated_at = now() - interval '5 hours' where status = 'in_progress'"
BEGIN = datetime(2026, 1, 5, 17, tzinfo=UTC)
ENDS = {
    "by the job": "select end_forgotten_sessions(null, 100)",
    "when the next one starts": None,
}


def at(minutes: float, begin: datetime = BEGIN) -> str:
    return (begin + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def started(owner: Client, **more: Any) -> str:
    return str(owner.post(START, json={"started_at": at(0), **more}).headers["Location"])


def forget(owner: Client, database: psycopg.Connection[Any], how: str | None = ENDS["by the job"]) -> None:
    database.execute(FORGET)
    if how:
        database.execute(how.encode())
    else:
        owner.post(START, json={})


def write(owner: Client, where: str, *minutes: float) -> None:
    """A backlog of sets, as a phone without a network sends it."""
    sets = [
        {"exercise_no": 1, "set_no": number, "exercise_id": 1, "reps": 5, "done_at": at(minute), "seq": number}
        for number, minute in enumerate(minutes, 1)
    ]
    answers = owner.put(f"{where}/sets", json={"device": "phone", "sets": sets}).json["sets"]
    assert [one["refusal"] for one in answers] == [None] * len(sets)


def ended(owner: Client, where: str) -> tuple[Any, ...]:
    read = owner.get(where).json
    return read["ended_at"], read["duration_s"], read["end_is_guessed"]


@pytest.mark.parametrize("how", ENDS.values(), ids=ENDS)
def test_a_late_backlog_renews_it(owner: Client, database: psycopg.Connection[Any], how: str | None) -> None:
    where = started(owner)
    forget(owner, database, how)
    assert ended(owner, where) == (at(5), 300, True)
    write(owner, where, *range(10, 90, 10))
    assert ended(owner, where) == (at(85), 85 * 60, True)
    owner.patch(where, json={"rpe": 5})
    totals = owner.get("/api/v1/reports/training?from=2026-01-05&to=2026-01-05").json["totals"]
    assert (totals["duration_min"], totals["session_load"]) == (85, 5 * 85)


def test_single_sets_and_deletions_renew_it_too(owner: Client, database: psycopg.Connection[Any]) -> None:
    where = started(owner)
    forget(owner, database)
    for number, minute in ((1, 20), (2, 40)):
        set_url = f"{where}/exercises/1/sets/{number}"
        owner.put(set_url, json={"exercise_id": 1, "reps": 5, "done_at": at(minute)})
        assert ended(owner, where) == (at(minute + 5), (minute + 5) * 60, True)
    owner.delete(set_url)
    assert ended(owner, where) == (at(25), 25 * 60, True)
    owner.put(f"{where}/exercises/1/sets/3", json={"reps": 5})
    assert ended(owner, where) == (at(25), 25 * 60, True)


def test_a_put_renews_it_unless_it_says_when_it_ended(owner: Client, database: psycopg.Connection[Any]) -> None:
    where = started(owner)
    write(owner, where, 10)
    forget(owner, database)
    for ended_at, expected in ((None, (at(35), 35 * 60, True)), (at(60), (at(60), 3600, False))):
        read = owner.get(where)
        body = read.json
        body["exercises"][0]["sets"][0]["done_at"] = at(30)
        if ended_at:
            body |= {"ended_at": ended_at, "duration_s": None}
        assert owner.put(where, json=body, headers={"If-Match": read.headers["ETag"]}).status_code == 200
        assert ended(owner, where) == expected


def test_what_somebody_said_stays(owner: Client, database: psycopg.Connection[Any]) -> None:
    where = started(owner)
    forget(owner, database)
    owner.patch(where, json={"ended_at": at(60)})
    write(owner, where, 10, 80)
    assert ended(owner, where) == (at(60), 3600, False)


@pytest.mark.parametrize("finish", ["job", "patch", "late set"])
def test_it_is_never_later_than_now(owner: Client, database: psycopg.Connection[Any], finish: str) -> None:
    now = datetime.now(UTC)
    where = started(owner, started_at=at(-300, now))
    ahead = {"exercise_id": 1, "reps": 5, "done_at": at(22 * 60, now)}
    done = {"exercise_id": 1, "reps": 5, "done_at": at(-280, now)}
    assert owner.put(f"{where}/exercises/1/sets/1", json=done).status_code == 200
    if finish != "late set":
        assert owner.put(f"{where}/exercises/1/sets/2", json=ahead).status_code == 200
    if finish == "patch":
        database.execute(FORGET)
        owner.patch(where, json={"status": "done"})
    else:
        forget(owner, database)
    if finish == "late set":
        assert owner.put(f"{where}/exercises/1/sets/2", json=ahead).status_code == 200
    assert ended(owner, where) == (at(-275, now), 25 * 60, True)


def test_only_sets_ahead_end_it_by_now(owner: Client, database: psycopg.Connection[Any]) -> None:
    now = datetime.now(UTC)
    where = started(owner, started_at=at(-300, now))
    owner.put(f"{where}/exercises/1/sets/1", json={"exercise_id": 1, "reps": 5, "done_at": at(22 * 60, now)})
    forget(owner, database)
    assert owner.get(where).json["ended_at"] <= at(0, datetime.now(UTC))


def test_doubts_read_the_renewed_end(owner: Client, database: psycopg.Connection[Any]) -> None:
    where = started(owner)
    forget(owner, database)
    write(owner, where, 10, 300)
    owner.post("/api/v1/sessions/doubts/check")
    found = [(one["rule"], one["value"]) for one in owner.get("/api/v1/sessions/doubts").json["items"]]
    assert found == [("long_session", pytest.approx(305 / 60, abs=0.01))]


def test_a_set_of_this_moment_ends_it_by_now(owner: Client, database: psycopg.Connection[Any]) -> None:
    now = datetime.now(UTC)
    where = started(owner, started_at=at(-300, now))
    forget(owner, database)
    owner.put(f"{where}/exercises/1/sets/1", json={"exercise_id": 1, "reps": 5, "done_at": at(0, now)})
    assert at(0, now) <= owner.get(where).json["ended_at"] <= at(0, datetime.now(UTC))


@pytest.mark.parametrize("how", ENDS.values(), ids=ENDS)
def test_a_guess_stays_one_when_the_session_goes_on_and_is_forgotten_again(
    owner: Client, database: psycopg.Connection[Any], how: str | None
) -> None:
    """It became an end that somebody had said, and contradicted the moving time: nobody's sessions ended any more."""
    moving = {"status": "in_progress", "sport": "running", "moving_time_s": 7200, "started_at": at(0)}
    where = str(owner.post(URL, json=moving).headers["Location"])
    forget(owner, database)
    assert owner.patch(where, json={"status": "in_progress"}).status_code == 200
    forget(owner, database, how)
    assert (owner.get(where).json["status"], ended(owner, where)) == ("done", (at(5), 300, True))


HOWS: dict[str, str | None] = {**ENDS, "by its athlete": "by PATCH"}


@pytest.mark.parametrize(
    ("sport", "written_after", "ends_after"),
    [
        (None, timedelta(hours=3), timedelta(hours=3, minutes=5)),
        (None, timedelta(hours=5), timedelta(minutes=5)),
        (None, timedelta(days=9), timedelta(minutes=5)),
        (None, timedelta(days=300), timedelta(minutes=5)),
        ("cycling", timedelta(hours=23), timedelta(hours=23, minutes=5)),
        ("cycling", timedelta(hours=25), timedelta(minutes=5)),
    ],
    ids=str,
)
@pytest.mark.parametrize("how", HOWS.values(), ids=HOWS)
def test_without_a_set_a_write_stands_for_the_last_one_as_long_as_a_training_may_last(
    owner: Client,
    database: psycopg.Connection[Any],
    how: str | None,
    sport: str | None,
    written_after: timedelta,
    ends_after: timedelta,
) -> None:
    """It ended ten days after its start where somebody changed its title weeks later."""
    begin = (datetime.now(UTC) - written_after - timedelta(hours=5)).replace(microsecond=0)
    made = owner.post(URL, json={"status": "in_progress", "started_at": at(0, begin), "sport": sport})
    where = str(made.headers["Location"])
    assert owner.patch(where, json={"title": "Legs"}).status_code == 200
    if how != "by PATCH":
        forget(owner, database, how)
    else:
        database.execute(FORGET)
        assert owner.patch(where, json={"status": "done"}).status_code == 200
    expected, duration = begin + ends_after, ends_after.total_seconds()
    found = ended(owner, where)
    assert abs(datetime.fromisoformat(found[0]) - expected) < timedelta(seconds=90), found
    assert (abs(found[1] - duration) < 90, found[2]) == (True, True)


@pytest.mark.parametrize("is_moved", [False, True], ids=["as it began", "with an earlier start"])
def test_one_that_began_longer_ago_than_a_session_may_last_does_not_end_now(owner: Client, *, is_moved: bool) -> None:
    """It ended ten days after its start, and nothing said that this was a guess."""
    now = datetime.now(UTC)
    begin = now - timedelta(days=20)
    where = started(owner, started_at=at(0, now if is_moved else begin))
    patch = {"status": "done"} | ({"started_at": at(0, begin)} if is_moved else {})
    assert owner.patch(where, json=patch).status_code == 200
    assert ended(owner, where) == (at(5, begin), 300, True)


def test_a_set_beyond_the_days_of_a_session_is_not_its_last(owner: Client, database: psycopg.Connection[Any]) -> None:
    where = started(owner)
    write(owner, where, 30, 11 * 24 * 60)
    forget(owner, database)
    assert ended(owner, where) == (at(35), 35 * 60, True)


def test_what_cannot_be_ended_keeps_nobody_elses_session_from_its_end(
    owner: Client, coach: Client, database: psycopg.Connection[Any]
) -> None:
    odd, other = (int(started(who).rpartition("/")[2]) for who in (owner, coach))
    database.execute(FORGET)
    with database.transaction(force_rollback=True):
        database.execute(f"alter table sessions add constraint odd check (id <> {odd} or status <> 'done') not valid")
        assert database.execute("select end_forgotten_sessions(null, 100)").fetchone() == ([other],)
