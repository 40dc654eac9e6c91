"""Text: which characters are taken, and in which form they are kept.

Four kinds. A **name** is told apart by reading it: NFKC, one blank where there was white space, and nothing that cannot
be seen. A **line** (a title) and **free text** (notes) are what somebody wrote: NFC, any character that has a meaning
in text, emoji joined by U+200D and marks of direction among them; a line is one line, free text keeps line breaks and
tabs. A **secret** is NFKC and otherwise as it came.

Normalising takes time with the square of a run of combining marks, so that runs are bounded before; the caller bounds
the length, which is a field's own matter. NFKC makes up to 18 characters of one (U+FDFA), so that a name's length is
bounded as it would be written out, and each kind of its characters is looked at once. The database holds names to the
same rules: migrations/repeatable/names.sql.
"""

from __future__ import annotations

import re
from typing import Literal
from unicodedata import combining, normalize

WIDEST = 18  # characters that NFKC makes of one
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
_HYPHENS = str.maketrans(dict.fromkeys("-\u2010\u2011", " "))
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


def name(text: str, longest: int | None = None) -> str:
    """A name: people, teams, exercises, keys; may be empty.

    :param longest: characters, each written out by NFKC, beyond which nothing is done to it.
    :raises TextError: where it holds what cannot be seen, or is longer.
    """
    folded = " ".join(in_form(_bounded(text, longest), "NFKC").split())
    if folded.isascii() and folded.isprintable():
        return folded
    folded = _VARIATIONS.sub("", folded)
    if odd := next(filter(is_invisible, dict.fromkeys(folded)), None):  # each character once, in their order
        raise TextError(f"Expected only characters that can be seen: U+{ord(odd):04X} cannot.")
    return folded


def _bounded(text: str, longest: int | None) -> str:
    """The text, unless its characters, each written out by NFKC, are too many."""
    if longest is not None and len(text) * WIDEST > longest and not text.isascii():
        length = sum(text.count(c) * len(normalize("NFKC", c)) for c in set(text))
        if length > longest:
            raise TextError(f"Expected fewer characters: written out, these are {length:,}.")
    return text


def name_without_invisible(text: str, longest: int | None = None) -> str:
    """The same, but what cannot be seen is dropped: for names in files and for searches, where nobody could mend it.

    :raises TextError: for control characters, or where it is longer.
    """
    if not text.isascii():
        formed = in_form(_bounded(text, longest), "NFKC")
        unseen = [ord(c) for c in set(formed) if not c.isspace() and c >= "\xa0" and is_invisible(c)]
        text = formed.translate(dict.fromkeys(unseen)) if unseen else formed
    return name(text)


def folded_name(text: str) -> str:
    """A name of an exercise without regard to case and hyphens, as the database's function of this name does it."""
    lower = text.lower()
    blank = lower.translate(_HYPHENS).replace("   ", " ").replace("  ", " ").strip(" ")
    return blank or lower


def name_of_somebody(text: str) -> str:
    """A name by which somebody is looked up, in the form in which it was stored. Nobody has one that cannot be a name.

    :raises TextError: for NUL and lone surrogates, for which the database has no place.
    """
    try:
        return name_without_invisible(text)
    except TextError:
        return secret(text)


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
