"""Fields for numbers and names of training logs: strict, bounded and fast.

A session has hundreds of them. The usual case is decided in one comparison; whatever is odd goes marshmallow's way and
ends in an error. A string is no number, and true is not 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, fields

from workouts_api.web.units import settled


class Whole(fields.Integer):
    """A whole number from ``lowest`` to ``highest``; 5.0 counts as 5, as JSON has it."""

    def __init__(self, lowest: int, highest: int, **kwargs: Any) -> None:
        self.lowest, self.highest = lowest, highest
        invalid = f"Expected a whole number from {lowest} to {highest}."
        super().__init__(error_messages={"invalid": invalid}, **_documented(lowest, highest, kwargs))

    def deserialize(
        self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        if type(value) is int and self.lowest <= value <= self.highest:
            return value
        return super().deserialize(value, attr, data, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if type(value) in (int, float) and self.lowest <= value <= self.highest and value == int(value):
            return int(value)
        raise self.make_error("invalid")


class Number(fields.Float):
    """A number from ``lowest`` to ``highest``, in steps of ``step`` if there is one; never NaN or infinite.

    :param above: whether ``lowest`` itself is excluded.
    :param decimals: how many are kept. A number that would be rounded to 0 is refused: the database's arithmetic fails
        on the smallest ones, and whoever sends one means something else.
    """

    def __init__(
        self,
        lowest: float,
        highest: float,
        *,
        step: float | None = None,
        above: bool = False,
        decimals: int = 6,
        **kwargs: Any,
    ) -> None:
        self.lowest, self.highest, self.step, self.above, self.decimals = lowest, highest, step, above, decimals
        kwargs = _documented(lowest, highest, kwargs)
        if above:
            kwargs["metadata"]["exclusiveMinimum"] = True
        if step:
            kwargs["metadata"]["multipleOf"] = step
        start, steps = "above" if above else "from", f" in steps of {step:g}" if step else ""
        invalid = f"Expected a number {start} {_within(lowest, math.ceil)} to {_within(highest, math.floor)}{steps}."
        self._too_small = f"Expected {'' if above else '0, or '}at least {10**-decimals:.{decimals}f}."
        super().__init__(error_messages={"invalid": invalid}, **kwargs)

    def deserialize(
        self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        if type(value) in (float, int) and self._is_good(value):
            return value if type(value) is int else self._settled(value)
        return super().deserialize(value, attr, data, **kwargs)

    def _settled(self, value: float) -> float:
        try:
            return settled(value, self.decimals)
        except ValueError as error:
            raise ValidationError(self._too_small) from error

    def _is_good(self, value: float) -> bool:
        if not self.lowest <= value <= self.highest:  # NaN is neither
            return False
        if self.above and value == self.lowest:
            return False
        return self.step is None or (value / self.step).is_integer()

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float:
        raise self.make_error("invalid")


class Choice(fields.String):
    """One of some names."""

    def __init__(self, names: Sequence[str], **kwargs: Any) -> None:
        self._known = frozenset(names)
        kwargs["metadata"] = {"enum": list(names), **kwargs.get("metadata", {})}
        super().__init__(error_messages={"invalid": f"Expected one of {', '.join(names)}."}, **kwargs)

    def deserialize(
        self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        if type(value) is str and value in self._known:
            return value
        return super().deserialize(value, attr, data, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        raise self.make_error("invalid")


class Flag(fields.Boolean):
    """true or false. Words and numbers that stand for them are refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if type(value) is bool:
            return value
        raise self.make_error("invalid", input=value)


def _within(bound: float, rounds: Callable[[float], int]) -> str:
    """A bound as error messages show it, with four decimals at most. The shown number itself is valid."""
    return f"{rounds(round(bound * 10_000, 6)) / 10_000:.4f}".rstrip("0").rstrip(".")


def _documented(lowest: float, highest: float, kwargs: dict[str, Any]) -> dict[str, Any]:
    bounds = {"minimum": lowest, "maximum": highest}
    return {**kwargs, "metadata": {**bounds, **kwargs.get("metadata", {})}}
