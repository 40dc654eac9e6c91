"""The console's pages as HTML: templates that escape everything, and how figures are written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_TEMPLATES = Path(__file__).parent / "templates"
_WIDTH, _HEIGHT = 240, 40  # of a line of means


@cache
def _environment() -> Environment:
    found = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    found.filters |= {
        "figure": figure,
        "bytes": in_bytes,
        "seconds": in_seconds,
        "points": points,
        "breakable": breakable,
    }
    return found


def render(template: str, values: Mapping[str, Any]) -> str:
    """The whole page."""
    return _environment().get_template(f"{template}.html").render({"here": None, **values})


def figure(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def breakable(name: str) -> Markup:
    """A name that a narrow column may break behind its dots and underscores."""
    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[._])", name))


def in_bytes(count: float | None) -> str:
    if count is None:
        return ""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.3g} {unit}"
        count /= 1024
    return f"{count:.3g} TiB"


def in_seconds(value: float | None) -> str:
    return "" if value is None else f"{max(value, 0):.1f} s"


def points(values: Sequence[float]) -> str:
    """The line of a small picture, from left to right, the largest value at the top."""
    top = max(values, default=0) or 1
    step = _WIDTH / max(len(values) - 1, 1)
    heights = (_HEIGHT - 2 - value / top * (_HEIGHT - 4) for value in values)
    return " ".join(f"{place * step:.1f},{height:.1f}" for place, height in enumerate(heights))
