"""Templates: several query files that differ in a few places, written once.

Owns what ``queries/<chapter>/<name>.template`` means and the text of each file that it makes. A template is a list of
variants, each with its file's name and what stands in the places, a line of dashes, and the file with its places in
curly brackets.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SECTION = re.compile(r"\[(\w+)\]")
_PLACE = re.compile(r"(?P<name>[a-z_]+)\s*=(?:\s(?P<value>.*))?")
_NAMED = re.compile(r"\{([a-z_]+)\}")
_RULER = "----"


class TemplateError(Exception):
    """A template can't be read; the message is ``queries/chapter/name.template:LINE: what is wrong``."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A query file that a template makes."""

    source: Path
    path: Path
    text: str

    @property
    def place(self) -> str:
        """The file's path as problems name it."""
        return "/".join(self.path.parts[-3:])

    @property
    def is_stale(self) -> bool:
        """Whether the file is not there, or not what the template makes."""
        return not self.path.is_file() or self.path.read_text(encoding="utf-8") != self.text


def variants(root: Path) -> Iterator[Variant]:
    """What each template under ``root`` makes.

    :raises TemplateError: at the first one that can't be read.
    """
    for source in sorted(root.glob("*/*.template")):
        yield from _variants_of(source)


def stale_variants(root: Path) -> list[str]:
    """A line for each query file that is not what its template makes: ``queries/chapter/name.sql:1: message``."""
    return [
        f"{variant.place}:1: not what {variant.source.name} makes: change that one, then run `workouts sql variants`"
        for variant in variants(root)
        if variant.is_stale
    ]


def _variants_of(source: Path) -> Iterator[Variant]:
    lines = source.read_text(encoding="utf-8").split("\n")
    if _RULER not in lines:
        raise TemplateError(_shown(source, 1, f"expected a line {_RULER} between the variants and the file"))
    ruler = lines.index(_RULER)
    body = "\n".join(lines[ruler + 1 :])
    summary, _, rest = body.partition("\n")
    origin = f"-- Made by `workouts sql variants` from {source.name}: what is changed here is lost."
    for name, (line, places) in _sections(source, lines[:ruler]).items():
        used = set(_NAMED.findall(body))
        if used != places.keys():
            odd = ", ".join(sorted(used ^ places.keys()))
            raise TemplateError(_shown(source, line, f"variant {name}: expected a value for each place, once: {odd}"))
        yield Variant(source, source.parent / f"{name}.sql", _filled(f"{summary}\n{origin}\n{rest}", places))


def _sections(source: Path, lines: list[str]) -> dict[str, tuple[int, dict[str, str]]]:
    """Name of a variant → its line and the values of its places. Lines that are indented go on with a value."""
    found: dict[str, tuple[int, dict[str, str]]] = {}
    places: dict[str, str] = {}
    place = ""
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        if section := _SECTION.fullmatch(line):
            places = {}
            found[section[1]] = number, places
        elif line[0].isspace() and place in places:
            places[place] += f"\n{line}"
        elif (given := _PLACE.fullmatch(line)) and found:
            place = given["name"]
            places[place] = (given["value"] or "").strip()
        else:
            raise TemplateError(_shown(source, number, f"{line!r}: expected [name], place = value, or # and a remark"))
    return {name: (number, {p: _dedented(v) for p, v in values.items()}) for name, (number, values) in found.items()}


def _dedented(value: str) -> str:
    first, newline, more = value.partition("\n")
    return f"{first}\n{textwrap.dedent(more)}".strip("\n") if newline else first


def _filled(body: str, places: dict[str, str]) -> str:
    """The body with its places filled: a value of several lines is indented as its place; an empty line is left out."""
    lines = []
    for line in body.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        filled = line
        for name, value in places.items():
            filled = filled.replace(f"{{{name}}}", value.replace("\n", f"\n{indent}"))
        if filled.strip() or not line.strip():
            lines.append(filled.rstrip())
    return "\n".join(lines)


def _shown(source: Path, line: int, message: str) -> str:
    return f"{'/'.join(source.parts[-3:])}:{line}: {message}"
