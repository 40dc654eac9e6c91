"""Imperial units at the API's edge: inside, everything is SI, and a name's suffix says which unit."""

from __future__ import annotations

from typing import Any

KG_PER_LB = 0.45359237  # exact: International yard and pound agreement, 1959
M_PER_MI = 1609.344  # exact: the same
CM_PER_IN = 2.54  # exact: the same


def lb_to_kg(weight_lb: float) -> float:
    return weight_lb * KG_PER_LB


def mi_to_m(distance_mi: float) -> float:
    return distance_mi * M_PER_MI


# suffix → suffix, units of the first in one of the second, digits after the point: enough that what came in goes out
_CONVERSIONS = {"_kg": ("_lb", KG_PER_LB, 4), "_m": ("_mi", M_PER_MI, 6), "_cm": ("_in", CM_PER_IN, 4)}


def _converted(name: str, value: Any) -> tuple[str, Any]:
    for suffix, (other, factor, digits) in _CONVERSIONS.items():
        if name.endswith(suffix):
            return name.removesuffix(suffix) + other, _scaled(value, factor, digits)
    return name, to_imperial(value)


def _scaled(value: Any, factor: float, digits: int) -> Any:
    match value:
        case bool() | None | str():
            return value
        case int() | float():
            return round(value / factor, digits)
        case list():
            return [_scaled(item, factor, digits) for item in value]
        case dict():
            return {key: _scaled(item, factor, digits) for key, item in value.items()}
    return value


def to_imperial(body: Any) -> Any:
    """The same reply with every field that ends with _kg, _m or _cm in lb, mi or in, under its new name."""
    if isinstance(body, dict):
        return dict(_converted(name, value) for name, value in body.items())
    if isinstance(body, list):
        return [to_imperial(item) for item in body]
    return body
