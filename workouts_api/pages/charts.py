"""The geometry of charts: pure functions from figures to places. The templates draw them as SVG.

Places along the width are percent, so a chart fits a phone and a desktop with letters of one size; places along the
height are pixels. The figures of the upright axis stand in a drawing of their own, as wide on a desktop as on a phone.
Lines stand in an inner drawing of 1000 units that is stretched, and their strokes are not. A figure that is unknown
leaves a gap in a line and a question mark among bars; 0 is a bar without height.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any

from workouts_api.pages.words import as_day, clock, short_day, written

HEIGHT, TOP, BELOW = 190, 12, 26  # px: the whole, the highest tick, and the days below the axis
BOTTOM = HEIGHT - BELOW
TALL = 280  # px: a chart over the whole width
LEFT, WIDTH = 0.0, 98.0  # percent: where the plot begins, and how wide it is
_MOST_LABELS = 5  # of days: more do not fit on a phone
_MOST_MARKS = 60  # bars among which a question mark can be read
_STEPS = (1, 2, 2.5, 5, 10)
_SIXTIETHS = (1, 2, 5, 10, 15, 20, 30)  # seconds of a minute, and minutes of an hour

Figures = Sequence[float | None]


@dataclass(frozen=True)
class Scale:
    """How figures of a unit are written, and how many of them make the next larger unit where that is 60."""

    unit: str
    write: Callable[[float], str] = written
    in_sixties: bool = False


_CLOCKS = {
    "s/km": Scale("min/km", clock, in_sixties=True),
    "s/mi": Scale("min/mi", clock, in_sixties=True),
    "seconds": Scale("min:s", clock, in_sixties=True),
    "min": Scale("h:min", clock, in_sixties=True),
}


def scale_of(unit: str) -> Scale:
    """Paces and times are written as athletes write them: 4:15."""
    return _CLOCKS.get(unit) or Scale(unit)


@dataclass(frozen=True)
class Tick:
    """A place on an axis, in pixels or percent, and what stands there."""

    at: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    said: str


@dataclass(frozen=True)
class Line:
    """A figure over time: the path of its known stretches, and those known points that stand alone."""

    name: str
    number: int
    path: str
    points: list[tuple[float, float]]
    is_dots: bool = False


@dataclass(frozen=True)
class Chart:
    """A drawing with its axes. ``said`` tells what it shows to somebody who does not see it."""

    id: str
    title: str
    unit: str
    said: str
    y_ticks: list[Tick]
    x_ticks: list[Tick]
    bars: list[tuple[str, int, list[Bar]]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    unknown: list[float] = field(default_factory=list)
    """Where the question marks stand."""
    height: int = HEIGHT
    lowest: str | None = None
    """Where the axis begins, if that is not 0."""

    @property
    def legend(self) -> list[tuple[str, int, str]]:
        """Name, number of the colour, and how it is drawn; empty for a chart of one figure."""
        found = [(name, number, "bar") for name, number, _ in self.bars]
        found += [(line.name, line.number, "dots" if line.is_dots else "line") for line in self.lines]
        return found if len(found) > 1 else []


def bar_chart(
    id: str,  # noqa: A002 – the attribute's name
    title: str,
    unit: str,
    starts: Sequence[str],
    figure: tuple[str, Figures],
    *,
    part: tuple[str, Figures] | None = None,
    marks: Sequence[bool] = (),
    by: str = "week",
    top: float = 0,
) -> Chart | None:
    """Bars by bucket. None where nothing is known, or all is 0.

    :param figure: its name and its values. :param part: that part of it which is drawn in another colour.
    :param marks: which buckets have something unknown beside the figure; those where it is unknown have a mark anyway.
    :param top: what the highest tick is at least, so that several charts have one scale.
    """
    values = figure[1]
    known = [value for value in values if value is not None]
    if not known or (not any(known) and len(known) == len(values)):
        return None
    ticks = nice_ticks(0, max(*known, top) or 1)
    slot = WIDTH / len(starts)
    places = [LEFT + slot * (n + 0.5) for n in range(len(starts))]
    layers = [figure, part] if part is not None and any(part[1]) else [figure]
    bars = [
        (
            name,
            number,
            [
                _bar(places[n], slot, value, ticks, f"{_when(starts[n], by)}: {written(value)} {unit} {name}".strip())
                for n, value in enumerate(layer)
                if value
            ],
        )
        for number, (name, layer) in enumerate(layers, 1)
    ]
    unknown = [_r(places[n]) for n, value in enumerate(values) if value is None or (marks and marks[n])]
    return Chart(
        id,
        title,
        unit,
        _told(values, starts, Scale(unit), by),
        _y_ticks(ticks, Scale(unit)),
        _day_ticks(places, starts, by),
        bars=bars,
        unknown=unknown if len(starts) <= _MOST_MARKS else [],
    )


def _bar(place: float, slot: float, value: float, ticks: Sequence[float], said: str) -> Bar:
    high = _y(value, ticks)
    return Bar(_r(place - slot * 0.38), _r(high), _r(slot * 0.76), _r(max(BOTTOM - high, 0.75)), said)


def line_chart(
    id: str,  # noqa: A002 – likewise
    title: str,
    unit: str,
    days: Sequence[str],
    lines: Sequence[tuple[str, Figures]],
    *,
    dots: tuple[str, Figures] | None = None,
    by: str = "day",
    in_time: bool = False,
    joins: bool = False,
    height: int = HEIGHT,
) -> Chart | None:
    """Lines over buckets, or over days, of what has a known figure. None where nothing is known.

    :param dots: a figure that is drawn as points, such as single measurements beside their mean.
    :param in_time: whether days stand where the calendar has them; else each has the same room.
    :param joins: whether a line goes on over an unknown figure, as between measurements that are far apart.
    """
    everything = [value for _, values in lines for value in values] + list(dots[1] if dots else [])
    known = [value for value in everything if value is not None]
    if not known:
        return None
    scale = scale_of(unit)
    low, high = min(known), max(known)
    low = 0 if 0 <= low < high / 3 else low  # where much of the height shows figures anyway
    ticks = nice_ticks(low, high, most=4 if height == HEIGHT else 6, in_sixties=scale.in_sixties)
    places = _in_time(days) if in_time else [(n + 0.5) / len(days) for n in range(len(days))]
    bottom = height - BELOW
    at = partial(_y, ticks=ticks, bottom=bottom)
    drawn = [
        _line(name, number, values, places, at, joins=joins)
        for number, (name, values) in enumerate(lines, 1)
        if any(value is not None for value in values)
    ]
    if dots:
        points = [(_x(place), _r(at(value))) for place, value in zip(places, dots[1], strict=True) if value is not None]
        drawn.append(Line(dots[0], len(lines) + 1, "", points, is_dots=True))
    main = dots[1] if dots else next(values for _, values in lines if any(value is not None for value in values))
    return Chart(
        id,
        title,
        scale.unit,
        _told(main, days, scale, by),
        _y_ticks(ticks, scale, bottom),
        _day_ticks([LEFT + WIDTH * p for p in places], days, by),
        lines=drawn,
        height=height,
        lowest=scale.write(ticks[0]) if ticks[0] else None,
    )


# ── axes ────────────────────────────────────────────────────────────────────────────────────────────────────


def nice_ticks(low: float, high: float, most: int = 4, *, in_sixties: bool = False) -> list[float]:
    """Round numbers from at or below ``low`` to at or above ``high``.

    :param in_sixties: whether they are round as parts or multiples of 60, as seconds are.
    """
    if high <= low and in_sixties:
        low, high = max(low - 60, min(low, 0)), low + 60
    elif high <= low:
        low, high = (0.0, high or 1.0) if low == high >= 0 else (low - 1, low + 1)
    step = _step((high - low) / most, in_sixties=in_sixties)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 10) for n in range(first, last + 1)]


def _step(rough: float, *, in_sixties: bool) -> float:
    """The least round number that is at least so large."""
    least = rough * (1 - 1e-9)
    if in_sixties and rough > 0.5:
        sixties = [step * unit for unit in (1, 60) for step in _SIXTIETHS]
        if found := next((step for step in sixties if step >= least), None):
            return found
        return 3600 * _step(rough / 3600, in_sixties=False)
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in _STEPS if step * power >= least)


def _y(value: float, ticks: Sequence[float], bottom: int = BOTTOM) -> float:
    return bottom - (value - ticks[0]) / (ticks[-1] - ticks[0]) * (bottom - TOP)


def _x(place: float) -> float:
    return _r(LEFT + WIDTH * place)


def _y_ticks(ticks: Sequence[float], scale: Scale, bottom: int = BOTTOM) -> list[Tick]:
    whole = [int(value) if value == int(value) else value for value in ticks]
    return [Tick(_r(_y(value, ticks, bottom)), scale.write(value)) for value in whole]


def _day_ticks(places: Sequence[float], days: Sequence[str], by: str) -> list[Tick]:
    """At most five days, evenly chosen. Where a day of the year can stand twice, they are months with their years."""
    if not days:
        return []
    is_long = by == "month" or (as_day(days[-1]) - as_day(days[0])).days >= 365
    every = math.ceil(len(days) / _MOST_LABELS)
    ticks: list[Tick] = []
    for n in range(0, len(days), every):
        text = short_day(days[n], year=is_long, day=not is_long)
        anchor = "end" if places[n] > 95 else "middle"
        if ticks and places[n] - ticks[-1].at < WIDTH / (_MOST_LABELS + 2):
            continue
        ticks.append(Tick(_r(places[n]), text, anchor))
    return ticks


def _in_time(days: Sequence[str]) -> list[float]:
    """Where the days stand between the first and the last one, from 0 to 1."""
    first, last = as_day(days[0]), as_day(days[-1])
    length = (last - first).days
    return [0.02 + 0.96 * (as_day(day) - first).days / length if length else 0.5 for day in days]


# ── lines ───────────────────────────────────────────────────────────────────────────────────────────────────


def _line(
    name: str, number: int, values: Figures, places: Sequence[float], at: Callable[[float], float], *, joins: bool
) -> Line:
    stretches = [_known(values, places)] if joins else list(_stretches(values, places))
    path = "".join(
        "M" + "L".join(f"{_r(place * 1000)},{_r(at(value))}" for place, value in stretch)
        for stretch in stretches
        if len(stretch) > 1
    )
    alone = [stretch[0] for stretch in stretches if len(stretch) == 1]
    return Line(name, number, path, [(_x(place), _r(at(value))) for place, value in alone])


def _known(values: Figures, places: Sequence[float]) -> list[tuple[float, float]]:
    return [(place, value) for place, value in zip(places, values, strict=True) if value is not None]


def _stretches(values: Figures, places: Sequence[float]) -> Iterator[list[tuple[float, float]]]:
    """Neighbours that are known."""
    pairs = zip(places, values, strict=True)
    for is_known, run in groupby(pairs, key=lambda pair: pair[1] is not None):
        if is_known:
            yield [(place, value) for place, value in run if value is not None]


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────


def _told(values: Figures, days: Sequence[str], scale: Scale, by: str) -> str:
    """What somebody hears who does not see the drawing."""
    known = [(value, day) for value, day in zip(values, days, strict=True) if value is not None]
    if not known:
        return "Nothing is known."
    lowest, highest, last = min(known), max(known), known[-1]
    parts = [
        f"{len(days)} {by}s" if by != "day" else f"{len(days)} days",
        f"lowest {scale.write(lowest[0])} {scale.unit} ({_when(lowest[1], by)})",
        f"highest {scale.write(highest[0])} {scale.unit} ({_when(highest[1], by)})",
        f"last {scale.write(last[0])} {scale.unit} ({_when(last[1], by)})",
    ]
    unknown = len(values) - len(known)
    return ", ".join(parts) + (f"; {unknown} unknown." if unknown else ".")


def _when(day: Any, by: str) -> str:
    if by == "month":
        return short_day(day, year=True, day=False)
    return f"{'week of ' if by == 'week' else ''}{short_day(day, year=True)}"


def _r(value: float) -> float:
    return round(value, 2)
