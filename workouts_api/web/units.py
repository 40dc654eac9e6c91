"""Imperial units at the API's edge: inside, everything is SI, and a name's suffix says which unit."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

KG_PER_LB = 0.45359237  # exact: International yard and pound agreement, 1959
M_PER_MI = 1609.344  # exact: the same
CM_PER_IN = 2.54  # exact: the same
M_PER_FT = 0.3048  # exact: the same


# Decimals that are kept: a tenth of a gram, and a tenth of a millimetre, of heights too. Finer than any scale, and
# coarse enough that each has an imperial number of few decimals (below) that means it and no other.
KG_DECIMALS, M_DECIMALS, CM_DECIMALS = 4, 4, 2
LB_DECIMALS, MI_DECIMALS, IN_DECIMALS, FT_DECIMALS = 4, 8, 3, 4
PACE_DECIMALS = 4  # of seconds a kilometre and a mile


def settled(value: float, decimals: int) -> float:
    """A quantity as it is kept.

    :raises ValueError: for one that is too small to be anything, and not 0.
    """
    kept = round(value, decimals) + 0.0  # -0.0 is 0.0
    if kept == 0 and value != 0:
        raise ValueError(f"expected 0, or at least {10**-decimals:.{decimals}f}")
    return kept


# Figures of reports are rounded, sums of volume to a tenth and all others to a hundredth.
FIGURE_DECIMALS, VOLUME_DECIMALS = 2, 1

# suffix → suffix, units of the first in one of the second, decimals of the first and of the second; the first that fits
_CONVERSIONS = {
    "ascent_m": ("ascent_ft", M_PER_FT, M_DECIMALS, FT_DECIMALS),
    "descent_m": ("descent_ft", M_PER_FT, M_DECIMALS, FT_DECIMALS),
    "_s_per_km": ("_s_per_mi", 1000 / M_PER_MI, PACE_DECIMALS, PACE_DECIMALS),
    "_kg": ("_lb", KG_PER_LB, KG_DECIMALS, LB_DECIMALS),
    "_m": ("_mi", M_PER_MI, M_DECIMALS, MI_DECIMALS),
    "_cm": ("_in", CM_PER_IN, CM_DECIMALS, IN_DECIMALS),
}
_BESIDE_UNITS = frozenset(("value", "beats"))  # figures whose unit is another field: a record in metres
_OTHER_UNITS = {
    suffix[1:].replace("_per_", "/"): (other[1:].replace("_per_", "/"), suffix)
    for suffix, (other, *_) in _CONVERSIONS.items()
    if suffix[0] == "_"
}


@lru_cache(maxsize=512)  # of the fields of schemas, each set by each
def metric_name(name: str) -> str | None:
    """The field that a field in imperial units stands in place of: weight_kg for weight_lb; None for any other name."""
    found = ((suffix, other) for suffix, (other, *_) in _CONVERSIONS.items() if name.endswith(other))
    return next((name.removesuffix(other) + suffix for suffix, other in found), None)


def to_metric(metric: str, value: float) -> float:
    """An imperial quantity in the unit of the field that it stands in place of, as it is kept.

    :param metric: the name of that field, which ends with its unit.
    :raises ValueError: for a quantity that is too small to be anything, and not 0.
    """
    factor, decimals = next((f, d) for suffix, (_, f, d, _) in _CONVERSIONS.items() if metric.endswith(suffix))
    return settled(value * factor, decimals)


def to_imperial(body: Any, *, figures: bool = False) -> Any:
    """The same reply with every field that ends with _kg, _m or _cm in lb, mi or in, under its new name; ascents in ft,
    and paces in seconds a mile.

    :param figures: whether it holds figures of a report. These are rounded, so the shortest number that means the same
        is looked for within that: a record of 140 lb, which is 63.50 kg, is 140 lb and not 139.9935.
    """
    if isinstance(body, dict):
        converted = dict(_converted(name, value, figures=figures) for name, value in body.items())
        if body.get("unit") in _OTHER_UNITS and not _BESIDE_UNITS.isdisjoint(body):
            for name in _BESIDE_UNITS & body.keys():
                converted[name] = in_other_unit(body[name], body["unit"], decimals=FIGURE_DECIMALS)
            converted["unit"] = other_unit(body["unit"])
        return converted
    if isinstance(body, list):
        return [to_imperial(item, figures=figures) for item in body]
    return body


def in_other_unit(value: Any, unit: str, *, decimals: int) -> Any:
    """A number, or a list of them, of a unit that stands beside it and not in its name.

    :param unit: kg, m, cm or s/km; of any other one the value stays as it is.
    :param decimals: how many the number is rounded to.
    """
    if unit not in _OTHER_UNITS:
        return value
    _, factor, _, most = _CONVERSIONS[_OTHER_UNITS[unit][1]]
    return _scaled(value, factor, decimals, most)


def other_unit(unit: str) -> str:
    """lb, mi, in or s/mi for kg, m, cm or s/km; any other unit is itself."""
    return _OTHER_UNITS[unit][0] if unit in _OTHER_UNITS else unit


def _converted(name: str, value: Any, *, figures: bool) -> tuple[str, Any]:
    for suffix, (other, factor, decimals, most) in _CONVERSIONS.items():
        if name.endswith(suffix):
            if figures:
                decimals = VOLUME_DECIMALS if name.endswith("volume_kg") else FIGURE_DECIMALS
            return name.removesuffix(suffix) + other, _scaled(value, factor, decimals, most)
    return name, to_imperial(value, figures=figures)


def _scaled(value: Any, factor: float, decimals: int, most: int) -> Any:
    match value:
        case bool() | None | str():
            return value
        case int() | float():
            return _shortest(value, factor, decimals, most)
        case list():
            return [_scaled(item, factor, decimals, most) for item in value]
        case dict():
            return {key: _scaled(item, factor, decimals, most) for key, item in value.items()}
    return value


def _shortest(value: float, factor: float, decimals: int, most: int) -> float:
    """The number with fewest decimals that, sent back, is this quantity again: 225 lb in is 225 lb out, and 100 kg stay
    100 kg. With ``most`` decimals there always is one, since half a step of them is less than half a step of ours."""
    kept = round(value, decimals)
    for places in range(most):
        shorter: float = round(value / factor, places)
        if round(shorter * factor, decimals) == kept:
            return shorter
    return round(value / factor, most)
