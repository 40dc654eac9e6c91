"""Every query file with a run budget keeps it on a database in which its samples find something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import create_database
from tests.performance.filled import fill
from workouts_api.dba import budgets
from workouts_api.dba.budgets import Taken, measure, measure_budgets
from workouts_api.dba.check import check_files
from workouts_api.dba.explain import explain
from workouts_api.dba.server import Session, is_explainable, plan_mode, session
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.sql.catalogue import load_catalogue
from workouts_api.sql.files import QueryFile
from workouts_api.sql.loaded import CATALOGUE

pytestmark = pytest.mark.sweep

FILES = list(CATALOGUE.files())
BUDGETED = [file for file in FILES if file.run_budget is not None]
# What they read grows with an athlete's sessions, or with the users: their budgets are for more of them than are here.
GROWS = {
    "sessions.find_sessions",
    "sessions.find_athlete_sessions",
    "athletes.delete_athlete",
    "exercises.list_last_used_exercises",
    "exercises.list_most_used_exercises",
    "exercises.list_unmatched_exercises",
    "jobs.mend_user_days",
    "reports.exercise_report",
    "reports.hard_sets",
    "reports.list_records",
    "reports.measured_load",
    "reports.team_table",
    "reports.training_load",
    "reports.training_report",
}
COUNTS = "select (select count(*) from users), (select count(*) from sets), (select count(*) from audit_events)"


def name(file: QueryFile) -> str:
    return file.full_name


@pytest.fixture(scope="module")
def filled(cluster: EmbeddedPostgres, template: str, database_name: str) -> Iterator[Session]:
    """The DBA's role on a database of 12,000 sets."""
    clone = f"{database_name}_filled"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        create_database(admin, clone, template)
    with psycopg.connect(cluster.dsn(clone), autocommit=True) as database:
        fill(database)
    with session(cluster.dsn(clone, "workouts_dba"), read_only=False, nested="json") as opened:
        yield opened


@pytest.fixture(scope="module")
def taken() -> dict[str, Taken]:
    """What the files' own samples took, as far as they have been measured."""
    return {}


def test_every_file_keeps_its_budget(filled: Session, taken: dict[str, Taken], monkeypatch: pytest.MonkeyPatch) -> None:
    def remember(session: Session, file: QueryFile, sample: str | None = None) -> Taken:
        found = measure(session, file, sample)
        return found if sample else taken.setdefault(file.full_name, found)

    monkeypatch.setattr(budgets, "measure", remember)
    verdict = measure_budgets(filled, FILES)
    assert verdict.problems == []
    assert [line for line in verdict.without_data if ": its samples are refused" in line] == []


@pytest.mark.parametrize("file", BUDGETED, ids=name)
def test_the_samples_find_something(file: QueryFile, filled: Session) -> None:
    """A budget that is kept by finding nothing would hold nothing."""
    with filled.prepared(file, filled.values(file)) as execute, filled.rolled_back():
        plan: dict[str, Any] = filled.plan(execute, plan_mode(file), "analyze", "buffers", "timing off")["Plan"]
    found_by = "its samples find no row: name better ones in the file, or add rows to tests/performance/filled.py"
    assert plan["Actual Rows"] >= 1, f"queries/{file.full_name.replace('.', '/')}.sql: {found_by}"


@pytest.mark.parametrize("file", BUDGETED, ids=name)
def test_a_budget_is_near_enough_to_notice(file: QueryFile, filled: Session, taken: dict[str, Taken]) -> None:
    """Ten times what it takes here, and 50 pages more."""
    budget = file.run_budget
    assert budget is not None
    if budget.buffers is not None and file.full_name not in GROWS:
        buffers = (taken.get(file.full_name) or measure(filled, file)).buffers
        assert budget.buffers <= buffers * 10 + 50, f"takes {buffers} buffers: the budget of {budget.buffers} is idle"


def test_the_guard_notices_a_look_up_for_every_row(filled: Session, tmp_path: Path) -> None:
    file = next(file for file in BUDGETED if file.full_name == "sessions.list_sessions")
    counting = "select c.*, (select count(*) from sets as x where x.session_id = s.id) as sets"
    slower = tmp_path / "queries" / "sessions" / "list_sessions.sql"
    slower.parent.mkdir(parents=True)
    slower.write_text(file.text.replace("select c.*", counting))
    problem, *_ = measure_budgets(filled, load_catalogue(slower.parent.parent).files()).problems
    assert f"sessions/list_sessions.sql:{file.line_of('budget') + 1}: buffers" in problem


def test_the_guard_notices_a_scan_where_the_plan_had_an_index(filled: Session, tmp_path: Path) -> None:
    file = next(file for file in BUDGETED if file.full_name == "sessions.get_session")
    slower = tmp_path / "queries" / "sessions" / "get_session.sql"
    slower.parent.mkdir(parents=True)
    sought = "from session_seen_by(:viewer_id, :session_id) as s"
    assert sought in file.text
    scanned = f"{file.text.replace(sought, 'from sessions as s')}where s.id + 0 = :session_id and :viewer_id > 0\n"
    slower.write_text(scanned)
    scanning = list(load_catalogue(slower.parent.parent).files())
    assert any("sessions is read from end to end" in problem for problem in check_files(filled, scanning))


def test_samples_that_the_application_refuses_are_no_problem_but_are_named(filled: Session, tmp_path: Path) -> None:
    file = next(file for file in FILES if file.full_name == "teams.list_members")
    other = tmp_path / "queries" / "teams" / "list_members.sql"
    other.parent.mkdir(parents=True)
    other.write_text(re.sub(r"(@param team_id +bigint) = 1", r"\1 = 1000000000", file.text))
    verdict = measure_budgets(filled, load_catalogue(other.parent.parent).files())
    assert verdict.problems == []
    assert any(
        line.endswith("its samples are refused in this database: No such team.") for line in verdict.without_data
    )


@pytest.mark.sweep
def test_the_dba_checks_and_explains_every_file_and_nothing_stays(filled: Session) -> None:
    """By the rights of the application, which the DBA's role becomes: writing files too."""
    before = filled.conn.execute(COUNTS).fetchone()
    roles = filled.conn.execute("select session_user::text, current_user::text").fetchone()
    assert roles == ("workouts_dba", "workouts_app")
    filled.conn.execute("set default_transaction_read_only = on")
    assert check_files(filled, FILES) == []
    filled.conn.execute("set default_transaction_read_only = off")
    refused = []
    for file in filter(is_explainable, FILES):
        try:
            assert explain(filled, file, analyze=True, as_json=True)["Plan"]
        except psycopg.Error as error:  # what the data don't allow: a guard, a constraint
            if (error.sqlstate or "")[:2] not in ("WK", "23"):
                refused.append(file.problem(1, str(error)))
    assert refused == []
    assert filled.conn.execute(COUNTS).fetchone() == before
