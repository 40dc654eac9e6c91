"""The addresses of the pages. A handler reads what the API's routes read, and shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, request
from marshmallow import ValidationError

from workouts_api.api.auth import login_id, viewer_id
from workouts_api.api.auth.cookies import with_cookies_of_form, without_cookies
from workouts_api.api.auth.routes import LONGEST_BODY
from workouts_api.api.auth.schemas import Credentials
from workouts_api.api.auth.signing_in import sign_in
from workouts_api.api.days.reading import KEYSET as DAYS_KEYSET
from workouts_api.api.days.reading import read_days, read_trend
from workouts_api.api.days.schemas import KINDS, DayListQuery, TrendQuery
from workouts_api.api.exercises.reading import read_used_exercises
from workouts_api.api.exercises.schemas import UsedListQuery
from workouts_api.api.reports.exercise_schemas import ExerciseReportQuery
from workouts_api.api.reports.load_schemas import TrainingLoadQuery
from workouts_api.api.reports.measured_schemas import METHODS, MeasuredLoadQuery
from workouts_api.api.reports.muscle_schemas import HardSetsQuery
from workouts_api.api.reports.reading import (
    RECORDS_KEYSET,
    TEAM_HIDDEN,
    TEAM_KEYSET,
    read_exercise_report,
    read_hard_sets,
    read_measured_load,
    read_records,
    read_team_table,
    read_training_load,
    read_training_report,
)
from workouts_api.api.reports.record_schemas import LISTED, RecordListQuery
from workouts_api.api.reports.schemas import TrainingReportQuery
from workouts_api.api.reports.team_schemas import FILTERS, ORDERS, TeamTableQuery
from workouts_api.api.sessions import reading as sessions
from workouts_api.api.sessions.doubt_schemas import DoubtListQuery
from workouts_api.api.sessions.schemas import SessionListQuery
from workouts_api.api.teams.reading import KEYSET as TEAMS_KEYSET
from workouts_api.api.teams.reading import read_teams
from workouts_api.database import caller
from workouts_api.errors import InvalidCredentials
from workouts_api.pages import views
from workouts_api.pages.asking import asked, athlete_id, refuse_many_buckets
from workouts_api.pages.rendering import error_page, page, prepare, style_sheet
from workouts_api.pages.signing_in import HOME, SIGN_IN, first_form_token, for_people, own_path, prove_first_form, to
from workouts_api.pages.words import day_kind
from workouts_api.sql import queries
from workouts_api.web.bodies import refuse_twice
from workouts_api.web.handlers import ERROR_PAGES
from workouts_api.web.limits import limited
from workouts_api.web.replies import dump, items_of_page, plain
from workouts_api.web.schemas import PageQuery
from workouts_api.web.sports import SPORTS

blp = Blueprint("pages", __name__, url_prefix="/pages")

LATEST_SESSIONS, LATEST_RECORDS, LATEST_DAYS = 20, 20, 14
MOST_DOUBTS = 200


def init_app(app: Flask) -> None:
    """Serves the pages. Errors below their addresses become pages, too."""
    prepare()
    app.register_blueprint(blp)
    app.extensions[ERROR_PAGES] = ("/pages", error_page)


@blp.before_request
def take_small_forms() -> None:
    request.max_content_length = LONGEST_BODY


@blp.get("/style/<digest>.css")
def style(digest: str) -> Response:
    """The style sheet."""
    return style_sheet(digest)


# ── signing in and out ──────────────────────────────────────────────────────────────────────────────────────


@blp.get("/sign-in")
def show_sign_in() -> Response:
    """The form to sign in."""
    return _sign_in_page()


@blp.post("/sign-in")
@limited(60)
def sign_in_by_form() -> Response:
    """Sign in, and go to the page that was asked for."""
    prove_first_form()
    refuse_twice(request.form)
    form = {name: request.form.get(name, "") for name in ("username", "password")}
    try:
        signed_in = sign_in(**Credentials().load(form))
    except ValidationError:
        return _sign_in_page(status=422, said="Expected a name or e-mail address, and a password.")
    except InvalidCredentials as error:
        return _sign_in_page(status=403, said=error.message)
    return with_cookies_of_form(to(own_path(request.form.get("next"))), signed_in)


def _sign_in_page(*, status: int = 200, said: str = "") -> Response:
    asked_for = own_path(request.values.get("next"))
    name = request.form.get("username", "")[:300]
    return page("sign_in", status=status, said=said, next=asked_for, name=name, first_token=first_form_token())


@blp.post("/sign-out")
@for_people
def sign_out() -> Response:
    """End this login, and forget its cookies."""
    queries.auth.revoke_login(user_id=viewer_id(), login_id=login_id(), why="logout")
    caller().login_id = None
    return without_cookies(to(SIGN_IN))


# ── reports ─────────────────────────────────────────────────────────────────────────────────────────────────


@blp.get("")
def show_home() -> Response:
    """The first page."""
    return to(HOME)


@blp.get("/report")
@for_people
def show_report() -> Response:
    """Training in a period: totals, volume, load, hard sets by muscle, main lifts, records, the latest sessions."""
    wanted = asked(TrainingReportQuery)
    refuse_many_buckets(wanted)
    report = plain(read_training_report(wanted), figures=True)
    period = report["period"]
    days = {"from": period["from"], "to": period["to"]}  # of one "today", also where midnight comes between the queries
    load = plain(read_training_load(asked(TrainingLoadQuery, **days)), figures=True)
    first_on = views.hard_sets_from(period)
    hard_sets = plain(read_hard_sets(asked(HardSetsQuery, **days | {"from": first_on})), figures=True)
    listed = asked(SessionListQuery, limit=str(LATEST_SESSIONS), **days)
    rows, _ = sessions.read_sessions(listed)
    items, more = items_of_page(rows, listed, keyset=sessions.KEYSET)
    return page(
        "report",
        athlete=_athlete(),
        report=report,
        period=period,
        load=load,
        hard_sets=hard_sets,
        sessions=plain(items),
        has_more_sessions=more is not None,
        doubts=_doubts(period),
        records=report["records"][: -LATEST_RECORDS - 1 : -1],
        **views.report_view(report, load, hard_sets),
    )


def _doubts(period: Mapping[str, Any]) -> dict[str, Any]:
    """What is doubtful and changes the figures of a period."""
    days = {"from": views.doubts_from(period), "to": period["to"]}
    listed = asked(DoubtListQuery, limit=str(MOST_DOUBTS), state="open", **days)
    items, more = items_of_page(sessions.read_doubts(listed), listed, keyset=sessions.DOUBTS_KEYSET)
    return views.doubts_view(plain(items), period, has_more=more is not None)


@blp.get("/load")
@for_people
def show_load() -> Response:
    """The load from heart rate, pace or power, with what it was measured from."""
    wanted = asked(MeasuredLoadQuery)
    refuse_many_buckets(wanted)
    load = plain(read_measured_load(wanted), figures=True)
    return page(
        "load",
        athlete=_athlete(),
        load=load,
        period=load["period"],
        methods=METHODS,
        sports=SPORTS,
        doubts=_doubts(load["period"]),
        **views.measured_view(load),
    )


def _athlete() -> Mapping[str, Any] | None:
    """The athlete whose page it is; None: the viewer."""
    wanted = athlete_id()
    if wanted is None:
        return None
    found: Mapping[str, Any] = plain(queries.athletes.get_athlete(viewer_id=viewer_id(), athlete_id=wanted)["reply"])
    return found


@blp.get("/exercises")
@for_people
def show_exercises() -> Response:
    """The exercises that the viewer, or another athlete, has done."""
    listed = asked(UsedListQuery)
    rows, keyset = read_used_exercises(listed)
    items, cursor = items_of_page(rows, listed, keyset=keyset)
    order = listed.filters["sort_by"]
    return page("exercises", athlete=_athlete(), listed=plain(items), next_cursor=cursor, order=order)


@blp.get("/exercises/<int:exercise_id>")
@for_people
def show_exercise(exercise_id: int) -> Response:
    """One exercise: its history, estimated maximum, rep maxima and records."""
    report = plain(read_exercise_report(asked(ExerciseReportQuery), exercise_id), figures=True)
    return page("exercise", athlete=_athlete(), report=report, period=report["period"], **views.exercise_view(report))


@blp.get("/records")
@for_people
def show_records() -> Response:
    """Records in all exercises, the newest first."""
    listed = asked(RecordListQuery)
    items, cursor = items_of_page(read_records(listed), listed, keyset=RECORDS_KEYSET)
    records = [views.record_view(record) for record in plain(items, figures=True)]
    return page("records", athlete=_athlete(), records=records, kinds=LISTED, next_cursor=cursor)


@blp.get("/days")
@for_people
def show_days() -> Response:
    """The trend of one kind of day value, and the latest days with all their values."""
    wanted = asked(TrendQuery)
    trend = orjson.loads(dump(read_trend(wanted)))
    listed = asked(DayListQuery, limit=str(LATEST_DAYS))
    items, cursor = items_of_page(read_days(listed), listed, keyset=DAYS_KEYSET)
    latest = plain(items)
    return page(
        "days",
        athlete=_athlete(),
        trend=trend,
        kinds=list(KINDS),
        latest=latest,
        has_more=cursor is not None,
        sums=views.known_sums(latest),
        **views.trend_view(trend, day_kind(wanted["kind"])),
    )


# ── teams ───────────────────────────────────────────────────────────────────────────────────────────────────


@blp.get("/teams")
@for_people
def show_teams() -> Response:
    """The viewer's teams."""
    listed = asked(PageQuery)
    items, cursor = items_of_page(read_teams(listed), listed, keyset=TEAMS_KEYSET)
    return page("teams", teams=plain(items), next_cursor=cursor)


@blp.get("/teams/<int:team_id>")
@for_people
def show_team(team_id: int) -> Response:
    """The athletes of a team, one row each, with links to their reports."""
    listed = asked(TeamTableQuery)
    rows = read_team_table(listed, team_id)
    items, cursor = items_of_page(rows, listed, keyset=TEAM_KEYSET, hidden=TEAM_HIDDEN)
    team = plain(queries.teams.get_team(viewer_id=viewer_id(), team_id=team_id)["reply"])
    return page(
        "team", team=team, table_rows=plain(items, figures=True), next_cursor=cursor, orders=ORDERS, filters=FILTERS
    )
