"""The plans of statements that a query file runs inside functions, reported by auto_explain.

Owns auto_explain's settings and reads its notices. EXPLAIN shows a function call as one node; only auto_explain shows
the statements that the function and the triggers run. If auto_explain cannot be used, ``missing`` says why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

# The level INFO always reaches the client. It reaches the server's log only if the log is set to take it.
_SETTINGS = {
    "log_level": "info",
    "log_nested_statements": "on",
    "log_analyze": "on",
    "log_buffers": "on",
    "log_timing": "off",
    "log_min_duration": "0",
}
_NOTICE = re.compile(r"duration: [\d.]+ ms  plan:\n(?P<plan>.*)", re.DOTALL)
_CALLER = re.compile(r'^(?:PL/pgSQL function (?P<plpgsql>[^\s(]+)\(|SQL function "(?P<sql>[^"]+)")', re.MULTILINE)
_PLAN_BEGINS = re.compile(r"\n(?=(?:Query Parameters: [^\n]*\n)?[^\n]*  \(cost=)")
_CHECK_OF_A_KEY = re.compile(r"\s*(?:SELECT 1 FROM|DELETE FROM|UPDATE) ONLY ")

_AFTER_TRIGGERS = """
select distinct p.proname
from pg_trigger as t
join pg_proc as p on p.oid = t.tgfoid
where not t.tgisinternal
  and t.tgtype & (2 | 64) = 0
"""
Style = Literal["json", "text"]


@dataclass(frozen=True, slots=True)
class NestedPlan:
    """A statement that a function ran: its text, its callers (innermost first), and its plan.

    The plan is EXPLAIN's JSON. In the text format it is {"Text": the output of EXPLAIN}.
    """

    text: str
    callers: tuple[str, ...]
    plan: Mapping[str, Any]

    @property
    def place(self) -> str:
        """The functions that led to it, the innermost first."""
        if self.callers:
            return " in ".join(f"{caller}()" for caller in self.callers)
        return "a foreign key"

    @property
    def is_inside(self) -> bool:
        """Whether it ran inside a function; false for the file's own statement."""
        return bool(self.callers) or self.checks_a_key

    @property
    def checks_a_key(self) -> bool:
        """Whether the server ran it, after the statement, to check a foreign key."""
        return not self.callers and _CHECK_OF_A_KEY.match(self.text) is not None


class Nested:
    """Collects nested statements on one connection, while it is asked to."""

    def __init__(self, conn: psycopg.Connection[Any], style: Style) -> None:
        self._found: list[NestedPlan] | None = None
        self._style = style
        self.missing = _switch_on(conn, style)
        self._after: frozenset[str] = frozenset()
        if self.missing is None:
            self._after = frozenset(row[0] for row in conn.execute(_AFTER_TRIGGERS))
            conn.add_notice_handler(self._hear)

    @contextmanager
    def collecting(self) -> Iterator[list[NestedPlan]]:
        """Collects the statements that run in this block. The file's own statement is one of them, without callers."""
        self._found = []
        try:
            yield self._found
        finally:
            self._found = None

    def outside_of_the_plan(self, plan: NestedPlan) -> bool:
        """Whether no node of the file's plan counts its buffers: checks of keys, and statements of after-triggers."""
        return plan.checks_a_key or (len(plan.callers) == 1 and plan.callers[0] in self._after)

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        if self._found is None or notice.severity_nonlocalized != "INFO":
            return
        told = _NOTICE.match(notice.message_primary or "")
        if told:
            calls = _CALLER.finditer(notice.context or "")
            callers = tuple((call["plpgsql"] or call["sql"]).rpartition(".")[2] for call in calls)
            text, plan = _read(told["plan"], self._style)
            self._found.append(NestedPlan(text, callers, plan))


def _read(told: str, style: Style) -> tuple[str, Mapping[str, Any]]:
    """The text and the plan of the statement in a notice."""
    if style == "json":
        root = json.loads(told)
        return root.get("Query Text", ""), root["Plan"]
    text, _, plan = _PLAN_BEGINS.sub("\0", told, count=1).partition("\0")
    return text.removeprefix("Query Text: "), {"Text": plan}


def _switch_on(conn: psycopg.Connection[Any], style: Style) -> str | None:
    """Switches auto_explain on. Returns why that is not possible, or None."""
    if not _is_loaded(conn):  # deploy/roles.sql has it loaded for the DBA's role, which may not load it by itself
        try:
            conn.execute("load 'auto_explain'")
        except psycopg.errors.InsufficientPrivilege:
            return "auto_explain is not loaded and only a superuser may load it: see deploy/roles.sql"
        except psycopg.Error as error:
            return f"auto_explain is not installed: {error.diag.message_primary}"
    try:
        for name, value in (*_SETTINGS.items(), ("log_format", style)):
            conn.execute(f"set auto_explain.{name} = '{value}'")
    except psycopg.errors.InsufficientPrivilege as error:
        return f"this role may not set auto_explain: {error.diag.message_primary}"
    return None


def _is_loaded(conn: psycopg.Connection[Any]) -> bool:
    """Asks first, because a refused ``load`` is an error in the server's log."""
    known = conn.execute(
        "select from pg_settings as s where s.name = 'auto_explain.log_nested_statements' and s.vartype = 'bool'"
    )
    return known.fetchone() is not None
