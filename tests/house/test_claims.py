"""Whoever claims an athlete keeps what they had: no table and no column of theirs is left out.

A claim deletes the athlete that the user had until then. What refers to that athlete would go with it.
"""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

FILE = "migrations/repeatable/claim_athlete.sql"
NOT_GIVEN = {"invitations": "a code to claim an athlete means one who has no user yet"}
"""Tables that refer to athletes, and why their rows need not go to the claimed athlete."""
NOT_MERGED = {
    "id": "the claimed athlete's",
    "name": "the claimed athlete's: teams know them by it",
    "notes": "the coach's words, which no user has of themself",
    "created_at": "the claimed athlete's",
}
"""Columns of an athlete that a claim leaves as they are, and why."""
REFERRING = """
select distinct c.conrelid::regclass::text
from pg_constraint as c
where c.contype = 'f'
  and c.confrelid = 'athletes'::regclass
"""
COLUMNS = """
select a.attname::text
from pg_attribute as a
where a.attrelid = 'athletes'::regclass
  and a.attnum > 0
  and not a.attisdropped
"""
TEXT = """
select string_agg(p.prosrc, chr(10))
from pg_proc as p
where p.pronamespace = 'workouts'::regnamespace
  and p.proname ~ '^(claim_athlete|give_.*)$'
"""


@pytest.fixture
def claiming(database: psycopg.Connection[Any]) -> str:
    """What the functions of a claim do."""
    [text] = database.execute(TEXT).fetchone() or [""]
    return str(text)


def tables_left_out(database: psycopg.Connection[Any], claiming: str) -> list[str]:
    return [
        f"{FILE}: a claim loses the user's rows of {table}: move them in give_training(), or say in NOT_GIVEN why not"
        for (table,) in database.execute(REFERRING).fetchall()
        if table not in NOT_GIVEN and not re.search(rf"\b(update|insert into) workouts\.{table}\b", claiming)
    ]


def columns_left_out(database: psycopg.Connection[Any], claiming: str) -> list[str]:
    return [
        f"{FILE}: a claim loses the user's own {column}: merge it in claim_athlete(), or say in NOT_MERGED why not"
        for (column,) in database.execute(COLUMNS).fetchall()
        if column not in NOT_MERGED and not re.search(rf"^ +(set )?{column} = ", claiming, re.MULTILINE)
    ]


def test_every_table_of_an_athlete_goes_to_the_claimed_one(database: psycopg.Connection[Any], claiming: str) -> None:
    assert tables_left_out(database, claiming) == []


def test_every_column_of_an_athlete_is_merged(database: psycopg.Connection[Any], claiming: str) -> None:
    assert columns_left_out(database, claiming) == []


def test_a_new_table_and_a_new_column_are_noticed(database: psycopg.Connection[Any], claiming: str) -> None:
    with database.transaction(force_rollback=True):
        database.execute(
            "create table weighings (athlete_id bigint references athletes (id) on delete cascade, weight_kg float8)"
        )
        database.execute("alter table athletes add column left_out text not null default ''")
        assert [line.split(" of ")[1].split(":")[0] for line in tables_left_out(database, claiming)] == ["weighings"]
        assert [line.split(" own ")[1].split(":")[0] for line in columns_left_out(database, claiming)] == ["left_out"]
