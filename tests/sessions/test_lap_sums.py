"""What loads need of a session's laps is kept beside it, whoever writes the laps"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Client
from tests.sessions.bodies import URL

SETTINGS = {"resting_hr_bpm": 50, "max_heart_rate_bpm": 200, "threshold_heart_rate_bpm": 170}
COPIES = ("laps_s", "lap_durations_s", "lap_heart_rates_bpm", "laps_effort")
LAPS = [
    {"lap_no": 1, "duration_s": 1200, "distance_m": 3000, "ascent_m": 0, "descent_m": 0, "average_heart_rate_bpm": 120},
    {"lap_no": 2, "duration_s": 0, "average_heart_rate_bpm": 90},
    {
        "lap_no": 3,
        "duration_s": 1500.5,
        "distance_m": 6000,
        "ascent_m": 0,
        "descent_m": 0,
        "average_heart_rate_bpm": 181.5,
    },
]
KEPT = """
select s.id, s.laps_s, s.lap_durations_s, s.lap_heart_rates_bpm, s.laps_effort
from sessions as s
order by s.id
"""
# Written out, and not by lap_sums(). No lap of these tests climbs.
RIGHT = """
select
  s.id,
  coalesce(sum(l.duration_s), 0),
  case when count(l.average_heart_rate_bpm) = count(*) then array_agg(l.duration_s order by l.lap_no) end,
  case when count(l.average_heart_rate_bpm) = count(*) then array_agg(l.average_heart_rate_bpm order by l.lap_no) end,
  case
    when count(l.distance_m + l.ascent_m + l.descent_m) = count(*)
      then sum(l.distance_m ^ 2 / l.duration_s order by l.lap_no)
  end
from sessions as s
left join laps as l on l.session_id = s.id and l.duration_s > 0
group by s.id
order by s.id
"""


class Runner:
    """An owner with a run of laps, and one without."""

    def __init__(self, owner: Client, database: Any) -> None:
        self.owner, self.database = owner, database
        database.execute("update athletes set sex = 'male' where id = %s", [owner.athlete_id])
        days = {"local_on": "2026-01-05", "values": {**SETTINGS, "threshold_pace_s_per_km": 240}}
        assert owner.post("/api/v1/days", json=days).status_code == 201
        self.where = self.record(laps=LAPS)
        self.record()

    def document(self, **more: Any) -> dict[str, Any]:
        times = {"started_at": "2026-01-05T17:00:00Z", "ended_at": "2026-01-05T17:50:00Z"}
        return {"title": "Run", "sport": "running", "average_heart_rate_bpm": 140, **times, **more}

    def record(self, **more: Any) -> str:
        made = self.owner.post(URL, json=self.document(**more))
        assert made.status_code == 201, made.text
        return str(made.headers["Location"])

    def patch(self, **fields: Any) -> None:
        assert self.owner.patch(self.where, json=fields).status_code == 200

    def loads(self) -> list[Any]:
        query = {"from": "2026-01-05", "to": "2026-01-05", "bucket": "day"}
        methods = ("trimp", "hrtss", "edwards", "rtss")
        path = "/api/v1/reports/load/measured"
        return [self.owner.get(path, query_string={**query, "method": method}).json for method in methods]

    def is_kept(self) -> bool:
        found: bool = self.database.execute(KEPT).fetchall() == self.database.execute(RIGHT).fetchall()
        return found


@pytest.fixture
def runner(owner: Client, database: Any) -> Runner:
    return Runner(owner, database)


@pytest.mark.parametrize("laps", [LAPS, LAPS[:2], LAPS[1:2], [], [*LAPS, {"lap_no": 4, "duration_s": 60}]])
def test_the_application_keeps_it(runner: Runner, laps: list[Any]) -> None:
    runner.record(laps=laps)
    assert runner.is_kept()
    runner.patch(laps=laps)
    assert runner.is_kept()
    runner.patch(title="Long run")
    body = runner.document(laps=laps[1:])
    assert runner.owner.put(runner.where, json=body, headers={"If-Match": "*"}).status_code == 200
    assert runner.is_kept()
    assert runner.owner.put(runner.where, json=runner.document(), headers={"If-Match": "*"}).status_code == 200
    assert runner.is_kept()


@pytest.mark.parametrize(
    "statement",
    [
        "update laps set average_heart_rate_bpm = 130 where lap_no = 1",
        "update laps set average_heart_rate_bpm = null where lap_no = 1",
        "update laps set duration_s = 0, distance_m = null",
        "update laps set session_id = (select max(s.id) from sessions as s)",
        "delete from laps where lap_no = 3",
        "delete from laps",
        "delete from sessions where id in (select session_id from laps)",
        "insert into laps (session_id, lap_no, duration_s) select s.id, 9, 60 from sessions as s",
    ],
)
def test_a_statement_by_hand_keeps_it_too(runner: Runner, database: Any, statement: str) -> None:
    database.execute(statement)
    assert runner.is_kept()


def test_after_a_truncate_it_is_not_known(runner: Runner, database: Any) -> None:
    database.execute("truncate laps")
    assert database.execute("select laps_s from sessions order by id").fetchall() == [(None,), (0,)]


def test_without_it_the_report_reads_the_laps_until_night_fills_it_in(
    runner: Runner, database: Any, outbox: Callable[[], Any]
) -> None:
    expected = runner.loads()
    assert [load["inputs"]["from_laps"] for load in expected] == [1, 1, 1, 1]
    forgotten = ", ".join(f"{name} = null" for name in COPIES)
    versions = database.execute("select id, version, updated_at from sessions order by id").fetchall()
    database.execute(f"update sessions set {forgotten}")
    assert runner.loads() == expected
    database.execute("select defer_job('mend_copies', '{}')")
    outbox()
    assert runner.is_kept()
    assert runner.loads() == expected
    assert database.execute("select id, version, updated_at from sessions order by id").fetchall() == versions
