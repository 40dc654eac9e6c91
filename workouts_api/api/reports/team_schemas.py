"""The parameters and the reply of the table of a team."""

from __future__ import annotations

from marshmallow import fields, validate

from workouts_api.web.schemas import PageQuery, Schema, Words, page_of

ORDERS = ("name", "last_session", "week_load", "change", "z_score", "unrated", "wellness", "pain")
FILTERS = ("all", "unrated", "pain", "unavailable", "absent")


class TeamTableQuery(PageQuery):
    q = Words(min_length=1, max_length=200, metadata={"description": "Only those with this in their name."})
    sort = fields.String(
        load_default="name",
        validate=validate.OneOf(ORDERS),
        metadata={"description": "last_session: the latest first; all figures: the largest first, unknown ones last."},
    )
    only_ = fields.String(
        data_key="only",
        load_default="all",
        validate=validate.OneOf(FILTERS),
        metadata={
            "description": "unrated: with unrated sessions in the last 7 days; pain: above 0; unavailable: not in full "
            "training; absent: no session for 14 days."
        },
    )


def _whole(description: str, example: int | None) -> fields.Integer:
    return fields.Integer(required=True, allow_none=True, metadata={"description": description, "example": example})


def _figure(description: str, example: float | None) -> fields.Float:
    return fields.Float(required=True, allow_none=True, metadata={"description": description, "example": example})


def _day(description: str) -> fields.Date:
    return fields.Date(required=True, allow_none=True, metadata={"description": description})


class TeamRow(Schema):
    """An athlete of the team today. Figures are of the days of the present stay."""

    athlete_id = fields.Integer(required=True, metadata={"example": 7})
    name = fields.String(required=True, metadata={"example": "Grace"})
    seen_from = fields.Date(required=True, metadata={"description": "The first day of the stay."})
    last_session_on = _day("The last finished session; null: none in the stay.")
    days_since = _whole("Days since then, on the athlete's calendar.", 2)
    week_load = _figure("Load of the last 7 days; null where more than one of them is unknown.", 1209.5)
    change = _figure("Against the 7 days before; null where one is unknown.", 240)
    z_score = _figure("Against the 8 weeks before; null under 6 known ones.", 1.4)
    unrated = fields.Integer(required=True, metadata={"description": "Sessions of the last 7 days without a rating."})
    maybe_twice = fields.Integer(
        required=True,
        metadata={
            "description": "Sessions of the last 14 days that may be recorded twice (see `/sessions/doubts`): until "
            "that is decided, they count twice in `week_load` or `change`.",
            "example": 0,
        },
    )
    maybe_twice_before = fields.Integer(
        required=True,
        metadata={
            "description": "The same of the 7 weeks before those 14 days: until that is decided, they count twice in "
            "what `z_score` compares with.",
            "example": 0,
        },
    )
    felt_on = _day("The latest of the last 7 days with wellness, pain or availability; the following are of it.")
    hooper_index = _whole("4 best … 28 worst; null if an item is missing.", 12)
    mclean_total = _whole("5 worst … 25 best; null if an item is missing.", None)
    pain = _whole("0 none … 10 worst imaginable.", 2)
    availability = _whole("0 none, 1 modified, 2 full training.", 2)


TeamTablePage = page_of(TeamRow)
