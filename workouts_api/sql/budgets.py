"""The budgets of a query file: what ``-- @budget plan: …`` and ``-- @budget run: …`` may say.

Owns their syntax; whether they are kept is ``check``'s question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NO_SEQSCAN = re.compile(r"no_seqscan\(\s*(?P<tables>\w+(?:\s*,\s*\w+)*)\s*\)")
_MAX_COST = re.compile(r"max_cost=(?P<cost>\d+(?:\.\d+)?)")
_RUN_LIMIT = re.compile(r"(?P<what>buffers|rows_removed)<=(?P<limit>\d+)")


@dataclass(frozen=True, slots=True)
class PlanBudget:
    """``@budget plan: no_seqscan(table, …) max_cost=N``: what EXPLAIN alone can tell."""

    no_seqscan: tuple[str, ...] = ()
    max_cost: float | None = None
    line: int = 0

    @classmethod
    def read(cls, limits: str, line: int) -> PlanBudget:
        """:raises ValueError: when ``limits`` says something else, nothing, or one thing twice."""
        tables = [t.strip() for found in _NO_SEQSCAN.finditer(limits) for t in found["tables"].split(",")]
        costs = [float(found["cost"]) for found in _MAX_COST.finditer(limits)]
        rest = _MAX_COST.sub("", _NO_SEQSCAN.sub("", limits)).strip()
        if rest or len(costs) > 1 or not (tables or costs):
            raise ValueError(f"{limits.strip()!r}: expected no_seqscan(table, …) and/or max_cost=N")
        return cls(tuple(tables), costs[0] if costs else None, line)


@dataclass(frozen=True, slots=True)
class RunBudget:
    """``@budget run: buffers<=N rows_removed<=N``: measured on the samples, on the second run."""

    buffers: int | None = None
    rows_removed: int | None = None
    line: int = 0

    @classmethod
    def read(cls, limits: str, line: int) -> RunBudget:
        """:raises ValueError: when ``limits`` says something else, nothing, or one thing twice."""
        found = [(match["what"], int(match["limit"])) for match in _RUN_LIMIT.finditer(limits)]
        limit = dict(found)
        if _RUN_LIMIT.sub("", limits).strip() or len(limit) != len(found) or not limit:
            raise ValueError(f"{limits.strip()!r}: expected buffers<=N and/or rows_removed<=N")
        return cls(limit.get("buffers"), limit.get("rows_removed"), line)

    def over(self, other: RunBudget | None) -> RunBudget:
        """This budget; what it leaves out is as the other one says."""
        if other is None:
            return self
        return RunBudget(
            other.buffers if self.buffers is None else self.buffers,
            other.rows_removed if self.rows_removed is None else self.rows_removed,
            self.line,
        )
