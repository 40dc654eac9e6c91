"""Each column that a resource's function may forget, left out on one server: what would take the command 20 s each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.house.fields import shown_of_a_full_row
from tests.house.test_fields import RESOURCES
from tests.mutants.changes import Mutant, columns_of_functions

ROOT = Path(__file__).resolve().parents[2]


def _mutants() -> Iterator[tuple[Mutant, str]]:
    """Each, with the text of its file as it is."""
    for name in dict.fromkeys(resource.functions for resource in RESOURCES):
        path = f"migrations/repeatable/{name}.sql"
        source = (ROOT / path).read_text(encoding="utf-8")
        yield from ((mutant, source) for mutant in columns_of_functions(path, source))


@pytest.mark.parametrize(("mutant", "source"), list(_mutants()), ids=lambda one: getattr(one, "name", ""))
def test_a_column_that_is_left_out_is_noticed(mutant: Mutant, source: str, database: psycopg.Connection[Any]) -> None:
    """By tests/house/test_fields.py, which asks the same of each function as it is."""
    of_file = [one for one in RESOURCES if mutant.path.endswith(f"/{one.functions}.sql")]
    with database.transaction(force_rollback=True):
        database.execute(mutant.applied(source).encode())
        shown = [values for one in of_file for _, values in shown_of_a_full_row(one, database)]
        assert None in [value for values in shown for value in values.values()]
