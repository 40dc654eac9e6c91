"""``workouts deprecations``: who still calls what will go, from the lines of the log."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TextIO

import click

EVENT = "deprecated_call"
_COLUMNS = ("calls", "last", "operation", "user", "key", "user agent")


@dataclass
class Calls:
    """How often one program of one user has called one operation."""

    count: int = 0
    last: str = ""


Callers = dict[tuple[str, str, str, str], Calls]
"""By operation, user, key and user agent."""


def counted(lines: Iterable[str]) -> Callers:
    """The calls that the lines tell of. Lines of other kinds, and such as are cut, are passed over."""
    found: Callers = {}
    for said in _said(lines):
        key = said.get("key_id")
        who = (
            f"{said.get('method')} {said.get('route')}",
            str(said.get("user_id") or "nobody"),
            "" if key is None else str(key),
            str(said.get("user_agent") or ""),
        )
        calls = found.setdefault(who, Calls())
        calls.count += 1
        calls.last = max(calls.last, str(said.get("timestamp", "")))
    return found


def _said(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if EVENT not in line:
            continue
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("event") == EVENT:
            yield said


@click.command()
@click.argument("logs", type=click.File("r", encoding="utf-8", errors="replace"), nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def deprecations(logs: tuple[TextIO, ...], as_json: bool) -> None:
    """Say who still calls operations that will go: by operation, user, key and user agent.

    LOGS are files of the log; without one, lines are read from standard input.
    """
    found = counted(line for log in logs or (sys.stdin,) for line in log)
    rows = [(calls.count, calls.last, *who) for who, calls in sorted(found.items(), key=lambda one: -one[1].count)]
    if as_json:
        click.echo(json.dumps([dict(zip(_COLUMNS, row, strict=True)) for row in rows], ensure_ascii=False))
        return
    if not rows:
        click.echo("Nobody has called an operation that will go.")
        return
    table = [_COLUMNS, *(tuple(map(str, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        click.echo("  ".join(map(str.ljust, row, widths)).rstrip())
