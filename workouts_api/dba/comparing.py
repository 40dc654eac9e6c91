"""A rewrite beside the original: the same rows for many sets of parameters, and what each of the two costs.

All of it happens in one transaction with one snapshot, which is rolled back. Files that write are run inside
savepoints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import pq

from workouts_api.dba.captured import Captured
from workouts_api.dba.rows import Difference, Result, Word, compare_rows, promised_order
from workouts_api.dba.server import NoSuchDataError, Session, StatementProblemError, first_line, nodes, plan_mode
from workouts_api.sql.files import QueryFile, parse_query_file

MAX_ROWS = 100_000  # of one result; both are held in memory
RUNS = 3  # of each; the fastest counts, because the first ones fill caches
Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took, and the plan's shape: nodes, tables and indexes, one line each."""

    ms: float
    buffers: int
    shape: str


_FREE = Cost(0.0, 0, "")
_REFUSED = ("error",)


@dataclass(frozen=True, slots=True)
class Compared:
    """One set of parameters: its name, its values, the rows of A, the difference, and the costs of both."""

    name: str
    values: Values
    rows: int
    difference: Difference
    a: Cost
    b: Cost


def rewrite_of(file: QueryFile, path: Path) -> QueryFile:
    """The file at ``path`` as another text of ``file``, see read_rewrite().

    :raises StatementProblemError: when it cannot be read, or has other parameters or another effect.
    """
    found = read_rewrite(file, path)
    _demand_the_same_head(file, found, str(path))
    return replace(found, path=path)


def read_rewrite(file: QueryFile, path: Path) -> QueryFile:
    """The file at ``path``, as if it lay in the place of ``file``. Without a head of its own it has that of ``file``.

    :raises StatementProblemError: when it cannot be read, or is no query file.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StatementProblemError(1, f"{path}: not readable: {error.strerror}") from error
    above = _head_for(file, raw)
    found, problems = parse_query_file(file.path, above.encode() + raw)
    if found is None:
        raise StatementProblemError(1, "\n".join(_at_its_line(path, above, problem) for problem in problems))
    return found


def _head_for(file: QueryFile, raw: bytes) -> str:
    """The head of ``file`` for a text that has none."""
    return "" if b"-- @" in raw else file.text[: file.body_start]


def _at_its_line(path: Path, above: str, problem: str) -> str:
    """A problem with the line of the text itself, in which the head above it does not stand."""
    line, _, message = problem.partition(":")[2].partition(":")
    return f"{path}:{_line_below(above, int(line))}:{message}"


def _line_below(above: str, line: int) -> int:
    return max(1, line - above.count("\n"))


def describe_rewrite(session: Session, file: QueryFile, rewrite: QueryFile) -> None:
    """Has the server look at the rewrite.

    :raises StatementProblemError: with the place in the rewrite's own file, when the server refuses it.
    """
    try:
        session.describe(rewrite)
    except StatementProblemError as error:
        line = _line_below(_head_for(file, rewrite.path.read_bytes()), error.line)
        place = f"{rewrite.path}:{line}" + (f":{error.column}" if error.column else "")
        raise StatementProblemError(line, f"{place}: {error}", error.column) from error


def _demand_the_same_head(a: QueryFile, b: QueryFile, shown: str) -> None:
    def taken(file: QueryFile) -> dict[str, str]:
        return {parameter.name: parameter.type for parameter in file.parameters}

    if taken(a) != taken(b):
        raise StatementProblemError(1, f"{shown}: other parameters: expected {taken(a)}, found {taken(b)}")
    if a.writes != b.writes:
        raise StatementProblemError(1, f"{shown}: expected @{a.effect}, as {a.place} has it")


@contextmanager
def one_snapshot(session: Session, *, read_only: bool) -> Iterator[None]:
    """One transaction, in which every run sees the same rows. It is rolled back."""
    session.conn.execute(f"begin isolation level repeatable read, {'read only' if read_only else 'read write'}")
    try:
        yield
    finally:
        session.conn.execute("rollback")


def parameter_sets(
    session: Session, file: QueryFile, each: str | None, limit: int, calls: Sequence[Captured] = ()
) -> Iterator[tuple[str, Values]]:
    """The usual samples, each named set that finds its data here, kept calls, and a set for each row of ``each``.

    :param each: a select whose columns are parameters, such as ``select id as viewer_id from users``.
    :raises StatementProblemError: when ``each`` is no such select.
    """
    usual = session.values(file)
    yield "usual", usual
    for name in file.samples:
        try:
            yield name, session.values(file, sample=name)
        except NoSuchDataError:
            continue
    for number, call in enumerate(calls, 1):
        yield f"captured {number}", call.over(usual)
    if each:
        for number, row in enumerate(_each(session, file, each, limit), 1):
            yield f"row {number}", {**usual, **row}


def _each(session: Session, file: QueryFile, each: str, limit: int) -> list[dict[str, str | None]]:
    try:
        with session.conn.transaction(force_rollback=True):
            result = _run(session, f"select e.* from ({each.rstrip('; ')}) as e limit {limit}")
    except psycopg.Error as error:
        raise StatementProblemError(1, f"--each: {error.diag.message_primary or error}") from error
    unknown = [name for name in result.columns if name not in {parameter.name for parameter in file.parameters}]
    if unknown:
        have = ", ".join(parameter.name for parameter in file.parameters)
        raise StatementProblemError(1, f"--each: {', '.join(unknown)}: expected columns named as parameters: {have}")
    return [dict(zip(result.columns, row, strict=True)) for row in result.rows]


def compare(
    session: Session, a: QueryFile, b: QueryFile, name: str, values: Values, ignored: frozenset[str]
) -> Compared:
    """Runs both on one set of parameters.

    :param ignored: columns that may differ, such as numbers from a sequence.
    :raises StatementProblemError: when the columns differ, or a result is too large.
    """
    of_a, of_b = (_result(session, file, values, ignored) for file in (a, b))
    if _REFUSED in (of_a.columns, of_b.columns):
        word: Word = "same" if of_a == of_b else "rows"
        return Compared(name, values, 0, Difference(word, tuple(of_a.rows[:1]), tuple(of_b.rows[:1])), _FREE, _FREE)
    if of_a.columns != of_b.columns:
        given = " and ".join(", ".join(result.columns) or "none" for result in (of_a, of_b))
        raise StatementProblemError(1, f"the columns differ: {given}")
    difference = compare_rows(of_a, of_b, promised_order(a, of_a.columns))
    costs = [_cost(session, file, values) for _ in range(RUNS) for file in (a, b)]
    return Compared(name, values, len(of_a.rows), difference, _best(costs[::2]), _best(costs[1::2]))


def _best(costs: list[Cost]) -> Cost:
    return replace(costs[-1], ms=min(cost.ms for cost in costs))


def _result(session: Session, file: QueryFile, values: Values, ignored: frozenset[str]) -> Result:
    """What a run gives. An error is a result too: both may refuse the same values."""
    session.set_plan_mode(plan_mode(file))
    try:
        with session.prepared(file, values) as execute, session.conn.transaction(force_rollback=True):
            result = _run(session, execute)
    except psycopg.Error as error:
        return Result(_REFUSED, [(f"{error.sqlstate}: {first_line(error)}",)])
    kept = [place for place, column in enumerate(result.columns) if column not in ignored]
    return Result(
        tuple(result.columns[place] for place in kept),
        [tuple(row[place] for place in kept) for row in result.rows],
    )


def _run(session: Session, statement: str) -> Result:
    """The rows as text, as the server writes them."""
    sent = session.conn.pgconn.exec_(statement.encode())
    if sent.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        raise psycopg.errors.error_from_result(sent)
    if sent.ntuples > MAX_ROWS:
        raise StatementProblemError(1, f"{sent.ntuples} rows: expected at most {MAX_ROWS}")
    columns = tuple((sent.fname(column) or b"").decode() for column in range(sent.nfields))
    return Result(
        columns, [tuple(_text(sent, row, column) for column in range(len(columns))) for row in range(sent.ntuples)]
    )


def _text(sent: Any, row: int, column: int) -> str | None:
    value: bytes | None = sent.get_value(row, column)
    return None if value is None else value.decode(errors="replace")


def _cost(session: Session, file: QueryFile, values: Values) -> Cost:
    with session.prepared(file, values) as execute, session.rolled_back():
        root = session.plan(execute, plan_mode(file), "analyze", "buffers", "timing off")
    plan = root["Plan"]
    shape = "\n".join(_node(node) for node in nodes(plan))
    return Cost(float(root["Execution Time"]), plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], shape)


def _node(node: Mapping[str, Any]) -> str:
    """What it is and of what, and which kinds of conditions it has: the same index may find rows, or be filtered."""
    named = " ".join(str(node[key]) for key in ("Node Type", "Relation Name", "Index Name") if key in node)
    kinds = sorted(key for key in node if key.endswith((" Cond", "Filter")))
    return f"{named} ({', '.join(kinds)})" if kinds else named
