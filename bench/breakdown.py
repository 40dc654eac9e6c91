"""How the time of one request is spent: the worker's CPU by layer, and whether the parts add up to the whole.

The whole is measured separately, on the real application with its real view. The parts are differences between layers.
The last layer is built here from the same modules. So if the view did more than that layer, or a part were counted
twice, the sum would differ from the whole.
"""

from __future__ import annotations

from itertools import pairwise

from bench.effort import Effort
from bench.figures import Figures, Target, middle
from bench.layers import LAYERS, PATHS
from bench.stage import Server, Stage, get

TOLERANCE = 0.10
SHORTER = 3  # more and shorter rounds than elsewhere, so that a disturbance of one layer has no effect


def measure(stage: Stage, effort: Effort) -> tuple[list[Figures], list[Target]]:
    database = stage.database(effort.load_sets)
    columns = ("layer", *(f"{name}: {what}" for name in PATHS for what in ("app CPU µs", "%", "database CPU µs")))
    figures = Figures("One request's way, layer by layer", columns)
    with stage.application(database) as server:
        sizes = {
            f"BENCH_BYTES_{name.replace('-', '_').upper()}": str(
                stage.load(server.port, [get(path, database.viewer)], 0, connections=1)["bytes"] - 300
            )
            for name, path in PATHS.items()
        }
    app = "bench.layers:application"
    with stage.gunicorn(*stage.bare(1), app, database=database, ready="/", environ=sizes) as server:
        spent = _rounds(stage, effort, server, database.viewer)
    held = []
    parts, wholes = {}, {}
    for name in PATHS:
        steps = [spent[name, layer][0] for layer, _ in LAYERS]
        parts[name] = [steps[0], *(after - before for before, after in pairwise(steps))]
        wholes[name] = spent[name, "whole"][0]
        ratio = sum(parts[name]) / wholes[name]
        held.append(
            Target(f"{name}: the parts add up to the whole", "within 10 %", f"{(ratio - 1) * 100:+.0f} %",
                   abs(ratio - 1) <= TOLERANCE)
        )  # fmt: skip
    for number, (layer, about) in enumerate(LAYERS):
        figures.add(about, *_cells(parts, wholes, number, {name: spent[name, layer][1] for name in PATHS}))
    total = [cell for name in PATHS for cell in _sum(parts[name], wholes[name])]
    figures.add("sum of the parts", *total)
    whole = [cell for name in PATHS for cell in (f"{wholes[name]:.0f}", "100", f"{spent[name, 'whole'][1]:.0f}")]
    figures.add("the whole, measured by itself", *whole)
    figures.notes.append(
        "Each layer is an application that does one thing more than the one above; a row is the difference. "
        "Medians of shares of the whole, which takes turns with all layers in each round; one worker, one connection. "
        "Differences of a few µs either way are within what rounds differ by. "
        "Database CPU is the layer's own, not a difference."
    )
    return [figures], held


def _sum(parts: list[float], whole: float) -> tuple[str, str, str]:
    return f"{sum(parts):.0f}", f"{sum(parts) / whole * 100:.0f}", ""


def _cells(
    parts: dict[str, list[float]], wholes: dict[str, float], number: int, database: dict[str, float]
) -> list[str]:
    return [
        cell
        for name in PATHS
        for cell in (
            f"{parts[name][number]:.0f}",
            f"{parts[name][number] / wholes[name] * 100:.0f}",
            f"{database[name]:.0f}" if number >= 8 else "",  # the first layer that asks the database
        )
    ]


def _rounds(stage: Stage, effort: Effort, server: Server, token: str) -> dict[tuple[str, str], tuple[float, float]]:
    """CPU µs of application and database, by request and layer."""
    names = [*(layer for layer, _ in LAYERS), "whole"]
    keys = [(name, layer) for name in PATHS for layer in names]
    requests = {(name, layer): get(PATHS[name], token, headers={"X-Layer": f"{name}.{layer}"}) for name, layer in keys}
    seen: dict[tuple[str, str], list[tuple[float, float]]] = {key: [] for key in keys}
    for key in keys:
        first = stage.measure(server, [requests[key]], 0.2)
        assert not first.seen["errors"], f"layer {key}: {first.seen}"
    for _ in range(effort.rounds * SHORTER):
        for key in keys:
            one = stage.measure(server, [requests[key]], effort.round_s / 2 / SHORTER, connections=1)
            seen[key].append((one.per_request_us(one.application_s), one.per_request_us(one.database_s)))
    return {(name, layer): (_paired(seen, name, layer, 0), _paired(seen, name, layer, 1)) for name, layer in keys}


def _paired(seen: dict[tuple[str, str], list[tuple[float, float]]], name: str, layer: str, which: int) -> float:
    """As a share of the whole in the same round, whose machine is as fast or slow: the median, of the whole's own."""
    wholes = [one[which] for one in seen[name, "whole"]]
    shares = [one[which] / whole for one, whole in zip(seen[name, layer], wholes, strict=True) if whole]
    return middle(shares) * middle(wholes) if shares else 0.0
