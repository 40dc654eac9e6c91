"""Every night, copies that only writing statements keep are compared and corrected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import structlog

from tests.conftest import Client
from tests.routes import SESSION, options
from workouts_api.jobs import mending
from workouts_api.tasks import TASKS

URL = "/api/v1/sessions"
BROKEN = (
    "update sets set weight_kg = 110",
    "update sets set kind = 'w'",
    "delete from sets",
    "delete from session_exercises",
    "update sessions set set_count = 99",
    "update sessions set exercise_count = 99",
    "update sessions set volume_kg = 99",
    "update sessions set volume_kg = volume_kg + 0.001",
    "update sessions set started_at = started_at + interval '1 day'",
    "update sessions set zone = 'Pacific/Kiritimati'",
)
RIGHT = """
select
  s.exercise_count = (select count(*) from session_exercises as e where e.session_id = s.id)
  and s.set_count = (select count(*) from sets as t where t.session_id = s.id)
  and s.volume_kg = (
    select coalesce(sum(t.weight_kg * t.reps) filter (where t.kind <> 'w'), 0) from sets as t where t.session_id = s.id
  )
  and s.local_on = (s.started_at at time zone s.zone)::date
from sessions as s
"""


@pytest.fixture
def mend(
    database: psycopg.Connection[Any], outbox: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], dict[str, Any]]:
    """Runs the nightly job; what it told the log at its end."""
    told = structlog.testing.LogCapture()
    monkeypatch.setattr(
        mending, "log", structlog.wrap_logger(None, processors=[told], wrapper_class=structlog.BoundLogger)
    )

    def run() -> dict[str, Any]:
        database.execute("select defer_job('mend_copies', '{}')")
        outbox()
        line = told.entries[-1]
        assert line["event"] == "copies compared"
        return {name: line[name] for name in ("sessions", "sessions_mended", "user_days_mended")}

    return run


@pytest.mark.parametrize("broken", BROKEN)
def test_what_psql_left_is_mended_once_with_a_new_version(owner, database, mend, monkeypatch, broken) -> None:
    monkeypatch.setattr(mending, "PAGE", 2)  # more pages than one
    made = [owner.post(URL, json=SESSION).json for _ in range(5)]
    database.execute(broken + f" where {'id' if ' sessions ' in broken else 'session_id'} = {made[3]['id']}")
    version = owner.get(f"{URL}/{made[3]['id']}").json["version"]
    assert mend() == {"sessions": 5, "sessions_mended": 1, "user_days_mended": 0}
    assert database.execute(RIGHT).fetchall() == [(True,)] * 5
    assert [owner.get(f"{URL}/{one['id']}").json["version"] for one in made] == [1, 1, 1, version + 1, 1]
    assert mend()["sessions_mended"] == 0


def test_what_was_written_while_its_exercise_was_merged_follows_it(owner: Client, database: Any, mend: Any) -> None:
    one, into = (owner.post("/api/v1/exercises", json={"name": name}).json["id"] for name in "AB")
    owner.post(f"/api/v1/exercises/{one}/merge", json={"into": into})
    body = {**SESSION, "exercises": [{"exercise_id": into, "sets": [{"reps": 5, "weight_kg": 60}]}]}
    where = owner.post(URL, json=body).headers["Location"]
    # As if it had named the exercise that was merged, and had waited for that.
    database.execute(f"set session_replication_role = replica; update session_exercises set exercise_id = {one}")
    database.execute(f"update sets set exercise_id = {one}; set session_replication_role = origin")
    assert mend()["sessions_mended"] == 0
    seen = owner.get(where).json
    assert (seen["exercises"][0]["exercise_id"], seen["version"]) == (into, 2)
    assert database.execute("select distinct exercise_id from sets").fetchall() == [(into,)]
    mend()
    assert owner.get(where).json["version"] == 2


def test_the_last_decimal_of_a_sum_is_no_difference(owner: Client, database: Any, mend: Any) -> None:
    owner.post(URL, json=SESSION)
    database.execute("update sessions set volume_kg = volume_kg + 0.00009")
    assert mend()["sessions_mended"] == 0


def test_a_mended_session_does_not_count_as_edited_for_imports(owner: Client, database: Any, mend: Any) -> None:
    owner.post("/api/v1/imports", **options(("POST", "/api/v1/imports")))
    assert mend()["sessions_mended"] == 0, "imports write the same counts"
    database.execute("set session_replication_role = replica; update sets set weight_kg = 90")  # no trigger runs
    database.execute("set session_replication_role = origin")
    assert mend()["sessions_mended"] == 1
    assert database.execute("select version, import_version from sessions").fetchone() == (2, 2)


def test_a_day_in_a_zone_that_this_server_does_not_know_stays(owner: Client, database: Any, mend: Any) -> None:
    owner.post(URL, json={**SESSION, "started_at": "2026-01-05T12:00:00Z", "zone": "Pacific/Kiritimati"})
    database.execute("set session_replication_role = replica; update sessions set zone = 'Atlantis/Poseidonis'")
    database.execute("set session_replication_role = origin")
    assert mend()["sessions_mended"] == 0


def test_counts_of_users_are_mended(owner: Client, admin: Client, database: Any, mend: Any) -> None:
    right = database.execute("select count(*) from users").fetchone()[0]
    database.execute("update user_days set users = users + 3 where users > 0")
    database.execute("insert into user_days values ('2020-02-02', 0, 1, 1, 1)")
    days = database.execute("select count(distinct created_on) from user_days where users <> 0").fetchone()[0]
    assert mend()["user_days_mended"] == days
    assert database.execute("select sum(users), sum(active), sum(superusers) from user_days").fetchone() == (
        right,
        right,
        1,
    )


def test_it_is_done_every_night() -> None:
    assert {task.name: task.cron for task in TASKS}["mend_copies"] == "37 2 * * *"
