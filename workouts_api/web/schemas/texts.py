"""Texts, each kind in its normal form. What the forms are is said in workouts_api/web/texts.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from workouts_api.web import texts
from workouts_api.web.addresses import with_ascii_domain, with_full_stops
from workouts_api.web.sentences import AN_ADDRESS


class Text(fields.String):
    """Free text in its normal form; subclasses are of another kind. See workouts_api/web/texts.py.

    :param max_length: in characters, in that form; what is far longer is refused before anything is done to it.
    :param min_length: likewise.
    """

    _BEFORE = 4  # characters that may become one, as the letters of Vietnamese do, or a name's blanks

    def __init__(self, *, max_length: int, min_length: int = 0, **kwargs: Any) -> None:
        given = kwargs.pop("validate", [])
        self._length, self._longest = validate.Length(min=min_length or None, max=max_length), max_length
        super().__init__(validate=[self._length, *(given if isinstance(given, list) else [given])], **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > self._longest * self._BEFORE:
            self._length(text)  # raises
        try:
            return self.to_form(text)
        except texts.TextError as error:
            raise ma.ValidationError(str(error)) from error

    def to_form(self, text: str) -> str:
        return texts.free(text)


class Line(Text):
    """One line of free text, such as a title."""

    def to_form(self, text: str) -> str:
        return texts.line(text)


class Name(Text):
    """A name that people tell apart by reading."""

    def to_form(self, text: str) -> str:
        return texts.name(text, self._longest * self._BEFORE)


class Words(Text):
    """What is searched for among names."""

    def to_form(self, text: str) -> str:
        return texts.name_without_invisible(text, self._longest * self._BEFORE)


class SignInName(Text):
    """The username or e-mail address of somebody who signs in: what is no name is nobody's, and not refused."""

    def to_form(self, text: str) -> str:
        return texts.name_of_somebody(text)


class Secret(Text):
    """What somebody knows, or was given: kept as no more than a digest."""

    def to_form(self, text: str) -> str:
        return texts.secret(text)


class Email(Name):
    """An e-mail address."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"format": "email", "example": "ada@example.com", **kwargs.pop("metadata", {})}
        address = validate.Email(error=AN_ADDRESS)
        super().__init__(max_length=254, validate=address, metadata=metadata, **kwargs)

    def to_form(self, text: str) -> str:
        return with_full_stops(super().to_form(text))


class NewEmail(Email):
    """An address that is to be stored, its domain in ASCII. Those that are stored already go on working: they are asked
    for by Email."""

    def to_form(self, text: str) -> str:
        address = with_ascii_domain(super().to_form(text))
        local, _, domain = address.rpartition("@")
        if not local.isascii() or len(local) > _LONGEST_LOCAL_PART:
            raise texts.TextError(_A_LOCAL_PART)
        if domain.startswith("[") or domain.lower() == "localhost":  # a mail server would connect there
            raise texts.TextError(_A_DOMAIN)
        return address


_LONGEST_LOCAL_PART = 64  # RFC 5321 §4.5.3.1.1
_A_LOCAL_PART = "Expected at most 64 characters before the @, all of them ASCII: mail servers deliver no others."
_A_DOMAIN = "Expected the name of a domain after the @, such as example.com: no number of a host, and not localhost."
