"""A little of what `python -m tests.fuzz` does at length: no server errors, and replies as the document says."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import schemathesis
from flask import Flask

from tests.access.cast import World
from tests.fuzz.fuzzing import UNSIGNED, Fuzzing, told

pytestmark = pytest.mark.sweep

FEW = 70  # one of each operation, or a few more: 5 s


def test_what_is_made_up_for_each_operation_is_answered_as_the_document_says(
    app: Flask, database: psycopg.Connection[Any], password_hash: str
) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=UNSIGNED)
    fuzzing = Fuzzing(World(app, database, password_hash), schema)
    fuzzing.run(FEW, seed=1)
    assert not fuzzing.found, "\n".join(told(fuzzing))
    assert fuzzing.server_errors == 0
    assert fuzzing.cases >= FEW
