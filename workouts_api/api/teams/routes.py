"""Teams: their members, and the days on which athletes belong to them."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app

from workouts_api.api.auth import signed_in, viewer_id
from workouts_api.api.teams.reading import KEYSET, read_teams
from workouts_api.api.teams.schemas import (
    EXAMPLE,
    Member,
    MemberPage,
    NewStay,
    RoleChange,
    Stay,
    StayChange,
    Team,
    TeamPage,
    TeamPatch,
)
from workouts_api.sql import queries
from workouts_api.web.arguments import Blueprint
from workouts_api.web.idempotency import idempotent
from workouts_api.web.replies import if_match, may_answer, reply, reply_changed, reply_page, takes_if_match
from workouts_api.web.schemas import Page, PageQuery, Query

blp = Blueprint("teams", __name__, url_prefix="/api/v1/teams", description="Who coaches whom, and on which days.")


@blp.get("")
@signed_in(scope="teams:read")
@blp.arguments(PageQuery, location="query")
@blp.response(200, TeamPage)
def list_teams(page: Page) -> Response:
    """The teams that I coach, and those that I am in as an athlete today, by name."""
    return reply_page(read_teams(page), page, keyset=KEYSET)


@blp.post("")
@signed_in(scope="teams:write")
@blp.arguments(Team, example=EXAMPLE)
@blp.response(201, Team)
@idempotent(status=201, location="/api/v1/teams/{id}")
def create_team(team: dict[str, Any]) -> Response:
    """Make a team. I become its owner."""
    made = queries.teams.create_team(viewer_id=viewer_id(), most=current_app.extensions["settings"].max_teams, **team)
    return reply(made["reply"], status=201, etag=made["version"], location=f"/api/v1/teams/{made['id']}")


@blp.get("/<int:team_id>")
@signed_in(scope="teams:read")
@blp.arguments(Query, location="query")
@blp.response(200, Team)
def get_team(_: dict[str, Any], team_id: int) -> Response:
    """A team with its members and the athletes who are in it today."""
    team = queries.teams.get_team(viewer_id=viewer_id(), team_id=team_id)
    return reply(team["reply"], etag=team["version"])


@blp.patch("/<int:team_id>")
@signed_in(scope="teams:write")
@blp.arguments(TeamPatch)
@blp.response(200, Team)
@idempotent(status=200)
@takes_if_match("optional")
def patch_team(patch: dict[str, Any], team_id: int) -> Response:
    """Change a team's name or headquarters. Only its owners may do this. Takes If-Match."""
    changed = queries.teams.patch_team(viewer_id=viewer_id(), team_id=team_id, versions=if_match(), patch=patch)
    return reply_changed(changed)


@blp.delete("/<int:team_id>")
@signed_in(scope="teams:write")
@blp.response(204)
@takes_if_match("optional")
def delete_team(team_id: int) -> Response:
    """Delete a team. Its athletes' training stays. Only its owners may do this. Takes If-Match."""
    gone = queries.teams.delete_team(viewer_id=viewer_id(), team_id=team_id, versions=if_match())
    return reply_changed(gone, status=204)


@blp.get("/<int:team_id>/members")
@signed_in(scope="teams:read")
@blp.arguments(PageQuery, location="query")
@blp.response(200, MemberPage)
@may_answer(404)
def list_members(page: Page, team_id: int) -> Response:
    """A team's owners and coaches. Those who joined first are first."""
    rows = queries.teams.list_members(
        viewer_id=viewer_id(),
        team_id=team_id,
        after_joined_on=page.after("joined_on", "-infinity"),
        after_user_id=page.after("user_id", 0),
        limit=page.fetch,
    )
    return reply_page(rows, page, keyset=("joined_on", "user_id"))


@blp.patch("/<int:team_id>/members/<int:user_id>")
@signed_in(scope="teams:write")
@blp.arguments(RoleChange)
@blp.response(200, Member)
@idempotent(status=200)
def change_member(change: dict[str, Any], team_id: int, user_id: int) -> Response:
    """Make a member owner or coach. Only owners may do this, and the last owner stays owner. Invite new members."""
    role = change.get("role", "")
    changed = queries.teams.change_member(viewer_id=viewer_id(), team_id=team_id, user_id=user_id, role=role)
    return reply(changed["reply"])


@blp.delete("/<int:team_id>/members/<int:user_id>")
@signed_in(scope="teams:write")
@blp.response(204)
def remove_member(team_id: int, user_id: int) -> Response:
    """Leave a team, or as an owner remove a member. The member no longer sees the training of the team's athletes."""
    queries.teams.remove_member(viewer_id=viewer_id(), team_id=team_id, user_id=user_id)
    return reply(None)


@blp.post("/<int:team_id>/athletes")
@signed_in(scope="teams:write")
@blp.arguments(NewStay)
@blp.response(201, Stay)
@idempotent(status=201, location="/api/v1/athletes/{athlete_id}")
def add_athlete(stay: dict[str, Any], team_id: int) -> Response:
    """Add an athlete whom I keep to the team. Athletes with an account join by an invitation."""
    joined_on = stay.get("joined_on")
    added = queries.teams.add_athlete(
        viewer_id=viewer_id(),
        team_id=team_id,
        athlete_id=stay["athlete_id"],
        joined_on=joined_on.isoformat() if joined_on else "",
    )
    return reply(added["reply"], status=201, location=f"/api/v1/athletes/{stay['athlete_id']}")


@blp.patch("/<int:team_id>/athletes/<int:athlete_id>")
@signed_in(scope="teams:write")
@blp.arguments(StayChange)
@blp.response(200, Stay)
@idempotent(status=200)
def change_athlete(change: dict[str, Any], team_id: int, athlete_id: int) -> Response:
    """Set the day on which an athlete leaves the team, and whether its coaches still see the athlete's days in it.

    Coaches may end a stay. Only the athlete or the athlete's keeper may set a later end, or decide about the history.
    """
    changed = queries.teams.change_athlete(viewer_id=viewer_id(), team_id=team_id, athlete_id=athlete_id, change=change)
    return reply(changed["reply"])
