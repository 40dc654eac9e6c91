"""GET /api/v1/users/stats"""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.conftest import Client
from workouts_api.web.cache import EXTENSION, WorkerMemory

URL = "/api/v1/users/stats"

COUNTED = """
select count(*), count(*) filter (where is_active), count(*) filter (where not is_active),
       count(*) filter (where is_superuser),
       count(*) filter (where created_at >= date_trunc('day', now(), 'UTC')),
       count(*) filter (where created_at >= date_trunc('day', now(), 'UTC') - interval '6 days')
from users
"""


@pytest.fixture(autouse=True)
def empty_cache(app: Flask) -> None:
    app.extensions[EXTENSION] = WorkerMemory()


def figures(stats: Any) -> tuple[int, ...]:
    names = ("total_users", "active_users", "inactive_users", "superusers", "new_users_today", "new_users_week")
    return tuple(stats[name] for name in names)


def test_they_are_what_counting_gives_whatever_was_done_to_users(
    admin: Client, app: Flask, database: psycopg.Connection[Any]
) -> None:
    """A thousand steps of every kind, by the hand of a DBA."""
    chance = random.Random(7)
    steps = [
        "insert into users (email, username, is_active, is_superuser, created_at) select 'n' || n || '@x.de', 'n' || n,"
        " n % 3 > 0, n % 7 = 0, now() - n % 12 * interval '1 day' from generate_series({a}, {a} + {b}) as n",
        "update users set is_active = not is_active where id % {b} = 0 and username <> 'admin'",
        "update users set is_superuser = not is_superuser where id % {b} = 1 and username <> 'admin'",
        "update users set full_name = 'x', version = version + 1",
        "update users set created_at = created_at - interval '1 day' where id % {b} = 2",
        "delete from users where id % {b} = 3 and username <> 'admin'",
    ]
    for a in range(0, 1000, 10):
        database.execute(chance.choice(steps).format(a=a, b=chance.randint(2, 9)))
        if a % 200 == 0:
            app.extensions[EXTENSION] = WorkerMemory()
            assert figures(admin.get(URL).json) == database.execute(COUNTED).fetchone()
    assert figures(admin.get(URL).json)[0] >= 1


def test_emptying_the_table_empties_the_counts(admin: Client, database: psycopg.Connection[Any]) -> None:
    with database.transaction(force_rollback=True):
        database.execute("truncate users cascade")
        assert database.execute("select count(*) from user_days").fetchone() == (0,)


def test_the_application_cannot_write_the_counts(app: Flask) -> None:
    with (
        app.extensions["database"].pool.connection() as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("update /* by hand */ workouts.user_days set users = 0")


def test_they_are_kept_for_a_minute_and_say_how_old_they_are(
    admin: Client, sign_up: Any, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = admin.get(URL).json
    assert (first["age_s"], first["cache"]) == (0, {"hits": 0, "misses": 1})
    sign_up("another")
    again = admin.get(URL).json
    assert (figures(again), again["timestamp"]) == (figures(first), first["timestamp"])
    assert again["cache"] == {"hits": 1, "misses": 1}
    app.extensions[EXTENSION]._slots["user stats"].found_at -= 59
    assert admin.get(URL).json["age_s"] == 59
    app.extensions[EXTENSION]._slots["user stats"].found_at -= 1
    anew = admin.get(URL).json
    assert (anew["total_users"], anew["age_s"]) == (first["total_users"] + 1, 0)
    assert anew["cache"] == {"hits": 2, "misses": 2}


def test_what_is_kept_is_shown_to_superusers_only(
    admin: Client, owner: Client, database: psycopg.Connection[Any]
) -> None:
    assert admin.get(URL).status_code == 200
    assert owner.get(URL).status_code == 403
    database.execute("update logins set revoked_at = now(), revoked_why = 'logout'")
    assert admin.get(URL).status_code == 401
