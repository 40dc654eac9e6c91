"""Imperial units at the API's edge: inside, everything is SI, and a name's suffix says which unit."""

from __future__ import annotations

from typing import Any

KG_PER_LB = 0.45359237  # exact: International yard and pound agreement, 1959
M_PER_MI = 1609.344  # exact: the same
CM_PER_IN = 2.54  # exact: the same


# Decimals that are kept: a tenth of a gram, and a tenth of a millimetre, of heights too. Finer than any scale, and
# coarse enough that each has an imperial number of few decimals (below) that means it and no other.
KG_DECIMALS, M_DECIMALS, CM_DECIMALS = 4, 4, 2
LB_DECIMALS, MI_DECIMALS, IN_DECIMALS = 4, 8, 3


def settled(value: float, decimals: int) -> float:
    """A quantity as it is kept.

    :raises ValueError: for one that is too small to be anything, and not 0.
    """
    kept = round(value, decimals) + 0.0  # -0.0 is 0.0
    if kept == 0 and value != 0:
        raise ValueError(f"expected 0, or at least {10**-decimals:.{decimals}f}")
    return kept


def lb_to_kg(weight_lb: float) -> float:
    return settled(weight_lb * KG_PER_LB, KG_DECIMALS)


def mi_to_m(distance_mi: float) -> float:
    return settled(distance_mi * M_PER_MI, M_DECIMALS)


# suffix → suffix, units of the first in one of the second, decimals of the first and of the second
_CONVERSIONS = {
    "_kg": ("_lb", KG_PER_LB, KG_DECIMALS, LB_DECIMALS),
    "_m": ("_mi", M_PER_MI, M_DECIMALS, MI_DECIMALS),
    "_cm": ("_in", CM_PER_IN, CM_DECIMALS, IN_DECIMALS),
}


def _converted(name: str, value: Any) -> tuple[str, Any]:
    for suffix, (other, factor, decimals, most) in _CONVERSIONS.items():
        if name.endswith(suffix):
            return name.removesuffix(suffix) + other, _scaled(value, factor, decimals, most)
    return name, to_imperial(value)


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


def to_imperial(body: Any) -> Any:
    """The same reply with every field that ends with _kg, _m or _cm in lb, mi or in, under its new name."""
    if isinstance(body, dict):
        return dict(_converted(name, value) for name, value in body.items())
    if isinstance(body, list):
        return [to_imperial(item) for item in body]
    return body
