"""What makes a password too easy to guess: NIST SP 800-63B §3.1.1.2. No rules of composition: they help nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

_LIST = Path(__file__).parent / "common_passwords.txt"
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_BETWEEN = re.compile(r"[\W_]+")


@cache
def common_passwords() -> bytes:
    """The passwords that are tried first, in lower case, each between line breaks.

    One text, which is looked through in 0.1 ms: a set of them takes ten times its memory, in every worker.
    """
    return b"\n" + re.sub(rb"(?m)^# .*\n", b"", _LIST.read_bytes())


def is_common(password: str) -> bool:
    """Whether it is one of them, in any case."""
    return f"\n{password.casefold()}\n".encode(errors="replace") in common_passwords()


class Person(NamedTuple):
    """Whose password it is to be."""

    email: str
    username: str
    full_name: str


def password_problems(password: str, person: Person) -> list[str]:
    """Why a password of the right length is refused, in sentences; empty: it is not."""
    if is_common(password):
        return ["This is one of the most common passwords: it is tried first."]
    if _is_name(password, person):
        return ["A password is not one's own name or e-mail address."]
    return []


def _is_name(password: str, person: Person) -> bool:
    """Whether it is a name and nothing more, whatever digits and signs stand around it."""
    names = set(_names(*person))
    plain = _plain(password)
    return bool(plain) and (plain in names or _core(password) in names - {""})


def _names(email: str, username: str, full_name: str) -> Iterator[str]:
    local, _, domain = email.partition("@")
    words = full_name.split()
    for text in (email, local, domain, username, full_name, "".join(reversed(words)), *words):
        yield _plain(text)
        yield _core(text)


def _plain(text: str) -> str:
    """In lower case, without spaces and signs."""
    return _BETWEEN.sub("", text.casefold())


def _core(text: str) -> str:
    """The same without the digits around it: ada-lovelace_1815! is adalovelace."""
    return _plain(_AROUND.sub("", text.casefold()))
