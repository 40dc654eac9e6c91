"""The head of a query file: the sentence, and what ``-- @key value`` lines may say.

Owns the keys and their syntax; knows nothing of the statement.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from workouts_api.sql.budgets import PlanBudget, RunBudget
from workouts_api.sql.declared import TYPES, Column, Parameter, canonical_type
from workouts_api.sql.samples import SampleSet, read_sample_set, sample_problem

Returns = Literal["one", "maybe", "many", "value", "rows_affected", "stream", "copy"]
Plan = Literal["auto", "custom", "generic"]
RETURNS: tuple[Returns, ...] = ("one", "maybe", "many", "value", "rows_affected", "stream", "copy")

_PARAM = re.compile(
    r"(?P<name>\S+)\s+(?P<type>[^=?]*?[^=?\s])\s*(?P<null>\?)?(?:\s+(?P<secrecy>secret|shown))?\s*=\s*(?P<sample>\S.*)"
)
_COLUMN = re.compile(r"(?P<name>\w+)\s+(?P<type>[^!]*[^!\s])\s*(?P<never>!)?")
_TIMEOUT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|min)")
_TIMEOUT_FACTOR = {"ms": 0.001, "s": 1.0, "min": 60.0}
_LONGEST_TIMEOUT_S = 3600.0
_RUN_BUDGET = re.compile(r"run(?:\s*\(\s*(?P<name>\w+)\s*\))?(?:\s+before\s+(?P<version>[1-9][0-9]))?")
_PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]*")
KEY_LINE = re.compile(r"--\s*@(?P<key>\w*)\s*(?P<value>.*)")


@dataclass(frozen=True, slots=True)
class Waiver:
    """``@waive rule: reason``: a rule of the house that this file may break."""

    reason: str
    line: int


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
        self.set_budgets: dict[str, RunBudget] = {}
        self.old_budgets: dict[tuple[str, int], RunBudget] = {}
        self.samples: dict[str, SampleSet] = {}
        self.deprecated: str | None = None
        self.waivers: dict[str, Waiver] = {}
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
        self._know_the_samples()
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
        elif key in self.lines and key not in ("param", "column", "budget", "sample", "waive"):
            self.complain(line, f"@{key} again: expected it once, it stands in line {self.lines[key]}")
        else:
            self.lines.setdefault(key, line)
            reader(self, line, value)

    def _read_param(self, line: int, value: str) -> None:
        found = _PARAM.fullmatch(value)
        if found is None:
            self.complain(line, f"@param {value!r}: expected name type = sample, or name type? secret = sample")
            return
        name = found["name"]
        if name in self.parameters:
            self.complain(line, f"parameter {name} again: it is declared in line {self.parameters[name].line}")
            return
        self.parameters[name] = Parameter(
            name, found["type"], bool(found["null"]), found["sample"].rstrip(), line, found["secrecy"]
        )
        if not _PARAMETER_NAME.fullmatch(name) or keyword.iskeyword(name) or name == "self":
            self.complain(line, f"parameter {name!r}: expected a snake-case name that is no keyword of Python")
        self._check_type(line, f"parameter {name}", found["type"])
        if problem := sample_problem(found["sample"]):
            self.complain(line, f"sample of {name}: {problem}")

    def _check_type(self, line: int, what: str, type_name: str) -> None:
        if not canonical_type(type_name):
            known = ", ".join(sorted(TYPES))
            self.complain(line, f"{what}: unknown type {type_name!r}, expected one of {known}, or one with []")

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

    def _read_waive(self, line: int, value: str) -> None:
        rule, _, reason = (part.strip() for part in value.partition(":"))
        if not reason:
            self.complain(line, f"@waive {value!r}: expected rule: the reason why it does not hold here")
        elif rule in self.waivers:
            self.complain(line, f"@waive {rule} again: it stands in line {self.waivers[rule].line}")
        self.waivers[rule] = Waiver(reason, line)

    def _read_budget(self, line: int, value: str) -> None:
        what, _, limits = value.partition(":")
        try:
            if what.strip() == "plan":
                self._once("@budget plan", line, self.plan_budget)
                self.plan_budget = PlanBudget.read(limits, line)
            elif found := _RUN_BUDGET.fullmatch(what.strip()):
                self._read_run_budget(found["name"] or "", int(found["version"] or 0), RunBudget.read(limits, line))
            else:
                self.complain(line, f"@budget {value!r}: expected plan: …, run: … or run(sample): …")
        except ValueError as error:
            self.complain(line, f"@budget {what.strip()}: {error}")

    def _read_run_budget(self, name: str, version: int, budget: RunBudget) -> None:
        said = "@budget run" + (f"({name})" if name else "")
        if version:
            self._once(f"{said} before {version}", budget.line, self.old_budgets.get((name, version)))
            self.old_budgets[name, version] = budget
        elif name:
            self._once(said, budget.line, self.set_budgets.get(name))
            self.set_budgets[name] = budget
        else:
            self._once(said, budget.line, self.run_budget)
            self.run_budget = budget

    def _once(self, what: str, line: int, before: PlanBudget | RunBudget | None) -> None:
        if before:
            self.complain(line, f"{what} again: it stands in line {before.line}")

    def _read_sample(self, line: int, value: str) -> None:
        """A set goes on where its name stands again: lines stay short."""
        try:
            name, values = read_sample_set(value)
        except ValueError as error:
            self.complain(line, str(error))
            return
        samples = self.samples.setdefault(name, SampleSet(name, line))
        for parameter, sample in values:
            if parameter in samples.values:
                self.complain(line, f"sample {name}: {parameter} again, it stands in line {samples.lines[parameter]}")
            if problem := sample_problem(sample):
                self.complain(line, f"sample {name} of {parameter}: {problem}")
            samples.values[parameter], samples.lines[parameter] = sample, line

    def _know_the_samples(self) -> None:
        """A set names parameters that are declared, a budget a set; they may stand in any order."""
        have = ", ".join(self.parameters) or "none"
        for samples in self.samples.values():
            for parameter in samples.values.keys() - self.parameters.keys():
                line = samples.lines[parameter]
                self.complain(line, f"sample {samples.name}: there is no parameter {parameter}, the file has {have}")
        budgets = [*self.set_budgets.items(), *((name, old) for (name, _), old in self.old_budgets.items() if name)]
        for name, budget in budgets:
            if name not in self.samples:
                named = ", ".join(self.samples) or "none"
                self.complain(budget.line, f"@budget run({name}): there is no such @sample, the file has {named}")


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
    "sample": Head._read_sample,
    "waive": Head._read_waive,
}
