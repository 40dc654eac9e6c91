"""What the console's pages show, read from the server's statistics, from files of this host, and from the query files.

Owns one read-only connection while a page is made. Everything is bounded: rows, and by the caller the time.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import psycopg
from psycopg.rows import dict_row

from workouts_api import activity
from workouts_api.admin.console.tables import INDEXES, MIGRATED, TABLES, advice
from workouts_api.config import Settings
from workouts_api.database.schema_version import needed_version
from workouts_api.database.swapping import Found, swaps_in
from workouts_api.dba.captured import Captured, captured
from workouts_api.dba.checkup import examine
from workouts_api.dba.history import History, lives
from workouts_api.dba.live import read_live, sees_others, shown, tree
from workouts_api.dba.statements import OTHERS, Figures, Snapshot, read_statements
from workouts_api.sql.catalogue import UnknownQueryError
from workouts_api.sql.files import QueryFile
from workouts_api.sql.loaded import CATALOGUE
from workouts_api.tunnel import read_status

ORDERS = {
    "total": "total_ms",
    "calls": "calls",
    "mean": "mean",
    "buffers": "buffers",
    "rows": "rows",
    "wal": "wal_bytes",
    "budget": "budget",
}
KEPT_EVERY = timedelta(minutes=5)
LONGEST_PLAN = 10.0  # s
MOST_CALLS = 10  # captured ones of a query
FEW = 10  # calls: fewer say little of a budget
Values = Mapping[str, Any]


class NoSuchQueryError(Exception):
    """There is no query file of that name. The message says so."""


@dataclass(frozen=True, slots=True)
class Line:
    """A query file in the list: its figures over all versions, and its budget."""

    file: QueryFile
    figures: Figures
    share: float

    @property
    def budget(self) -> int | None:
        """That of the dearest set of samples, since the calls are everybody's."""
        return self.file.most_buffers()

    @property
    def of_budget(self) -> float:
        """What a call takes of the budget: above 1 it is exceeded."""
        return self.figures.a_call("buffers") / self.budget if self.budget else 0.0


class Reader:
    """Gives what each page shows."""

    def __init__(self, conn: psycopg.Connection[Any], settings: Settings, conninfo: str) -> None:
        self._conn, self._settings, self._conninfo = conn, settings, conninfo

    @cached_property
    def _snapshot(self) -> Snapshot:
        return read_statements(self._conn)

    @cached_property
    def _history(self) -> list[Snapshot]:
        """What was kept. The page keeps the newest figures itself, if nobody did in the last minutes."""
        history = History(self._settings.workouts_data_dir, self._snapshot.database)
        kept = history.snapshots()
        if not kept or self._snapshot.at - kept[-1].at > KEPT_EVERY:
            with suppress(OSError):
                history.add(self._snapshot)
            kept.append(self._snapshot)
        return kept

    def _rows(self, statement: str) -> list[dict[str, Any]]:
        with self._conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement.encode()).fetchall()

    # ── pages ───────────────────────────────────────────────────────────────────────────────────────────────

    def overview(self, query: Mapping[str, str]) -> Values:
        """All files, the most expensive first."""
        order = query.get("by", "total")
        lines = sorted(self._lines(), key=lambda line: _weight(line, order), reverse=True)
        if order == "name":
            lines.sort(key=lambda line: line.file.full_name)
        return {
            "lines": [line for line in lines if line.figures.calls],
            "never": sorted(line.file.full_name for line in lines if not line.figures.calls),
            "order": order if order in ORDERS or order == "name" else "total",
            "others": self._share(self._snapshot.figures.get(OTHERS, Figures())),
            "few": FEW,
            "snapshot": self._snapshot,
        }

    def _share(self, figures: Figures) -> float:
        return figures.total_ms / (sum(one.total_ms for one in self._snapshot.figures.values()) or 1.0)

    def _lines(self) -> Iterator[Line]:
        for file in CATALOGUE.files():
            figures = Figures()
            for version, one in self._snapshot.figures.items():
                if version.file == file.full_name:
                    figures = figures.plus(one)
            yield Line(file, figures, self._share(figures))

    def query(self, query: Mapping[str, str]) -> Values:
        """One file: its text, its versions, its plan, real calls."""
        file = _file(query)
        versions = sorted(
            ((version, life) for version, life in lives(self._history).items() if version.file == file.full_name),
            key=lambda pair: pair[1].first,
        )
        kept = captured(self._settings.captures_folder).get(file.full_name)
        calls: Sequence[Captured] = kept.calls[:MOST_CALLS] if kept else []
        return {
            "file": file,
            "versions": versions,
            "means": list(self._means(file.full_name)),
            "calls": calls,
            "routes": known_callers()[file.full_name],
            "budget": file.run_budget,
            "swap": next((one for one in self._swaps() if one.query == file.full_name), None),
        }

    def _swaps(self) -> list[Found]:
        return swaps_in(self._settings.swaps_folder, CATALOGUE)

    def _means(self, name: str) -> Iterator[tuple[str, float]]:
        """The mean time of a call between each two snapshots in which there were calls."""
        before: Snapshot | None = None
        for snapshot in self._history:
            found = [one for version, one in snapshot.since(before).items() if version.file == name] if before else []
            calls = sum(one.calls for one in found)
            if calls:
                yield f"{snapshot.at:%Y-%m-%d %H:%M}", sum(one.total_ms for one in found) / calls
            before = snapshot

    def plan(self, query: Mapping[str, str]) -> str:
        """The drawn plan of a file, as a page of its own with its own policy."""
        from workouts_api.dba.explain import explain
        from workouts_api.dba.picture import draw, pictures
        from workouts_api.dba.server import session

        file, sample = _file(query), query.get("sample") or None
        with session(self._conninfo, read_only=True, longest=LONGEST_PLAN) as opened:
            opened.conn.execute("set statement_timeout = '5s'")
            drawn = [
                picture
                for mode in ("custom", "generic")
                for picture in pictures(
                    f"{mode} plan",
                    file.statement,
                    explain(opened, file, sample=sample, mode=mode, as_json=True),
                )
            ]
        about = f"{file.summary} With {f'the sample {sample}' if sample else 'the usual samples'}; it was not run."
        return draw(f"{file.full_name}@{file.digest}", about, drawn)

    def live(self, query: Mapping[str, str]) -> Values:
        """Who runs what, as a tree of who waits for whom; and what the API's threads do."""
        is_all = query.get("all") == "1"
        workers = activity.read(self._settings.activity_folder) if self._settings.activity_folder.is_dir() else []
        sessions = read_live(self._conn)
        return {
            "sessions": list(tree(shown(sessions, idle=is_all))),
            "of_pool": Counter(one.state for one in sessions if one.application.startswith("workouts-api")),
            "sees_others": sees_others(self._conn),
            "workers": workers,
            "is_all": is_all,
            "refresh": query.get("refresh") if query.get("refresh") in ("2", "10") else None,
        }

    def tables(self, _: Mapping[str, str]) -> Values:
        """Tables and indexes with their sizes and use."""
        indexes = [one | {"advice": advice(one)} for one in self._rows(INDEXES)]
        return {"tables": self._rows(TABLES), "indexes": indexes}

    def server(self, _: Mapping[str, str]) -> Values:
        """Migrations, drift, tunnel, and the doctor's findings."""
        return {
            "migrations": self._or_nothing(lambda: self._rows(MIGRATED)) or [],
            "needed": needed_version(),
            "drift": self._or_nothing(self._drift),
            "tunnel": read_status(self._settings.tunnel_folder) if self._settings.ssh_host else None,
            "has_tunnel": bool(self._settings.ssh_host),
            "outcomes": list(examine(self._conn)),
        }

    def _drift(self) -> list[str] | None:
        from workouts_api.migrate.drift import since_migrated

        self._conn.execute("set search_path = workouts, extensions, pg_temp")
        changes = since_migrated(self._conn)
        return None if changes is None else [line for change in changes for line in change.told()]

    def _or_nothing(self, read: Any) -> Any:
        """What this role may not read is left out."""
        try:
            return read()
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable):
            return None


def _file(query: Mapping[str, str]) -> QueryFile:
    try:
        return CATALOGUE.find(query.get("name", ""))
    except UnknownQueryError as error:
        raise NoSuchQueryError(str(error)) from error


_known: dict[str, Any] = {}
_learning = threading.Lock()


def known_callers() -> Mapping[str, Any]:
    """By query file, the routes. The project's Python is read once a process, which takes seconds."""
    with _learning:
        while not _known:
            from workouts_api.dba.callers import find_callers

            with suppress(SystemError):  # Python 3.11 fails now and then if another thread reads Python as well
                _known.update(find_callers(frozenset(file.full_name for file in CATALOGUE.files())))
    return _known


def _weight(line: Line, order: str) -> float:
    if order == "mean":
        return line.figures.a_call("total_ms")
    if order == "budget":
        return line.of_budget
    return float(getattr(line.figures, ORDERS.get(order, "total_ms")))
