"""What instants the times in files mean."""

from __future__ import annotations

import contextlib
import datetime as dt
import locale
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workouts_api.api.imports.months import _LANGUAGES, month_of
from workouts_api.api.imports.refusals import LineError
from workouts_api.api.imports.rules import MAX_LENGTH, read_clock

from .conftest import row
from .test_hevy import read

LINES = _LANGUAGES.strip().split("\n")


def times_of(start: str, end: str = "", zone: str = "Europe/Berlin") -> tuple[str, str | None, list[str]]:
    (one,), reading = read([row(start_time=start, end_time=end)], ZoneInfo(zone))
    return one.started_at.isoformat(), one.ended_at.isoformat() if one.ended_at else None, reading.notices


def clock(text: str) -> str:
    return read_clock("start_time", text).isoformat()


@pytest.mark.parametrize(
    "written",
    [
        "15 Sep 2025, 07:48",
        "15 September 2025, 7:48",
        "15 sept. 2025 07:48",
        "15. September 2025 um 07:48",
        "15 de septiembre de 2025, 7:48 a. m.",
        "15\u00a0sept.\u00a02025\u00a0à\u00a007:48",
        "15 сент. 2025 г., 07:48",
        "15 Eylül 2025 07:48",
        "15 EYL 2025, 07:48",
        "15 syys 2025 klo 7.48",
        "Sep 15, 2025, 7:48 AM",
        "Sep 15, 2025, 7:48\u202fAM",
        "September 15th 2025 at 7:48am",
        "2025. szept. 15. 7:48",
        "2025年9月15日 07:48",
        "2025년 9월 15일 오전 7:48",
        "15 9月 2025, 07:48",
        "\u200e15 Sep 2025, 07:48",
        "2025-09-15 07:48:00",
        "2025-09-15 7:48",
        "2025-09-15T07:48",
        "2025-09-15T05:48:00Z",
    ],
)
def test_times_are_read_as_apps_and_iso_write_them(written: str) -> None:
    assert times_of(written)[0] == "2025-09-15T05:48:00+00:00"


@pytest.mark.parametrize(
    ("written", "hour"), [("12:00 AM", 0), ("12:30 PM", 12), ("6:00 PM", 18), ("1:05 p.m.", 13), ("11:59 am", 11)]
)
def test_hours_of_a_twelve_hour_clock(written: str, hour: int) -> None:
    assert read_clock("start_time", f"Jan 6, 2026, {written}").hour == hour


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split("|")[0])
def test_every_months_word_is_read_in_any_case_with_its_dot_and_without_accents(line: str) -> None:
    months = line.split(" ")
    assert len(months) == 12
    for number, forms in enumerate(months, start=1):
        for form in forms.split("|"):
            for word in (form, form.upper(), form.capitalize(), f"{form}."):
                assert clock(f"6 {word} 2024, 18:00") == f"2024-{number:02}-06T18:00:00"


@pytest.mark.parametrize(("word", "month"), [("fevr.", 2), ("aout", 8), ("dec.", 12), ("SUBAT", 2), ("aralik", 12)])
def test_words_that_lost_their_accents_are_read(word: str, month: int) -> None:
    assert read_clock("start_time", f"6 {word} 2024, 18:00").month == month


@pytest.mark.parametrize(
    ("word", "month"), [("mai", 5), ("mars", 3), ("marras", 11), ("juin", 6), ("juil.", 7), ("listopada", 11)]
)
def test_words_whose_first_letters_mislead(word: str, month: int) -> None:
    assert month_of(word.rstrip(".")) == month


@pytest.mark.parametrize("word", ["ju", "Janu", "Marsch", "Septemberish", "sij", "13月", "0月", "Foo"])
def test_a_word_that_is_no_month_is_refused_and_never_guessed_from_its_beginning(word: str) -> None:
    with pytest.raises(LineError, match=r"start_time holds .*: expected a time such as '15 Sep 2025, 07:48'"):
        clock(f"6 {word} 2024, 18:00")


@pytest.mark.parametrize(
    "written",
    ["06/01/2026 18:00", "6.1.2026, 18:00", "6 Jan 2026, 13:00 PM", "6 Jan 2026, 0:30 AM", "6 Jan 26, 18:00",
     "30 Feb 2026, 18:00", "6 Jan 2026", "18:00", "٦ Jan 2026, 18:00", "6 Jan 2026, 18:60", "x" * 5000,
     "20260106 18:00", "20260106T180000Z", "2026-W02-2 18:00", "2026-01-05 24:00", "2026-01-06T18:00:00,5Z",
     "2026-01-06T18:00+01:60"],
)  # fmt: skip
def test_what_names_no_time_or_two_is_refused(written: str) -> None:
    with pytest.raises(LineError):
        clock(written)


@given(st.text(max_size=MAX_LENGTH + 5) | st.text("0123456789: ,.JanPM年月日T-+Z", max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with contextlib.suppress(LineError):
        assert isinstance(read_clock("start_time", text), dt.datetime)


def test_months_do_not_depend_on_the_locale() -> None:
    before = locale.setlocale(locale.LC_TIME)
    try:
        with contextlib.suppress(locale.Error):  # without German on the machine the names are English anyway
            locale.setlocale(locale.LC_TIME, "de_DE.UTF-8")
        assert times_of("1 Dec 2025, 10:00")[0] == "2025-12-01T09:00:00+00:00"
    finally:
        locale.setlocale(locale.LC_TIME, before)


# ── clock changes ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_hour_that_comes_twice_is_taken_the_first_time() -> None:
    start, end, notices = times_of("26 Oct 2025, 02:10", "26 Oct 2025, 02:40")
    assert (start, end) == ("2025-10-26T00:10:00+00:00", "2025-10-26T00:40:00+00:00")
    assert notices[0] == (
        "Line 2: in Europe/Berlin, 26 Oct 2025, 02:10 came twice (clocks were set back); the first time was taken."
    )


def test_an_end_in_the_hour_that_comes_twice_is_taken_the_second_time_if_it_must_be() -> None:
    start, end, notices = times_of("26 Oct 2025, 02:50", "26 Oct 2025, 02:10")
    assert (start, end) == ("2025-10-26T00:50:00+00:00", "2025-10-26T01:10:00+00:00")
    assert "the second time was taken" in notices[1]


@pytest.mark.parametrize(
    ("zone", "start", "end", "started", "ended"),
    [
        ("Europe/Berlin", "29 Mar 2026, 02:45", "29 Mar 2026, 03:15", "2026-03-29T01:45", "2026-03-29T02:15"),
        ("Europe/Berlin", "29 Mar 2026, 02:15", "29 Mar 2026, 02:45", "2026-03-29T01:15", "2026-03-29T01:45"),
        ("Europe/Berlin", "29 Mar 2026, 02:30", "29 Mar 2026, 04:00", "2026-03-29T01:30", "2026-03-29T03:00"),
        ("Europe/Berlin", "29 Mar 2026, 01:45", "29 Mar 2026, 02:15", "2026-03-29T00:45", "2026-03-29T01:15"),
        ("America/New_York", "8 Mar 2026, 02:45", "8 Mar 2026, 03:15", "2026-03-08T07:45", "2026-03-08T08:15"),
        ("Australia/Lord_Howe", "4 Oct 2026, 02:15", "4 Oct 2026, 02:45", "2026-10-03T15:45", "2026-10-03T16:15"),
        ("Pacific/Apia", "30 Dec 2011, 18:00", "30 Dec 2011, 19:00", "2011-12-31T04:00", "2011-12-31T05:00"),
    ],
)
def test_a_start_that_never_came_moves_with_its_end_and_the_duration_is_kept(
    zone: str, start: str, end: str, started: str, ended: str
) -> None:
    assert times_of(start, end, zone)[:2] == (f"{started}:00+00:00", f"{ended}:00+00:00")


def test_what_was_moved_is_said() -> None:
    never = "Line 2: in Europe/Berlin, 30 Mar 2025, 02:30 never came (clocks were set forward); "
    assert times_of("30 Mar 2025, 02:30")[2] == [f"{never}it was moved forward by the gap."]
    both = times_of("30 Mar 2025, 02:30", "30 Mar 2025, 04:00")[2]
    assert both == [f"{never}it and its end were moved forward by the gap."]


def test_an_end_before_a_start_that_never_came_is_refused_as_ever() -> None:
    _, reading = read([row(start_time="29 Mar 2026, 02:45", end_time="29 Mar 2026, 02:30")])
    assert reading.rejections.listed == [(2, "end_time lies before start_time.")]
