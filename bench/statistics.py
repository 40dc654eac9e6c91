"""Each statistic of the heavy athlete by itself: what the database takes for it, with the planning that a call pays.

``python -m bench.statistics REVISION`` compares the files of a revision with those that are checked out. Both are asked
in turns, with today's functions, so that a busy machine disturbs them alike.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from rich.console import Console

from bench.effort import FULL, QUICK, Effort
from bench.figures import Figures, Target, middle
from bench.stage import Database, Stage, set_up, today
from workouts_api.dba.server import plan_mode, session
from workouts_api.sql.files import QueryFile, parse_query_file
from workouts_api.sql.loaded import CATALOGUE

RUNS = 21
WANTED_MS, TEAM_MS = 10, 100
TEAM = "a page of the largest team"


@dataclass(frozen=True)
class Case:
    what: str
    name: str
    given: Mapping[str, str]
    sample: str | None = None


@dataclass(frozen=True)
class Run:
    """One run, in milliseconds."""

    planning: float
    execution: float
    buffers: int

    @property
    def together(self) -> float:
        return self.planning + self.execution


Texts = Callable[[QueryFile], list[QueryFile]]
Ask = Callable[[], Run]


def measure(stage: Stage, effort: Effort) -> tuple[list[Figures], list[Target]]:
    sets = max(effort.sizes)
    columns = ("statistic", "planning ms", "execution ms", "together ms", "buffers")
    figures = Figures(f"Single statistics of an athlete with 25,000 sets in five years, among {sets:,} sets", columns)
    together: dict[str, float] = {}
    for case, [runs] in _runs(stage.database(sets), stage, lambda file: [file]):
        together[case.what] = middle([run.together for run in runs])
        figures.add(
            case.what,
            f"{middle([run.planning for run in runs]):.1f}",
            f"{middle([run.execution for run in runs]):.1f}",
            f"{together[case.what]:.1f}",
            f"{runs[-1].buffers:,}",
        )
    figures.notes.append(
        f"One round trip each, as the application asks: prepared, with the file's plan. Medians of {RUNS} runs. For"
        " the last two lines the athlete's ratings are taken away; sessions without one are estimated."
    )
    stage.drop(sets)
    return [figures], _held(sets, together)


def _held(sets: int, together: Mapping[str, float]) -> list[Target]:
    team_ms = together[TEAM]
    single = {what: ms for what, ms in together.items() if what != TEAM}
    slowest = max(single, key=lambda what: single[what])
    within = sum(ms <= WANTED_MS for ms in single.values())
    seen = f"{within} of {len(single)}; {slowest}: {single[slowest]:.1f} ms"
    return [
        Target(f"each single statistic at {sets:,} sets", f"≤ {WANTED_MS} ms", seen, within == len(single)),
        Target(f"{TEAM}, at {sets:,} sets", f"≤ {TEAM_MS} ms", f"{team_ms:.1f} ms", team_ms <= TEAM_MS),
    ]


def compare(stage: Stage, effort: Effort, revision: str) -> Figures:
    """The statistics by the files of a revision and by today's, in turns."""
    columns = ("statistic", "ms before", "ms now", "ratio", "buffers before", "buffers now")
    figures = Figures(f"Single statistics: {revision} and now", columns)
    sets = max(effort.sizes)

    def texts(file: QueryFile) -> list[QueryFile]:
        return [_former(file, revision), file]

    for case, [before, now] in _runs(stage.database(sets), stage, texts):
        ratios = [new.together / old.together for old, new in zip(before, now, strict=True)]
        figures.add(
            case.what,
            f"{min(run.together for run in before):.1f}",
            f"{min(run.together for run in now):.1f}",
            f"{middle(ratios):.2f}",
            f"{before[-1].buffers:,}",
            f"{now[-1].buffers:,}",
        )
    figures.notes.append(f"Among {sets:,} sets; the least of {RUNS} runs in turns, and the median of the runs' ratios.")
    return figures


def _former(file: QueryFile, revision: str) -> QueryFile:
    shown = subprocess.run(["git", "show", f"{revision}:{file.place}"], capture_output=True, check=True)
    former, problems = parse_query_file(file.path, shown.stdout)
    if former is None:
        raise RuntimeError(f"{file.place} of {revision}: {problems}")
    return former


def _runs(database: Database, stage: Stage, texts: Texts) -> Iterator[tuple[Case, list[list[Run]]]]:
    for case in _rated_cases(database):
        yield case, _measured(database, case, texts(CATALOGUE.find(case.name)))
    for case, until in _unrated_cases():
        _forget_ratings(stage, database, until)
        yield case, _measured(database, case, texts(CATALOGUE.find(case.name)))


def _measured(database: Database, case: Case, files: Sequence[QueryFile]) -> list[list[Run]]:
    """The runs of each file; they take turns."""
    found: list[list[Run]] = [[] for _ in files]
    with ExitStack() as opened:
        asked = [opened.enter_context(_asking(database, case, file)) for file in files]
        for _ in range(RUNS):
            for runs, ask in zip(found, asked, strict=True):
                runs.append(ask())
    return found


@contextmanager
def _asking(database: Database, case: Case, file: QueryFile) -> Iterator[Ask]:
    with session(database.dsn, read_only=True) as server:
        values = server.values(file, case.given, case.sample)
        with server.prepared(file, values) as execute, server.rolled_back():

            def ask() -> Run:
                # The nodes are not timed: reading the clock a hundred thousand times costs as much as the query.
                one = server.plan(execute, plan_mode(file), "analyze", "buffers", "timing off")
                root = one["Plan"]
                buffers = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
                return Run(one["Planning Time"], one["Execution Time"], buffers)

            ask()
            yield ask


def _rated_cases(database: Database) -> list[Case]:
    years, year, weeks = ({"from_on": str(today() - timedelta(days=n)), "to_on": str(today())} for n in (1826, 364, 84))
    weight, bodyweight = (_most_done(database, tracking) for tracking in ("weight_reps", "bodyweight_reps"))
    return [
        Case("records of all exercises, newest page", "reports.list_records", {}),
        Case("records of one exercise", "reports.list_records", {"exercise_id": weight}),
        Case("exercise: history, e1RM, rep maxima", "reports.exercise_report", {**years, "exercise_id": weight}),
        Case("the same with bodyweight", "reports.exercise_report", {**years, "exercise_id": bodyweight}),
        Case("hard sets, twelve weeks", "reports.hard_sets", weeks),
        Case("hard sets, a year", "reports.hard_sets", year),
        Case("load, monotony, change; five years by week", "reports.training_load", years),
        Case("the same, a year by day", "reports.training_load", {**year, "bucket": "day"}),
        Case("load by heart rate, five years", "reports.measured_load", years),
        Case("load by heart rate, five years of a runner's laps", "reports.measured_load", {}, "runner"),
        Case("load by zones, the same", "reports.measured_load", {"method": "edwards"}, "runner"),
        Case("load by pace, the same", "reports.measured_load", {"method": "rtss"}, "runner"),
        Case("load by pace, five years", "reports.measured_load", {**years, "method": "rtss"}),
        Case(TEAM, "reports.team_table", {}, "largest_team"),
    ]


def _unrated_cases() -> list[tuple[Case, str]]:
    """Each with the day before which no session has a rating."""
    years = {"from_on": str(today() - timedelta(days=1826)), "to_on": str(today())}
    return [
        (
            Case("load, four of five years without ratings", "reports.training_load", years),
            str(today() - timedelta(days=365)),
        ),
        (Case("load, no rating at all", "reports.training_load", years), "infinity"),
    ]


_FORGET = """
update workouts.sessions
set rpe = null, version = version + 1, set_rating_version = set_rating_version + 1
where athlete_id = 1
  and local_on < %s
  and rpe is not null
"""
_MOST_DONE = """
select t.exercise_id::text
from workouts.sets as t
join workouts.exercises as x on x.id = t.exercise_id
where t.athlete_id = 1
  and x.tracking = %s
group by t.exercise_id
order by count(*) desc, t.exercise_id
limit 1
"""


def _forget_ratings(stage: Stage, database: Database, until: str) -> None:
    with psycopg.connect(stage.cluster.dsn(database.name), autocommit=True) as admin:
        admin.execute("set search_path = workouts, extensions, pg_temp")
        admin.execute(_FORGET, [until])
        admin.execute("vacuum analyze sessions")


def _most_done(database: Database, tracking: str) -> str:
    with psycopg.connect(database.dsn) as connection:
        row = connection.execute(_MOST_DONE, [tracking]).fetchone()
    assert row is not None, f"athlete 1 has no exercise with {tracking}"
    return str(row[0])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.statistics", description=__doc__)
    parser.add_argument("revision", help="a commit of this repository")
    parser.add_argument("--quick", action="store_true", help="1,000,000 sets in place of 10,000,000")
    given = parser.parse_args()
    with set_up() as stage:
        found = compare(stage, QUICK if given.quick else FULL, given.revision)
    found.show(Console(width=160, highlight=False, markup=False))


if __name__ == "__main__":
    main()
