"""A set's tempo: seconds of lowering, pause, lifting and pause."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import fields

_SEPARATED = re.compile(r"([0-9]{1,2}|[xX])[-/:. ]([0-9]{1,2}|[xX])[-/:. ]([0-9]{1,2}|[xX])[-/:. ]([0-9]{1,2}|[xX])")
_CLOSE = re.compile(r"([0-9xX])([0-9xX])([0-9xX])([0-9xX])")


class Tempo(fields.String):
    """Read as 31X0, 3-1-X-0 or 3/1/X/0; stored as 3-1-X-0."""

    default_error_messages = {  # noqa: RUF012 – marshmallow's way
        "invalid": "Expected four parts, each a number of seconds or X, such as 3-1-X-0 or 31X0.",
    }

    def __init__(self, **kwargs: Any) -> None:
        metadata = {
            "description": "Seconds of lowering, pause, lifting, pause; X: as fast as possible. 31X0 is read as well.",
            "example": None,
        }
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        parts = isinstance(value, str) and (_SEPARATED.fullmatch(value) or _CLOSE.fullmatch(value))
        if not parts:
            raise self.make_error("invalid")
        return "-".join(part.upper() for part in parts.groups())
