"""A real history goes in over HTTP, through the SSH tunnel, and comes out again, session by session and as a report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from tests.reports.hevy_file import Row, instant, read_workouts, weight_of
from tests.road.processes import available
from tests.road.served import Answer, Api, ServedRoad, served_road
from tests.tunnel.servers import Kind
from workouts_api.host.embedded import EmbeddedPostgres

pytestmark = pytest.mark.processes

ZONE = "Europe/Berlin"
SESSIONS = "/api/v1/sessions"
WORKOUTS, SETS = 335, 7211


class History:
    """The file, and the athlete who has uploaded it twice."""

    def __init__(self, road: ServedRoad, file: Path) -> None:
        self.road = road
        self.workouts = read_workouts(file)
        self.athlete: Api = road.newcomer(ZONE)
        self.first: Answer = self.athlete.upload(file.read_bytes())
        self.again: Answer = self.athlete.upload(file.read_bytes())


@pytest.fixture(
    scope="module", params=[("sshtunnel", "demo"), ("openssh", "sshd")], ids=lambda pair: " and ".join(pair)
)
def history(request: pytest.FixtureRequest, cluster: EmbeddedPostgres, template: str, data: Path) -> Iterator[History]:
    engine, kind = cast("tuple[str, Kind]", request.param)
    available(engine, kind)
    with served_road(cluster, template, engine, kind) as road:
        yield History(road, data / "hevy_335_workouts.csv")


def test_the_upload_adds_all_of_it(history: History) -> None:
    report = history.first.json
    assert (history.first.status, report["state"], report["rejected"]) == (201, "done", [])
    assert (report["sessions_added"], report["sets_added"], report["duplicates"]) == (WORKOUTS, SETS, 0)
    assert history.athlete.get(history.first.headers["Location"]).json == report


def test_a_second_upload_adds_nothing(history: History) -> None:
    report = history.again.json
    assert (report["sessions_added"], report["sets_added"], report["exercises_added"]) == (0, 0, 0)
    assert report["duplicates"] == WORKOUTS
    stored = "select (select count(*) from workouts.sessions), (select count(*) from workouts.sets)"
    assert history.road.database.execute(stored).fetchone() == (WORKOUTS, SETS)


def test_pages_hold_every_session_once_newest_first(history: History) -> None:
    items: list[dict[str, Any]] = []
    path: str | None = f"{SESSIONS}?limit=50"
    while path is not None:
        page = history.athlete.get(path).json
        items += page["items"]
        path = f"{SESSIONS}?limit=50&cursor={page['next_cursor']}" if page["next_cursor"] else None
    in_the_file = [(utc(rows[0]["start_time"]), rows[0]["title"]) for rows in reversed(history.workouts)]
    assert [(item["started_at"], item["title"]) for item in items] == in_the_file
    assert len({item["id"] for item in items}) == WORKOUTS
    assert [item["set_count"] for item in items] == [len(rows) for rows in reversed(history.workouts)]


def test_a_session_holds_the_rows_of_its_workout(history: History) -> None:
    """Of every fortieth workout, the longest among them."""
    chosen = [*history.workouts[::40], max(history.workouts, key=len)]
    for rows in chosen:
        day = instant(rows[0]["start_time"]).date()
        found = history.athlete.get(f"{SESSIONS}?from={day}&to={day}").json["items"]
        ids = [item["id"] for item in found if item["started_at"] == utc(rows[0]["start_time"])]
        assert len(ids) == 1
        session = history.athlete.get(f"{SESSIONS}/{ids[0]}").json
        assert (session["title"], session["local_on"], session["zone"]) == (rows[0]["title"], str(day), ZONE)
        assert session["ended_at"] == utc(rows[0]["end_time"])
        assert told(session) == told_by(rows)


def test_the_report_of_the_whole_period_is_answered(history: History) -> None:
    first, last = (instant(rows[0]["start_time"]).date() for rows in (history.workouts[0], history.workouts[-1]))
    reply = history.athlete.get(f"/api/v1/reports/training?from={first}&to={last}&bucket=week")
    assert reply.status == 200, reply.raw
    weeks = reply.json["buckets"]
    assert (sum(weeks["sessions"]), sum(weeks["sets"])) == (WORKOUTS, SETS)
    worked = [row for rows in history.workouts for row in rows if row["set_type"] != "warmup"]
    volume_kg = sum(max(weight_of(row) or 0, 0) * int(row["reps"] or 0) for row in worked)
    assert sum(weeks["volume_kg"]) == pytest.approx(volume_kg, rel=1e-3)


def test_a_login_that_is_revoked_gets_401_on_its_very_next_request_of_any_worker(history: History) -> None:
    somebody = history.road.newcomer()
    assert {somebody.get("/api/v1/users/me").status for _ in range(12)} == {200}
    assert somebody.request("POST", "/api/v1/auth/logout").status == 204
    refused = [somebody.get("/api/v1/users/me") for _ in range(12)]
    assert {(reply.status, reply.json["error"]) for reply in refused} == {(401, "token_revoked")}
    assert history.athlete.get("/api/v1/users/me").status == 200


def test_all_of_it_went_through_one_ssh_connection(history: History) -> None:
    """There is no other way to the database: what happens without it, test_outage.py shows."""
    ready = history.athlete.get("/health/ready").json
    assert (ready["tunnel"]["state"], ready["tunnel"]["reconnects"]) == ("up", 0)
    assert history.road.server.sign_ins() >= 1


def utc(cell: str) -> str:
    """A time of the file, which is the athlete's, as the API writes it."""
    at = instant(cell).replace(tzinfo=ZoneInfo(ZONE)).astimezone(dt.UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def told(session: dict[str, Any]) -> list[list[tuple[Any, ...]]]:
    """The sets of each exercise in order."""
    return [
        [(one["kind"], one["weight_kg"], one["reps"], one["duration_s"], one["rpe"]) for one in exercise["sets"]]
        for exercise in session["exercises"]
    ]


def told_by(rows: list[Row]) -> list[list[tuple[Any, ...]]]:
    """The same, by the file."""
    return [
        [
            (
                row["set_type"],
                weight_of(row),
                int(row["reps"]) if row["reps"] else None,
                int(row["duration_seconds"] or 0) or None,  # 0: not timed
                float(row["rpe"]) if row["rpe"] else None,
            )
            for row in rows_of_one
        ]
        for _, rows_of_one in groupby(rows, lambda row: row["exercise_title"])
    ]
