"""Units: a value in one unit is the same in the other, there and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import marshmallow as ma
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from marshmallow import fields

from tests.conftest import Client
from tests.routes import ROUTES, schema_of
from tests.spine.test_read_back import RESOURCES
from tests.spine.written import differences, is_imperial
from workouts_api.web.quantities import Number
from workouts_api.web.schemas import Schema
from workouts_api.web.units import (
    CM_PER_IN,
    KG_DECIMALS,
    KG_PER_LB,
    M_DECIMALS,
    M_PER_MI,
    metric_name,
    settled,
    to_imperial,
    to_metric,
)

SESSIONS = "/api/v1/sessions"
TRIFLES = (5e-324, -5e-324, 1e-300, 1e-9, -1e-9, 0.00004)


@given(st.integers(-500 * 10**KG_DECIMALS, 2000 * 10**KG_DECIMALS))
@example(1)
@example(1000_0000)
@example(2000 * 10**KG_DECIMALS)
@example(-500 * 10**KG_DECIMALS)
def test_kilograms_there_and_back_are_the_same_for_every_weight_that_is_kept(tenths_of_a_gram: int) -> None:
    kept = tenths_of_a_gram / 10**KG_DECIMALS
    pounds = to_imperial({"weight_kg": kept})["weight_lb"]
    assert to_metric("weight_kg", pounds) == kept
    assert -1102.3113 <= pounds <= 4409.2453  # what a set takes


@given(st.integers(0, 10**7 * 10**M_DECIMALS))
@example(10**7 * 10**M_DECIMALS)
def test_metres_there_and_back_are_the_same_for_every_distance_that_is_kept(steps: int) -> None:
    kept = steps / 10**M_DECIMALS
    miles = to_imperial({"distance_m": kept})["distance_mi"]
    assert to_metric("distance_m", miles) == kept
    assert 0 <= miles <= 6213.7119224


@given(st.integers(20_01, 299_99))
def test_heights_come_back_too(hundredths: int) -> None:
    inches = to_imperial({"height_cm": hundredths / 100})["height_in"]
    assert round(inches * CM_PER_IN, 2) == hundredths / 100


@given(st.integers(120 * 10**4, 1200 * 10**4))
def test_paces_come_back_too(steps: int) -> None:
    kept = steps / 10**4
    a_mile = to_imperial({"threshold_pace_s_per_km": kept})["threshold_pace_s_per_mi"]
    assert round(a_mile * 1000 / M_PER_MI, 4) == kept


@given(st.integers(0, 4_409_245))
def test_pounds_of_three_decimals_are_those_that_come_out(thousandths: int) -> None:
    pounds = thousandths / 1000
    assert to_imperial({"weight_kg": to_metric("weight_kg", pounds)}) == {"weight_lb": pounds}


@given(st.integers(0, 6_213_711))
def test_miles_of_three_decimals_are_those_that_come_out(thousandths: int) -> None:
    miles = thousandths / 1000
    assert to_imperial({"distance_m": to_metric("distance_m", miles)}) == {"distance_mi": miles}


@given(st.integers(1, 2 * 1500))
def test_a_rounded_figure_of_a_lift_in_half_pounds_is_that_lift(halves: int) -> None:
    pounds = halves / 2
    kilograms = to_metric("weight_kg", pounds)
    figures = {"heaviest_kg": round(kilograms, 2), "volume_kg": round(kilograms, 1), "value": None, "unit": "kg"}
    shown = to_imperial(figures, figures=True)
    assert (shown["heaviest_lb"], shown["unit"]) == (pounds, "lb")
    assert round(shown["volume_lb"] * KG_PER_LB, 1) == figures["volume_kg"]


@given(st.integers(0, 2000 * 100))
def test_a_rounded_figure_is_within_its_rounding(hundredths: int) -> None:
    kilograms = hundredths / 100
    assert abs(to_imperial({"e1rm_kg": kilograms}, figures=True)["e1rm_lb"] * KG_PER_LB - kilograms) <= 0.005 + 1e-9


LIFTED, LONG = "2026-01-05T17:00:00Z", "2026-01-12T17:00:00Z"


@pytest.fixture
def lifter(owner: Client) -> Client:
    """Who lifts whole pounds and runs whole miles."""
    for start, weights, miles in ((LIFTED, (135, 225), 2), (LONG, (140, 315), 3)):
        sets = [{"reps": 1, "weight_lb": weight} for weight in weights]
        run = [{"distance_mi": miles, "duration_s": 1800}]
        exercises = [{"exercise_id": exercise_of(owner, "Barbell Squat"), "sets": sets}]
        exercises.append({"exercise_id": exercise_of(owner, "Running"), "sets": run})
        made = owner.post(SESSIONS, json={"started_at": start, "duration_s": 3600, "exercises": exercises})
        assert made.status_code == 201, made.text
    return owner


def exercise_of(client: Client, name: str) -> int:
    found = client.get("/api/v1/exercises", query_string={"q": name, "limit": 50}).json["items"]
    return next(one["id"] for one in found if one["name"] == name)


def fractions(body: Any, *, name: str = "") -> Iterator[tuple[str, float]]:
    """The imperial numbers of a reply that are not whole."""
    if isinstance(body, dict):
        for key, value in body.items():
            yield from fractions(value, name=key)
    elif isinstance(body, list):
        for value in body:
            yield from fractions(value, name=name)
    elif isinstance(body, float) and name.endswith(("_lb", "_mi", "value", "beats")) and body != int(body):
        yield name, body


def units(body: Any) -> Iterator[str]:
    if isinstance(body, dict):
        yield from (value for key, value in body.items() if key == "unit")
        body = list(body.values())
    if isinstance(body, list):
        for value in body:
            yield from units(value)


REPORTS = (
    "records",
    "training?from=2026-01-01&to=2026-01-31",
    "exercises/{squat}",
    "exercises/{run}",
    "muscles",
    "load",
)


@pytest.mark.parametrize("report", REPORTS)
def test_whole_pounds_and_miles_are_whole_in_every_report(lifter: Client, report: str) -> None:
    address = report.format(squat=exercise_of(lifter, "Barbell Squat"), run=exercise_of(lifter, "Running"))
    asked = f"/api/v1/reports/{address}{'&' if '?' in address else '?'}units=imperial"
    body = lifter.get(asked).json
    estimates = {
        "e1rm_lb",
        "best_lb",
        "latest_lb",
        "gain_lb",
    }  # of the training report's lifts with several repetitions
    assert [found for found in fractions(body) if found[0] not in estimates] == []
    assert not {"kg", "m", "cm"} & set(units(body))


def test_a_trend_is_in_pounds_and_inches_too(owner: Client) -> None:
    for day, weight in (("2026-01-05", 81.6466), ("2026-01-06", 82.1002), ("2026-01-07", 81.6466)):
        values = {"weight_kg": weight, "resting_hr_bpm": 50}
        assert owner.post("/api/v1/days", json={"local_on": day, "values": values}).status_code == 201
    asked = {"from": "2026-01-01", "to": "2026-01-31", "units": "imperial"}
    trend = owner.get("/api/v1/days/trend", query_string={**asked, "kind": "weight_kg"}).json
    assert (trend["kind"]["unit"], trend["days"]["value"]) == ("lb", [180, 181, 180])
    assert trend["days"]["mean_7"][-1] == pytest.approx(180.33, abs=0.02)
    beats = owner.get("/api/v1/days/trend", query_string={**asked, "kind": "resting_hr_bpm"}).json
    assert (beats["kind"]["unit"], beats["days"]["value"][0]) == ("bpm", 50)


@pytest.mark.parametrize("value", [0, 0.0, -0.0, 100, 82.5, 102.05828325, 1999.99999, -37.25])
def test_what_is_kept_is_kept_again_as_it_is(value: float) -> None:
    kept = settled(value, KG_DECIMALS)
    assert settled(kept, KG_DECIMALS) == kept
    assert str(settled(-0.0, KG_DECIMALS)) == "0.0"


def session_of(*sets: dict[str, Any]) -> dict[str, Any]:
    return {"started_at": "2026-01-05T17:00:00Z", "exercises": [{"exercise_id": 1, "sets": list(sets)}]}


def test_a_session_that_was_read_in_pounds_and_is_sent_back_is_the_same_session(owner: Client) -> None:
    weights = (100, 82.5, 102.05828325, 0.0001, 2000, -500, 61.235, 0)
    sets = [{"reps": 5, "weight_kg": w, "distance_m": abs(w) * 3.3} for w in weights]
    made: Any = owner.post(SESSIONS, json=session_of({"reps": 5, "weight_lb": 225, "distance_mi": 26.2}, *sets))
    address = made.headers["Location"]
    imperial: Any = owner.get(f"{address}?units=imperial").json
    first = imperial["exercises"][0]["sets"][0]
    assert (first["weight_lb"], first["distance_mi"]) == (225, 26.2)
    changed: Any = owner.put(address, json=imperial, headers={"If-Match": made.headers["ETag"]})
    assert changed.status_code == 200, changed.text
    assert changed.json["exercises"] == made.json["exercises"]
    assert changed.json["volume_kg"] == made.json["volume_kg"]


@pytest.mark.parametrize("trifle", TRIFLES)
@pytest.mark.parametrize("name", ["weight_kg", "weight_lb", "distance_m", "distance_mi"])
def test_a_quantity_too_small_to_be_anything_is_refused_by_name(owner: Client, name: str, trifle: float) -> None:
    refused: Any = owner.post(
        SESSIONS, json=session_of({"reps": 1, name: min(trifle, 1e-8) if "mi" in name else trifle})
    )
    assert (refused.status_code, list(refused.json["details"])) == (422, [f"exercises.0.sets.0.{name}"]), refused.text


@pytest.mark.parametrize("odd", ["1e5", "NaN", "100", True, False, 1e308, -1e308, 10**400, [], {}])
@pytest.mark.parametrize("name", ["weight_kg", "weight_lb", "distance_m", "rpe", "reps", "duration_s"])
def test_what_is_no_number_here_is_refused_by_name(owner: Client, name: str, odd: Any) -> None:
    import json

    body = json.dumps(session_of({name: odd}))
    refused: Any = owner.post(SESSIONS, data=body, content_type="application/json")
    assert refused.status_code in (400, 422), refused.text
    assert refused.status_code == 400 or list(refused.json["details"]) == [f"exercises.0.sets.0.{name}"]


@pytest.mark.parametrize(
    ("given_set", "weight_kg", "distance_m"),
    [
        ({"weight_kg": 100, "weight_lb": None}, 100, None),
        ({"weight_kg": None, "weight_lb": 225}, 102.0583, None),
        ({"weight_kg": None, "weight_lb": None}, None, None),
        ({"weight_lb": None}, None, None),
        ({"distance_m": None, "distance_mi": 1}, None, 1609.344),
        ({"distance_m": 5, "distance_mi": None}, None, 5),
        ({"weight_kg": -0.0}, 0, None),
        ({"weight_kg": 102.05828325}, 102.0583, None),
    ],
)
def test_null_in_the_other_unit_says_nothing(
    owner: Client, given_set: dict[str, Any], weight_kg: float | None, distance_m: float | None
) -> None:
    made: Any = owner.post(SESSIONS, data=orjson.dumps(session_of(given_set)), content_type="application/json")
    stored = made.json["exercises"][0]["sets"][0]
    assert (stored["weight_kg"], stored["distance_m"]) == (weight_kg, distance_m)
    assert "-0" not in made.text.replace("-01-0", "")


def test_null_beside_the_end_says_nothing_either(owner: Client) -> None:
    made: Any = owner.post(SESSIONS, json=session_of())
    for patch in (
        {"ended_at": "2026-01-05T18:00:00Z", "duration_s": None},
        {"ended_at": None, "duration_s": 3600},
    ):
        changed: Any = owner.patch(made.headers["Location"], json=patch)
        assert (changed.status_code, changed.json["duration_s"]) == (200, 3600), changed.text


def test_the_report_survives_what_psql_wrote_before_there_was_a_smallest_weight(database: Any, owner: Client) -> None:
    import psycopg

    made: Any = owner.post(SESSIONS, json=session_of({"reps": 1, "weight_kg": 100}))
    for column in ("weight_kg", "distance_m"):
        with pytest.raises(psycopg.errors.CheckViolation):
            database.execute(f"update sets set {column} = 5e-324 where session_id = {made.json['id']}")
    assert owner.get("/api/v1/reports/training?from=2026-01-01&to=2026-01-31").status_code == 200


@pytest.mark.parametrize(
    "query",
    ["limit=5_0", "limit=+5", "limit=%205", "limit=%D9%A5", "limit=5.0", "limit=0x5", "limit=", f"limit={'9' * 5000}"],
)
def test_a_number_in_a_query_is_written_in_digits(owner: Client, query: str) -> None:
    refused: Any = owner.get(f"{SESSIONS}?{query}")
    assert (refused.status_code, list(refused.json["details"])) == (422, ["limit"])


def schemas(above: type[Schema] = Schema) -> Iterator[type[Schema]]:
    """All that the API has."""
    for schema in above.__subclasses__():
        yield schema
        yield from schemas(schema)


def test_the_bounds_that_a_refusal_names_are_good_and_written_in_digits(owner: Client) -> None:
    found = 0
    for schema in schemas():
        for name, field in schema().fields.items():
            if not isinstance(field, Number):
                continue
            found += 1
            said = re.search("(from|above) (-?[0-9.]+) to ([0-9.]*[0-9])", field.error_messages["invalid"])
            assert said is not None, (schema, name)
            for bound in (said[3], said[2]) if said[1] == "from" else (said[3],):
                assert field.deserialize(float(bound)) == pytest.approx(float(bound)), (schema, name)
    assert found > 5


METRIC_ALONE = "/api/v1/athletes", "/api/v1/days"
"""Whose quantities are sent in metric units, as CLIENTS.md says."""


def schemas_within(schema: ma.Schema) -> Iterator[ma.Schema]:
    """The schema, and those of the objects in it."""
    yield schema
    for field in schema.load_fields.values():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            yield from schemas_within(inner.schema)


def without_imperial(schema: ma.Schema) -> Iterator[str]:
    """The quantities that have no field in imperial units beside them, or one with other bounds."""
    for one in schemas_within(schema):
        numbers = {name: field for name, field in one.load_fields.items() if isinstance(field, Number)}
        pairs = {metric_name(name): name for name, field in numbers.items() if is_imperial(field)}
        for name, field in numbers.items():
            if is_imperial(field) or to_imperial({name: 1}).keys() == {name}:
                continue
            if (other := numbers.get(pairs.get(name, ""))) is None:
                yield f"{type(one).__name__}: {name} has no field in imperial units beside it"
            elif (to_metric(name, other.lowest), to_metric(name, other.highest)) != (field.lowest, field.highest):
                yield f"{type(one).__name__}: {other.name} has other bounds than {name}"
        for metric in pairs.keys() - numbers.keys():
            yield f"{type(one).__name__}: there is no {metric}"


def test_every_quantity_that_is_written_is_taken_in_imperial_units_too_within_the_same_bounds() -> None:
    taking = [(route, schema) for route in ROUTES if (schema := schema_of(route, "json")) is not None]
    wrong = {
        line for (_, path), schema in taking if not path.startswith(METRIC_ALONE) for line in without_imperial(schema)
    }
    assert wrong == set()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_session_written_in_imperial_units_is_the_one_in_metric_units(owner: Client, method: str) -> None:
    session = RESOURCES["session"]
    sent = session.body(method, 0)
    made = owner.post(SESSIONS, json=to_imperial(sent) if method == "POST" else session.body("POST", 1))
    assert made.status_code == 201, made.text
    if method != "POST":
        sent.pop("client_key", None)  # it stays as it was
        written = owner.request(
            method, made.headers["Location"], json=to_imperial(sent), headers={"If-Match": made.headers["ETag"]}
        )
        assert written.status_code == 200, written.text
    assert differences(sent, owner.get(made.headers["Location"]).json) == []
