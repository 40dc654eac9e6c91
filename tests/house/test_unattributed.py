"""tests/attribution.py: a run of the suite fails for a statement of no file, and names it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests import attribution
from tests.attribution import OTHER_TEXTS, ByHand, Statement, unattributed
from tests.processes import ROOT
from workouts_api.backup.erasing import _PRESENT
from workouts_api.doctor.database import OWN
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.sql.loaded import CATALOGUE

FILE = CATALOGUE.find("sessions.get_session")
RUN = """
import psycopg

from tests import attribution
from tests.attribution import ByHand


def test_one_statement_is_of_no_file(cluster):
    with psycopg.connect(cluster.dsn(user="workouts_app")) as conn:
        conn.execute("select 'written in Python' as lost")
        conn.execute("set statement_timeout = '5s'")
        ByHand(conn).execute("select 1 as found")
"""


@pytest.mark.processes
def test_a_run_fails_at_its_end_for_a_statement_of_no_file_and_shows_the_text(tmp_path: Path) -> None:
    (tmp_path / "test_lost.py").write_text(RUN, encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rN", "-p", "tests.conftest", "-p", "no:cacheprovider", "test_lost.py"],
        cwd=tmp_path,
        env={**environ, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
    )
    lines = [line for line in run.stdout.splitlines() if line.startswith("workouts_")]
    assert (run.returncode, lines) == (1, ["workouts_app: select $1 as lost"]), run.stdout + run.stderr
    assert "1 passed, 1 error" in run.stdout


@pytest.mark.parametrize(
    "text",
    [
        FILE.statement,
        "BEGIN",
        "set search_path = $1, extensions, pg_temp",
        'LISTEN "procrastinate_queue#default"',
        "SELECT id, status FROM procrastinate_fetch_job_v2($1, $2)",
        _PRESENT.replace("%s", "$1"),
        (OWN / "nightly.sql").read_text(encoding="utf-8"),
        "$1",
        "session_no + $1",
    ],
)
def test_what_has_a_file_or_is_listed_is_attributed(text: str) -> None:
    assert unattributed([Statement("workouts_app", text)]) == []


@pytest.mark.parametrize(
    "text",
    [
        FILE.statement.replace(FILE.digest, "00000000"),
        FILE.statement.replace(FILE.tag, ""),
        FILE.text,
        "select u.id from users as u where u.id = $1",
        "select workouts.erase_person($1)",
        "session_no + lost",
        "delete from users",
    ],
)
def test_a_text_that_is_not_checked_in_is_named(text: str) -> None:
    assert unattributed([Statement("workouts_app", text)]) == [f"workouts_app: {' '.join(text.split())}"]


def test_what_the_planner_runs_of_an_immutable_function_stands_in_its_file() -> None:
    source = (ROOT / "migrations/repeatable/reports_measured.sql").read_text(encoding="utf-8")
    body = source.split("workouts.measured_load_formulas(")[1].split("$$")[1]
    number = count(5)
    kept = re.sub(r"'[^']*'(\s*'[^']*')*", lambda _: f"${next(number)}", body)
    assert unattributed([Statement("workouts_app", kept)]) == []
    assert unattributed([Statement("workouts_app", kept.replace("jsonb_build_object", "json_build_object"))]) != []


def test_constants_and_lists_are_what_each_postgresql_makes_of_them() -> None:
    """18 keeps one constant of a list, and 15 those of a setting."""
    sent = "select x from t where k in ('r', 'v') and p < -1 and extract(epoch from a) > 2.5 -- why"
    kept = [
        "select x from t where k in ($1, $2) and p < $3 and extract($4 from a) > $5 -- why",
        "select x from t where k in ($1 /*, ... */) and p < $2 and extract($3 from a) > $4",
    ]
    assert {attribution._bare(text) for text in kept} == {attribution._bare(sent)}
    assert attribution._bare(sent.replace("x", "y", 1)) != attribution._bare(sent)


def test_what_a_test_writes_by_hand_is_marked(cluster: EmbeddedPostgres) -> None:
    with psycopg.connect(cluster.dsn(), cursor_factory=ByHand) as conn:
        shown = conn.execute("select query from pg_stat_activity where pid = pg_backend_pid() and %s", [True])
        assert str(shown.fetchall()[0][0]).startswith("select /* by hand */ query")


@pytest.mark.parametrize("name", OTHER_TEXTS)
def test_who_runs_another_text_of_a_file_writes_its_name(name: str) -> None:
    assert name.partition(".")[2] in (ROOT / OTHER_TEXTS[name]).read_text(encoding="utf-8")
