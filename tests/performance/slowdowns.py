"""Mistakes that make requests slower, to put in on purpose and see that the guards notice them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import orjson

from workouts_api.api.sessions import routes
from workouts_api.database import Caller, Database, caller
from workouts_api.database.pipeline import Connection
from workouts_api.database.pool import Pool
from workouts_api.sql import queries
from workouts_api.web import replies

Slowdown = Callable[[], Any]


@contextmanager
def another_query_first() -> Iterator[None]:
    """Who is asking is looked up before what they ask for."""
    run = Database.run

    def run_both(self: Database, name: str, values: Any) -> Any:
        run(self, "users.get_user", {"user_id": caller().user_id})
        return run(self, name, values)

    with patch.object(Database, "run", run_both):
        yield


@contextmanager
def a_check_at_checkout() -> Iterator[None]:
    """A trip of which the application's own counts know nothing."""
    borrow = Pool.borrow

    def borrow_checked(self: Pool, who: Caller) -> Connection:
        connection = borrow(self, who)
        connection.execute("select 1")
        return connection

    with patch.object(Pool, "borrow", borrow_checked):
        yield


@contextmanager
def a_query_in_a_loop() -> Iterator[None]:
    """Every session of a page is fetched once more."""
    reply_page = replies.reply_page

    def reply_with_each(rows: Any, page: Any, **kwargs: Any) -> Any:
        for row in rows:
            queries.sessions.get_session(viewer_id=caller().user_id or 0, session_id=row["id"])
        return reply_page(rows, page, **kwargs)

    with patch.object(routes, "reply_page", reply_with_each):
        yield


def _dumping(change: Callable[[Callable[[Any], bytes], Any], bytes]) -> Any:
    dump = replies.dump
    return patch.object(replies, "dump", lambda body: change(dump, body))


def a_parse_of_the_reply() -> Any:
    """What was written as JSON is read and written again."""
    return _dumping(lambda dump, body: dump(orjson.loads(dump(body))))


def a_copy_of_the_rows() -> Any:
    """The rows are copied one by one, by a library."""
    return _dumping(lambda dump, body: dump(_copied(body)))


def _copied(body: Any) -> Any:
    if isinstance(body, orjson.Fragment):  # no rows: PostgreSQL made the whole
        return body
    return {**body, "items": [copy.deepcopy(item) for item in body["items"]]} if "items" in body else dict(body)


def a_copy_of_the_bytes() -> Any:
    """The reply's bytes are copied, without any call of a Python function."""
    return _dumping(lambda dump, body: bytes(bytearray(dump(body))))


SLOWDOWNS: dict[str, Slowdown] = {
    made.__name__: made
    for made in (
        another_query_first,
        a_check_at_checkout,
        a_query_in_a_loop,
        a_parse_of_the_reply,
        a_copy_of_the_rows,
        a_copy_of_the_bytes,
    )
}
