"""``compare``: a rewrite of a query file beside the original."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from workouts_api.dba.commands.shared import (
    database_url_option,
    find,
    load,
    opened_session,
    opened_target,
    print_table,
    queries_option,
    read_captured,
    told,
)
from workouts_api.host.terminal import visible
from workouts_api.sql.catalogue import Catalogue, UnknownQueryError
from workouts_api.sql.files import QueryFile

if TYPE_CHECKING:
    from workouts_api.dba.captured import Captured
    from workouts_api.dba.comparing import Compared
    from workouts_api.dba.rows import Row
    from workouts_api.dba.server import Session

DEARER = 1.05  # of A's buffers: what lies below is chance, such as pages of the catalogue
_WORDS = {"same": "yes", "ties": "but for ties", "order": "OTHER ORDER", "rows": "OTHER ROWS"}


@click.command("compare")
@click.argument("a", metavar="NAME")
@click.argument("b", metavar="REWRITE")
@click.option("--each", metavar="SELECT", help="Also a set of parameters for each row of this select.")
@click.option("--captured", is_flag=True, help="Also the real calls that `capture` has kept, the slowest first.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Of each, how many.")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="A column that may differ.")
@click.option("--writes", is_flag=True, help="Also files that write: on a copy, since sequences advance and rows lock.")
@click.option("--plans", is_flag=True, help="Print both plans of each set whose plan changes.")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
@database_url_option
@queries_option
def compare_command(
    a: str,
    b: str,
    each: str | None,
    captured: bool,
    limit: int,
    ignore: tuple[str, ...],
    writes: bool,
    plans: bool,
    as_json: bool,
    database_url: str | None,
    root: Path,
) -> None:
    """Compare the query NAME with REWRITE, an .sql file or another query: rows, order, cost, plans.

    Both run on the usual samples, on each named set, on --captured and on --each, in one transaction that is
    rolled back. The exit code is 0 if REWRITE gives the same rows in the order that NAME promises, and reads no more
    pages.
    """
    catalogue = load(root)
    file = find(catalogue, a)
    if file.writes and not writes:
        raise click.ClickException(f"{file.place} writes: expected --writes, on a database that is no live one")
    with told():
        other = _rewrite(catalogue, file, b)
    calls = read_captured(file, limit) if captured else []
    with (
        opened_target(database_url, embedded=True) as target,
        opened_session(target, read_only=not file.writes) as session,
    ):
        found = list(compared(session, file, other, (each, limit, calls), frozenset(ignore)))
    if target.is_empty:
        click.echo("The database is empty: the comparison says little.", err=True)
    outcome, sentence = verdict(found)
    is_good = outcome == "good"
    if as_json:
        click.echo(json.dumps({"is_good": is_good, "verdict": sentence, "sets": [_as_json(one) for one in found]}))
    else:
        show_compared(found, plans=plans)
        click.echo(sentence)
    sys.exit(0 if is_good else 1)


def _rewrite(catalogue: Catalogue, file: QueryFile, b: str) -> QueryFile:
    """Another query of the catalogue, or a file from anywhere."""
    from workouts_api.dba.comparing import rewrite_of

    path = Path(b)
    try:
        return rewrite_of(file, path if path.suffix == ".sql" and path.is_file() else catalogue.find(b).path)
    except UnknownQueryError:
        if path.suffix == ".sql":
            return rewrite_of(file, path)  # which says why it cannot be read
        return rewrite_of(file, find(catalogue, b).path)


def compared(
    session: Session,
    a: QueryFile,
    b: QueryFile,
    sets: tuple[str | None, int, Sequence[Captured]],
    ignored: frozenset[str],
) -> Iterator[Compared]:
    """Runs both on each set: on the usual samples, the named sets, kept calls, and the rows of a select.

    :raises StatementProblemError: when the server refuses one of the files, or the columns differ.
    """
    from workouts_api.dba.comparing import compare, describe_rewrite, one_snapshot, parameter_sets

    session.conn.execute("set max_parallel_workers_per_gather = 0")  # whose buffers vary from run to run
    session.describe(a)
    describe_rewrite(session, a, b)
    with one_snapshot(session, read_only=not a.writes):
        for name, values in parameter_sets(session, a, *sets):
            yield compare(session, a, b, name, values, ignored)


def verdict(found: Sequence[Compared]) -> tuple[Literal["good", "dearer", "different"], str]:
    """Whether the rewrite may take the original's place, and a sentence that says why."""
    different = [one for one in found if one.difference.word in ("rows", "order")]
    sets = "1 set" if len(found) == 1 else f"{len(found)} sets"
    if different:
        named = ", ".join(one.name for one in different[:5])
        return "different", f"NOT THE SAME in {len(different)} of {sets}: {named}."
    before, after = (sum(cost.buffers for cost in costs) for costs in zip(*((c.a, c.b) for c in found), strict=True))
    worst = max(found, key=lambda one: one.b.buffers / max(one.a.buffers, 1))
    told = (
        f"{before:,} → {after:,} buffers in {sets}, at worst {worst.a.buffers:,} → {worst.b.buffers:,} ({worst.name})."
    )
    if after > before * DEARER:
        return "dearer", f"The same rows, but DEARER: {told}"
    return "good", f"The same rows: {told}"


def show_compared(found: Sequence[Compared], *, plans: bool) -> None:
    rows = [
        {
            "set": one.name,
            "rows": one.rows,
            "same": _WORDS[one.difference.word],
            "buffers": f"{one.a.buffers:,} → {one.b.buffers:,}",
            "ms": f"{one.a.ms:.3f} → {one.b.ms:.3f}",
            "plan": "the same" if one.a.shape == one.b.shape else "changed",
        }
        for one in found
    ]
    print_table(rows, "set", "rows", "same", "buffers", "ms", "plan")
    for one in found:
        if one.difference.word == "same" and one.difference.only_a:
            click.echo(f"{one.name}: both refuse: {visible(str(one.difference.only_a[0][0]))}")
            continue
        _show_rows(one, "only in NAME:   ", one.difference.only_a)
        _show_rows(one, "only in REWRITE:", one.difference.only_b)
    for one in found if plans else ():
        if one.a.shape != one.b.shape:
            click.echo(
                f"\n{one.name}: the plan of NAME\n{one.a.shape}\n\n{one.name}: the plan of REWRITE\n{one.b.shape}"
            )


def _show_rows(one: Compared, where: str, rows: Sequence[Row]) -> None:
    for row in rows:
        values = ", ".join("null" if value is None else visible(value) for value in row)
        click.echo(f"{one.name}: {where} {values if len(values) <= 300 else values[:300] + '…'}")


def _as_json(one: Compared) -> dict[str, Any]:
    return {
        "set": one.name,
        "values": dict(one.values),
        "rows": one.rows,
        "same": one.difference.word,
        "only_a": one.difference.only_a,
        "only_b": one.difference.only_b,
        "a": {"ms": one.a.ms, "buffers": one.a.buffers, "plan": one.a.shape.splitlines()},
        "b": {"ms": one.b.ms, "buffers": one.b.buffers, "plan": one.b.shape.splitlines()},
    }
