"""How a set was done: its kind, side, tempo and time, in whole sessions and alone."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.sessions.bodies import URL, Body

DROP: Body = {"set_no": 2, "kind": "dropset", "drop_of": 1, "reps": 8, "weight_kg": 60}
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)


def written(at: dt.datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def session_of(exercise_ids: list[int], *sets: Body) -> Body:
    exercise = {"exercise_id": exercise_ids[0], "sets": list(sets)}
    return {"started_at": "2026-01-05T17:00:00Z", "exercises": [exercise]}


def sets_of(owner: Client, where: str) -> list[Any]:
    return list(owner.get(where).json["exercises"][0]["sets"])


@pytest.fixture
def exercise_ids(database: psycopg.Connection[Any]) -> list[int]:
    """An exercise of which weight and repetitions are tracked."""
    query = "select min(id) from exercises where athlete_id is null and tracking = 'weight_reps'"
    return [row[0] for row in database.execute(query).fetchall()]


@pytest.fixture
def where(owner: Client, exercise_ids: list[int]) -> str:
    """A session of a set that was done and one that is planned."""
    done: Body = {"reps": 5, "weight_kg": 100, "side": "left", "tempo": "31x0", "done_at": "2026-01-05T17:10:00Z"}
    planned: Body = {"reps": 5, "weight_kg": 100, "kind": "amrap", "is_done": False}
    return str(owner.post(URL, json=session_of(exercise_ids, done, planned)).headers["Location"])


def test_what_was_written_comes_back_and_can_be_sent_back(owner: Client, where: str) -> None:
    first, second = sets_of(owner, where)
    assert (first["side"], first["tempo"], first["done_at"]) == ("left", "3-1-X-0", "2026-01-05T17:10:00Z")
    assert (second["kind"], second["is_done"], second["done_at"]) == ("amrap", False, None)
    replaced = owner.put(where, json=owner.get(where).json, headers={"If-Match": '"1-"'})
    assert replaced.json["exercises"][0]["sets"] == [first, second]


def test_a_planned_set_counts_nowhere_until_it_is_done(owner: Client, where: str) -> None:
    def counted() -> list[Any]:
        session = owner.get(where).json
        report = owner.get("/api/v1/reports/training?from=2026-01-01&to=2026-01-31").json["totals"]
        return [session["set_count"], session["volume_kg"], report["sets"], report["volume_kg"]]

    assert counted() == [1, 500, 1, 500]
    owner.put(f"{where}/exercises/1/sets/2", json={"reps": 4, "weight_kg": 100, "kind": "amrap"})
    assert counted() == [2, 900, 2, 900]


def test_a_set_that_is_not_done_sets_no_record(owner: Client, where: str, exercise_ids: list[int]) -> None:
    owner.put(f"{where}/exercises/1/sets/2", json={"reps": 1, "weight_kg": 300, "is_done": False})
    query = "from=2026-01-01&to=2026-01-31"
    report = owner.get(f"/api/v1/reports/exercises/{exercise_ids[0]}?{query}").json
    assert report["history"]["heaviest_kg"] == [100]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "superset"}, "kind"),
        ({"side": "up"}, "side"),
        ({"tempo": "3-1-X"}, "tempo"),
        ({"tempo": "311010"}, "tempo"),
        ({"tempo": 3110}, "tempo"),
        ({"drop_of": 2}, "drop_of"),
        ({"drop_of": 0, "kind": "dropset"}, "drop_of"),
        ({"drop_of": 1, "kind": "dropset"}, "drop_of"),
        ({"is_done": False, "done_at": "2026-01-05T17:10:00Z"}, "done_at"),
        ({"done_at": "1999-12-31T23:59:59Z"}, "done_at"),
        ({"done_at": written(NOW + dt.timedelta(hours=25))}, "done_at"),
        ({"done_at": "2026-01-05T17:10:00"}, "done_at"),
        ({"is_done": None}, "is_done"),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(owner: Client, where: str, given: Body, field: str) -> None:
    refused = owner.put(f"{where}/exercises/1/sets/1", json={"reps": 5, **given})
    assert (refused.status_code, list(refused.json["details"])) == (422, [field])


MESSAGE = "A drop set names another set that it follows."


@pytest.mark.parametrize(
    ("sets", "path"),
    [
        ([{"reps": 5}, {"kind": "dropset", "drop_of": 2}], "exercises.0.sets.1.drop_of"),
        ([{"reps": 5}, {"set_no": 7, "kind": "dropset", "drop_of": 7}], "exercises.0.sets.1.drop_of"),
        # In a list without numbers it is the place; beyond the list, the number that the second place stands for.
        ([{"reps": 5}, {"kind": "dropset", "drop_of": 9}], "exercises.0.sets.1.drop_of"),
    ],
)
def test_a_drop_set_that_follows_itself_is_refused_by_its_place(
    owner: Client, exercise_ids: list[int], sets: list[Body], path: str
) -> None:
    made = owner.post(URL, json=session_of(exercise_ids, {"set_no": 8, "reps": 5}, {"set_no": 9, "reps": 5}))
    where = made.headers["Location"]
    refused = [owner.put(where, json=session_of(exercise_ids, *sets), headers={"If-Match": "*"})]
    if sets[1]["drop_of"] != 9:
        refused.append(owner.post(URL, json=session_of(exercise_ids, *sets)))
    for reply in refused:
        assert (reply.status_code, reply.json["details"]) == (422, {path: [MESSAGE]})
    assert [one["set_no"] for one in sets_of(owner, where)] == [8, 9]


def test_in_a_backlog_a_drop_set_that_follows_itself_is_refused_by_its_place(owner: Client, where: str) -> None:
    rows = [{"exercise_no": 1, "set_no": n, "seq": n, "kind": "dropset", "drop_of": 4} for n in (3, 4)]
    refused = owner.put(f"{where}/sets", json={"device": "phone", "sets": rows})
    assert (refused.status_code, refused.json["details"]) == (422, {"sets.1.drop_of": [MESSAGE]})


def test_a_drop_set_may_arrive_before_the_set_that_it_follows(owner: Client, where: str) -> None:
    assert owner.put(f"{where}/exercises/1/sets/4", json={**DROP, "drop_of": 3, "set_no": 4}).status_code == 422
    drop = {name: value for name, value in DROP.items() if name != "set_no"}
    assert owner.put(f"{where}/exercises/1/sets/4", json={**drop, "drop_of": 3}).status_code == 200
    assert owner.put(f"{where}/exercises/1/sets/3", json={"reps": 5}).status_code == 200
    assert [one["drop_of"] for one in sets_of(owner, where)] == [None, None, None, 3]


@pytest.mark.parametrize(("ahead_s", "is_corrected"), [(0, False), (100, False), (-200, True), (86_400 * 30, True)])
def test_a_wrong_clock_is_corrected_and_what_it_said_is_kept(
    owner: Client, where: str, database: psycopg.Connection[Any], ahead_s: int, is_corrected: bool
) -> None:
    skew = dt.timedelta(seconds=ahead_s)
    done_at = NOW - dt.timedelta(minutes=10)
    told = {"done_at": written(done_at + skew), "sent_at": written(dt.datetime.now(dt.UTC) + skew)}
    alone = owner.put(f"{where}/exercises/1/sets/1", json={"reps": 5, **told})
    backlog = {"device": "phone", "sent_at": told["sent_at"]}
    row = {"exercise_no": 1, "set_no": 3, "seq": 1, "reps": 5, "done_at": told["done_at"]}
    together = owner.put(f"{where}/sets", json={**backlog, "sets": [row]})
    assert (alone.status_code, together.status_code) == (200, 200)
    expected = done_at if is_corrected else done_at + skew
    for one in (sets_of(owner, where)[0], sets_of(owner, where)[2]):
        assert abs(dt.datetime.fromisoformat(one["done_at"]) - expected) <= dt.timedelta(seconds=20)
    kept = database.execute("select device_done_at from set_edits").fetchall()
    assert kept == [(done_at + skew if is_corrected else None,)] * 2


def test_a_backlog_whose_times_cannot_be_is_refused_by_place(owner: Client, where: str) -> None:
    rows = [
        {"exercise_no": 1, "set_no": 3 + n, "seq": n + 1, "done_at": f"{year}-01-05T17:10:00Z"}
        for n, year in enumerate((2026, 1990))
    ]
    refused = owner.put(f"{where}/sets", json={"device": "phone", "sets": rows})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["sets.1.done_at"])


def test_an_imported_drop_set_follows_the_last_set_that_is_none(owner: Client) -> None:
    lines = ["title,start_time,end_time,exercise_title,set_index,set_type,weight_kg,reps"]
    kinds = ("normal", "dropset", "dropset", "normal", "dropset")
    lines += [
        f'Push,"6 Jan 2026, 18:00","6 Jan 2026, 19:00",Bench Press (Barbell),{n},{kind},80,8'
        for n, kind in enumerate(kinds)
    ]
    file = {"file": (io.BytesIO("\n".join(lines).encode()), "hevy.csv")}
    assert owner.post("/api/v1/imports", data=file).status_code == 201
    [session] = owner.get(URL).json["items"]
    assert [one["drop_of"] for one in sets_of(owner, f"{URL}/{session['id']}")] == [None, 1, 1, None, 4]
