"""GET /api/v1/reports/teams/{id}"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest

from tests.reports.load_history import store
from tests.reports.naive_load import DAY, Trained, days_of, figures_on
from tests.teams.people import become_coach, join, keep, make_team

URL = "/api/v1/reports/teams"
TODAY = dt.datetime.now(dt.UTC).date()


@pytest.fixture
def team_id(coach):
    return make_team(coach)


@pytest.fixture
def athlete(coach, team_id, database):
    """Makes an athlete of the team: ``athlete("Grace", sessions)`` gives the id."""

    def make(name, history=()):
        made = keep(coach, name, team_id=team_id, joined_on=(TODAY - 200 * DAY).isoformat())
        store(database, made, history)
        return made

    return make


def table(client, team_id, **query):
    reply = client.get(f"{URL}/{team_id}", query_string=query)
    assert reply.status_code == 200, reply.json
    return reply.json["items"]


def trained(loads, unrated=()):
    """Sessions of RPE 5, the last one today."""
    return [
        Trained(TODAY - n * DAY, Fraction(load, 5), None if n in unrated else Fraction(5))
        for n, load in enumerate(loads)
        if load
    ]


def test_the_figures_are_those_of_training_load(coach, team_id, athlete):
    history = trained([(n * 37) % 11 * 40 for n in range(80)], unrated=(3, 12, 13, 40))
    athlete("Grace", history)
    [row] = table(coach, team_id)
    naive = figures_on(days_of(history, TODAY, estimates=False), TODAY, "exponential")
    for name in ("week_load", "change", "z_score"):
        assert row[name] == (naive[name] and pytest.approx(naive[name], abs=0.06)), name
    last = max(session.local_on for session in history)
    assert (row["unrated"], row["last_session_on"], row["days_since"]) == (1, last.isoformat(), (TODAY - last).days)


@pytest.mark.parametrize("minutes", [0, 60])
def test_a_session_that_ends_when_it_begins_is_unknown(coach, team_id, athlete, minutes):
    days = [Trained(TODAY - n * DAY, Fraction(minutes if n in (0, 2) else 60), Fraction(5)) for n in range(40)]
    athlete("Grace", days)
    [row] = table(coach, team_id)
    assert row["week_load"] == (2100 if minutes else None)


def test_an_athlete_without_anything_is_in_the_table_with_nothing_known(coach, team_id, athlete):
    athlete("Grace")
    [row] = table(coach, team_id)
    assert {row[name] for name in ("last_session_on", "week_load", "change", "z_score", "hooper_index", "pain")} == {
        None
    }
    assert row["unrated"] == 0


def test_it_is_sorted_and_paged_with_the_unknown_last(coach, team_id, athlete):
    for name, load in (("Ada", 100), ("Bea", 300), ("Cleo", 0), ("Dora", 300), ("Eve", 0), ("Fay", 200)):
        athlete(name, trained([load] * 10))
    names, cursor = [], None
    while len(names) < 10:
        page = coach.get(f"{URL}/{team_id}?sort=week_load&limit=2" + (f"&cursor={cursor}" if cursor else "")).json
        names += [row["name"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names == ["Bea", "Dora", "Fay", "Ada", "Cleo", "Eve"]


def test_filters_show_whom_one_looks_for(coach, team_id, athlete):
    athlete("Unrated", trained([100] * 3, unrated=(1,)))
    athlete("Absent", trained([0] * 14 + [100]))
    hurt = athlete("Hurt", trained([100]))
    values = {"pain": 4, "availability": 1, "hooper_sleep": 2}
    assert (
        coach.post(f"/api/v1/days?athlete_id={hurt}", json={"local_on": str(TODAY), "values": values}).status_code
        == 201
    )
    found = {
        only: [r["name"] for r in table(coach, team_id, only=only)]
        for only in ("unrated", "absent", "pain", "unavailable")
    }
    assert found == {"unrated": ["Unrated"], "absent": ["Absent"], "pain": ["Hurt"], "unavailable": ["Hurt"]}
    [row] = table(coach, team_id, q="hur")
    assert (row["pain"], row["availability"], row["hooper_index"], row["felt_on"]) == (4, 1, None, str(TODAY))


def test_days_before_the_stay_are_not_in_it(coach, owner, team_id, database):
    store(database, owner.athlete_id, trained([100] * 60, unrated=(4, 5)))
    hurt = {"local_on": str(TODAY - 4 * DAY), "values": {"pain": 4}}
    assert owner.post("/api/v1/days", json=hurt).status_code == 201
    join(coach, team_id, owner, (TODAY - 3 * DAY).isoformat())
    [row] = table(coach, team_id)
    assert (row["seen_from"], row["week_load"]) == ((TODAY - 3 * DAY).isoformat(), None)
    assert (row["unrated"], row["pain"], row["felt_on"]) == (0, None, None)


def test_coaches_see_it_and_athletes_and_strangers_do_not(coach, owner, stranger, admin, team_id):
    join(coach, team_id, owner)
    become_coach(coach, team_id, admin)
    assert admin.get(f"{URL}/{team_id}").status_code == 200
    assert owner.get(f"{URL}/{team_id}").status_code == stranger.get(f"{URL}/{team_id}").status_code == 404


@pytest.mark.parametrize(("field", "value"), [("sort", "height"), ("only", "tall"), ("q", ""), ("cursor", "x")])
def test_what_is_not_valid_is_refused_by_name(field, value, coach, team_id):
    reply = coach.get(f"{URL}/{team_id}", query_string={field: value})
    assert (reply.status_code, list(reply.json["details"])) == (422, [field])
