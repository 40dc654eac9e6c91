"""The mean rating of a session's sets is kept beside them: whoever writes them keeps it, and else it is not known"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import workouts_api
from tests.conftest import Client
from tests.routes import HEVY
from tests.sessions.bodies import URL, Body

KEPT = """
select s.id, s.set_rating, s.set_rating_version = s.version
from sessions as s
order by s.id
"""
# Written out, and not by rating_of_set().
RIGHT = """
select s.id, (
  select (sum(case when t.rpe is not null then t.rpe else 10 - t.rir end) / count(*))::float8
  from sets as t
  where t.session_id = s.id
    and t.kind not in ('w', 'x', 'N', 'W', 'D', 'F', 'A')
    and (t.rpe is not null or t.rir <= 9)
), true
from sessions as s
order by s.id
"""
SETS: list[Body] = [
    {"reps": 5, "weight_kg": 100, "rpe": 7.5},
    {"reps": 5, "weight_kg": 100, "rir": 1},
    {"reps": 5, "weight_kg": 100, "rpe": 8, "rir": 4},
    {"reps": 5, "weight_kg": 100, "rir": 12},
    {"reps": 5, "weight_kg": 60, "rpe": 6, "kind": "warmup"},
    {"reps": 5, "weight_kg": 100, "rpe": 10, "is_done": False},
    {"reps": 5, "weight_kg": 100},
]
SLIP = {"reps": 5, "weight_kg": 1400, "rpe": 9}


class Diary:
    """An owner with a rated session, and what is at hand to change it."""

    def __init__(self, owner: Any, exercise_ids: list[int]) -> None:
        self.owner, self.exercise_ids = owner, exercise_ids
        self.where = self.record(SETS)

    def document(self, sets: list[Body], **more: Any) -> Body:
        exercises = [{"exercise_id": self.exercise_ids[0], "sets": sets}]
        times = {"started_at": "2026-01-05T17:00:00Z", "ended_at": "2026-01-05T18:10:00Z"}
        return {"title": "Legs", **times, "exercises": exercises, **more}

    def record(self, sets: list[Body], **more: Any) -> str:
        made = self.owner.post(URL, json=self.document(sets, **more))
        assert made.status_code == 201, made.text
        return str(made.headers["Location"])

    def patch(self, **fields: Any) -> None:
        assert self.owner.patch(self.where, json=fields).status_code == 200

    def decide(self, action: str, **more: Any) -> str:
        assert self.owner.post(f"{URL}/doubts/check").status_code == 200
        [doubt, *_] = self.owner.get(f"{URL}/doubts").json["items"]
        decision = f"{URL}/doubts/{doubt['id']}/decision"
        assert self.owner.put(decision, json={"action": action, **more}).status_code == 200
        return decision

    def send(self, text: str) -> None:
        sent = self.owner.post("/api/v1/imports", data={"file": (io.BytesIO(text.encode()), "hevy.csv")})
        assert sent.status_code in (200, 201), sent.text


def replaced(diary: Diary) -> None:
    body = diary.document(SETS[1:3])
    assert diary.owner.put(diary.where, json=body, headers={"If-Match": "*"}).status_code == 200


def renamed(diary: Diary) -> None:
    diary.patch(title="Arms", rpe=9)


def left_as_it_is(diary: Diary) -> None:
    diary.patch()


def planned_and_started(diary: Diary) -> None:
    diary.where = diary.record(SETS[:3], status="planned", ended_at=None)
    diary.patch(status="in_progress")


def copied(diary: Diary) -> None:
    started = diary.owner.post(f"{URL}/start", json={"copy_of": int(diary.where.rpartition("/")[2])})
    assert started.status_code == 201, started.text


def one_set_written(diary: Diary) -> None:
    assert diary.owner.put(f"{diary.where}/exercises/1/sets/1", json={"reps": 5, "rpe": 9.5}).status_code == 200


def one_set_taken_out(diary: Diary) -> None:
    assert diary.owner.delete(f"{diary.where}/exercises/1/sets/2").status_code == 204


def many_sets_written(diary: Diary) -> None:
    items = [{"exercise_no": 1, "set_no": n, "seq": n, "reps": 5, "rir": n} for n in (1, 2, 9)]
    assert diary.owner.put(f"{diary.where}/sets", json={"device": "phone", "sets": items}).status_code == 200


def every_set_taken_out(diary: Diary) -> None:
    items = [{"exercise_no": 1, "set_no": n, "seq": n, "is_deleted": True} for n in range(1, len(SETS) + 1)]
    assert diary.owner.put(f"{diary.where}/sets", json={"device": "phone", "sets": items}).status_code == 200


def doubt_fixed(diary: Diary) -> None:
    diary.record([*SETS, SLIP], started_at="2026-02-05T17:00:00Z", ended_at="2026-02-05T18:00:00Z")
    diary.decide("fix", set={"reps": 5, "weight_kg": 140, "rpe": 6})


def doubt_deleted_and_undone(diary: Diary) -> None:
    diary.record([*SETS, SLIP], started_at="2026-02-05T17:00:00Z", ended_at="2026-02-05T18:00:00Z")
    assert diary.owner.delete(diary.decide("delete")).status_code == 200


def long_session_shortened(diary: Diary) -> None:
    done = {"done_at": "2026-03-05T17:30:00Z"}
    sets = [{**one, **done} for one in SETS[:2]]
    diary.record(sets, started_at="2026-03-05T17:00:00Z", ended_at="2026-03-06T17:00:00Z")
    diary.decide("accept")


def exercise_merged(diary: Diary) -> None:
    own, into = (diary.owner.post("/api/v1/exercises", json={"name": name}).json["id"] for name in "AB")
    diary.exercise_ids[0] = own
    diary.record(SETS, started_at="2026-02-05T17:00:00Z", ended_at="2026-02-05T18:00:00Z")
    assert diary.owner.post(f"/api/v1/exercises/{own}/merge", json={"into": into}).status_code == 200


def imported(diary: Diary) -> None:
    diary.send(HEVY)


def completed_by_an_import(diary: Diary) -> None:
    more = HEVY + HEVY.splitlines()[1].replace(",0,8", ",0,6.5").replace(',0,"normal"', ',1,"normal"') + "\n"
    diary.send(more.replace('1,"normal",100', '1,"normal","82,5x"'))
    diary.send(more)


WAYS = (
    replaced, renamed, left_as_it_is, planned_and_started, copied, one_set_written, one_set_taken_out,
    many_sets_written, every_set_taken_out, doubt_fixed, doubt_deleted_and_undone, long_session_shortened,
    exercise_merged, imported, completed_by_an_import,
)  # fmt: skip


@pytest.fixture
def diary(owner: Client, exercise_ids: list[int]) -> Diary:
    return Diary(owner, exercise_ids)


@pytest.mark.parametrize("change", WAYS, ids=lambda way: way.__name__)
def test_it_is_known_and_right_after(diary: Diary, database: Any, change: Callable[[Diary], None]) -> None:
    before = database.execute(KEPT).fetchall()
    assert before == database.execute(RIGHT).fetchall()
    assert before[0][1] == pytest.approx((7.5 + 9 + 8) / 3)
    written = database.execute("select sum(version), count(*) from sessions").fetchone()
    change(diary)
    assert database.execute(KEPT).fetchall() == database.execute(RIGHT).fetchall()
    same = written == database.execute("select sum(version), count(*) from sessions").fetchone()
    assert same == (change is left_as_it_is)


def test_a_forgotten_session_that_is_ended_keeps_it(diary: Diary, database: Any) -> None:
    database.execute(
        "update sessions set started_at = now() - interval '3 days', local_on = current_date - 3, "
        "ended_at = null, status = 'in_progress', updated_at = now() - interval '3 days', "
        "version = version + 1, set_rating_version = version + 1"
    )
    version = database.execute("select version from sessions").fetchone()
    database.execute("select end_forgotten_sessions(null, 10)")
    assert database.execute("select version from sessions").fetchone() > version
    assert database.execute(KEPT).fetchall() == database.execute(RIGHT).fetchall()


@pytest.mark.parametrize(
    ("statement", "is_mended"),
    [
        ("update sets set rpe = 10", False),
        ("update sets set kind = 'w'", True),  # a smaller volume
        ("delete from sets where set_no < 3", True),
        # As the last release writes: it raises the version and does not know the copy.
        ("update sets set rpe = 9; update sessions set version = version + 1", False),
    ],
)
def test_what_others_write_leaves_it_unknown_until_night(
    diary: Diary, database: Any, outbox: Callable[[], Any], statement: str, is_mended: bool
) -> None:
    database.execute("update sessions set rpe = null, version = version + 1, set_rating_version = version + 1")
    database.execute(statement)
    [(_, _, is_known)] = database.execute(KEPT).fetchall()
    assert is_known is False
    before = loads(diary)
    [(_, rating, _)] = database.execute(RIGHT).fetchall()
    assert before["buckets"]["session_load"] == [0 if rating is None else pytest.approx(rating * 70, abs=0.06)]
    [(version, updated_at)] = database.execute("select version, updated_at from sessions").fetchall()
    database.execute("select defer_job('mend_copies', '{}')")
    outbox()
    assert database.execute(KEPT).fetchall() == database.execute(RIGHT).fetchall()
    [(version_then, updated_then)] = database.execute("select version, updated_at from sessions").fetchall()
    assert (version_then - version, updated_then > updated_at) == (is_mended, is_mended), "no reply shows a rating"
    assert loads(diary) == before


def loads(diary: Diary) -> Any:
    query = {"from": "2026-01-05", "to": "2026-01-05", "bucket": "day"}
    return diary.owner.get("/api/v1/reports/load", query_string=query).json


def statements() -> Iterator[tuple[str, str]]:
    """Each statement about rows of sessions, up to the next one, with its file."""
    home = Path(workouts_api.__file__).parent
    for folder in ("queries", "migrations/repeatable", "dba/scale"):
        for path in sorted((home / folder).rglob("*.sql")):
            text = path.read_text()
            for part in re.split(r"(?=\b(?:insert into|update|delete from) (?:workouts\.)?\w)", text):
                if re.match(r"(insert into|update) (workouts\.)?sessions\b", part):
                    yield str(path.relative_to(home)), part


def test_whoever_writes_a_session_says_what_becomes_of_it() -> None:
    """A statement that raises the version and is silent makes it unknown, and the report reads the sets again."""
    found = [
        (path, part) for path, part in statements() if part.startswith("insert") or re.search(r"\bversion = ", part)
    ]
    assert len(found) > 9
    silent = {path for path, part in found if "set_rating_version" not in part}
    assert silent == set(), "set set_rating, or raise set_rating_version beside version if the sets stay as they are"
