"""What a server says about a query file: its types, its plan, and the values of its samples.

Owns the connection of the DBA's tools, which is not the application's. It has no pool and no guard, and all that it
does is rolled back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Literal, cast

import psycopg
from psycopg import RawCursor, pq
from psycopg.pq.abc import PGresult

from workouts_api.database.keepalives import end_with_client, with_keepalives
from workouts_api.dba.looking import APPLICATION_NAME, cut_after
from workouts_api.dba.nested import Nested, NestedPlan, Style
from workouts_api.sql.files import Parameter, QueryFile, SampleSet

PlanMode = Literal["custom", "generic"]
# A smaller table is always scanned as a whole, because that is cheapest, whatever indexes it has.
SMALL_TABLE_PAGES = 128
_EXPLAINABLE = ("select", "with", "insert", "update", "delete", "merge", "values", "table")
_WORD = re.compile(r"\$\d+|\w+|\S")
_NO_RELATION = re.compile(r'relation "([^"]+)" does not exist')
_SIMPLE = re.compile(r"\d+(?:\.\d+)?|'(?:[^'\\]|'')*'|null|true|false", re.IGNORECASE)


class StatementProblemError(Exception):
    """The server refuses a file. ``line`` is the line of the file that has the problem; ``column`` 0 if not known."""

    def __init__(self, line: int, message: str, column: int = 0) -> None:
        self.line, self.column = line, column
        super().__init__(message)


class NoSuchDataError(StatementProblemError):
    """A named sample finds nothing, because this database holds nobody of that kind."""


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column of a result. Its table and number are 0 unless the column is copied directly from a table."""

    name: str
    type: str
    table_oid: int
    table_column: int


@dataclass(frozen=True, slots=True)
class Description:
    """The server's answer to Describe: the parameters' types by name, and the columns."""

    parameters: Mapping[str, str]
    columns: tuple[ResultColumn, ...]


@contextmanager
def session(
    conninfo: str,
    *,
    read_only: bool,
    nested: Style | None = None,
    known: Mapping[str, str | None] | None = None,
    longest: float | None = None,
) -> Iterator[Session]:
    """A connection with the application's settings, and with the application's rights if the role may take them.

    :param nested: the format of plans inside functions; None does not collect them.
    :param known: what samples are worth, by their SQL; they are not evaluated here.
    :param longest: seconds after which the connection is cut, whatever the server does.
    :raises psycopg.OperationalError: when the database cannot be reached.
    """
    with (
        psycopg.connect(
            with_keepalives(conninfo), autocommit=True, connect_timeout=10, application_name=APPLICATION_NAME
        ) as conn,
        cut_after(conn, longest) if longest else nullcontext(),
    ):
        conn.cursor_factory = RawCursor
        conn.prepare_threshold = None  # psycopg would deallocate our prepared statement at a rollback
        conn.execute("set search_path = workouts, extensions, pg_temp")  # a DBA's own role may have another
        conn.execute("set jit = off")
        conn.execute("set timezone = 'UTC'")
        conn.execute("set datestyle = 'ISO'")
        end_with_client(conn)
        # As in a request: what triggers do for statements by hand is no part of a file's budget.
        conn.execute("select set_config('app.request_id', 'workouts sql', false)")
        conn.execute("select set_config('default_transaction_read_only', $1, false)", ["on" if read_only else "off"])
        _leave_no_figures(conn)
        heard = Nested(conn, nested) if nested else None  # before the change of role: the application's may not
        _become_the_application(conn)
        yield Session(conn, heard, known)


def _leave_no_figures(conn: psycopg.Connection[Any]) -> None:
    """What a DBA tries is none of the calls that `top` tells, as far as this role may say so."""
    with suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedObject):
        conn.execute("set pg_stat_statements.track = 'none'")


def _become_the_application(conn: psycopg.Connection[Any]) -> None:
    """Takes the application's role, if this role may. So missing privileges show, and files that write can run."""
    found = conn.execute(
        """
        select
        from pg_roles as app
        join pg_roles as me on me.rolname = session_user
        where app.rolname = 'workouts_app'
          and app.oid <> me.oid
          and not me.rolsuper
          and pg_has_role(me.oid, app.oid, 'member')
        """
    ).fetchone()
    if found is not None:
        conn.execute("set role workouts_app")


class Session:
    """Asks the server about query files."""

    def __init__(
        self,
        conn: psycopg.Connection[Any],
        nested: Nested | None = None,
        known: Mapping[str, str | None] | None = None,
    ) -> None:
        self.conn = conn
        self.nested = nested if nested and nested.missing is None else None
        self.nested_missing = nested.missing if nested else None
        rows = conn.execute("select oid::bigint, format_type(oid, null) from pg_type where typtype <> 'c'").fetchall()
        self.type_names: dict[int, str] = dict(rows)
        self.type_oids = {name: oid for oid, name in rows}
        self._worth = dict(known or {})  # by expression, evaluated once: a sample may be a slow query

    def describe(self, file: QueryFile, *, typed: bool = True) -> Description:
        """Sends Parse and Describe as the application does. With ``typed=False`` the server infers the types.

        :raises StatementProblemError: with the server's message.
        """
        sent = {p.name: self.type_oids[p.sent_type] for p in file.parameters}
        types = [sent[name] for name in file.order] if typed else None
        prepared = self.conn.pgconn.prepare(b"", file.statement.encode(), types)
        if prepared.status != pq.ExecStatus.COMMAND_OK:
            raise self._problem(file, prepared)
        described = self.conn.pgconn.describe_prepared(b"")
        parameters = {name: self.type_names.get(described.param_type(i), "?") for i, name in enumerate(file.order)}
        columns = (
            ResultColumn(
                name=cast(bytes, described.fname(i)).decode(),
                type=self.type_names.get(described.ftype(i), "record"),
                table_oid=described.ftable(i),
                table_column=described.ftablecol(i),
            )
            for i in range(described.nfields)
        )
        return Description(parameters, tuple(columns))

    def _problem(self, file: QueryFile, result: PGresult) -> StatementProblemError:
        # The statement has its line breaks where the file has them: the server's position gives the file's line.
        position = int(_said(result, pq.DiagnosticField.STATEMENT_POSITION) or 1) - 1
        line = file.line_of("statement") + file.statement.count("\n", 0, position)
        begins = file.statement.rfind("\n", 0, position) + 1
        column = _column_in(file, line, file.statement[begins:].partition("\n")[0], position - begins)
        told = _said(result, pq.DiagnosticField.MESSAGE_PRIMARY)
        hint = _said(result, pq.DiagnosticField.MESSAGE_HINT) or self._nearest(told)
        return StatementProblemError(line, told + (f" ({hint})" if hint else ""), column)

    def _nearest(self, told: str) -> str:
        """A table of a similar name, where the server knows no such table and has no hint itself."""
        unknown = _NO_RELATION.match(told)
        near = get_close_matches(unknown[1].rpartition(".")[2], self.table_sizes, 1) if unknown else []
        return f"Perhaps you meant {near[0]}" if near else ""

    def values(
        self, file: QueryFile, given: Mapping[str, str] | None = None, sample: str | None = None
    ) -> dict[str, str | None]:
        """The parameters' values as text: the given ones ("null" is NULL), and for the others those of the samples.

        :param sample: the name of a sample set; None uses only the usual samples.
        :raises StatementProblemError: when a value is not valid SQL of its type, or the set does not exist.
        :raises NoSuchDataError: when the set finds nothing in this database.
        """
        given, chosen = given or {}, sample_set(file, sample)
        names = [parameter.name for parameter in file.parameters]
        if unknown := sorted(given.keys() - set(names)):
            have = ", ".join(names) or "none"
            raise StatementProblemError(1, f"there is no parameter {', '.join(unknown)}: the file has {have}")
        found: dict[str, str | None] = {}
        for parameter in file.parameters:
            name = parameter.name
            if name in given:
                text = given[name]
                found[name] = None if parameter.nullable and text.lower() == "null" else text
                self._evaluate(parameter, typed_literal(found[name], parameter), "the value")
                self._require(parameter, found[name], "the value")
            elif chosen and name in chosen.values:
                found[name] = self._evaluate_named(parameter, chosen)
            else:
                found[name] = self._evaluate(parameter, sample_as_sql(parameter), "the sample")
                self._require(parameter, found[name], "the sample")
        return found

    def _evaluate(self, parameter: Parameter, expression: str, what: str, line: int = 0) -> str | None:
        try:
            if expression not in self._worth:
                row = self.conn.execute(f"select {expression}::text").fetchone()
                self._worth[expression] = cast("tuple[str | None]", row)[0]
            return self._worth[expression]
        except psycopg.Error as error:
            message = f"{what} of {parameter.name} is no {parameter.type}: {first_line(error)}"
            raise StatementProblemError(line or parameter.line, message) from error

    def _evaluate_named(self, parameter: Parameter, chosen: SampleSet) -> str | None:
        name, line = parameter.name, chosen.lines[parameter.name]
        expression = sample_as_sql(parameter, chosen)
        value = self._evaluate(parameter, expression, f"the sample {chosen.name}", line)
        if value is None and not parameter.nullable:
            raise NoSuchDataError(line, f"the sample {chosen.name} finds no {name} in this database")
        return value

    def _require(self, parameter: Parameter, value: str | None, what: str) -> None:
        if value is None and not parameter.nullable:
            message = (
                f"{what} of {parameter.name} is null: expected a value, or @param {parameter.name} {parameter.type}?"
            )
            raise StatementProblemError(parameter.line, message)

    @contextmanager
    def prepared(self, file: QueryFile, values: Mapping[str, str | None]) -> Iterator[str]:
        """Prepares the statement and gives the ``execute`` command with the values."""
        sent = {p.name: p for p in file.parameters}
        types = ", ".join(sent[name].sent_type for name in file.order)
        literals = ", ".join(typed_literal(values[name], sent[name]) for name in file.order)
        self.conn.execute(f"prepare workouts_query{f' ({types})' if types else ''} as {file.statement}")
        try:
            yield f"execute workouts_query{f' ({literals})' if literals else ''}"
        finally:
            self.conn.execute("deallocate workouts_query")

    def plan(self, execute: str, mode: PlanMode, *options: str) -> dict[str, Any]:
        """EXPLAIN's JSON: its root, with "Plan" and, if the server computes it, "Query Identifier"."""
        self.set_plan_mode(mode)
        row = self.conn.execute(f"explain ({', '.join(('format json', *options))}) {execute}").fetchone()
        plan = cast("tuple[Any]", row)[0]
        return cast("dict[str, Any]", (json.loads(plan) if isinstance(plan, str) else plan)[0])

    def set_plan_mode(self, mode: PlanMode) -> None:
        self.conn.execute("select set_config('plan_cache_mode', $1, false)", [f"force_{mode}_plan"])

    @contextmanager
    def without_scans(self) -> Iterator[None]:
        """Forbids scans. The planner scans small tables anyway; this shows whether an index could be used."""
        self.conn.execute("set enable_seqscan = off")
        self.conn.execute("discard plans")  # a cached generic plan would be used again
        try:
            yield
        finally:
            self.conn.execute("reset enable_seqscan")
            self.conn.execute("discard plans")

    @cached_property
    def table_sizes(self) -> dict[str, int]:
        """The number of pages of every visible table, by name."""
        rows = self.conn.execute(
            """
            select c.relname, c.relpages
            from pg_class as c
            where c.relkind in ('r', 'p', 'm')
              and pg_table_is_visible(c.oid)
            """
        )
        return dict(rows.fetchall())

    def is_large(self, table: str) -> bool:
        """Whether the table is so large that reading all of it is slower than using any index."""
        return self.table_sizes.get(table, 0) > SMALL_TABLE_PAGES

    def hearing(self) -> AbstractContextManager[list[NestedPlan]]:
        """Collects the statements that run inside functions. It collects none if the server does not report them."""
        return self.nested.collecting() if self.nested else nullcontext([])

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """A transaction that is rolled back. Only sequences keep their new values."""
        with self.conn.transaction(force_rollback=True):
            yield


def is_explainable(file: QueryFile) -> bool:
    """Whether PREPARE and EXPLAIN accept the statement. They do not accept copy and call."""
    return file.body.lstrip("( \n").lower().startswith(_EXPLAINABLE)


def plan_mode(file: QueryFile) -> PlanMode:
    """The plan mode for EXPLAIN. "auto" counts as custom: the server begins with custom plans."""
    return "generic" if file.plan == "generic" else "custom"


def sample_set(file: QueryFile, name: str | None) -> SampleSet | None:
    """The sample set of that name, or None for None.

    :raises StatementProblemError: when the file has none.
    """
    if name is None:
        return None
    if name not in file.samples:
        have = ", ".join(file.samples) or "none"
        raise StatementProblemError(1, f"{file.place}: there is no sample {name}, the file has {have}")
    return file.samples[name]


def sample_as_sql(parameter: Parameter, chosen: SampleSet | None = None) -> str:
    """The sample in brackets, with the type that the application sends: (1::bigint)."""
    sample = parameter.sample if chosen is None else chosen.values.get(parameter.name, parameter.sample)
    return f"({sample if _SIMPLE.fullmatch(sample) else f'({sample})'}::{parameter.sent_type})"


def typed_literal(value: str | None, parameter: Parameter) -> str:
    """A value as SQL: quoted and with its type. A backslash stays a backslash."""
    if value is None:
        return f"null::{parameter.sent_type}"
    quoted = value.replace("'", "''")
    if "\\" in value:  # E'…' does not depend on standard_conforming_strings
        return f"E'{quoted.replace(chr(92), chr(92) * 2)}'::{parameter.sent_type}"
    return f"'{quoted}'::{parameter.sent_type}"


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A plan's node and all below it."""
    yield plan
    for child in cast("Sequence[Mapping[str, Any]]", plan.get("Plans", ())):
        yield from nodes(child)


def scanned(plan: Mapping[str, Any]) -> set[str]:
    """The tables that a plan reads from end to end."""
    return {str(node["Relation Name"]) for node in nodes(plan) if node["Node Type"] == "Seq Scan"}


def first_line(error: psycopg.Error) -> str:
    """The server's message in one line."""
    return error.diag.message_primary or str(error).strip().partition("\n")[0]


def _said(result: PGresult, name: pq.DiagnosticField) -> str:
    return (result.error_field(name) or b"").decode(errors="replace")


def _column_in(file: QueryFile, line: int, sent: str, at: int) -> int:
    """The column of the file that belongs to a position in the same line of the sent statement.

    The tag and the parameters' numbers make them differ. So the word at the position is looked for in the file's line.
    """
    found = _WORD.match(sent, at)
    if found is None:
        return 0
    word = found[0]
    if word.startswith("$"):
        word = f":{file.order[int(word[1:]) - 1]}"
    before = sent[:at].replace(file.tag, "")
    place, written = -1, file.text.split("\n")[line - 1]
    for _ in range(before.count(found[0]) + 1 if word == found[0] else 1):
        place = written.find(word, place + 1)
    return place + 1
