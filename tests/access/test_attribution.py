"""What the application's role has run for every route is of a query file, or on a short list of what has none."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.access.cast import MEMBERS, World
from tests.access.test_statuses import EXPECTED, statuses
from tests.attribution import forget_statements
from workouts_api.dba.statements import TAG
from workouts_api.sql.loaded import CATALOGUE

# Ends of transactions; and procrastinate's own statements, with which a request asks for a background job.
OF_NO_FILE = re.compile(r"(?:begin|commit|rollback)\b|.*\bprocrastinate_", re.IGNORECASE | re.DOTALL)
_RUN = """
select s.query
from extensions.pg_stat_statements as s
join pg_database as d on d.oid = s.dbid
where d.datname = current_database()
  and s.userid = 'workouts_app'::regrole
  and s.toplevel
"""


@pytest.fixture(scope="module")
def statements(app: Flask, _superuser: psycopg.Connection[Any], password_hash: str) -> list[str]:
    """Those of every route, asked by everybody of the cast in turn."""
    world = World(app, _superuser, password_hash)
    forget_statements(_superuser)
    for number, route in enumerate(EXPECTED):
        statuses(world, route, tuple(MEMBERS)[number % 2 :: 2])
    return [text for (text,) in _superuser.execute(_RUN.encode())]


def test_every_statement_is_of_a_file_with_the_digest_of_that_file(statements: list[str]) -> None:
    strange = [text for text in statements if not TAG.search(text) and not OF_NO_FILE.match(text)]
    assert strange == []
    known = {(file.full_name, file.digest) for file in CATALOGUE.files()}
    found = {(tag["file"], tag["digest"]) for tag in map(TAG.search, statements) if tag}
    assert found <= known
    assert len(found) > len(known) / 2  # the rest are files of jobs, of imports, and of the second step of something
