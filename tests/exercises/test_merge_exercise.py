"""POST and DELETE /api/v1/exercises/{id}/merge"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.conftest import Client, url
from tests.postgres import WAITING
from tests.sessions.bodies import session_body
from workouts_api.host.embedded import EmbeddedPostgres

URL, SESSIONS = "/api/v1/exercises", "/api/v1/sessions"


@pytest.fixture
def ids(owner: Client) -> list[int]:
    """Three exercises of the owner's, each with an alias."""
    return [owner.post(URL, json={"name": name, "aliases": [f"Other {name}"]}).json["id"] for name in "ABC"]


def trained(client: Client, first: int, second: int) -> str:
    reply = client.post(SESSIONS, json=session_body(first, second))
    assert reply.status_code == 201, reply.json
    return str(reply.headers["Location"])


def merged(client: Client, one: int, into: int) -> dict[str, Any]:
    reply = client.post(f"{URL}/{one}/merge", json={"into": into})
    assert reply.status_code == 200, reply.json
    found: dict[str, Any] = reply.json
    return found


def alone(client: Client, one: int) -> dict[str, Any]:
    reply = client.delete(f"{URL}/{one}/merge")
    assert reply.status_code == 200, reply.json
    found: dict[str, Any] = reply.json
    return found


def done(client: Client, session: str) -> list[int]:
    return [exercise["exercise_id"] for exercise in client.get(session).json["exercises"]]


def await_waiting(database: psycopg.Connection[Any]) -> None:
    deadline = time.monotonic() + 20
    while not database.execute(f"select exists ({WAITING})").fetchone()[0]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def sets_of(database: psycopg.Connection[Any]) -> list[Any]:
    return database.execute(
        "select session_id, exercise_no, set_no, exercise_id, weight_kg, reps from sets order by 1, 2, 3"
    ).fetchall()


def test_history_moves_with_its_sets_and_undoing_brings_all_back(
    owner: Client, database: psycopg.Connection[Any], ids: list[int]
) -> None:
    one, into, _ = ids
    sessions = [trained(owner, one, into), trained(owner, one, one), trained(owner, into, 1)]
    before, sets = [done(owner, session) for session in sessions], sets_of(database)
    assert merged(owner, one, into)["merged_into"] == into
    assert [done(owner, session) for session in sessions] == [[into, into], [into, into], [into, 1]]
    assert {row[3] for row in sets_of(database)} == {into, 1}
    assert alone(owner, one)["merged_into"] is None
    assert ([done(owner, session) for session in sessions], sets_of(database)) == (before, sets)


def test_sessions_that_changed_have_a_new_version_and_others_theirs(owner: Client, ids: list[int]) -> None:
    one, into, _ = ids
    moved, other = trained(owner, one, 1), trained(owner, into, 1)
    merged(owner, one, into)
    assert [owner.get(session).json["version"] for session in (moved, other)] == [2, 1]
    alone(owner, one)
    assert [owner.get(session).json["version"] for session in (moved, other)] == [3, 1]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_merges_of_a_chain_are_undone_in_any_order(owner: Client, ids: list[int], order: tuple[int, ...]) -> None:
    one, two, end = ids
    sessions = [trained(owner, one, two), trained(owner, two, end), trained(owner, end, one)]
    before = [done(owner, session) for session in sessions]
    merged(owner, one, two)
    merged(owner, two, end)
    assert {exercise for session in sessions for exercise in done(owner, session)} == {end}
    for place in order:
        alone(owner, (one, two)[place])
    assert [done(owner, session) for session in sessions] == before


def test_into_one_that_is_merged_means_the_end_of_its_chain(owner: Client, ids: list[int]) -> None:
    one, two, end = ids
    merged(owner, two, end)
    assert merged(owner, one, two)["merged_into"] == end


def test_what_came_in_after_the_merge_stays_with_the_other(owner: Client, ids: list[int]) -> None:
    one, into, _ = ids
    before = trained(owner, one, 1)
    merged(owner, one, into)
    after = trained(owner, into, 1)
    changed = owner.get(before)
    owner.put(before, json=changed.json, headers={"If-Match": changed.headers["ETag"]})
    alone(owner, one)
    assert (done(owner, before), done(owner, after)) == ([one, 1], [into, 1])


def test_its_names_mean_the_other_in_imports_and_in_the_search(
    owner: Client, database: psycopg.Connection[Any], ids: list[int]
) -> None:
    one, into, _ = ids
    owner.patch(f"{URL}/{one}", json={"name": "Quixotic lunge", "aliases": ["Rocinante"]})
    merged(owner, one, into)
    names = dict(
        database.execute("select name, exercise_id from exercise_names(%s, 'hevy')", [owner.athlete_id]).fetchall()
    )
    assert (names["quixotic lunge"], names["rocinante"]) == (into, into)
    for words in ("quixotic", "rocinante"):
        assert [item["id"] for item in owner.get(f"{URL}?q={words}").json["items"]] == [into]
    assert owner.get(f"{URL}/{one}").json["name"] == "Quixotic lunge"


def test_an_imported_session_is_not_edited_by_a_merge(
    owner: Client, database: psycopg.Connection[Any], ids: list[int]
) -> None:
    session = trained(owner, ids[0], 1).rpartition("/")[2]
    database.execute("update sessions set import_version = version where id = %s", [session])
    merged(owner, ids[0], 1)
    alone(owner, ids[0])
    versions = database.execute("select version, import_version from sessions where id = %s", [session]).fetchone()
    assert versions == (3, 3)


def test_undoing_twice_or_what_was_never_merged_changes_nothing(owner: Client, ids: list[int]) -> None:
    assert alone(owner, ids[0])["version"] == 1
    merged(owner, ids[0], ids[1])
    assert alone(owner, ids[0]) == alone(owner, ids[0])


def test_it_is_not_merged_into_itself_nor_into_one_that_leads_back(owner: Client, ids: list[int]) -> None:
    merged(owner, ids[1], ids[0])
    for into in (ids[0], ids[1]):
        refused = owner.post(f"{URL}/{ids[0]}/merge", json={"into": into})
        assert (refused.status_code, list(refused.json["details"])) == (422, ["into"])


def test_a_second_merge_is_a_conflict_until_the_first_is_undone(owner: Client, ids: list[int]) -> None:
    merged(owner, ids[0], ids[1])
    refused = owner.post(f"{URL}/{ids[0]}/merge", json={"into": ids[2]})
    assert (refused.status_code, list(refused.json["details"])) == (409, ["into"])
    alone(owner, ids[0])
    assert merged(owner, ids[0], ids[2])["merged_into"] == ids[2]


def test_only_my_own_are_merged_and_only_into_what_i_see(owner: Client, stranger: Client, ids: list[int]) -> None:
    theirs = stranger.post(URL, json={"name": "Theirs"}).json["id"]
    assert owner.post(f"{URL}/1/merge", json={"into": 2}).status_code == 403
    assert owner.delete(f"{URL}/1/merge").status_code == 403
    assert owner.post(f"{URL}/{theirs}/merge", json={"into": 2}).status_code == 404
    assert owner.delete(f"{URL}/{theirs}/merge").status_code == 404
    for into in (theirs, 999_999_999):
        refused = owner.post(f"{URL}/{ids[0]}/merge", json={"into": into})
        assert (refused.status_code, list(refused.json["details"])) == (422, ["into"])


@pytest.mark.parametrize("into", [None, "1", 0, -1, 1.5, 2**53, []])
def test_into_is_an_id(owner: Client, ids: list[int], into: Any) -> None:
    refused = owner.post(f"{URL}/{ids[0]}/merge", json={"into": into})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["into"])


def test_a_chain_has_an_end_whatever_its_length(
    owner: Client, database: psycopg.Connection[Any], ids: list[int]
) -> None:
    """A chain of more than 100 merges was taken for a circle: what was recorded stood at the merged exercise."""
    first, last, _ = ids
    database.execute(
        "insert into exercises (athlete_id, name) select %s, 'N ' || n from generate_series(1, 98) as n",
        [owner.athlete_id],
    )
    database.execute(
        "update exercises as x set merged_into = o.next from (select id, lead(id, 1, %s) over (order by id) as next"
        " from exercises where athlete_id = %s and (name like 'N %%' or id = %s)) as o where x.id = o.id",
        [last, owner.athlete_id, first],
    )
    session = trained(owner, first, 1)
    assert done(owner, session) == [last, 1]
    more = owner.post(URL, json={"name": "More"}).json["id"]
    refused = owner.post(f"{URL}/{last}/merge", json={"into": more})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["into"])
    alone(owner, first)
    assert merged(owner, last, more)["merged_into"] == more
    assert done(owner, session) == [more, 1]


def test_of_two_merges_at_once_the_second_sees_what_the_first_made(
    app: Flask,
    owner: Client,
    database: psycopg.Connection[Any],
    cluster: EmbeddedPostgres,
    database_name: str,
    ids: list[int],
) -> None:
    """It read the end of the chain too early: the history stood in the middle, and undoing left it there."""
    one, two, three = ids
    session = trained(owner, one, two)
    merge = "select id from merge_exercise(%s, %s, %s)"
    with (
        psycopg.connect(url(cluster, database_name, "postgres")) as first,
        ThreadPoolExecutor(2) as threads,
    ):
        first.execute("set search_path = workouts, extensions, pg_temp")
        first.execute(merge, [owner.user_id, two, three])
        client = replace(owner, http=app.test_client())
        chained = threads.submit(client.post, f"{URL}/{one}/merge", json={"into": two})
        await_waiting(database)
        first.commit()
        assert chained.result().json["merged_into"] == three
    assert done(owner, session) == [three, three]
    alone(owner, one)
    alone(owner, two)
    assert done(owner, session) == [one, two]


def test_a_shared_exercise_is_locked_for_nobody_who_may_not_change_it(
    owner: Client, cluster: EmbeddedPostgres, database_name: str
) -> None:
    """Others add sets of it meanwhile: each waited for the lock, or was waited for."""
    with psycopg.connect(url(cluster, database_name, "postgres")) as other:
        other.execute("select from workouts.exercises where id = 1 for key share")  # as a set of it that is being added
        for method, where, body in (("PATCH", "1", {"name": "Mine"}), ("POST", "1/merge", {"into": 2})):
            asked = {"json": body, "headers": {"X-Request-Timeout": "20"}}
            assert owner.request(method, f"{URL}/{where}", **asked).status_code == 403
