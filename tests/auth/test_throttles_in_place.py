"""Guesses and mails are counted in place: no index has to be written for them."""

from __future__ import annotations

from typing import Any

import psycopg


def test_no_index_of_the_throttles_holds_what_each_use_writes(database: psycopg.Connection[Any]) -> None:
    indexed = database.execute(
        "select distinct a.attname from pg_index as i join pg_attribute as a on a.attrelid = i.indrelid"
        " and a.attnum = any(i.indkey) where i.indrelid = 'throttles'::regclass"
    ).fetchall()
    assert indexed == [("key",)]
