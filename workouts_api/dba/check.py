"""``workouts sql check``: verifies query files against a migrated database, and changes nothing there.

Owns the checks that need a server. Two of them are elsewhere: ``effects`` proves whether a file writes, and ``budgets``
measures the budgets of runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import psycopg

from workouts_api.dba.effects import Effects, effect_problems
from workouts_api.dba.rules import text_problems
from workouts_api.dba.server import (
    Description,
    NoSuchDataError,
    Session,
    StatementProblemError,
    first_line,
    is_explainable,
    plan_mode,
    scanned,
)
from workouts_api.sql.declared import canonical_type
from workouts_api.sql.files import QueryFile

_FAMILIES: dict[str, frozenset[str]] = {
    "integer": frozenset({"bigint", "integer", "smallint", "oid"}),
    "number": frozenset({"double precision", "real", "numeric"}),
    "text": frozenset({"text", "character varying", "name", "character", '"char"'}),
    "time": frozenset({"date", "timestamp with time zone", "timestamp without time zone"}),
    "json": frozenset({"json", "jsonb"}),
    "address": frozenset({"inet", "cidr"}),
}
_COLUMN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def check_files(session: Session, files: Iterable[QueryFile]) -> list[str]:
    """All problems, one line each: ``queries/chapter/name.sql:LINE: message``.

    Runs only files with ``@readonly``, in a read-only transaction.
    """
    files = list(files)
    problems, query_ids = [], dict[int, QueryFile]()
    effects = Effects(session)
    for file in files:
        problems += text_problems(file)
        refused = list(_type_problems(session, file))
        problems += refused
        try:
            problems += _sample_problems(session, file)
            values = session.values(file)
            if not is_explainable(file):
                problems += effect_problems(session, file, effects)
                continue
            with session.prepared(file, values) as execute:
                problems += effect_problems(session, file, effects, execute)
                problems += _plan_problems(session, file, execute, query_ids)
        except StatementProblemError as error:
            problems.append(file.problem(error.line, str(error), error.column))
        except psycopg.Error as error:
            if not any(first_line(error) in told for told in refused):  # Describe has told it, with its place
                problems.append(file.problem(file.line_of("statement"), first_line(error)))
    return sorted(problems, key=_by_place)


def _by_place(problem: str) -> tuple[str, int]:
    place, line, _ = problem.split(":", 2)
    return place, int(line)


# ── types ───────────────────────────────────────────────────────────────────────────────────────────────────


def _type_problems(session: Session, file: QueryFile) -> Iterator[str]:
    try:
        described = session.describe(file)
    except StatementProblemError as error:
        yield file.problem(error.line, str(error), error.column)
        described = None
    yield from _parameter_problems(session, file)
    if described is not None:
        yield from _shape_problems(file, described)
        yield from _column_problems(file, described)


def _parameter_problems(session: Session, file: QueryFile) -> Iterator[str]:
    """Compares the declared types with the types that the server infers without them."""
    try:
        inferred = session.describe(file, typed=False).parameters
    except StatementProblemError:
        return  # the server cannot infer the types, so there is nothing to compare
    for parameter in file.parameters:
        wanted = inferred[parameter.name]
        if not _fits(parameter.sent_type, wanted):
            message = f"parameter {parameter.name} is declared {parameter.type}, the server takes it for {wanted}"
            yield file.problem(parameter.line, message)


def _fits(sent: str, wanted: str) -> bool:
    if sent == wanted or wanted == "?" or sent.endswith("[]") != wanted.endswith("[]"):
        return sent == wanted or wanted == "?"
    sent_family, family = _family(sent), _family(wanted)
    # An integer may be sent for any number. A fraction sent for an integer would make the index useless.
    return sent_family == family or (sent_family == "integer" and family == "number")


def _family(name: str) -> str:
    base = name.removesuffix("[]")
    return next((family for family, members in _FAMILIES.items() if base in members), base)


def _shape_problems(file: QueryFile, described: Description) -> Iterator[str]:
    line, count = file.line_of("returns"), len(described.columns)
    if (file.returns == "copy") != file.is_copy:
        yield file.problem(line, f"@returns {file.returns}: expected copy for a copy statement, and for no other")
    elif file.returns in ("rows_affected", "copy"):
        if count:
            yield file.problem(line, f"@returns {file.returns}, but the statement gives {count} columns")
    elif count == 0:
        yield file.problem(line, f"@returns {file.returns}, but the statement gives no rows: expected rows_affected")
    elif file.returns == "value" and count != 1:
        yield file.problem(line, f"@returns value, but the statement gives {count} columns: expected one")
    names = [column.name for column in described.columns]
    for name in dict.fromkeys(names):
        if not _COLUMN_NAME.fullmatch(name):
            yield file.problem(line, f"a column is called {name!r}: expected a snake-case name, by `as`")
        elif names.count(name) > 1:
            yield file.problem(line, f"two columns are called {name}: expected different names, rows are dictionaries")


def _column_problems(file: QueryFile, described: Description) -> Iterator[str]:
    actual = {column.name: column.type for column in described.columns}
    for column in file.columns:
        if column.name not in actual:
            given = ", ".join(actual) or "none"
            yield file.problem(column.line, f"the statement gives no column {column.name}: it gives {given}")
        elif canonical_type(column.type) != actual[column.name]:
            message = f"column {column.name} is declared {column.type}, the server gives {actual[column.name]}"
            yield file.problem(column.line, message)


def _sample_problems(session: Session, file: QueryFile) -> Iterator[str]:
    """Problems of the named sample sets. It is no problem that a set finds nothing in an empty database."""
    for name in file.samples:
        try:
            session.values(file, sample=name)
        except NoSuchDataError:
            continue
        except StatementProblemError as error:
            yield file.problem(error.line, str(error), error.column)


# ── plans ───────────────────────────────────────────────────────────────────────────────────────────────────


def _plan_problems(
    session: Session,
    file: QueryFile,
    execute: str,
    query_ids: dict[int, QueryFile],
) -> Iterator[str]:
    root = session.plan(execute, plan_mode(file), "verbose")
    twin = query_ids.setdefault(root["Query Identifier"], file) if "Query Identifier" in root else file
    if twin is not file:
        message = f"has the query id of {twin.place}: in pg_stat_statements the two would be one"
        yield file.problem(file.line_of("statement"), message)
    budget = file.plan_budget
    if budget is None:
        return
    cost = float(root["Plan"]["Total Cost"])
    if budget.max_cost is not None and cost > budget.max_cost:
        yield file.problem(budget.line, f"the plan costs {cost:.0f}: the budget is max_cost={budget.max_cost:g}")
    for table in budget.no_seqscan:
        if table not in session.table_sizes:
            yield file.problem(budget.line, f"no_seqscan({table}): there is no such table")
    read = {table for table in scanned(root["Plan"]) if session.is_large(table)}
    with session.without_scans():
        read |= scanned(session.plan(execute, plan_mode(file))["Plan"])
    for table in read.intersection(budget.no_seqscan):
        yield file.problem(budget.line, f"{table} is read from end to end: the budget is no_seqscan({table})")
