"""Runs a fault: under load, then on an idle host; compares what was acknowledged with the database."""

from __future__ import annotations

import json
import time
from contextlib import nullcontext

from tests.faults.fault import Fault, Outcome
from tests.faults.load import Load
from tests.faults.stage import Stage
from tests.faults.watching import Watch

BEFORE = 0.7  # s of load before the cause
LONGEST = 20.0  # s in which it may recover before it is given up
AFTER = 1.5  # s of load in which nothing may go wrong any more
BEGIN, STEADY = 13.0, 7.0  # s of an outage of an idle host: until it has been noticed, and after that


def run(stage: Stage, fault: Fault) -> Outcome:
    """What became of it."""
    stage.found.clear()
    stage.told.clear()
    stage.until_ready()
    load = Load(stage.newcomer())
    load.allowed = fault.statuses
    watch = Watch(stage.admin)
    with watch if fault.admin else nullcontext():
        with load:
            _until(lambda: load.has_answered(0), LONGEST)
            time.sleep(BEFORE)
            with fault.cause(stage):
                began = time.monotonic()
                time.sleep(fault.seconds)
            ended = time.monotonic() if fault.seconds else began
            _until(lambda: load.has_answered(ended), LONGEST)
            time.sleep(AFTER)
        lost, doubled = _compared(stage, load)
        lines = _idle_lines(stage, fault) if fault.idle else None
    wrong = [*load.wrong, *stage.found, *(f"the admin listener: {one}" for one in watch.failures)]
    return Outcome(
        fault.name,
        fault.statuses,
        dict(load.statuses),
        len(load.made),
        lost,
        doubled,
        wrong,
        load.recovered_after(ended),
        lines,
        max(watch.took, default=0.0) if fault.admin else None,
        list(stage.told),
    )


def _compared(stage: Stage, load: Load) -> tuple[int, int]:
    """How many acknowledged writes are not stored as they were acknowledged, and how many are stored twice."""
    query = "select title, array_agg(id) from workouts.sessions where title = any(%s) group by title"
    with stage.superuser() as database:
        stored = dict(database.execute(query, [list(load.made)]).fetchall())
    lost = sum(made not in stored.get(title, ()) for title, made in load.made.items())
    return lost, sum(len(ids) > 1 for ids in stored.values())


def _idle_lines(stage: Stage, fault: Fault) -> float:
    """Lines a minute in an outage of which nobody but the monitoring takes notice."""
    stage.until_ready()
    first = len(stage.log_lines())
    with fault.cause(stage):
        time.sleep(BEGIN)
        begun = len(stage.log_lines())
        time.sleep(STEADY)
        lines = stage.log_lines()
    stage.found += [f"a line of the log that is no JSON: {line[:200]}" for line in lines[first:] if not _is_json(line)]
    stage.until_ready()
    at_first, later = (sum(map(_is_of_now, some)) for some in (lines[first:begun], lines[begun:]))
    return at_first + later * (60 - BEGIN) / STEADY


def _is_of_now(line: str) -> bool:
    """Not how an earlier outage went on or ended, which is told a minute later."""
    return '"outage":' not in line


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _until(done: object, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.02)
