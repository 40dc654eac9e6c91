"""What the address of a page asks for."""

from __future__ import annotations

import datetime as dt

import pytest

from workouts_api.errors import Invalid
from workouts_api.pages.asking import MOST_BUCKETS, refuse_many_buckets

TODAY = dt.datetime.now(dt.UTC).date()


@pytest.mark.parametrize(
    ("bucket", "first", "last"),
    [
        ("day", dt.date(2025, 1, 1), dt.date(2026, 2, 4)),
        ("week", dt.date(2012, 1, 1), dt.date(2019, 8, 31)),
        ("month", dt.date(1990, 3, 31), dt.date(2023, 6, 1)),
    ],
)
def test_a_page_shows_so_many_buckets_and_not_one_more(bucket: str, first: dt.date, last: dt.date) -> None:
    assert MOST_BUCKETS == 400
    refuse_many_buckets({"bucket": bucket, "from_": first, "to": last})
    longer = {"day": 1, "week": 1, "month": 30}[bucket]
    with pytest.raises(Invalid):
        refuse_many_buckets({"bucket": bucket, "from_": first, "to": last + dt.timedelta(days=longer)})


def test_without_a_last_day_it_is_today_and_without_a_first_one_there_are_few() -> None:
    refuse_many_buckets({"bucket": "day", "to": TODAY})
    refuse_many_buckets({"bucket": "day", "from_": TODAY - dt.timedelta(days=399)})
    with pytest.raises(Invalid):
        refuse_many_buckets({"bucket": "day", "from_": TODAY - dt.timedelta(days=402)})
