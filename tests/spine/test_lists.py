"""No list in a reply is cut without notice: it is a page, or comes with its total, or always has all entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.conftest import Client
from tests.routes import APPLICATION
from tests.spine.document import Document, Json

WHOLE = {
    ("ApiKey", "scopes"): "50 at most are taken",
    ("DatabaseMetrics", "workers"): "one for each worker of the host",
    ("NewApiKey", "scopes"): "50 at most are taken",
    ("Athlete", "teams"): "all teams that the athlete is in today",
    ("BulkReport", "items"): "one for each that was sent",
    ("ExerciseHistory", "*"): "one for each day of the period, whose length is bounded",
    ("ExerciseReport", "*"): "records rise on days of the period, whose length is bounded; rep maxima are 14",
    ("HardSetWeeks", "*"): "one for each week of the period, whose length is bounded",
    ("LoadBuckets", "*"): "one for each bucket of the period, whose length is bounded",
    ("MeasuredBuckets", "*"): "one for each bucket of the period, whose length is bounded",
    ("Session", "laps"): "as many as are taken",
    ("TrendDays", "*"): "one for each day of the period, whose length is bounded",
    ("Buckets", "*"): "one for each bucket of the period, whose length is bounded",
    ("Exercise", "aliases"): "as many as are taken",
    ("Exercise", "muscles"): "as many as are taken",
    ("Exercise", "muscle_shares"): "as many as are taken",
    ("UnmatchedExercise", "proposals"): "five",
    ("ImportReport", "exercises"): "notices say how many are not listed",
    ("ImportReport", "rejected"): "notices say how many are not listed",
    ("ImportReport", "notices"): "kinds of notices; one of them says how many single lines are left out",
    ("MainLift", "e1rm_kg"): "one for each bucket",
    ("LoggedSet", "records"): "three kinds",
    ("AnsweredSets", "sets"): "one for each that was sent",
    ("SessionExercise", "sets"): "as many as are taken",
    ("TrainingReport", "main_lifts"): "said to be the five with the most sets",
    ("TrainingReport", "records"): "all of the period",
}
"""Why a list that is no page needs no count."""


def is_list(schema: Json) -> bool:
    return "array" in (schema.get("type"), *(schema["type"] if isinstance(schema.get("type"), list) else ()))


def lists(
    document: Document, name: str, schema: Json, above: frozenset[str] = frozenset()
) -> Iterator[tuple[str, str]]:
    """Each list below a schema that is neither a page nor counted beside itself."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in above:
            return
        above |= {name}
    found = document.resolve(schema)
    for part in [*found.get("allOf", ()), *found.get("oneOf", ()), *found.get("anyOf", ())]:
        yield from lists(document, name, part, above)
    if is_list(found):
        yield from lists(document, name, found["items"], above)
    fields: dict[str, Any] = found.get("properties", {})
    for field, schema_of_field in fields.items():
        if is_list(document.resolve(schema_of_field)):
            is_page = field == "items" and "next_cursor" in fields
            if not is_page and f"{field.removesuffix('s')}_count" not in fields:
                yield name, field
        yield from lists(document, f"{name}.{field}", schema_of_field, above)


def test_every_list_is_a_page_or_counted_or_whole() -> None:
    document = Document(APPLICATION.test_client().get("/openapi.json").json)
    found: set[tuple[str, str]] = set()
    for method, path, operation in document.operations():
        for status, response in operation["responses"].items():
            content = document.resolve(response).get("content", {}).get("application/json")
            if status.startswith("2") and content:
                found |= set(lists(document, f"{method} {path}", content["schema"]))
    everything = {(name, field if (name, field) in WHOLE else "*") for name, field in found}
    assert everything == set(WHOLE)


MANY = """
with people as (
  insert into users (email, username)
  select n || '@example.com', 'member' || n from generate_series(1, 205) as n
  returning id
),
members as (
  insert into team_members (team_id, user_id, role) select %(team)s, id, 'coach' from people
),
trained as (
  insert into athletes (kept_by, name)
  select %(user)s, 'Athlete ' || n from generate_series(1, 505) as n
  returning id, name
)
insert into team_athletes (team_id, athlete_id, athlete_name, joined_on)
select %(team)s, id, name, '2026-01-01' from trained
"""


def test_a_team_says_how_many_it_does_not_list_and_where_they_are_listed(coach: Client, database: Any) -> None:
    team_id = coach.post("/api/v1/teams", json={"name": "Everybody"}).json["id"]
    database.execute(MANY, {"team": team_id, "user": coach.user_id})
    team = coach.get(f"/api/v1/teams/{team_id}").json
    assert (len(team["members"]), team["member_count"]) == (200, 206)
    assert (len(team["athletes"]), team["athlete_count"]) == (500, 505)
    patched = coach.patch(f"/api/v1/teams/{team_id}", json={"headquarters": "Hamburg"}).json
    assert (patched["member_count"], patched["athlete_count"]) == (206, 505)
    for where, count in ((f"teams/{team_id}/members?", 206), (f"athletes?team_id={team_id}&", 505)):
        listed: list[int] = []
        cursor = ""
        while cursor is not None:
            page = coach.get(f"/api/v1/{where}limit=200" + (f"&cursor={cursor}" if cursor else "")).json
            listed += [item.get("id", item.get("user_id")) for item in page["items"]]
            cursor = page["next_cursor"]
        assert len(set(listed)) == len(listed) == count
