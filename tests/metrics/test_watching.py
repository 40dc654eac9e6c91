"""deploy/: the alert rules and the dashboard ask for metrics that exist, with labels that they have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from workouts_api.metrics.exposing import METRICS

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "alerts.yml"
DASHBOARD = DEPLOY / "grafana" / "workouts.json"
_METRIC = re.compile(r"\b(workouts_[a-z_]+)(?:\{([^}]*)\})?")
_GROUPED = re.compile(r"\bby \(([^)]*)\)")
OF_PROMETHEUS = {"instance", "job", "le"}


def rules() -> list[Any]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def panels() -> list[Any]:
    return list(json.loads(DASHBOARD.read_text())["panels"])


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    yield from (target["expr"] for panel in panels() for target in panel["targets"])


def known_series() -> dict[str, tuple[str, ...]]:
    found = {}
    for name, known in METRICS.items():
        endings = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}[known.kind]
        found.update(dict.fromkeys((name + ending for ending in endings), known.labels))
    return found


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_each_expression_asks_for_metrics_that_exist(expression: str) -> None:
    series = known_series()
    asked = _METRIC.findall(expression)
    assert asked or "up" in expression
    labels = set(OF_PROMETHEUS)
    for name, selected in asked:
        assert name in series, name
        labels |= set(series[name])
        chosen = {part.partition("=")[0].strip(" !~") for part in selected.split(",") if part}
        assert chosen <= OF_PROMETHEUS | set(series[name]), (name, chosen)
    for grouped in _GROUPED.findall(expression):
        assert {label.strip() for label in grouped.split(",")} <= labels


def test_every_metric_is_on_the_dashboard() -> None:
    shown = {name for panel in panels() for target in panel["targets"] for name, _ in _METRIC.findall(target["expr"])}
    series = known_series()
    missing = {name for name in METRICS if not any(one in shown for one in series if one.startswith(name))}
    assert missing == set()


def test_every_alert_says_how_urgent_it_is_and_what_to_do() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"].keys() == {"summary", "description"}


def test_panels_do_not_lie_upon_each_other() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()]
    assert len(places) == len(set(places))
    assert len({panel["id"] for panel in panels()}) == len(panels())
