"""Texts of others on a terminal: what is in a database may have any name, and no name may steer a terminal."""

from __future__ import annotations

import unicodedata

_STEERS = {"Cc", "Cf", "Zl", "Zp"}  # controls, what turns the direction of writing, line separators


def visible(text: str, *, keeps: str = "") -> str:
    """The text with each character that a terminal would obey written as its escape, as psql and git do.

    :param keeps: characters that stay as they are, such as the line breaks of a plan.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        one.encode("unicode_escape").decode() if unicodedata.category(one) in _STEERS and one not in keeps else one
        for one in text
    )
