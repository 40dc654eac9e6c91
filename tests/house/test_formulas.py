"""docs/FORMULAS.md says of each figure of the reports what it means, or the figure says all of it by itself."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import marshmallow as ma
from marshmallow import fields

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "workouts_api" / "api" / "reports"
NAMED = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", (ROOT / "docs/FORMULAS.md").read_text("utf-8")))))
PLAIN = {
    *("athlete_id", "exercise_id", "reps", "sets", "working_sets", "new_records", "days_since", "pain", "availability"),
    *(
        "value",
        "value_kg",
        "beats",
        "beats_kg",
        "gain_kg",
        "heaviest_kg",
        "e1rm_kg",
        "load_kg",
        "longest_s",
        "farthest_m",
    ),
    *("rated", "unrated", "unknown_rating", "unknown_duration", "from_session", "from_laps", "sessions_estimated"),
    *("sessions_unknown", "sets_without_load", "sets_with_e1rm", "assumed_sets", "easy_sets"),
    *("estimated_load", "z_weeks", "bodyweight_factor"),
}
"""Counts, and figures that the page has under the word for them."""


def figures(schema: ma.Schema) -> Iterator[str]:
    """The names of the numbers in a reply, and of the lists of numbers."""
    for name, field in schema.dump_fields.items():
        while isinstance(field, fields.List):
            field = field.inner
        if isinstance(field, fields.Integer | fields.Float):
            yield name


def test_each_figure_of_the_reports_is_explained() -> None:
    lacking = set()
    for path in REPORTS.glob("*schemas.py"):
        module = importlib.import_module(f"workouts_api.api.reports.{path.stem}")
        own = [one for one in vars(module).values() if getattr(one, "__module__", "") == module.__name__]
        schemas = [one() for one in own if isinstance(one, type) and issubclass(one, ma.Schema)]
        shown = {name for schema in schemas if not type(schema).__name__.endswith("Query") for name in figures(schema)}
        lacking |= {
            f"docs/FORMULAS.md says nothing of {name}, a figure of {path.name}" for name in shown - NAMED - PLAIN
        }
    assert sorted(lacking) == []


def test_no_figure_is_excused_that_the_page_names() -> None:
    assert sorted(PLAIN & NAMED) == []
