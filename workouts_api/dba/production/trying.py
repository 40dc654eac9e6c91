"""What an index that is not there would do to every query file, by the plans of a stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from workouts_api.dba.production.standing_in import StandIn
from workouts_api.dba.server import Session, StatementProblemError, is_explainable, nodes, plan_mode, session
from workouts_api.sql.catalogue import Catalogue
from workouts_api.sql.files import QueryFile

WRITTEN = ("Insert", "Update", "Merge")  # a delete writes nothing into indexes


@dataclass(frozen=True, slots=True)
class Tried:
    """One file on one set of samples: the planner's cost without the indexes and with them."""

    file: str
    sample: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Trial:
    """The sets whose plans use the indexes, and the files that would have them to write, as far as their plans tell."""

    used: tuple[Tried, ...]
    writers: tuple[str, ...]


def try_indexes(stand_in: StandIn, catalogue: Catalogue) -> Trial:
    """Plans every file on each of its sets, with the indexes of the stand-in, then without them."""
    with_them = _all_plans(stand_in, catalogue)
    tables = stand_in.drop_made()
    without = _all_plans(stand_in, catalogue)
    names = {name.rpartition(".")[2] for name in stand_in.made}
    used = (
        Tried(file, sample, without[file, sample]["Total Cost"], plan["Total Cost"])
        for (file, sample), plan in with_them.items()
        if any(node.get("Index Name") in names for node in nodes(plan))
    )
    writers = (
        file
        for (file, _), plan in with_them.items()
        if any(node.get("Operation") in WRITTEN and node.get("Relation Name") in tables for node in nodes(plan))
    )
    return Trial(tuple(used), tuple(dict.fromkeys(writers)))


def _all_plans(stand_in: StandIn, catalogue: Catalogue) -> Mapping[tuple[str, str], dict[str, Any]]:
    """The plan that each file's ``@plan`` gives, by file and set; those that find no data there are left out."""
    target, found = stand_in.target, {}
    with session(target.observer or target.conninfo, read_only=True, known=target.known) as server:
        for file in filter(is_explainable, catalogue.files()):
            for sample in (None, *file.samples):
                plan = _plan(server, file, sample)
                if plan is not None:
                    found[file.full_name, sample or "usual"] = plan
    return found


def _plan(server: Session, file: QueryFile, sample: str | None) -> dict[str, Any] | None:
    try:
        server.describe(file)
        with server.prepared(file, server.values(file, sample=sample)) as execute, server.rolled_back():
            plan: dict[str, Any] = server.plan(execute, plan_mode(file))["Plan"]
    except (StatementProblemError, psycopg.Error):
        return None
    return plan
