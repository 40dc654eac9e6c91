"""``python -m bench.as_production [SETS]``: plans by statistics alone, beside those of the database that has the rows.

Every query file is planned on each of its sets of samples, custom and generic: on a database that `workouts db scale`
made, and on a stand-in that has nothing but the file of its statistics. It fails unless the plans are the same, their
costs within 5 %, and the stand-in takes less than 1 MB more of the disk than an empty database.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench.stage import set_up
from workouts_api.dba.looking import looking
from workouts_api.dba.production.standing_in import OPTIONS, standing_in
from workouts_api.dba.production.taking import samples, take
from workouts_api.dba.production.told import Statistics, read_statistics
from workouts_api.dba.server import PlanMode, Session, StatementProblemError, is_explainable, nodes, session
from workouts_api.dba.target import scratch_server
from workouts_api.sql.catalogue import Catalogue
from workouts_api.sql.files import QueryFile
from workouts_api.sql.loaded import CATALOGUE

SETS = 10_000_000
COSTS_WITHIN, TIE = 0.05, 0.001
MOST_DISK = 1_000_000
_SHAPE = ("Parent Relationship", "Node Type", "Join Type", "Strategy", "Relation Name")
_INDEX = ("Index Name", "Scan Direction")
# Files whose costs need not agree, and why. Their plans must.
_BY_WORD = "found by a GIN index, whose number of entries stands in its own first page alone"
EXCEPTIONS = {
    "health.get_health": "reads the server's own catalogue, whose statistics are not taken",
    "administration.list_newest_users": _BY_WORD,
    "administration.list_oldest_users": _BY_WORD,
    "administration.list_users_by_email": _BY_WORD,
    "administration.list_users_by_email_down": _BY_WORD,
    "administration.list_users_by_username": _BY_WORD,
    "administration.list_users_by_username_down": _BY_WORD,
}


@dataclass(frozen=True, slots=True)
class Pair:
    """One file on one set of samples, planned in one mode: on the database itself, and on the stand-in."""

    file: str
    sample: str
    mode: PlanMode
    real: dict[str, Any]
    stand_in: dict[str, Any]

    @property
    def costs(self) -> tuple[float, float]:
        return self.real["Total Cost"], self.stand_in["Total Cost"]

    @property
    def verdict(self) -> str:
        """The same, a tie, or what differs. A tie: the plans differ and cost the same, so either may be taken."""
        real, stand_in = self.costs
        apart = abs(real - stand_in) / max(real, stand_in, 0.01)
        if shape(self.real) == shape(self.stand_in):
            return "the same" if apart <= COSTS_WITHIN or max(self.costs) < 0.02 else "another cost"
        return "a tie" if apart <= TIE else "another plan"


def shape(plan: dict[str, Any]) -> list[str]:
    return [" ".join(str(node[key]) for key in (*_SHAPE, *_INDEX) if key in node) for node in nodes(plan)]


def pairs(real: Session, stand_in: Session, catalogue: Catalogue) -> Iterator[Pair | str]:
    """Each file on each set that finds its data, in both modes. A text names a set that only the stand-in refuses."""
    for file in catalogue.files():
        if not is_explainable(file):
            continue
        for sample in (None, *file.samples):
            try:
                expected = plans(real, file, sample)
            except (StatementProblemError, psycopg.Error):
                continue
            try:
                found = plans(stand_in, file, sample)
            except (StatementProblemError, psycopg.Error) as error:
                yield f"{file.full_name} on {sample or 'usual'}: {str(error).splitlines()[0]}"
                continue
            for mode in expected:
                yield Pair(file.full_name, sample or "usual", mode, expected[mode], found[mode])


def plans(server: Session, file: QueryFile, sample: str | None) -> dict[PlanMode, dict[str, Any]]:
    server.describe(file)
    modes: tuple[PlanMode, ...] = ("custom", "generic")
    with server.prepared(file, server.values(file, sample=sample)) as execute, server.rolled_back():
        return {mode: server.plan(execute, mode)["Plan"] for mode in modes}


def taken(dsn: str, path: Path) -> Statistics:
    """The statistics of a database, written to a file and read from it."""
    with looking(dsn) as conn:
        lines = take(conn)
    with session(dsn, read_only=True) as server:
        lines += samples(server, CATALOGUE)
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return read_statistics(path)


def disk(dsn: str) -> int:
    """The bytes that the files of a server really take, but for what it notes of statements that it runs."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("checkpoint")
        [folder] = conn.execute("show data_directory").fetchone() or [""]
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    return sum(path.lstat().st_blocks * 512 for path in files if "pg_stat_tmp" not in path.parts)


def disk_of_an_empty_one() -> int:
    with scratch_server(least=18, options=OPTIONS, checksums=False) as server:
        server.stop()  # as the stand-in is, once: both have written what memory held
        server.start()
        return disk(server.dsn("scratch"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.as_production", description=__doc__)
    parser.add_argument("sets", nargs="?", type=int, default=SETS)
    sets = parser.parse_args().sets
    say = sys.stdout.write
    with set_up() as stage, tempfile.TemporaryDirectory(prefix="wb-") as folder:
        database = stage.database(sets)
        dba = stage.cluster.dsn(database.name, "workouts_dba")
        path, began = Path(folder) / "stats.sql", time.perf_counter()
        figures = taken(dba, path)
        took, began = time.perf_counter() - began, time.perf_counter()
        there = sum(figures.blocks.values()) * 8192 / 1e6
        say(f"{sets:,} sets, {there:,.0f} MB: {path.stat().st_size:,} bytes of statistics in {took:.1f} s.\n")
        with standing_in(figures) as stand_in:
            say(f"The stand-in was there after {time.perf_counter() - began:.1f} s.\n")
            target = stand_in.target
            added = disk(str(target.observer).replace("workouts_dba", "postgres")) - disk_of_an_empty_one()
            with (
                session(dba, read_only=True) as real,
                session(str(target.observer), read_only=True, known=target.known) as other,
            ):
                found = list(pairs(real, other, CATALOGUE))
    return _told(found, added)


def _told(found: list[Pair | str], added: int) -> int:
    """Prints the outcome. Returns the exit code."""
    compared = [one for one in found if isinstance(one, Pair)]
    refused = [one for one in found if isinstance(one, str)]
    verdicts: dict[str, list[Pair]] = {}
    for one in compared:
        is_known = one.verdict == "another cost" and one.file in EXCEPTIONS
        verdicts.setdefault("an exception" if is_known else one.verdict, []).append(one)
    lines = [f"{len(compared)} plans of {len({one.file for one in compared})} files:"]
    lines += [f"  {verdict}: {len(those)}" for verdict, those in sorted(verdicts.items())]
    ties = {one.file for one in verdicts.get("a tie", [])}
    lines += [f"  (ties are in {', '.join(sorted(ties))})"] if ties else []
    known = verdicts.get("an exception", [])
    lines += [f"  an exception: {file}: {EXCEPTIONS[file]}" for file in sorted({one.file for one in known})]
    worst = max(abs(b / a - 1) for a, b in (one.costs for one in verdicts.get("the same", [])) if a > 0.02)
    lines.append(f"  the costs of the same plans differ by {worst:.1%} at most")
    wrong = [one for verdict in ("another plan", "another cost") for one in verdicts.get(verdict, [])]
    lines += [f"  {one.verdict}: {one.file} on {one.sample}, {one.mode}: {one.costs}" for one in wrong]
    lines += [f"  only on the database itself: {one}" for one in refused]
    lines.append(f"{added:,} bytes more on the disk than an empty database takes.")
    sys.stdout.write("\n".join([*lines, ""]))
    return 1 if wrong or added >= MOST_DISK else 0


if __name__ == "__main__":
    raise SystemExit(main())
