"""Text: which characters are taken, and in which form they are kept.

Four kinds. A **name** is told apart by reading it: NFKC, one blank where there was white space, and nothing that cannot
be seen. A **line** (a title) and **free text** (notes) are what somebody wrote: NFC, any character that has a meaning
in text, emoji joined by U+200D and marks of direction among them; a line is one line, free text keeps line breaks and
tabs. A **secret** is NFKC and otherwise as it came.

Normalising takes time with the square of a run of combining marks, so that runs are bounded before; the caller bounds
the length, which is a field's own matter. The database holds names to the same rules: migrations/repeatable/names.sql.
"""

from __future__ import annotations

import re
from typing import Literal
from unicodedata import combining, normalize

LONGEST_RUN = 30  # combining marks on a letter: the Stream-Safe Text Format of Unicode (UAX #15); languages need five

_LONG_RUN = re.compile(rb"[^\0]{%d}" % (LONGEST_RUN + 1))
# What is no mark itself, but decomposes into marks alone.
_HIDDEN_MARKS = dict.fromkeys(map(ord, "\u0f73\u0f75\u0f81\uff9e\uff9f"), "\u0301")

# How the character before is drawn, and no more: emoji keyboards send one with every other sign.
_VARIATIONS = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# What isprintable() lets pass and yet nobody sees: the rest of Unicode's Default_Ignorable, and the empty braille sign.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]")
_UNNAMED_EMOJI = re.compile("[\U0001f300-\U0001faff]")  # of a newer Unicode than this Python's; kept free for emoji

_CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BREAKS = str.maketrans(dict.fromkeys("\x0b\x0c\x85", "\n"))
_ONE_LINE = str.maketrans(dict.fromkeys("\t\n\x0b\x0c\r\x85\u2028\u2029", " "))


class TextError(ValueError):
    """A text cannot be taken; the message says why."""


def in_form(text: str, form: Literal["NFC", "NFKC"]) -> str:
    """The text in a normal form of Unicode.

    :raises TextError: for a lone surrogate, which no text has, and for more marks on a letter than any language writes.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TextError("NUL, control characters and lone surrogates are not text.") from error
    if len(text) > LONGEST_RUN and _LONG_RUN.search(bytes(map(combining, text.translate(_HIDDEN_MARKS)))):
        raise TextError(f"Expected at most {LONGEST_RUN} combining marks on a character.")
    return normalize(form, text)


def name(text: str) -> str:
    """A name: people, teams, exercises, keys; may be empty.

    :raises TextError: where it holds what cannot be seen.
    """
    folded = " ".join(in_form(text, "NFKC").split())
    if folded.isascii() and folded.isprintable():
        return folded
    folded = _VARIATIONS.sub("", folded)
    if odd := next(filter(is_invisible, folded), None):
        raise TextError(f"Expected only characters that can be seen: U+{ord(odd):04X} cannot.")
    return folded


def name_without_invisible(text: str) -> str:
    """The same, but what cannot be seen is dropped: for names in files and for searches, where nobody could mend it.

    :raises TextError: for control characters.
    """
    if not text.isascii():
        text = "".join(c for c in in_form(text, "NFKC") if c.isspace() or c < "\xa0" or not is_invisible(c))
    return name(text)


def is_invisible(character: str) -> bool:
    """Whether no name holds it: controls, format, surrogates, private use, not assigned, and blanks in disguise."""
    if character.isprintable():
        return _INVISIBLE.match(character) is not None
    return _UNNAMED_EMOJI.match(character) is None


def line(text: str) -> str:
    """One line of free text, such as a title: line breaks and tabs become blanks.

    :raises TextError: for control characters.
    """
    return free(text.translate(_ONE_LINE))


def free(text: str) -> str:
    """Free text, such as notes; line breaks of other kinds become the usual one.

    :raises TextError: for control characters.
    """
    if _CONTROLS.search(text):
        text = text.translate(_BREAKS)
        if _CONTROLS.search(text):
            raise TextError("NUL, control characters and lone surrogates are not text.")
    return in_form(text, "NFC")


def secret(text: str) -> str:
    """What somebody knows by heart: the same bytes by every keyboard, and any character.

    :raises TextError: for NUL, which the database has no place for.
    """
    if "\0" in text:
        raise TextError("NUL, control characters and lone surrogates are not text.")
    return in_form(text, "NFKC")
