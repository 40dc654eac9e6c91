"""Where charts draw what, and how numbers and days are written."""

from __future__ import annotations

import datetime as dt

import pytest

from workouts_api.pages import words
from workouts_api.pages.charts import BELOW, BOTTOM, LEFT, TALL, TOP, WIDTH, bar_chart, line_chart, nice_ticks, scale_of
from workouts_api.pages.views import partial_buckets, seen_buckets

WEEKS = ["2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 100, [0, 25, 50, 75, 100]),
        (0, 7, [0, 2, 4, 6, 8]),
        (81.2, 83.9, [81, 82, 83, 84]),
        (-12, 30, [-20, 0, 20, 40]),
        (0, 1e-9, None),
        (82, 82, [0, 25, 50, 75, 100]),
        (0, 0, [0, 0.25, 0.5, 0.75, 1]),
        (-5, -5, [-6, -5.5, -5, -4.5, -4]),
    ],
)
def test_ticks_are_round_and_enclose_the_figures(low, high, ticks):
    found = nice_ticks(low, high)
    assert ticks is None or found == ticks
    assert found[0] <= low
    assert found[-1] >= high
    assert 2 <= len(found) <= 7


@pytest.mark.parametrize(
    ("unit", "values", "said"),
    [
        ("s/km", [246, 258], ["4:05", "4:10", "4:15", "4:20"]),
        ("s/mi", [395.9, 415.2], ["6:35", "6:40", "6:45", "6:50", "6:55", "7:00"]),
        ("s/km", [255, 255], ["3:00", "3:30", "4:00", "4:30", "5:00", "5:30"]),
        ("seconds", [45, 185], ["0:00", "1:00", "2:00", "3:00", "4:00"]),
        ("seconds", [0, 36000], ["0:00", "2:30:00", "5:00:00", "7:30:00", "10:00:00"]),
        ("min", [385, 515], ["6:00", "7:00", "8:00", "9:00"]),
        ("bpm", [48, 55], ["48", "50", "52", "54", "56"]),
    ],
)
def test_paces_and_times_are_told_as_clocks_tell_them(unit, values, said):
    chart = line_chart("c", "Pace", unit, WEEKS[:2], [("", values)])
    assert [tick.text for tick in chart.y_ticks] == said
    assert f"last {scale_of(unit).write(values[1])} {chart.unit} " in chart.said


@pytest.mark.parametrize(
    ("values", "lowest", "highest"),
    [([145, 264], "140", "280"), ([40, 264], None, "300"), ([-5, 20], "−5", "20"), ([0.0, 9], None, "10")],
)
def test_a_line_has_the_height_for_itself_unless_it_comes_near_zero(values, lowest, highest):
    chart = line_chart("c", "Fitness", "AU", WEEKS[:2], [("fitness", values)], height=TALL)
    assert (chart.lowest, chart.y_ticks[-1].text) == (lowest, highest)
    assert chart.y_ticks[0].at == TALL - BELOW
    assert chart.y_ticks[-1].at == TOP


def test_a_line_of_which_nothing_is_known_is_not_in_the_legend():
    chart = line_chart("c", "Load", "kg", WEEKS[:2], [("estimated maximum", [None, None]), ("heaviest", [40, 45])])
    assert ([line.name for line in chart.lines], chart.lines[0].number, chart.legend) == (["heaviest"], 2, [])
    assert "lowest 40 kg" in chart.said


def test_bars_stand_on_the_axis_zero_has_none_and_unknown_a_mark():
    chart = bar_chart("c", "Load", "AU", WEEKS, ("load", [100, 0, None, 50]), part=("estimated", [50, 0, 0, 0]))
    (_, _, whole), (_, _, part) = chart.bars
    assert [(bar.y + bar.height, bar.y) for bar in whole] == [(BOTTOM, TOP), (BOTTOM, (BOTTOM + TOP) / 2)]
    assert [bar.y for bar in part] == [(BOTTOM + TOP) / 2]
    assert chart.unknown == [pytest.approx(LEFT + WIDTH * 2.5 / 4, abs=0.01)]
    assert chart.said == (
        "4 weeks, lowest 0 AU (week of 12 Jan 2026), highest 100 AU (week of 5 Jan 2026),"
        " last 50 AU (week of 26 Jan 2026); 1 unknown."
    )
    assert chart.legend == [("load", 1, "bar"), ("estimated", 2, "bar")]


def test_charts_of_one_scale_share_their_highest_tick():
    small = bar_chart("c", "Chest", "sets", WEEKS, ("", [2, 2, 2, 2]), top=20)
    assert small.y_ticks[-1].text == "20"
    assert small.legend == []


def test_a_line_has_a_gap_where_nothing_is_known_and_a_point_for_what_stands_alone():
    chart = line_chart("c", "Fitness", "AU", [*WEEKS, "2026-02-02"], [("fitness", [1, 2, None, 3, None])])
    (line,) = chart.lines
    assert line.path.count("M") == 1
    assert line.path.count("L") == 1
    assert len(line.points) == 1
    joined = line_chart("c", "e1RM", "kg", WEEKS, [("e1RM", [1, None, None, 3])], joins=True)
    assert joined.lines[0].path.count("L") == 1


def test_days_stand_where_the_calendar_has_them():
    days = ["2026-01-01", "2026-01-02", "2026-01-31"]
    chart = line_chart("c", "Weight", "kg", days, [("mean", [80, 81, 82])], dots=("value", [80, 81, 82]), in_time=True)
    mean, values = chart.lines
    assert (mean.points, values.path) == ([], "")
    assert [how for _, _, how in chart.legend] == ["line", "dots"]
    first, second, last = (x for x, _ in values.points)
    assert (last - first) == pytest.approx(30 * (second - first), rel=0.01)
    assert [tick.text for tick in chart.x_ticks] == ["1 Jan", "31 Jan"]


def test_a_year_is_told_by_months_and_one_day_stands_in_the_middle():
    days = ["2024-01-01", "2026-01-01"]
    chart = line_chart("c", "Weight", "kg", days, [("", [80, 81])])
    assert [tick.text for tick in chart.x_ticks] == ["Jan 2024", "Jan 2026"]
    alone = line_chart("c", "Weight", "kg", days[:1], [("", [80])], in_time=True)
    assert alone.lines[0].points[0][0] == LEFT + WIDTH / 2


def test_a_bar_of_which_a_part_is_unknown_has_a_mark_beside_it():
    chart = bar_chart("c", "Load", "AU", WEEKS, ("load", [5, 10, 0, 5]), marks=[False, True, False, False])
    assert chart.unknown == [pytest.approx(LEFT + WIDTH * 1.5 / 4, abs=0.01)]
    assert len(chart.bars[0][2]) == 3


def test_figures_that_are_all_zero_are_nothing_to_draw_unless_one_is_unknown():
    assert bar_chart("c", "Volume", "kg", WEEKS, ("volume", [0, 0, 0, 0])) is None
    chart = bar_chart("c", "Volume", "kg", WEEKS, ("volume", [0, 0, None, 0]))
    assert [tick.text for tick in chart.y_ticks] == ["0", "0.25", "0.5", "0.75", "1"]
    assert chart.bars[0][2] == []


def test_nothing_known_is_nothing_to_draw():
    assert bar_chart("c", "Load", "AU", WEEKS, ("", [None] * 4)) is None
    assert line_chart("c", "Load", "AU", WEEKS, [("", [None] * 4)]) is None
    assert line_chart("c", "Load", "AU", [], [("", [])]) is None


def test_many_bars_have_no_marks_that_nobody_could_read():
    days = [f"2026-01-{n:02d}" for n in range(1, 31)] * 3
    assert bar_chart("c", "Load", "AU", days, ("", [1.0] * 89 + [None]), by="day").unknown == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (12420.5, "12\u202f420.5"),
        (1000, "1\u202f000"),
        (5.0, "5"),
        (-2.61, "−2.61"),
        (0.001, "0.001"),
        (0.0, "0"),
        (1e9, "1\u202f000\u202f000\u202f000"),
    ],
)
def test_a_number_is_written_with_all_its_digits(value, said):
    assert words.written(value) == said
    assert f'value="{value:g}"' in words.number(value) or float(words.number(value).split('"')[1]) == value


def test_how_quantities_are_written():
    assert words.number(None) == words.share(None) == words.minutes(None) == words.seconds(None) == words.day(None)
    assert "unknown" in words.number(None)
    plain = {
        words.share(0.286): "28.6\u00a0%",
        words.minutes(251.5): "4\u00a0h 11.5\u00a0min",
        words.minutes(45.0): "45\u00a0min",
        words.minutes(60.0): "1\u00a0h 0\u00a0min",
        words.seconds(65): "1:05",
        words.seconds(70): "1:10",
        words.seconds(3725.5): "1:02:05.5",
        words.number(2.5, "kg", sign=True): "+2.5\u00a0kg",
        words.number(-2.5, sign=True): "−2.5",
        words.day("2026-01-05"): "5\u00a0Jan\u00a02026",
    }
    for found, said in plain.items():
        assert found.striptags() == said.replace("\u00a0", " ")  # striptags() writes all blanks so


def test_times_are_of_the_sessions_zone_and_of_utc_where_it_is_not_known():
    assert words.time_of_day("2026-01-05T17:00:00Z", "Europe/Berlin") == "18:00"
    assert words.time_of_day("2026-01-05T17:00:00Z", "Mars/Olympus") == "17:00 UTC"


def test_codes_have_words():
    said = {
        ("muscle", "chest_upper"): "upper chest",
        ("muscle", "lats"): "lats",
        ("reason", "no_variation"): "all these days are equal",
        ("record", "e1rm"): "estimated 1RM",
    }
    assert {key: words.label(*key) for key in said} == said
    assert words.weekday(7) == "Sunday"
    assert dict(words.spans("2026-01-28"))["4 weeks"] == "2026-01-01"
    kinds = ("hooper_sleep", "mclean_mood", "left_thigh_in", "weight_lb", "pain", "hrv_sdnn_ms")
    assert [words.day_kind(code) for code in kinds] == [
        "Hooper: sleep",
        "McLean: mood",
        "Left thigh",
        "Bodyweight",
        "Pain",
        "Heart rate variability (SDNN)",
    ]
    (alone, found), (hooper, items) = words.day_groups({"pain": 2, "hooper_sleep": 3, "availability": 2})
    assert [alone, hooper] == ["", "Hooper"]
    assert [(name, value.striptags()) for name, value in found + items] == [
        ("", "full training"),
        ("Pain", "2"),
        ("sleep", "3"),
    ]
    values = ((82.4, "weight_kg"), (16.5, "body_fat_pct"), (3, "hooper_sleep"), (1, "availability"))
    assert [words.day_value(*one).striptags() for one in values] == ["82.4 kg", "16.5 %", "3", "modified training"]


def test_a_bucket_before_the_first_day_that_is_seen_is_not_seen():
    assert seen_buckets(WEEKS, "2026-01-30", "2026-01-19") == [False, False, True, True]
    assert seen_buckets(WEEKS, "2026-01-30", "2026-01-20") == [False, False, True, True]
    assert seen_buckets(WEEKS, "2026-01-30", "2026-02-01") == [False] * 4
    assert seen_buckets(WEEKS, "2026-01-30", None) == [True] * 4


def test_a_bucket_that_is_seen_in_part_is_not_whole():
    period = {"from": "2026-01-07", "to": "2026-01-30"}
    ends = [("2026-01-05", 5, 7), ("2026-01-26", 5, 7)]
    assert partial_buckets(WEEKS, period, "week") == partial_buckets(WEEKS, period, "week", "2026-01-07") == ends
    assert partial_buckets(WEEKS, period, "week", "2026-01-18") == [("2026-01-12", 1, 7), ends[1]]
    assert partial_buckets(WEEKS, period, "week", "2026-01-19") == [ends[1]]
    assert partial_buckets(WEEKS, period, "week", "2026-02-01") == []
    assert partial_buckets(["2026-01-01"], period, "month", "2026-01-30") == [("2026-01-01", 1, 31)]


@pytest.mark.parametrize(("days", "said"), [(364, "1 Aug"), (365, "Aug 2024")])
def test_days_have_their_year_where_one_can_stand_twice(days, said):
    starts = ["2024-08-01", (dt.date(2024, 8, 1) + dt.timedelta(days)).isoformat()]
    for chart in (
        line_chart("c", "e1RM", "kg", starts, [("", [1, 2])]),
        bar_chart("c", "v", "kg", starts, ("", [1, 2])),
    ):
        assert chart.x_ticks[0].text == said


@pytest.mark.parametrize(
    ("value", "said"), [(11264.5193, "11\u202f264.5\u00a0lb"), (1010.25, "1\u202f010.2\u00a0lb"), (0, "0\u00a0lb")]
)
def test_the_volume_of_a_session_is_told_to_a_tenth_as_that_of_a_week(value, said):
    assert words.tenth(value, "lb") == f'<data value="{value}">{said}</data>'
    assert words.tenth(None, "lb") == words.UNKNOWN
