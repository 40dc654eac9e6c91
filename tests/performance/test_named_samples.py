"""Every file keeps its budgets for the people whom its named samples find: a coach of 5,000, hundreds of own exercises.

One database for all, made by ``workouts db scale``'s own code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests.conftest import create_database
from workouts_api.dba.budgets import measure, measure_budgets
from workouts_api.dba.scale.filling import Wanted, fill
from workouts_api.dba.server import Session, session
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.migrate.session import connect
from workouts_api.sql.catalogue import load_catalogue
from workouts_api.sql.loaded import CATALOGUE

pytestmark = pytest.mark.sweep

FILES = list(CATALOGUE.files())
SAMPLED = [file for file in FILES if file.samples]  # test_query_budgets.py measures the others
SHAPE = Wanted(
    sets=100_000, athletes=38, seed=1, until=datetime.now(UTC).date(), crowd=5_000, exercises=200_000
)  # of a million sets, with a tenth of the training
BUDGETED_FOR = 170000  # older servers descend an index once for each id of an array, and read more pages
PAGED_OR_SEARCHED = ("list_", "find_athlete_sessions", "find_sessions", "search_")


@pytest.fixture(scope="module")
def scaled(cluster: EmbeddedPostgres, template: str, database_name: str) -> Iterator[Session]:
    name = f"{database_name}_scaled"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        create_database(admin, name, template)
    with connect(cluster.dsn(name, "workouts_migrator")) as owner:
        fill(owner, SHAPE, lambda _: nullcontext(), lambda _: None)
    with session(cluster.dsn(name, "workouts_dba"), read_only=False, nested="json") as opened:
        yield opened


def is_pages(problem: str) -> bool:
    return ": the budget is buffers<=" in problem


def test_files_that_read_keep_their_budgets_where_random_pages_are_cheap_as_well(scaled: Session) -> None:
    """As on every server without spinning disks. It comes before the files that write, which leave dead rows."""
    scaled.conn.execute("set random_page_cost = 1.1")
    try:
        verdict = measure_budgets(scaled, [file for file in SAMPLED if not file.writes])
    finally:
        scaled.conn.execute("reset random_page_cost")
    judged = scaled.conn.info.server_version >= BUDGETED_FOR
    assert [line for line in verdict.problems if judged or not is_pages(line)] == []


def test_every_file_with_named_samples_keeps_its_budgets_and_each_finds_somebody(scaled: Session) -> None:
    verdict = measure_budgets(scaled, SAMPLED)
    judged = scaled.conn.info.server_version >= BUDGETED_FOR
    assert [line for line in verdict.problems if judged or not is_pages(line)] == []
    assert [line for line in verdict.without_data if ": its samples are refused" not in line] == []


def test_a_newcomers_list_of_athletes_reads_none_of_the_5000_of_others(scaled: Session) -> None:
    lists = [file for file in FILES if file.full_name.startswith("athletes.list_")]
    assert lists
    assert {file.name: measure(scaled, file, "newcomer").buffers for file in lists if file.samples} == {
        file.name: pytest.approx(0, abs=70) for file in lists
    }


def test_lists_and_searches_name_the_shapes_that_matter_to_them() -> None:
    without = [f.full_name for f in FILES if f.name.startswith(PAGED_OR_SEARCHED) and not f.samples]
    assert without == []


def test_a_read_of_all_5000_athletes_of_a_coach_is_noticed_where_one_was_asked_for(
    scaled: Session, tmp_path: Path
) -> None:
    file = next(f for f in FILES if f.full_name == "athletes.get_athlete")
    counting = "(select count(*) from athletes as b, athletes_seen_by(:viewer_id, 0) as c where b.id = c.id)"
    assert "\nselect" in file.text
    text = file.text.replace("\nselect", f"\nwith slow as materialized (select {counting} as n)\nselect", 1)
    slower = tmp_path / "queries" / "athletes" / "get_athlete.sql"
    slower.parent.mkdir(parents=True)
    slower.write_text(text.replace("\nfrom ", "\nfrom slow cross join ", 1))
    problems = measure_budgets(scaled, load_catalogue(slower.parent.parent).files()).problems
    assert all("athletes/get_athlete.sql" in problem for problem in problems)
    assert any("busiest_coach: buffers" in problem for problem in problems)
