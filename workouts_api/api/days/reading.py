"""Reads days and trends by their query files: what the routes reply with, and what the pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from flask import request

from workouts_api.api.auth import viewer_id
from workouts_api.sql import queries
from workouts_api.web.replies import dump
from workouts_api.web.schemas import Page
from workouts_api.web.units import FIGURE_DECIMALS, KG_DECIMALS, in_other_unit, other_unit

KEYSET = ("local_on",)


def read_days(page: Page) -> Sequence[Mapping[str, Any]]:
    return queries.days.list_days(
        viewer_id=viewer_id(),
        athlete_id=page.filters["athlete_id"] or 0,
        from_on=page.filters["from_"] or "-infinity",
        to_on=page.filters["to"] or "infinity",
        before_on=page.after("local_on", "infinity"),
        limit=page.fetch,
    )


def read_trend(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """The trend, in the units that the request asks for."""
    trend = queries.days.show_trend(
        viewer_id=viewer_id(),
        athlete_id=asked.get("athlete_id"),
        from_on=asked.get("from_"),
        to_on=asked.get("to"),
        kind=asked["kind"],
    )
    return _in_other_units(trend) if request.args.get("units") == "imperial" else trend


def _in_other_units(trend: Mapping[str, Any]) -> dict[str, Any]:
    """A trend in lb or in. Its unit stands beside the values and not in their names."""
    kind, days = orjson.loads(dump(trend["kind"])), orjson.loads(dump(trend["days"]))
    unit = kind["unit"]
    for name in ("lowest", "highest"):
        kind[name] = in_other_unit(kind[name], unit, decimals=KG_DECIMALS)
    days["value"] = in_other_unit(days["value"], unit, decimals=KG_DECIMALS)
    days["mean_7"] = in_other_unit(days["mean_7"], unit, decimals=FIGURE_DECIMALS)
    return {**trend, "kind": {**kind, "unit": other_unit(unit)}, "days": days}
