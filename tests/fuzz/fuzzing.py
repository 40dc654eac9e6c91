"""Asks every operation of the document what schemathesis makes up for it, signed in, about things that are there.

Nothing is made smaller once it is found: a finding is told with the request as it was.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.access.cast import World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,  # last: left out where the reply was asked for in another shape
]
CALLERS = ("owner", "superuser", "coach")
SHAPES = {"fields", "units"}
"""Query parameters that give a reply another shape than the document's."""
UNSIGNED = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
"""No made-up credentials beside ours."""


@dataclass(frozen=True)
class Found:
    """What is wrong with a reply."""

    operation: str
    problem: str
    request: str


@dataclass
class Fuzzing:
    """A run: what was asked and what was found."""

    world: World
    schema: Any
    cases: int = 0
    server_errors: int = 0
    by_status: dict[int, int] = field(default_factory=dict)
    found: dict[tuple[str, str], Found] = field(default_factory=dict)
    _who: str = "owner"

    def run(self, cases: int, seed: int, tell: Callable[[str], None] = lambda _: None) -> None:
        """So many at least, about as many of each operation; again, where there are not so many different ones.

        Each by every caller; where there are fewer cases than that, by one of them in turn.
        """
        operations = [made.ok() for made in self.schema.get_all_operations()]
        in_turn = cases < len(operations) * len(CALLERS)
        random.Random(seed).shuffle(operations)
        while self.cases < cases:
            each = max((cases - self.cases) // (len(operations) * len(CALLERS)), 1)
            for number, operation in enumerate(operations):
                for self._who in [CALLERS[number % len(CALLERS)]] if in_turn else CALLERS:
                    self.world.make()
                    self._ask(operation, each, seed)
                tell(f"{self.cases:6} cases, {len(self.found)} findings, after {operation.label}")
            seed += 1

    def _ask(self, operation: Any, times: int, seed: int) -> None:
        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=times,
            database=None,
            deadline=None,
            derandomize=False,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=_cases(operation, self._ids(operation)))
        def ask(case: Any) -> None:
            self._one(operation, case)

        ask()

    def _ids(self, operation: Any) -> dict[str, Any]:
        names = {parameter.name for parameter in operation.path_parameters}
        return {name: self.world.things[name] for name in names if name in self.world.things}

    def _one(self, operation: Any, case: Any) -> None:
        self.cases += 1
        sent = {"Authorization": f"Bearer {self.world.cast[self._who].token}"}
        if self.cases % 4:  # else as they were made up, which no handler is reached by
            sent |= {"If-Match": '"1-"'}
            for name in SHAPES & set(case.query or ()):
                del case.query[name]
        response = case.call(headers=sent)
        self.by_status[response.status_code] = self.by_status.get(response.status_code, 0) + 1
        self.server_errors += response.status_code >= 500
        try:
            has_shape = SHAPES.isdisjoint(case.query or ())
            case.validate_response(response, checks=CHECKS if has_shape else CHECKS[:-1])
        except FailureGroup as group:
            for failure in group.exceptions:
                problem = f"{type(failure).__name__}: {str(failure)[:1500]}"
                request = f"as {self._who}: {case.as_curl_command()}"[:3000]
                key = operation.label, f"{type(failure).__name__} {response.status_code}"
                self.found.setdefault(key, Found(operation.label, problem, request))
        if response.status_code == 401 or (operation.method.upper() == "DELETE" and response.status_code < 300):
            self.world.make()  # it ended the sign-in, or what it was asked about


def _cases(operation: Any, ids: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Three of four about things that are there; a third of all with something that the schema forbids."""
    positive, negative = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
    there = {"path_parameters": ids} if ids else {}
    kinds = [operation.as_strategy(positive, **there), operation.as_strategy(positive, **there)]
    kinds.append(operation.as_strategy(positive))
    if operation.body or operation.query:
        kinds.append(operation.as_strategy(negative, **there))
    return st.one_of(*kinds)


def told(fuzzing: Fuzzing) -> Iterator[str]:
    """The findings, and what was asked."""
    for found in fuzzing.found.values():
        yield f"{found.operation}\n  {found.problem}\n  {found.request}\n"
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(fuzzing.by_status.items()))
    yield f"{fuzzing.cases} cases, {fuzzing.server_errors} server errors, {len(fuzzing.found)} findings ({statuses})"
