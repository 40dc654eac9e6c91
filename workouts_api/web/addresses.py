"""E-mail addresses: the one form in which a domain is kept, and the forms in which somebody's may be stored.

A domain of other letters than ASCII's has two forms, exämple.com and xn--exmple-cua.com, and is one domain. An address
that is taken in has the second one, the A-labels of RFC 5890: mail servers without SMTPUTF8 deliver to it. One that was
stored before stays as it is, and is found by both; migrations/repeatable/addresses.sql lets nobody else have its
mailbox. Letters are mapped as UTS #46 does it, without its transitional part: ß stays ß.
"""

from __future__ import annotations

from collections.abc import Callable
from unicodedata import normalize

from workouts_api.web.texts import TextError

_PREFIX = "xn--"
_FULL_STOPS = str.maketrans("\u3002\uff0e\uff61", "...")


def with_ascii_domain(address: str) -> str:
    """The address with its domain in A-labels.

    :raises TextError: for an A-label that is none.
    """
    return _with_labels(address, _ascii_label)


def forms_of(name: str) -> tuple[str, str, str]:
    """A name or address as it is, with the domain in A-labels, and with it in letters: it may be stored in any of them.
    What has no such forms is three times the same."""
    try:
        in_ascii = with_ascii_domain(name)
        in_letters = _with_labels(in_ascii, _letters)
        in_letters.encode()  # a lone surrogate
    except (TextError, UnicodeError):
        return name, name, name
    return name, in_ascii, in_letters


def other_form_of(searched: str) -> str | None:
    """What is searched for, with its domain in the other form: A-labels for letters, letters for A-labels.

    A domain is what stands behind an ``@``, or all of it where there is none. None if there is no other form: a part of
    an A-label stands for nothing.
    """
    local, at, domain = searched.rpartition("@")
    formed = _letters if domain.isascii() else _ascii_label
    try:
        other = local + at + ".".join(map(formed, domain.translate(_FULL_STOPS).split(".")))
        other.encode()  # a lone surrogate
    except (TextError, UnicodeError):
        return None
    return None if " " in domain or other.lower() == searched.lower() else other


def with_full_stops(address: str) -> str:
    """The address with the dots of its domain, for which East Asian keyboards write others."""
    local, at, domain = address.rpartition("@")
    return local + at + domain.translate(_FULL_STOPS) if at else address


def _with_labels(address: str, formed: Callable[[str], str]) -> str:
    local, at, domain = with_full_stops(address).rpartition("@")
    if not at or (domain.isascii() and _PREFIX not in domain.lower()):
        return local + at + domain
    return local + at + ".".join(map(formed, domain.split(".")))


def _ascii_label(label: str) -> str:
    letters = _letters(label)
    if letters.isascii():
        return letters
    found = _PREFIX + letters.encode("punycode").decode()
    if label.isascii() and found != label.lower():  # there would be two of one domain
        raise TextError(_NO_DOMAIN)
    return found


def _letters(label: str) -> str:
    if label.isascii() and label.lower().startswith(_PREFIX):
        try:
            label = label[len(_PREFIX) :].lower().encode().decode("punycode")
        except (UnicodeError, OverflowError, ValueError) as error:
            raise TextError(_NO_DOMAIN) from error
        if label.isascii():
            raise TextError(_NO_DOMAIN)
    # Letter by letter: a sigma at the end of a word is one of its own only where somebody wrote it so.
    return normalize("NFKC", "".join(letter.lower() for letter in normalize("NFKC", label)))


_NO_DOMAIN = "Expected the name of a domain after the @: a label that begins with xn-- stands for no letters."
