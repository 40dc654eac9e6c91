"""How fast a file comes in: ``python bench/import_speed.py [--sets 300000] [--copies]``.

Writes a file in Hevy's format to a temporary folder, imports it by the code of the API and of ``workouts import``
into a throw-away database (or that of ``--database-url``, as user 1, with a schema), and prints sets per second, the
time of every statement, and by how much the process grew.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import psycopg

from workouts_api.api.imports.intake import Upload, take_in
from workouts_api.config import load_settings
from workouts_api.database import Caller, Database, acting
from workouts_api.dba.target import throwaway
from workouts_api.sql.loaded import CATALOGUE

HEADER = (
    '"title","start_time","end_time","description","exercise_title","superset_id","exercise_notes","set_index",'
    '"set_type","weight_kg","reps","distance_km","duration_seconds","rpe"\n'
)
EXERCISES = [f"{movement} ({tool})" for tool in ("Barbell", "Dumbbell", "Cable", "Machine", "Band") for movement in (
    "Squat", "Bench Press", "Deadlift", "Shoulder Press", "Bicep Curl", "Triceps Extension", "Chest Fly", "Shrug",
    "Lateral Raise", "Front Raise", "Hammer Curl", "Seated Row",
)]  # fmt: skip
EXERCISES_OF_WORKOUT, SETS_OF_EXERCISE = 6, 4
KINDS = ("warmup", "normal", "normal", "failure")


def write_export(path: Path, sets: int) -> None:
    """Workouts of six exercises with four sets each, newest first, two a day or more."""
    step = min(timedelta(hours=12), timedelta(days=36_500) / (sets // 24 + 1))  # the schema begins in 1900
    start, written, number = datetime(2025, 9, 15, 18, 0), 0, 0  # noqa: DTZ001 – local, as in such files
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        while written < sets:
            at = start - number * step
            times = f'"{at:%-d %b %Y, %H:%M}","{at + timedelta(minutes=75):%-d %b %Y, %H:%M}"'
            for line in _workout(number, times):
                file.write(line)
                written += 1
                if written == sets:
                    break
            number += 1


def _workout(number: int, times: str) -> Iterator[str]:
    for place in range(EXERCISES_OF_WORKOUT):
        exercise = EXERCISES[(number * 7 + place * 11) % len(EXERCISES)]
        for index, kind in enumerate(KINDS):
            weight = 20 + (number * 13 + place * 5 + index) % 160 * 1.25
            yield (
                f'"Day {number % 4 + 1}",{times},"","{exercise}",,"",{index},"{kind}",{weight:g},'
                f"{5 + (number + index) % 8},,0,{6 + index}\n"
            )


@contextmanager
def timed_statements(database: Database) -> Iterator[dict[str, float]]:
    """Seconds by statement; what the caller does between them counts as reading."""
    spent: dict[str, float] = {}
    run = database.run

    def timed(name: str, values: Any) -> Any:
        started = time.perf_counter()
        try:
            return run(name, values)
        finally:
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - started

    database.run = timed  # type: ignore[method-assign] # the same, with its time
    yield spent


def measure(conninfo: str, path: Path, user_id: int) -> None:
    settings = load_settings({"JWT_SECRET_KEY": "not used here, but 32 bytes long at least", "DB_POOL_MIN": "1"})
    database = Database(settings, conninfo, CATALOGUE)
    database.open()
    database.pool.wait()
    before = resource.getrusage(resource.RUSAGE_SELF)
    who = Caller(database, "bench", time.monotonic() + 3600, user_id=user_id)
    started = time.perf_counter()
    with acting(who), path.open("rb") as stream, timed_statements(database) as spent:
        report = orjson.loads(
            orjson.dumps(take_in(Upload.of(stream, path.name), user_id=user_id, zone="Europe/Berlin"))
        )
    took = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    sets = report["sets_added"]
    print(f"{report['sessions_added']:,} workouts, {sets:,} sets, {len(report['rejected'])} rejected")
    print(f"{took:.2f} s = {sets / took:,.0f} sets/s; own CPU {after.ru_utime - before.ru_utime:.2f} s")
    print(
        f"peak RSS {after.ru_maxrss / 1024:.0f} MiB, {(after.ru_maxrss - before.ru_maxrss) / 1024:.0f} more than before"
    )
    print(f"  {took - sum(spent.values()):6.2f} s  reading and COPY")
    for name, seconds in spent.items():
        print(f"  {seconds:6.2f} s  {name}")
    database.close()


def make_athlete(conninfo: str) -> int:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "with u as (insert into users (email, username) values ('bench@example.com', 'bench') returning id) "
            "insert into athletes (user_id, name) select id, 'bench' from u returning user_id"
        ).fetchone()
    assert row is not None
    return int(row[0])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sets", type=int, default=300_000)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        write_export(path, given.sets)
        print(f"{path.stat().st_size / 1e6:.1f} MB")
        with throwaway() as target:
            measure(target.conninfo, path, make_athlete(target.conninfo))


if __name__ == "__main__":
    main()
