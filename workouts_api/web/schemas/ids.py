"""Ids, and whole numbers in a query string."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import fields, validate

MAX_ID = 2**53 - 1  # what JavaScript's numbers hold


class Identifier(fields.Integer):
    """A resource's id: a whole number from 1 to 2^53 - 1."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=1, max=MAX_ID), **kwargs)


class WholeInQuery(fields.Integer):
    """A whole number in a query string, where everything is text: in digits, and nothing that int() also reads."""

    def __init__(self, lowest: int, highest: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(lowest, highest), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not _DIGITS.fullmatch(value):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


_DIGITS = re.compile(r"-?[0-9]{1,40}")


class IdentifierInQuery(WholeInQuery):
    """A resource's id in a query string."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, MAX_ID, **kwargs)
