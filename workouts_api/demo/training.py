"""A year of believable training, as the CSV that Hevy exports.

Owns the demo's training plan: blocks of three harder weeks and a light one, progress that slows down, missed days, a
holiday and an illness. The same day always gives the same text.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

WEEKS = 52
BLOCK = 4  # weeks; the last one is light
HEADER = (
    "title,start_time,end_time,description,exercise_title,superset_id,exercise_notes,"
    "set_index,set_type,weight_kg,reps,distance_km,duration_seconds,rpe"
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Lift:
    """An exercise in the plan.

    ``kg`` is the weight for ``reps`` in the first week (None: bodyweight). ``gain`` is the fraction that a year adds to
    it. ``step`` is the smallest step of the plates.
    """

    name: str
    kg: float | None
    reps: int
    sets: int = 3
    gain: float = 0.2
    step: float = 2.5
    warm_ups: int = 0
    superset: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Carry:
    """An exercise for distance or time: metres per second at the start of the year, or seconds held."""

    name: str
    seconds: int
    speed: float | None = None
    sets: int = 1


Exercise = Lift | Carry


@dataclass(frozen=True)
class Routine:
    """A day of the week (0: Monday), its usual start, and its exercises."""

    title: str
    weekday: int
    start: time
    exercises: tuple[Exercise, ...]


PLAN = (
    Routine(
        "Upper A · Bench",
        0,
        time(17, 40),
        (
            Lift("Bench Press (Barbell)", 72.5, 6, sets=4, gain=0.22, warm_ups=2),
            Lift("Bent Over Row (Barbell)", 60, 8, sets=4, warm_ups=1),
            Lift("Incline Bench Press (Dumbbell)", 22, 10, step=2, gain=0.3),
            Lift("Lateral Raise (Dumbbell)", 8, 14, step=1, gain=0.3, superset=0),
            Lift("Triceps Pushdown", 25, 12, superset=0, note="Seil, Ellbogen ruhig – kein Schwung"),
        ),
    ),
    Routine(
        "Lower A · Squat",
        1,
        time(17, 50),
        (
            Lift("Squat (Barbell)", 95, 5, sets=4, gain=0.28, warm_ups=3, note="Gürtel ab 110 kg"),
            Lift("Romanian Deadlift (Barbell)", 80, 8, gain=0.25, warm_ups=1),
            Lift("Leg Press (Machine)", 140, 12, step=10, gain=0.3),
            Lift("Seated Calf Raise", 35, 14, sets=4),
            Carry("Plank", 60, sets=3),
        ),
    ),
    Routine(
        "Upper B · Pull",
        3,
        time(18, 5),
        (
            Lift("Overhead Press (Barbell)", 45, 6, sets=4, gain=0.18, warm_ups=2),
            Lift("Pull Up", None, 7, sets=4, note="volle Länge, ohne Schwung"),
            Lift("Seated Cable Row", 55, 10, gain=0.25),
            Lift("Hammer Curl (Dumbbell)", 14, 11, step=1, gain=0.25, superset=0),
            Lift("Face Pull", 20, 15, superset=0),
        ),
    ),
    Routine(
        "Lower B · Deadlift",
        5,
        time(10, 10),
        (
            Lift(
                "Deadlift (Barbell)", 120, 4, sets=3, gain=0.25, warm_ups=3, note="Übergriff, Haken erst beim letzten"
            ),
            Lift("Front Squat (Barbell)", 62.5, 6, gain=0.22, warm_ups=1),
            Lift("Bulgarian Split Squat", 14, 10, step=2, gain=0.4),
            Lift("Lying Leg Curl (Machine)", 40, 12, gain=0.25),
            Carry("Rowing Machine", 600, speed=3.5),
        ),
    ),
)
REMARKS = (
    "Müde von der Arbeit, trotzdem gut.",
    "Schulter fühlt sich wieder schön an.",
    "Halle übervoll, kürzere Pausen.",
    "Neue Schuhe – größerer Unterschied als gedacht.",
    'Café vorher: "doppelt" hält, was er verspricht.',
)


def year_of_training(today: date) -> str:
    """The CSV of the year that ends on the day before ``today``, newest session first, in local times."""
    chance = random.Random(today.toordinal())  # noqa: S311 – make-believe, not a secret
    last = today - timedelta(days=1)
    first = last - timedelta(days=7 * WEEKS - 1)
    away = _away(chance)
    sessions = []
    for offset in range(7 * WEEKS):
        day, week = first + timedelta(days=offset), offset // 7
        for routine in PLAN:
            missed = chance.random() < 0.07 or week in away
            if day.weekday() == routine.weekday and (not missed or day == last):
                sessions.append("".join(_session(chance, routine, day, week, after_break=week - 1 in away)))
    return f"{HEADER}\n" + "".join(reversed(sessions))


def rating(day: date, today: date) -> float:
    """How hard the session of a day was as a whole, from 0 to 10 (Foster 1998). Training load is computed from it."""
    chance = random.Random(day.toordinal())  # noqa: S311 – likewise
    week = (7 * WEEKS - (today - day).days) // 7
    effort = 4.5 if _phase(week) == BLOCK - 1 else 6.5 + 0.5 * _phase(week)
    return effort + chance.choice((-0.5, 0.0, 0.0, 0.5, 1.0))


def _away(chance: random.Random) -> frozenset[int]:
    """The weeks of a holiday (two) and of an illness (one), never in the first or last two months."""
    holiday = chance.randrange(10, 24)
    return frozenset({holiday, holiday + 1, chance.randrange(30, 42)})


def _session(chance: random.Random, routine: Routine, day: date, week: int, *, after_break: bool) -> Iterator[str]:
    phase = _phase(week)
    light = phase == BLOCK - 1
    form = chance.gauss(0, 0.012) - (0.06 if after_break else 0)
    rows: list[tuple[Exercise, str]] = []
    for exercise in routine.exercises:
        sets = _lift(chance, exercise, week, form, light) if isinstance(exercise, Lift) else _carry(exercise, week)
        rows += [(exercise, text) for text in sets]
    begin = datetime.combine(day, routine.start) + timedelta(minutes=chance.randrange(-20, 30))
    end = begin + timedelta(minutes=8 + round(len(rows) * chance.uniform(2.3, 2.9)))
    remark = "Entlastungswoche" if light else chance.choice(REMARKS) if chance.random() < 0.15 else ""
    head = ",".join(map(_quoted, (routine.title, _minute(begin), _minute(end), remark)))
    for exercise, text in rows:
        note = exercise.note if isinstance(exercise, Lift) and phase == 0 else ""
        superset = exercise.superset if isinstance(exercise, Lift) else None
        yield f"{head},{_quoted(exercise.name)},{_number(superset)},{_quoted(note)},{text}\n"


def _lift(chance: random.Random, lift: Lift, week: int, form: float, light: bool) -> Iterator[str]:
    """The sets of a lift: progress that slows down over the year, in waves of a block."""
    grown = 1 + lift.gain * (1 - math.exp(-2 * week / WEEKS)) / (1 - math.exp(-2))
    wave = 0.85 if light else 0.96 + 0.02 * _phase(week)
    work = None if lift.kg is None else max(lift.step, _rounded(lift.kg * grown * wave * (1 + form), lift.step))
    index = 0
    for warm_up in range(lift.warm_ups):
        share = 0.5 + 0.35 * warm_up / max(1, lift.warm_ups - 1) if lift.warm_ups > 1 else 0.6
        yield _set(index, "warmup", _rounded((work or 0) * share, lift.step), 8 - 2 * warm_up, rpe=None)
        index += 1
    more = 0 if lift.kg is not None else round(6 * (grown - 1) / lift.gain)  # bodyweight: more repetitions
    effort = 6.0 if light else 7.5 + 0.5 * _phase(week)
    for number in range(lift.sets - (1 if light else 0)):
        tired = sum(chance.random() < 0.45 for _ in range(number))
        rpe = min(10.0, effort + 0.5 * number)
        kind = "failure" if rpe == 10.0 and chance.random() < 0.5 else "normal"
        yield _set(index, kind, work, max(1, lift.reps + more - tired), rpe=rpe)
        index += 1


def _carry(carry: Carry, week: int) -> Iterator[str]:
    seconds = carry.seconds if carry.speed else carry.seconds + 5 * (week // BLOCK)
    km = None if carry.speed is None else round(carry.speed * (1 + 0.08 * week / WEEKS) * seconds / 1000, 2)
    for index in range(carry.sets):
        yield f'{index},"normal",,,{_number(km)},{seconds},'


def _set(index: int, kind: str, kg: float | None, reps: int, *, rpe: float | None) -> str:
    return f'{index},"{kind}",{_number(kg)},{reps},,0,{_number(rpe)}'


def _phase(week: int) -> int:
    """The number of the week in its block. It is chosen so that the year does not end with a light week."""
    return (week + 1) % BLOCK


def _rounded(kg: float, step: float) -> float:
    return round(kg / step) * step


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _minute(moment: datetime) -> str:
    # strftime is not used, because its month names depend on the locale.
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M}"
