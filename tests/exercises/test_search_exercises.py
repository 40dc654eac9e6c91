"""GET /api/v1/exercises?q="""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import Client

URL = "/api/v1/exercises"


def names(client: Client, words: str, **more: Any) -> list[str]:
    page = client.get(URL, query_string={"q": words, **more})
    assert page.status_code == 200, page.json
    assert page.json["next_cursor"] is None
    return [item["name"] for item in page.json["items"]]


@pytest.mark.parametrize(
    ("words", "best"),
    [
        ("barbell bench press", "Barbell Bench Press"),
        ("BENCH PRESS", "Barbell Bench Press"),
        ("benhc pres", "Barbell Bench Press"),
        ("pullup", "Pull-Up"),
        ("Squat (Barbell)", "Barbell Squat"),
    ],
)
def test_the_best_match_comes_first_mistyped_begun_or_called_otherwise(owner: Client, words: str, best: str) -> None:
    assert names(owner, words)[0] == best


def test_ones_own_is_found_by_its_alias_and_a_strangers_is_not(owner: Client, stranger: Client) -> None:
    owner.post(URL, json={"name": "Mine", "aliases": ["Quixotic lunge"]})
    stranger.post(URL, json={"name": "Quixotic leap"})
    assert "Mine" in names(owner, "quixotic")
    assert "Quixotic leap" not in names(owner, "quixotic")


def test_a_strangers_exercise_of_just_that_name_hides_nothing(owner: Client, stranger: Client) -> None:
    """What is very like the words is looked for first, and among what one sees alone."""
    stranger.post(URL, json={"name": "Benhc pres"})
    assert names(owner, "benhc pres")[0] == "Barbell Bench Press"


def test_there_are_at_most_fifty_and_as_few_as_asked_for(owner: Client) -> None:
    assert len(names(owner, "curl", limit=200)) <= 50
    assert len(names(owner, "curl", limit=3)) == 3


@pytest.mark.parametrize("words", ["%%", "__", "'; drop table exercises; --", "\\\\", "\u0130\u0130"])
def test_odd_words_find_nothing_or_something_and_never_fail(owner: Client, words: str) -> None:
    names(owner, words)


def test_blanks_are_no_words(owner: Client) -> None:
    refused = owner.get(f"{URL}?q=%20%20")
    assert (refused.status_code, list(refused.json["details"])) == (422, ["q"])


def test_names_and_aliases_are_found_by_their_indexes(database: psycopg.Connection[Any]) -> None:
    """Left to itself, the planner reads all of them."""
    with database.transaction():
        before = _scans(database)
        database.execute("select from exercises_named_like(1, 'bench press')")
        after = _scans(database)
    steps = {name: (after[name][0] - before[name][0], after[name][1] > before[name][1]) for name in before}
    assert steps == {"exercises": (0, True), "exercise_aliases": (0, True)}


def _scans(database: psycopg.Connection[Any]) -> dict[str, tuple[int, int]]:
    """How often this connection read each table from end to end, and how often by an index."""
    rows = database.execute(
        "select relname, seq_scan, idx_scan from pg_stat_xact_user_tables"
        " where relname in ('exercises', 'exercise_aliases')"
    )
    return {row[0]: (row[1], row[2]) for row in rows}
