"""``workouts sql explain``: shows the plan that the application gets, and the cost of a run, which is rolled back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from textwrap import dedent, indent
from typing import Any

from workouts_api.dba.nested import NestedPlan
from workouts_api.dba.server import PlanMode, Session, StatementProblemError, is_explainable, plan_mode
from workouts_api.sql.files import QueryFile


def explain(
    session: Session,
    file: QueryFile,
    *,
    given: Mapping[str, str] | None = None,
    sample: str | None = None,
    values: Mapping[str, str | None] | None = None,
    analyze: bool = False,
    mode: PlanMode | None = None,
    as_json: bool = False,
) -> Any:
    """The plan, as text or as EXPLAIN's JSON. With ``analyze`` the statement is run and rolled back.

    The plans of the statements inside its functions and triggers follow, if the session collects them. In JSON they are
    under the key "Nested".

    :param given: values as text that replace the samples; "null" is NULL.
    :param sample: the name of a sample set that replaces the usual samples.
    :param values: all values, as text, in place of samples and given ones.
    :param mode: the custom or the generic plan. With None the file's ``@plan`` decides; "auto" gives the custom plan.
    :raises StatementProblemError: when a value or the file is wrong.
    """
    if not is_explainable(file):
        raise StatementProblemError(file.line_of("statement"), "PostgreSQL can't explain copy and call")
    session.describe(file)
    values = session.values(file, given, sample) if values is None else values
    mode = mode or plan_mode(file)
    options = ["settings", *(["analyze", "buffers"] if analyze else [])]
    with session.prepared(file, values) as execute, session.rolled_back(), session.hearing() as nested:
        if as_json:
            root = session.plan(execute, mode, *options)
            told = [
                {"In": one.place, "Runs": runs, "Query Text": one.text, "Plan": one.plan} for one, runs in _once(nested)
            ]
            return {**root, "Nested": told} if told else root
        session.set_plan_mode(mode)
        rows = session.conn.execute(f"explain ({', '.join(options)}) {execute}").fetchall()
        return "\n".join([*(row[0] for row in rows), *(_as_text(one, runs) for one, runs in _once(nested))])


def _once(nested: Iterable[NestedPlan]) -> Iterator[tuple[NestedPlan, int]]:
    """Each statement inside functions once: its last run, and the number of its runs."""
    runs: dict[tuple[str, str], list[NestedPlan]] = {}
    for one in nested:
        if one.is_inside:
            runs.setdefault((one.place, one.text), []).append(one)
    for found in runs.values():
        yield found[-1], len(found)


def _as_text(one: NestedPlan, runs: int) -> str:
    how_often = "once" if runs == 1 else f"{runs} times"
    return f"\nIn {one.place}, run {how_often}:\n{indent(dedent(one.text).strip(), '  ')}\n{one.plan['Text']}"
