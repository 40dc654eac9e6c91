"""The schema of which all others are made, which is strict, and lists of bounded length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from workouts_api.web.problems import MOST_UNKNOWN, read_each, with_few_unknown
from workouts_api.web.sentences import UNKNOWN, say_what_is_expected

say_what_is_expected()


class Schema(ma.Schema):
    """Refuses fields that it does not know, and keeps the order in which they are written."""

    class Meta:
        unknown = ma.RAISE

    error_messages = {"type": "Expected an object.", "unknown": UNKNOWN}  # noqa: RUF012 – marshmallow's way

    def load(self, data: Any, **kwargs: Any) -> Any:
        """As marshmallow does, but only some unknown fields are looked at; also where the schema is inside another, and
        of an address or a form.
        """
        if isinstance(data, Mapping) and len(data) > MOST_UNKNOWN:
            names = {field.data_key or name for name, field in self.fields.items()}
            data = with_few_unknown(data, names, len(names))
        return super().load(data, **kwargs)

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """What several fields together break: messages by field. A schema with such rules overrides it.

        :param data: the fields that were sent. One that is wrong by itself is None, and so is a missing one that is
            required: rules hold nothing against what they do not know.
        """
        return {}

    @ma.validates_schema(skip_on_field_errors=False, pass_original=True)
    def tell_contradictions_too(self, data: Mapping[str, Any], original: Any, **_: Any) -> None:
        """Runs the rules where some fields are wrong, too, so that a client learns of all problems at once."""
        if not isinstance(original, Mapping):
            return
        wrong = {
            name: None
            for name, field in self.load_fields.items()
            if name not in data and (field.required or (field.data_key or name) in original)
        }
        found = self.contradictions({**wrong, **data} if wrong else data)
        if told := {name: messages for name, messages in found.items() if name not in wrong}:
            raise ma.ValidationError(dict(told))

    def __deepcopy__(self, _: dict[int, Any]) -> Schema:
        """Itself: nothing changes a schema once it is made, and flask-smorest copies it with each decorator's notes."""
        return self


class Items(fields.List[Any]):
    """A list of bounded length, which is looked at before what is in it. After many wrong items it is not read on.

    :param longest: how many there may be. :param shortest: likewise.
    """

    def __init__(self, inner: Any, *, longest: int, shortest: int = 0, **kwargs: Any) -> None:
        self._count = validate.Length(min=shortest or None, max=longest)
        super().__init__(inner, validate=self._count, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        self._count(value)
        return read_each(value, lambda each: self.inner.deserialize(each, **kwargs))
