"""Sessions of endurance sports: what they measure, their laps, and what is refused or doubted of it"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.sessions.bodies import URL, Body

DOUBTS = f"{URL}/doubts"
LAPS: list[Body] = [
    {"duration_s": 300.5, "distance_m": 1000, "average_heart_rate_bpm": 141.5, "max_heart_rate_bpm": 150},
    {"duration_s": 290, "distance_m": 1000, "ascent_m": 12.5, "descent_m": 3, "average_power_w": 250.5},
]
RUN: Body = {
    "started_at": "2026-01-05T17:00:00Z",
    "ended_at": "2026-01-05T18:00:00Z",
    "sport": "running",
    "moving_time_s": 3500,
    "distance_m": 12_480,
    "ascent_m": 210,
    "descent_m": 205.5,
    "average_heart_rate_bpm": 148.5,
    "max_heart_rate_bpm": 171,
    "average_power_w": 214,
    "normalized_power_w": 231.5,
}


def made(client: Client, **more: Any) -> str:
    reply = client.post(URL, json=RUN | more)
    assert reply.status_code == 201, reply.text
    return str(reply.headers["Location"])


def laps(client: Client, where: str) -> list[tuple[int, float | None]]:
    return [(lap["lap_no"], lap["duration_s"]) for lap in client.get(where).json["laps"]]


def put(client: Client, where: str, body: Body) -> Any:
    return client.put(where, json=body, headers={"If-Match": client.get(where).headers["ETag"]})


def test_laps_are_numbered_in_their_order_and_shown_in_the_single_session_alone(owner: Client) -> None:
    where = made(owner, laps=[*LAPS, {"lap_no": 9, "duration_s": 1}, {}])
    assert laps(owner, where) == [(9, 1), (10, 300.5), (11, 290), (12, None)]
    assert laps(owner, made(owner, laps=LAPS)) == [(1, 300.5), (2, 290)]
    assert "laps" not in owner.get(URL).json["items"][0]
    assert owner.get(f"{where}?fields=sport,laps").json.keys() == {"sport", "laps"}


def test_a_put_of_what_was_read_changes_nothing_and_one_of_an_old_client_takes_nothing_away(owner: Client) -> None:
    where = made(owner, laps=LAPS)
    before = owner.get(where).json
    after = put(owner, where, before).json
    assert {**after, "version": 1, "updated_at": None} == {**before, "updated_at": None}
    assert (
        put(owner, where, RUN | {"laps": [{**LAPS[1], "lap_no": 1}, {"lap_no": 7}]}).json["laps"][0]["duration_s"]
        == 290
    )
    assert laps(owner, where) == [(1, 290), (7, None)]
    measured = [name for name in RUN if name not in ("started_at", "ended_at")]
    stored = owner.get(where).json
    old = put(owner, where, {"started_at": RUN["started_at"], "duration_s": 3600, "title": "Mine"}).json
    assert {name: old[name] for name in (*measured, "laps")} == {name: stored[name] for name in (*measured, "laps")}
    bare = put(owner, where, {"started_at": RUN["started_at"], "laps": [], **dict.fromkeys(measured)}).json
    assert (bare["laps"], {bare[name] for name in measured}) == ([], {None})


def test_a_patch_leaves_laps_alone_replaces_them_or_clears_them(owner: Client) -> None:
    where = made(owner, laps=LAPS)
    assert len(owner.patch(where, json={"sport": "trail_running"}).json["laps"]) == 2
    changed = owner.patch(where, json={"laps": [{"lap_no": 2, "duration_s": 5}]})
    assert (changed.json["version"], laps(owner, where)) == (3, [(2, 5)])
    assert changed.json == owner.get(where).json
    assert owner.patch(where, json={"laps": None}).json["laps"] == owner.get(where).json["laps"] == []


def test_the_same_client_key_gives_the_stored_laps(owner: Client) -> None:
    key = {"client_key": "7b0c1a7e-0000-4000-8000-00000000e0e0"}
    first = owner.post(URL, json=RUN | key | {"laps": LAPS}).json
    assert owner.post(URL, json=RUN | key).json == first


def test_what_is_read_in_miles_and_feet_can_be_written_back(owner: Client) -> None:
    where = made(owner, laps=LAPS)
    metric = owner.get(where).json
    imperial = owner.get(f"{where}?units=imperial").json
    assert (imperial["distance_mi"], imperial["ascent_ft"]) == (
        pytest.approx(7.7547, abs=1e-4),
        pytest.approx(688.98, abs=0.01),
    )
    assert imperial["laps"][1]["descent_ft"] == pytest.approx(9.8425, abs=1e-4)
    assert not {"distance_m", "ascent_m", "descent_m"} & (imperial.keys() | imperial["laps"][0].keys())
    back = put(owner, where, imperial).json
    for name in ("distance_m", "ascent_m", "descent_m", "laps"):
        assert back[name] == metric[name]
    assert owner.patch(where, json={"ascent_ft": 1000}).json["ascent_m"] == 304.8


WRONG = [
    ({"sport": "chess"}, "sport"),
    ({"distance_m": -1}, "distance_m"),
    ({"ascent_m": 100_001}, "ascent_m"),
    ({"average_heart_rate_bpm": 19}, "average_heart_rate_bpm"),
    ({"average_heart_rate_bpm": 172}, "average_heart_rate_bpm"),
    ({"max_heart_rate_bpm": 251}, "max_heart_rate_bpm"),
    ({"moving_time_s": 3661}, "moving_time_s"),
    ({"normalized_power_w": 3001}, "normalized_power_w"),
    ({"distance_m": 1, "distance_mi": 1}, "distance_mi"),
    ({"laps": [{}, {"average_heart_rate_bpm": 150, "max_heart_rate_bpm": 149}]}, "laps.1.average_heart_rate_bpm"),
    ({"laps": [{"lap_no": 3}, {"lap_no": 3}]}, "laps.1.lap_no"),
    ({"laps": [{"pace": 5}]}, "laps.0.pace"),
    ({"laps": [{}] * 501}, "laps"),
]


@pytest.mark.parametrize(("wrong", "field"), WRONG)
def test_what_cannot_be_is_refused_by_its_field(owner: Client, wrong: Body, field: str) -> None:
    where = made(owner)
    for reply in (owner.post(URL, json=RUN | wrong), put(owner, where, RUN | wrong), owner.patch(where, json=wrong)):
        assert (reply.status_code, list(reply.json["details"])) == (422, [field]), reply.json
    assert owner.get(where).json["version"] == 1


def test_a_patch_is_judged_with_what_is_stored(owner: Client) -> None:
    where = made(owner)
    for patch, field in (
        ({"max_heart_rate_bpm": 148}, "average_heart_rate_bpm"),
        ({"duration_s": 3439}, "moving_time_s"),
    ):
        reply = owner.patch(where, json=patch)
        assert (reply.status_code, list(reply.json["details"])) == (422, [field])
    assert owner.patch(where, json={"duration_s": 3440}).status_code == 200


def test_a_guessed_end_is_before_the_end_of_the_moving_time_and_refuses_nothing(
    owner: Client, database: psycopg.Connection[Any]
) -> None:
    body = {"status": "in_progress", "ended_at": None, "moving_time_s": 9000}
    where = made(owner, **body)
    database.execute("update sessions set updated_at = '2026-01-05T17:30:00Z', version = version + 1")
    assert owner.patch(where, json={"status": "done"}).json["end_is_guessed"]
    read = owner.get(where).json
    assert read["duration_s"] < 9000
    assert put(owner, where, read).status_code == 200


def test_the_list_is_filtered_by_sport(owner: Client) -> None:
    made(owner)
    made(owner, sport="cycling", started_at="2026-01-05T16:00:00Z")
    made(owner, sport=None, started_at="2026-01-05T15:00:00Z")
    found = owner.get(URL, query_string={"sport": "cycling", "include": "total"}).json
    assert ([one["sport"] for one in found["items"]], found["total"]) == (["cycling"], 1)
    assert list(owner.get(URL, query_string={"sport": "chess"}).json["details"]) == ["sport"]


def test_a_copy_has_the_sport_and_nothing_that_was_measured(owner: Client) -> None:
    where = made(owner, laps=LAPS, title="Tempo")
    copy = owner.post(f"{URL}/start", json={"copy_of": int(where.rpartition("/")[2])}).json
    assert (copy["title"], copy["sport"], copy["distance_m"], copy["laps"]) == ("Tempo", "running", None, [])
    owner.patch(f"{URL}/{copy['id']}", json={"status": "done"})
    other = {"copy_of": copy["id"], "sport": "walking"}
    assert owner.post(f"{URL}/start", json=other).json["sport"] == "walking"


def test_a_coach_sees_the_laps_and_a_stranger_nothing(owner: Client, coach: Client, stranger: Client) -> None:
    team = coach.post("/api/v1/teams", json={"name": "Runners"}).json["id"]
    code = coach.post("/api/v1/invitations", json={"kind": "athlete", "team_id": team}).json["code"]
    owner.post("/api/v1/invitations/accept", json={"code": code})
    where = made(owner, laps=LAPS, started_at="2098-01-05T17:00:00Z", ended_at="2098-01-05T18:00:00Z")
    assert laps(coach, where) == laps(owner, where) != []
    assert stranger.get(where).status_code == 404


def test_laps_that_are_changed_by_hand_raise_the_version_of_their_session(
    owner: Client, database: psycopg.Connection[Any]
) -> None:
    where = made(owner, laps=LAPS)
    database.execute("update laps set duration_s = 1 where lap_no = 1")
    database.execute("delete from laps where lap_no = 2")
    assert (owner.get(where).json["version"], laps(owner, where)) == (3, [(1, 1)])


def test_the_last_release_reads_laps_and_leaves_them_in_place(owner: Client, database: psycopg.Connection[Any]) -> None:
    """It gives session_json() no laps, and its clients write back what they have read."""
    where = made(owner, laps=LAPS)
    [shown] = database.execute("select session_json(s, null) from sessions as s").fetchone() or [None]
    assert shown["laps"] == owner.get(where).json["laps"]


# ── doubts ──────────────────────────────────────────────────────────────────────────────────────────────────


def rules(owner: Client) -> list[str]:
    assert owner.post(f"{DOUBTS}/check").status_code == 200
    return [one["rule"] for one in owner.get(DOUBTS).json["items"]]


@pytest.mark.parametrize(
    ("second", "rule"),
    [
        (
            {"started_at": "2026-01-05T17:02:00Z", "ended_at": "2026-01-05T18:02:00Z", "distance_m": 12_200},
            ["two_devices"],
        ),
        ({"started_at": "2026-01-05T18:00:30Z", "ended_at": "2026-01-05T19:00:30Z"}, ["two_devices"]),
        ({"started_at": "2026-01-05T17:02:00Z", "ended_at": "2026-01-05T18:06:30Z"}, ["overlap"]),
        ({"started_at": "2026-01-05T18:03:00Z", "ended_at": "2026-01-05T19:03:00Z"}, []),
        ({"started_at": "2026-01-05T18:00:30Z", "ended_at": "2026-01-05T19:00:30Z", "distance_m": 13_000}, []),
        ({"started_at": "2026-01-05T18:00:30Z", "ended_at": "2026-01-05T19:00:30Z", "sport": "cycling"}, []),
        ({"started_at": "2026-01-05T18:00:30Z", "ended_at": "2026-01-05T19:00:30Z", "distance_m": None}, []),
    ],
)
def test_one_training_of_two_devices_is_asked_about(owner: Client, second: Body, rule: list[str]) -> None:
    made(owner)
    made(owner, **second)
    assert rules(owner) == rule


@pytest.mark.parametrize(
    ("measured", "value"),
    [
        ({"max_heart_rate_bpm": 241}, 241),
        ({"average_heart_rate_bpm": 24.5}, 24.5),
        ({"average_heart_rate_bpm": 241, "max_heart_rate_bpm": None}, 241),
        ({"max_heart_rate_bpm": 240}, None),
    ],
)
def test_a_heart_rate_that_is_hardly_one_is_asked_about_until_it_is_decided_or_changed(
    owner: Client, measured: Body, value: float | None
) -> None:
    where = made(owner, **measured)
    assert rules(owner) == (["heart_rate"] if value else [])
    if value:
        [doubt] = owner.get(DOUBTS).json["items"]
        assert (doubt["value"], doubt["unit"], doubt["proposal"]) == (value, "bpm", None)
        assert owner.put(f"{DOUBTS}/{doubt['id']}/decision", json={"action": "keep"}).status_code == 200
        assert rules(owner) == []
        owner.patch(where, json={"average_heart_rate_bpm": 22})
        assert rules(owner) == ["heart_rate"]


@pytest.mark.parametrize(("sport", "rule"), [("hiking", []), ("strength", ["long_session"]), (None, ["long_session"])])
def test_nobody_is_asked_about_a_long_hike(owner: Client, sport: str | None, rule: list[str]) -> None:
    made(owner, sport=sport, ended_at="2026-01-06T05:00:00Z")
    assert rules(owner) == rule
