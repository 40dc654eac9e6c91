"""Reading Hevy's export, without a database."""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workouts_api.api.imports.history import Reading, Session
from workouts_api.api.imports.readers.hevy.file import HevyFile
from workouts_api.api.imports.readers.hevy.stretches import MAX_SETS
from workouts_api.api.imports.records import MAX_RECORD, Records
from workouts_api.api.imports.refusals import FileError, Rejections

from .conftest import COLUMNS, Row, export, row, workout

BERLIN = ZoneInfo("Europe/Berlin")


def read_text(text: str, zone: ZoneInfo = BERLIN) -> tuple[list[Session], Reading]:
    file = HevyFile(io.StringIO(text, newline=""), zone)
    return list(file.sessions()), file.reading


def read(rows: Iterable[Row], zone: ZoneInfo = BERLIN) -> tuple[list[Session], Reading]:
    return read_text(export(rows), zone)


def reason(**different: object) -> str:
    """Why a row is rejected."""
    workouts, reading = read([row(**different)])
    assert not workouts
    ((line, why),) = reading.rejections.listed
    assert line == 2
    return why


# ── what a row says ─────────────────────────────────────────────────────────────────────────────────────────


def test_consecutive_rows_of_an_exercise_are_one_and_coming_again_it_is_another() -> None:
    names = ["Squat", "Squat", "Plank", "Squat"]
    (one,), _ = read(row(exercise_title=name, set_index=0) for name in names)
    assert [(s.exercise_no, s.set_no, s.exercise) for s in one.sets] == [
        (1, 1, "Squat"),
        (1, 2, "Squat"),
        (2, 1, "Plank"),
        (3, 1, "Squat"),
    ]


@pytest.mark.parametrize(
    ("written", "kind"),
    [("normal", "n"), ("warmup", "w"), ("failure", "f"), ("dropset", "d"), ("Warmup", "w"), ("", "n")],
)
def test_kinds_of_sets(written: str, kind: str) -> None:
    (one,), _ = read([row(set_type=written)])
    assert one.sets[0].kind == kind


def test_blank_values_are_none_and_a_duration_of_zero_is_none() -> None:
    (one,), _ = read([row(weight_kg="", reps="", distance_km="", duration_seconds="0", rpe="")])
    s = one.sets[0]
    assert (s.weight_kg, s.reps, s.distance_m, s.duration_s, s.rpe, s.superset) == (None,) * 6


def test_kilometres_become_metres_and_reps_may_have_a_point() -> None:
    (one,), _ = read(
        [row(distance_km="5.25", reps="10.0", weight_kg="-12.5", duration_seconds="1800", superset_id="0")]
    )
    s = one.sets[0]
    assert (s.distance_m, s.reps, s.weight_kg, s.duration_s, s.superset) == (5250.0, 10, -12.5, 1800, 0)


def test_pounds_and_miles_are_converted_by_their_definitions() -> None:
    columns = [{"weight_kg": "weight_lbs", "distance_km": "distance_miles"}.get(c, c) for c in COLUMNS]
    (one,), _ = read_text(export([row(weight_lbs=225, distance_miles=26.2)], columns))
    assert one.sets[0].weight_kg == 102.0583  # 225 × 0.45359237, as it is kept
    assert one.sets[0].distance_m == 42164.8128


@pytest.mark.parametrize(
    ("kilograms", "pounds", "taken", "said"),
    [
        ("", "225", 102.0583, False),
        ("100", "", 100, False),
        ("", "", None, False),
        ("100", "220.5", 100, False),  # rounded
        ("100", "225", 100, True),
        ("0", "225", 102.0583, True),
        ("0", "0", 0, False),
    ],
)
def test_of_two_columns_for_one_quantity_the_filled_one_counts(
    kilograms: str, pounds: str, taken: float | None, said: bool
) -> None:
    columns = [*COLUMNS, "weight_lbs", "distance_miles"]
    (one,), reading = read_text(export([row(weight_kg=kilograms, weight_lbs=pounds, distance_miles=1)], columns))
    assert (one.sets[0].weight_kg, one.sets[0].distance_m) == (taken, 1609.344)
    sentence = "Line 2: weight_kg and weight_lbs differ; weight_kg was taken, unless it is 0."
    assert reading.notices == [sentence] * said


def test_both_columns_are_looked_at() -> None:
    _, reading = read_text(export([row(weight_lbs="heavy")], [*COLUMNS, "weight_lbs"]))
    assert "weight_lbs holds 'heavy': expected a number" in reading.rejections.listed[0][1]


def test_columns_may_stand_in_any_order_and_those_that_are_not_needed_may_be_missing() -> None:
    columns = ["reps", "weight_kg", "exercise_title", "set_type", "end_time", "start_time", "title", "future_column"]
    (one,), _ = read_text("\ufeff" + export([row()], columns).upper().replace("SEP", "Sep"))
    assert (one.title, one.sets[0].reps, one.sets[0].weight_kg, one.sets[0].kind) == ("LEGS", 5, 100.0, "n")


def test_names_are_compared_in_one_form() -> None:
    (one,), _ = read([row(exercise_title="  Ｓｑｕａｔ（Barbell） ")])
    assert one.sets[0].exercise == "Squat(Barbell)"


@pytest.mark.parametrize(
    ("different", "why"),
    [
        ({"reps": "-1"}, "reps holds '-1': expected a whole number from 0 to 9,999."),
        ({"reps": "5.5"}, "expected a whole number"),
        ({"reps": "10000"}, "expected a whole number"),
        ({"reps": "1_0"}, "expected a whole number"),
        ({"reps": "٥"}, "expected a whole number"),
        ({"weight_kg": "nan"}, "weight_kg holds 'nan': expected a number from -500 to 2,000."),
        ({"weight_kg": "inf"}, "expected a number"),
        ({"weight_kg": "1e400"}, "expected a number"),
        ({"weight_kg": "7,5"}, "weight_kg holds '7,5': expected a number from -500 to 2,000, with a decimal point."),
        ({"weight_kg": "1,000"}, "with a decimal point"),
        ({"weight_kg": "2000.1"}, "expected a number"),
        ({"weight_kg": "9" * 100}, "expected a number"),
        ({"distance_km": "-1"}, "distance_km holds '-1': expected a number from 0 to 10,000."),
        ({"duration_seconds": "864001"}, "duration_seconds"),
        ({"rpe": "11"}, "rpe holds '11': expected a number from 1 to 10."),
        ({"rpe": "8.3"}, "rpe holds '8.3': expected steps of 0.5."),
        ({"set_type": "superb"}, "set_type holds 'superb': expected one of normal, warmup"),
        ({"superset_id": "x"}, "superset_id"),
        ({"exercise_title": " "}, "exercise_title is empty"),
        ({"exercise_title": "x" * 201}, "exercise_title has 201 characters: expected at most 200."),
        ({"title": "x" * 201}, "title has 201 characters"),
        ({"description": "x" * 20_001}, "description has 20,001 characters"),
        ({"exercise_notes": "x" * 5001}, "exercise_notes has 5,001 characters"),
        ({"exercise_notes": "a\0b"}, "NUL"),
        ({"start_time": ""}, "start_time holds '': expected a time such as '15 Sep 2025, 07:48'."),
        ({"start_time": "31 Jun 2025, 07:48"}, "expected a time"),
        ({"start_time": "15 Sept 2025, 25:00"}, "expected a time"),
        ({"start_time": "15 Foo 2025, 07:48"}, "expected a time"),
        ({"start_time": "15 Sep 0001, 00:00", "end_time": ""}, "outside the years 1900 to 2199"),
        ({"start_time": "31 Dec 9999, 23:59", "end_time": ""}, "outside the years 1900 to 2199"),
        ({"end_time": "15 Sep 2025, 07:47"}, "end_time lies before start_time."),
        ({"end_time": "25 Sep 2025, 07:49"}, "more than ten days"),
    ],
)
def test_an_impossible_value_is_rejected_with_its_reason(different: dict[str, object], why: str) -> None:
    assert why in reason(**different)


def test_a_workout_keeps_its_good_sets_numbered_without_gaps() -> None:
    rows = [row(reps=reps) for reps in ("x", 5, "x", 6)] + [row(exercise_title="Plank", reps="x")]
    (one,), reading = read([*rows, row(exercise_title="Crunch")])
    assert [(s.exercise_no, s.set_no, s.reps) for s in one.sets] == [(1, 1, 5), (1, 2, 6), (2, 1, 5)]
    assert [line for line, _ in reading.rejections.listed] == [2, 4, 6]


# ── workouts ────────────────────────────────────────────────────────────────────────────────────────────────


def test_workouts_that_only_share_their_start_and_title_are_told_apart_by_an_ordinal() -> None:
    workouts, _ = read([row(), row(end_time="15 Sep 2025, 10:00")])
    assert [w.source_key for w in workouts] == ["2025-09-15T07:48:00|Legs|1", "2025-09-15T07:48:00|Legs|2"]


def test_a_file_sorted_by_exercise_still_has_the_same_workouts() -> None:
    rows = [*workout(8, exercise_title="Squat"), *workout(6, exercise_title="Squat"), *workout(8, exercise_title="Row")]
    stretches, reading = read(rows)
    by_key: dict[str, list[tuple[int, int]]] = {}
    for one in stretches:
        by_key.setdefault(one.source_key, []).extend((s.exercise_no, s.set_no) for s in one.sets)
    assert sorted(map(len, by_key.values())) == [3, 6]
    assert max(by_key.values(), key=len) == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert (reading.accepted, reading.repeated_workouts) == (9, 0)


def test_a_workout_without_end_takes_any_number_of_sets_up_to_the_limit() -> None:
    names = (f"Exercise {number // 500}" for number in range(MAX_SETS + 5))
    (one,), reading = read(row(exercise_title=name, weight_kg=1) for name in names)
    assert len(one.sets) == MAX_SETS
    assert reading.rejections.listed[0][1] == "The workout has more than 10,000 sets."
    assert reading.rejections.count == 5


def test_an_exercise_takes_a_thousand_sets() -> None:
    (one,), reading = read(row() for _ in range(1002))
    assert (len(one.sets), reading.rejections.count) == (1000, 2)


# ── lines ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_quote_that_is_not_closed_costs_its_own_line_alone() -> None:
    lines = export([row(reps=reps) for reps in (1, 2, 3)]).splitlines(keepends=True)
    lines[2] = '"' + lines[2]
    (one,), reading = read_text("".join(lines))
    assert [s.reps for s in one.sets] == [1, 3]
    assert [line for line, _ in reading.rejections.listed] == [3]


def test_a_file_that_was_cut_off_keeps_what_is_whole() -> None:
    text = export([row(reps=1), row(reps=2, description="about this")])
    (one,), reading = read_text(text[: text.index("about")] + '"abo')
    assert [s.reps for s in one.sets] == [1]
    assert reading.rejections.count == 1


def test_line_breaks_inside_quotes_are_no_new_rows_and_lines_are_counted_as_an_editor_does() -> None:
    (one,), reading = read(
        [row(description="a\nb\nc"), row(description="a\nb\nc"), row(description="a\nb\nc", reps="x")]
    )
    assert (one.notes, [s.line for s in one.sets]) == ("a\nb\nc", [2, 5])
    assert reading.rejections.listed[0][0] == 8


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_any_line_ending_will_do_and_empty_lines_are_passed_over(ending: str) -> None:
    (one,), reading = read_text(export([row(), row()]).replace("\n", ending + ending))
    assert (len(one.sets), reading.rejections.count) == (2, 0)


def test_a_line_without_end_is_refused_before_it_is_read_to_the_end() -> None:
    class Endless(io.StringIO):
        asked = 0

        def readline(self, size: int | None = -1, /) -> str:
            assert size is not None
            assert size > 0
            self.asked += 1
            return "x" * size

    stream = Endless()
    with pytest.raises(FileError, match="longer than 262,144 characters"):
        HevyFile(stream, BERLIN)
    assert stream.asked == 1


def test_a_text_that_goes_on_over_lines_without_end_is_not_held_in_memory() -> None:
    rejections = Rejections()
    text = io.StringIO('"' + "a field of many lines\n" * 200_000, newline="")  # 4.4 MB
    tracemalloc.start()
    for _ in Records(text, rejections):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rejections.count == 1
    assert peak < 10 * MAX_RECORD


def test_memory_does_not_grow_with_the_number_of_sets() -> None:
    def peak(copies: int) -> int:
        rows = [row(start_time=f"15 Sep {1900 + year}, 07:48", end_time="") for year in range(copies)]
        text = io.StringIO(export(r for r in rows for _ in range(50)), newline="")
        file = HevyFile(text, BERLIN)
        tracemalloc.start()
        for _ in file.sessions():
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(200) < 2 * peak(20) + 100_000


# ── anything ────────────────────────────────────────────────────────────────────────────────────────────────

_ODD = st.text(max_size=12) | st.sampled_from(
    ["", "5", "1e400", "nan", '"', "\n", "\0", "15 Sep 2025, 07:48", "normal"]
)
_ROWS = st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(COLUMNS, _ODD)), max_size=8)


@given(_ROWS)
def test_every_row_is_accepted_or_rejected(rows: list[dict[str, str]]) -> None:
    # csv.writer leaves a lone \r unquoted, which makes two rows of one; a NUL takes the lines of its row apart.
    rows = [{key: value.replace("\0", "0").replace("\r", "\n") for key, value in one.items()} for one in rows]
    workouts, reading = read(row(**one) for one in rows)
    assert reading.accepted + reading.rejections.count == len(rows)
    assert sum(len(w.sets) for w in workouts) <= reading.accepted


@given(st.text(max_size=300))
def test_no_text_below_the_header_makes_it_stumble(text: str) -> None:
    workouts, reading = read_text(export([row()]) + text)
    assert workouts[0].sets[0].line == 2
    assert reading.accepted + reading.rejections.count >= 1


@given(st.lists(st.sampled_from(['"', ",", "\n", "x", '""', "\r\n"]), max_size=40).map("".join))
def test_quotes_in_any_disorder_lose_no_line_after_them(text: str) -> None:
    good = export([row(title="Last")]).split("\n", 1)[1]
    workouts, _ = read_text(export([row()]) + text + '\n""\n' + good)
    assert any(w.title == "Last" for w in workouts)


@given(st.text(max_size=200))
def test_a_first_line_of_anything_else_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(FileError) as refused:
        read_text(text)
    assert "\n" not in str(refused.value)


# ── what is cheap to send is cheap to refuse ────────────────────────────────────────────────────────────────


def refused(text: str) -> tuple[str, int]:
    """Why a file is refused as a whole, and how much of it was read."""
    stream = io.StringIO(text, newline="")
    with pytest.raises(FileError) as refusal:
        list(HevyFile(stream, BERLIN).sessions())
    return str(refusal.value), stream.tell()


def test_empty_lines_are_passed_over_while_there_are_fewer_than_a_file_may_have() -> None:
    sessions, reading = read_text(export([row()]).replace("\n", "\r\n\r\n") + "\n" * 99_990)
    assert (len(sessions), reading.rejections.count) == (1, 0)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_of_empty_lines_is_refused_long_before_its_end(end: str) -> None:
    why, read_to = refused(export([row()]) + end * 1_000_000)
    assert why == "The file has more than 100,000 empty lines: this is no table."
    assert read_to < 250_000


@pytest.mark.parametrize(
    "bad",
    [{"reps": "ten"}, {"start_time": "foo"}, {"start_time": "1 " * 39}, "x\n", 'a,"b\n', "\0\n"],
    ids=["number", "time", "long time", "fields", "quotes", "NUL"],
)
def test_a_file_of_lines_that_cannot_be_taken_is_refused_long_before_its_end(bad: str | dict[str, object]) -> None:
    text = bad if isinstance(bad, str) else export([row(**bad)]).partition("\n")[2]
    why, read_to = refused(export([]) + text * 30_000)
    assert why.startswith("More than 20,000 lines cannot be taken. The first is line 2: ")
    assert read_to <= len(export([])) + len(text) * 20_002


def test_as_many_lines_may_be_rejected_as_are_accepted_and_some_more() -> None:
    days = [f"{1 + n % 28} Jan {1970 + n // 28}, 07:48" for n in range(1400)]
    good = [row(start_time=day, end_time="", set_index=n) for day in days for n in range(5)]
    more = "x\n" * (20_000 + len(good) - 5)  # what was accepted counts when its workout has ended
    _, reading = read_text(export(good) + more)
    assert (reading.accepted, reading.rejections.count) == (len(good), 20_000 + len(good) - 5)
    assert refused(export(good) + more + "x\n")[0].startswith("More than 26,995 lines cannot be taken.")


def test_a_first_line_of_many_columns_costs_what_its_length_does() -> None:
    others = ",".join(f"c{number}" for number in range(20_000))
    started = time.process_time()
    _, reading = read_text(export([row()]).replace("\n", f",{others}\n", 1))
    assert time.process_time() - started < 1  # each name looked for among all others takes 5 s
    assert reading.rejections.listed == [(2, f"It has {len(COLUMNS)} fields: expected {len(COLUMNS) + 20_000}.")]
    with pytest.raises(FileError, match="names columns twice: c1, c2"):
        read_text(export([row()]).replace("\n", ",c2,c1,c3,c1,c2\n", 1))
