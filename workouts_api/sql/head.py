"""The head of a query file: the sentence, and what ``-- @key value`` lines may say.

Owns the keys, their syntax and the types that parameters and columns may have; knows nothing of the statement.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from workouts_api.sql.lexer import tokenize

Returns = Literal["one", "maybe", "many", "value", "rows_affected", "stream", "copy"]
Plan = Literal["auto", "custom", "generic"]
RETURNS: tuple[Returns, ...] = ("one", "maybe", "many", "value", "rows_affected", "stream", "copy")

# Spelling → PostgreSQL's own name. What is not listed has no adapter in the query module either.
TYPES: dict[str, str] = {
    **{name: name for name in ("text", "name", "date", "interval", "uuid", "bytea", "json", "jsonb", "inet", "cidr")},
    **{name: name for name in ("daterange", "int8range", "tstzrange", "datemultirange", "tstzmultirange", "oid")},
    **dict.fromkeys(("bigint", "int8"), "bigint"),
    **dict.fromkeys(("integer", "int", "int4"), "integer"),
    **dict.fromkeys(("smallint", "int2"), "smallint"),
    **dict.fromkeys(("double precision", "float8"), "double precision"),
    **dict.fromkeys(("real", "float4"), "real"),
    **dict.fromkeys(("numeric", "decimal"), "numeric"),
    **dict.fromkeys(("character varying", "varchar"), "character varying"),
    **dict.fromkeys(("boolean", "bool"), "boolean"),
    **dict.fromkeys(("timestamp with time zone", "timestamptz"), "timestamp with time zone"),
    **dict.fromkeys(("timestamp without time zone", "timestamp"), "timestamp without time zone"),
    **dict.fromkeys(("time without time zone", "time"), "time without time zone"),
    "void": "void",
}
# How a value of the type is sent: Python's int is always an int8, its float a float8, its str a text.
_SENT_AS = {
    **dict.fromkeys(("integer", "smallint"), "bigint"),
    **dict.fromkeys(("character varying", "name"), "text"),
    "real": "double precision",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """``@param name type[?] = sample``; the type as written, the sample as SQL."""

    name: str
    type: str
    nullable: bool
    sample: str
    line: int = 0

    @property
    def sent_type(self) -> str:
        """PostgreSQL's name of the type that the server is told."""
        base, brackets = canonical_type(self.type), ""
        if base.endswith("[]"):
            base, brackets = base[:-2], "[]"
        return _SENT_AS.get(base, base) + brackets


@dataclass(frozen=True, slots=True)
class Column:
    """``@column name type[!]``; with ``!`` it is never null."""

    name: str
    type: str
    nullable: bool
    line: int = 0


@dataclass(frozen=True, slots=True)
class PlanBudget:
    """``@budget plan: no_seqscan(table, …) max_cost=N``: what EXPLAIN alone can tell."""

    no_seqscan: tuple[str, ...] = ()
    max_cost: float | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class RunBudget:
    """``@budget run: buffers<=N rows_removed<=N``: measured on the samples, on the second run."""

    buffers: int | None = None
    rows_removed: int | None = None
    line: int = 0


def canonical_type(name: str) -> str:
    """PostgreSQL's own name of a type, "" if the query module doesn't know it."""
    base = " ".join(name.lower().split())
    brackets = "[]" if base.endswith("[]") else ""
    canonical = TYPES.get(base.removesuffix("[]").rstrip())
    return canonical + brackets if canonical else ""


_PARAM = re.compile(r"(?P<name>\S+)\s+(?P<type>[^=?]*[^=?\s])\s*(?P<null>\?)?\s*=\s*(?P<sample>\S.*)")
_COLUMN = re.compile(r"(?P<name>\w+)\s+(?P<type>[^!]*[^!\s])\s*(?P<never>!)?")
_TIMEOUT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|min)")
_TIMEOUT_FACTOR = {"ms": 0.001, "s": 1.0, "min": 60.0}
_LONGEST_TIMEOUT_S = 3600.0
_NO_SEQSCAN = re.compile(r"no_seqscan\(\s*(?P<tables>\w+(?:\s*,\s*\w+)*)\s*\)")
_MAX_COST = re.compile(r"max_cost=(?P<cost>\d+(?:\.\d+)?)")
_RUN_LIMIT = re.compile(r"(?P<what>buffers|rows_removed)<=(?P<limit>\d+)")
_PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]*")
KEY_LINE = re.compile(r"--\s*@(?P<key>\w*)\s*(?P<value>.*)")


class Head:
    """What the comment lines before a statement say: the sentence, then keys, with remarks between them."""

    def __init__(self, text: str) -> None:
        self.problems: list[tuple[int, str]] = []  # line and message
        self.lines: dict[str, int] = {}  # key → the line where it stands first
        self.summary = ""
        self.parameters: dict[str, Parameter] = {}
        self.columns: dict[str, Column] = {}
        self.returns: Returns = "many"
        self.timeout_s: float | None = None
        self.plan: Plan = "auto"
        self.writes = False
        self.plan_budget: PlanBudget | None = None
        self.run_budget: RunBudget | None = None
        self.deprecated: str | None = None
        self._read(text)

    def complain(self, line: int, message: str) -> None:
        self.problems.append((line, message))

    def _read(self, text: str) -> None:
        for number, line in enumerate(map(str.strip, text.split("\n")), 1):
            if number == 1:
                self._read_summary(line)
            elif key := KEY_LINE.match(line):
                self._read_key(number, key["key"], key["value"].strip())
            elif line and not line.startswith("--"):
                break
        if "returns" not in self.lines:
            self.complain(1, f"no @returns: expected one of {', '.join(RETURNS)}")
        self._require_the_effect()
        if self.returns == "rows_affected" and self.columns:
            self.complain(self.lines["column"], "@column with @returns rows_affected: no rows are returned")

    def _require_the_effect(self) -> None:
        """Whether a statement may be sent twice hangs on it, so nobody guesses it from the text."""
        if "readonly" in self.lines and "writes" in self.lines:
            line = max(self.lines["readonly"], self.lines["writes"])
            self.complain(line, "both @readonly and @writes: expected one of them")
        elif "readonly" not in self.lines and "writes" not in self.lines:
            self.complain(1, "no effect: expected @readonly or @writes")

    def _read_summary(self, line: str) -> None:
        sentence = line.removeprefix("--").strip()
        if not line.startswith("--") or sentence.startswith("@") or not re.search(r"\w.*[.?!]$", sentence):
            self.complain(1, "no summary: expected the first line to be a comment with one plain sentence")
        self.summary = sentence

    def _read_key(self, line: int, key: str, value: str) -> None:
        reader = _KEYS.get(key)
        if reader is None:
            known = ", ".join(f"@{name}" for name in _KEYS)
            self.complain(line, f"unknown key @{key}: expected one of {known}")
        elif key in self.lines and key not in ("param", "column", "budget"):
            self.complain(line, f"@{key} again: expected it once, it stands in line {self.lines[key]}")
        else:
            self.lines.setdefault(key, line)
            reader(self, line, value)

    def _read_param(self, line: int, value: str) -> None:
        found = _PARAM.fullmatch(value)
        if found is None:
            self.complain(line, f"@param {value!r}: expected name type = sample, or name type? = sample".rstrip())
            return
        name = found["name"]
        if name in self.parameters:
            self.complain(line, f"parameter {name} again: it is declared in line {self.parameters[name].line}")
            return
        self.parameters[name] = Parameter(name, found["type"], bool(found["null"]), found["sample"].rstrip(), line)
        if not _PARAMETER_NAME.fullmatch(name) or keyword.iskeyword(name) or name == "self":
            self.complain(line, f"parameter {name!r}: expected a snake-case name that is no keyword of Python")
        self._check_type(line, f"parameter {name}", found["type"])
        self._check_sample(line, name, found["sample"])

    def _check_type(self, line: int, what: str, type_name: str) -> None:
        if not canonical_type(type_name):
            known = ", ".join(sorted(TYPES))
            self.complain(line, f"{what}: unknown type {type_name!r}, expected one of {known}, or one with []")

    def _check_sample(self, line: int, name: str, sample: str) -> None:
        wrong = [t for t in tokenize(sample) if t.kind not in ("code", "string", "identifier", "bracket")]
        if wrong:
            piece = sample[wrong[0].start : wrong[0].end]
            self.complain(line, f"sample of {name}: {piece!r} doesn't belong there, expected one expression of SQL")

    def _read_returns(self, line: int, value: str) -> None:
        if value not in RETURNS:
            self.complain(line, f"@returns {value}: expected one of {', '.join(RETURNS)}")
            return
        self.returns = value

    def _read_column(self, line: int, value: str) -> None:
        found = _COLUMN.fullmatch(value)
        if found is None:
            self.complain(line, f"@column {value!r}: expected name type, or name type! for never null")
            return
        name = found["name"]
        if name in self.columns:
            self.complain(line, f"column {name} again: it is declared in line {self.columns[name].line}")
        self.columns[name] = Column(name, found["type"], not found["never"], line)
        self._check_type(line, f"column {name}", found["type"])

    def _read_timeout(self, line: int, value: str) -> None:
        found = _TIMEOUT.fullmatch(value)
        seconds = float(found["number"]) * _TIMEOUT_FACTOR[found["unit"]] if found else 0.0
        if not 0.001 <= seconds <= _LONGEST_TIMEOUT_S:
            self.complain(line, f"@timeout {value!r}: expected a time such as 500ms, 2s or 1min, at most 60min")
        self.timeout_s = seconds

    def _read_plan(self, line: int, value: str) -> None:
        if value not in ("custom", "generic"):
            self.complain(line, f"@plan {value!r}: expected custom or generic")
            return
        self.plan = "custom" if value == "custom" else "generic"

    def _read_readonly(self, line: int, value: str) -> None:
        if value:
            self.complain(line, f"@readonly {value!r}: expected nothing behind it")

    def _read_writes(self, line: int, value: str) -> None:
        if value:
            self.complain(line, f"@writes {value!r}: expected nothing behind it")
        self.writes = True

    def _read_deprecated(self, line: int, value: str) -> None:
        if not value:
            self.complain(line, "@deprecated: expected what to use instead")
        self.deprecated = value

    def _read_budget(self, line: int, value: str) -> None:
        what, _, limits = value.partition(":")
        if what.strip() == "plan":
            if self.plan_budget:
                self.complain(line, f"@budget plan again: it stands in line {self.plan_budget.line}")
            self.plan_budget = self._plan_budget(line, limits)
        elif what.strip() == "run":
            if self.run_budget:
                self.complain(line, f"@budget run again: it stands in line {self.run_budget.line}")
            self.run_budget = self._run_budget(line, limits)
        else:
            self.complain(line, f"@budget {value!r}: expected plan: … or run: …")

    def _plan_budget(self, line: int, limits: str) -> PlanBudget:
        tables = [t.strip() for found in _NO_SEQSCAN.finditer(limits) for t in found["tables"].split(",")]
        costs = [float(found["cost"]) for found in _MAX_COST.finditer(limits)]
        rest = _MAX_COST.sub("", _NO_SEQSCAN.sub("", limits)).strip()
        if rest or len(costs) > 1 or not (tables or costs):
            self.complain(line, f"@budget plan: {limits.strip()!r}: expected no_seqscan(table, …) and/or max_cost=N")
        return PlanBudget(tuple(tables), costs[0] if costs else None, line)

    def _run_budget(self, line: int, limits: str) -> RunBudget:
        found = [(match["what"], int(match["limit"])) for match in _RUN_LIMIT.finditer(limits)]
        limit = dict(found)
        if _RUN_LIMIT.sub("", limits).strip() or len(limit) != len(found) or not limit:
            self.complain(line, f"@budget run: {limits.strip()!r}: expected buffers<=N and/or rows_removed<=N")
        return RunBudget(limit.get("buffers"), limit.get("rows_removed"), line)


_KEYS: dict[str, Callable[[Head, int, str], None]] = {
    "param": Head._read_param,
    "returns": Head._read_returns,
    "column": Head._read_column,
    "timeout": Head._read_timeout,
    "plan": Head._read_plan,
    "readonly": Head._read_readonly,
    "writes": Head._read_writes,
    "budget": Head._read_budget,
    "deprecated": Head._read_deprecated,
}
