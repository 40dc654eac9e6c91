"""A valid request of steady state for each authenticated route, and those that need more than one trip.

A case prepares what it needs by the stage, out of sight of what is measured, and says what to ask then.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from flask import Flask

from tests.conftest import Client
from tests.routes import DOUBTFUL, HEVY, SIGNED_IN, Route, address, demands, options
from workouts_api.api.auth.tokens import new_access_token

SESSIONS, EXERCISES, IMPORTS = "/api/v1/sessions", "/api/v1/exercises", "/api/v1/imports"
TEAMS, ATHLETES, INVITATIONS = "/api/v1/teams", "/api/v1/athletes", "/api/v1/invitations"
ME, REPORT = "/api/v1/users/me", "/api/v1/reports/training"
KEYS, USERS = "/api/v1/users/me/api-keys", "/api/v1/users"
AUDIT = "/api/v1/audit"
A_USER = f"{USERS}/<int:user_id>"
A_MEMBER, A_STAY = f"{TEAMS}/<int:team_id>/members/<int:user_id>", f"{TEAMS}/<int:team_id>/athletes/<int:athlete_id>"


@dataclass
class Ask:
    """One request."""

    address: str
    options: dict[str, Any] = field(default_factory=dict)
    """What Flask's test client takes: json, data, headers."""

    def with_header(self, name: str, value: str) -> Ask:
        headers = {**self.options.get("headers", {}), name: value}
        return Ask(self.address, {**self.options, "headers": headers})


class Stage:
    """An athlete whose training cases are made from, at some other door than the one that is measured."""

    def __init__(self, app: Flask, athlete: Client, database: psycopg.Connection[Any]) -> None:
        self._app = app
        self._athlete = athlete
        self._database = database
        self._import_id: int | None = None
        self._team: str | None = None
        self._superuser: str | None = None

    def __getitem__(self, name: str) -> Any:
        """A new thing of the kind that tests/routes.py asks for."""
        made: dict[str, Callable[[], Any]] = {
            "session_id": lambda: id_of(self.session()[0]),
            "exercise_id": self.exercise_id,
            "exercise_no": lambda: 1,
            "set_no": lambda: 1,
            "import_id": self.import_id,
            "key_id": lambda: id_of(self.key()[0]),
            "doubt_id": self.doubt_id,
            "comment_id": self.comment_id,
            "login_id": self.login_id,
            "user_id": self.user_id,
            "team_id": lambda: id_of(self.team()),
            "athlete_id": lambda: id_of(self.kept_athlete()),
            "kept_athlete_id": lambda: id_of(self.kept_athlete()),
            "invitation_id": lambda: self.invitation()["id"],
            "code": lambda: self.invitation()["code"],
        }
        return made[name]()

    def exercise_id(self) -> int:
        """One of the shared catalogue."""
        found = self._database.execute("select min(id) from workouts.exercises where athlete_id is null").fetchone()
        assert found is not None
        return int(found[0])

    def doubt_id(self) -> int:
        """A new doubt about a session, decided: keeping it again changes nothing, and it can be undone."""
        made = self._athlete.post(SESSIONS, json=dict(DOUBTFUL))
        assert made.status_code == 201, made.text
        assert self._athlete.post(f"{SESSIONS}/doubts/check").status_code == 200
        items: Any = self._athlete.get(f"{SESSIONS}/doubts?limit=1").json
        doubt_id = int(items["items"][0]["id"])
        kept = self._athlete.put(f"{SESSIONS}/doubts/{doubt_id}/decision", json={"action": "keep"})
        assert kept.status_code == 200, kept.text
        return doubt_id

    def comment_id(self) -> int:
        """A comment on a session of its own: the case says which one."""
        return int(self.comment().rpartition("/")[2])

    def comment(self) -> str:
        """Where a new comment stands."""
        where = f"{self.session()[0]}/comments"
        made: Any = self._athlete.post(where, json={"body": "Slower."})
        assert made.status_code == 201, made.text
        return f"{where}/{made.json['id']}"

    def own_exercise(self) -> str:
        """Where a new exercise of the athlete's own stands."""
        made = self._athlete.post(EXERCISES, json={"name": f"Own {uuid.uuid4()}"})
        assert made.status_code == 201, made.text
        return made.headers["Location"]

    def session(self) -> tuple[str, str]:
        """Where a new session stands, and its ETag."""
        made = self._athlete.post(SESSIONS, json=self.body())
        assert made.status_code == 201, made.text
        return made.headers["Location"], made.headers["ETag"]

    def body(self, **different: Any) -> dict[str, Any]:
        sets = [{"reps": 5, "weight_kg": 100}, {"reps": 5, "weight_kg": 102.5, "rpe": 8.5}]
        exercise = {"exercise_id": self.exercise_id(), "sets": sets}
        return {
            "title": "Legs",
            "started_at": "2026-01-05T17:00:00Z",
            "ended_at": "2026-01-05T18:00:00Z",
            "rpe": 7,
            "exercises": [exercise, exercise],
            **different,
        }

    def import_id(self) -> int:
        """The import that brought in the owner's first 84 sessions; made once."""
        if self._import_id is None:
            made = self._athlete.post(IMPORTS, data={"file": (io.BytesIO(history(84).encode()), "hevy.csv")})
            assert made.status_code == 201, made.text
            self._import_id = int(made.json["id"])
        return self._import_id

    def team(self) -> str:
        """Where a new team of the athlete's stands."""
        made = self._athlete.post(TEAMS, json={"name": f"Team {uuid.uuid4()}"})
        assert made.status_code == 201, made.text
        return str(made.headers["Location"])

    def one_team(self) -> str:
        """Where a team of the athlete's stands, the same each time: one may own fifty."""
        self._team = self._team or self.team()
        return self._team

    def kept_athlete(self) -> str:
        """Where a new athlete stands whom the athlete keeps."""
        made = self._athlete.post(ATHLETES, json={"name": f"Athlete {uuid.uuid4()}", "notes": "Left knee."})
        assert made.status_code == 201, made.text
        return str(made.headers["Location"])

    def stay(self) -> str:
        """Where a kept athlete's stay in a new team stands."""
        team, athlete_id = self.team(), id_of(self.kept_athlete())
        made = self._athlete.post(f"{team}/athletes", json={"athlete_id": athlete_id})
        assert made.status_code == 201, made.text
        return f"{team}/athletes/{athlete_id}"

    def membership(self) -> str:
        """Where another coach's membership in a new team stands."""
        team = self.team()
        with self._database.cursor() as cursor:
            cursor.execute(
                "insert into workouts.users (email, username)"
                " values (%(name)s || '@example.org', %(name)s) returning id",
                {"name": f"coach-{uuid.uuid4()}"},
            )
            (user_id,) = cursor.fetchone() or (0,)
            cursor.execute(
                "insert into workouts.team_members (team_id, user_id, role) values (%s, %s, 'coach')",
                [id_of(team), user_id],
            )
        return f"{team}/members/{user_id}"

    def invitation(self, **different: Any) -> dict[str, Any]:
        """An invitation into a new team, unless told otherwise."""
        body = different or {"kind": "athlete", "team_id": id_of(self.team())}
        made = self._athlete.post(INVITATIONS, json=body)
        assert made.status_code == 201, made.text
        return dict(made.json or {})

    def claim_code(self) -> str:
        """The code to claim a kept athlete."""
        athlete_id = id_of(self.kept_athlete())
        return str(self.invitation(kind="claim", athlete_id=athlete_id)["code"])

    def another_athlete(self) -> str:
        """The address of the sessions of an athlete whom the athlete keeps."""
        kept = id_of(self.kept_athlete())
        return f"{SESSIONS}?athlete_id={kept}"

    def cursor(self, address: str) -> str:
        """Where the second page of a list begins."""
        page: Any = self._athlete.get(f"{address}?limit=1").json
        return str(page["next_cursor"])

    def etag(self, address: str) -> str:
        return str(self._athlete.get(address).headers["ETag"])

    def key(self) -> tuple[str, str]:
        """Where a new API key stands, and its text."""
        made: Any = self._athlete.post(KEYS, json={"name": "Backup", "scopes": ["sessions:read"]})
        assert made.status_code == 201, made.text
        return made.headers["Location"], made.json["key"]

    def login_id(self, user_id: int | None = None) -> int:
        """A new login, of the athlete unless said."""
        made = self._database.execute(
            "insert into workouts.logins (user_id, refresh_hash, expires_at)"
            " values (%s, sha256('none'), now() + interval '1 day') returning id",
            [user_id or self._athlete.user_id],
        ).fetchone()
        assert made is not None
        return int(made[0])

    def token_of_a_new_login(self, user_id: int | None = None) -> str:
        """For requests that end the login they come with."""
        user_id = user_id or self._athlete.user_id
        login_id = self.login_id(user_id)
        with self._app.app_context():
            return new_access_token(user_id, login_id)

    def user_id(self, *, is_superuser: bool = False) -> int:
        """A new user, whom nobody has met."""
        name = uuid.uuid4().hex
        made = self._database.execute(
            "with u as (insert into workouts.users (email, username, is_superuser)"
            " values (%(name)s || '@example.org', %(name)s, %(is_superuser)s) returning id)"
            " insert into workouts.athletes (user_id, name) select u.id, %(name)s from u returning user_id",
            {"name": name, "is_superuser": is_superuser},
        ).fetchone()
        assert made is not None
        return int(made[0])

    def by_superuser(self, address: str, **options: Any) -> Ask:
        """What a superuser asks, always the same one."""
        if self._superuser is None:
            self._superuser = f"Bearer {self.token_of_a_new_login(self.user_id(is_superuser=True))}"
        return Ask(address, options).with_header("Authorization", self._superuser)


def id_of(address: str) -> int:
    """The id that an address ends with."""
    return int(address.rpartition("/")[2])


Case = Callable[[Stage], Ask]


def _a_session(stage: Stage) -> Ask:
    return Ask(stage.session()[0])


def _replacement(stage: Stage) -> Ask:
    where, etag = stage.session()
    return Ask(where, {"json": stage.body(title="Arms"), "headers": {"If-Match": etag}})


def _deletion(stage: Stage) -> Ask:
    where, etag = stage.session()
    return Ask(where, {"headers": {"If-Match": etag}})


def _sign_out(stage: Stage) -> Ask:
    return Ask("/api/v1/auth/logout", {"headers": {"Authorization": f"Bearer {stage.token_of_a_new_login()}"}})


def _by_key(stage: Stage) -> Ask:
    """The key's first use, which is written down, costs no trip either."""
    return Ask(SESSIONS, {"headers": {"Authorization": f"Bearer {stage.key()[1]}"}})


def _full_page(stage: Stage) -> Ask:
    """50 sessions are 20 KB: more than PostgreSQL sends in one go."""
    stage.import_id()
    return Ask(SESSIONS)


def _report(stage: Stage) -> Ask:
    stage.import_id()
    return Ask(f"{REPORT}?from=2025-01-01&to=2025-03-31&bucket=week")


def _sign_out_everywhere(stage: Stage) -> Ask:
    token = stage.token_of_a_new_login(stage.user_id())
    return Ask("/api/v1/auth/logout-all", {"headers": {"Authorization": f"Bearer {token}"}})


def _somebody() -> dict[str, Any]:
    name = uuid.uuid4().hex
    return {"email": f"{name}@example.org", "username": name}


def _replaced_user(stage: Stage) -> Ask:
    user = {**_somebody(), "full_name": "", "zone": "UTC", "is_active": True, "is_superuser": False}
    return stage.by_superuser(f"{USERS}/{stage.user_id()}", json=user, headers={"If-Match": '"1-"'})


def _athletes(stage: Stage) -> Ask:
    """Two on a page, of more: as many rows whatever was asked before."""
    stage.kept_athlete()
    stage.kept_athlete()
    return Ask(f"{ATHLETES}?limit=2")


def _invitations(stage: Stage) -> Ask:
    for _ in range(2):
        stage.invitation(kind="athlete", team_id=id_of(stage.one_team()))
    return Ask(f"{INVITATIONS}?limit=1")


PREPARED: dict[Route, Case] = {
    ("POST", "/api/v1/auth/logout"): _sign_out,
    ("POST", "/api/v1/auth/logout-all"): _sign_out_everywhere,
    ("POST", USERS): lambda stage: stage.by_superuser(USERS, json=_somebody()),
    ("PUT", A_USER): _replaced_user,
    ("POST", f"{USERS}/bulk"): lambda stage: stage.by_superuser(
        f"{USERS}/bulk", json={"users": [_somebody() for _ in range(10)]}
    ),
    ("POST", EXERCISES): lambda _: Ask(EXERCISES, {"json": {"name": f"Exercise {uuid.uuid4()}"}}),
    ("GET", f"{EXERCISES}/<int:exercise_id>"): lambda stage: Ask(f"{EXERCISES}/{stage.exercise_id()}"),
    ("PATCH", f"{EXERCISES}/<int:exercise_id>"): lambda stage: Ask(
        stage.own_exercise(), options(("PATCH", f"{EXERCISES}/<int:exercise_id>"), stage)
    ),
    ("POST", f"{EXERCISES}/<int:exercise_id>/merge"): lambda stage: Ask(
        f"{stage.own_exercise()}/merge", {"json": {"into": stage.exercise_id()}}
    ),
    ("DELETE", f"{EXERCISES}/<int:exercise_id>/merge"): lambda stage: Ask(f"{stage.own_exercise()}/merge"),
    ("POST", f"{EXERCISES}/<int:exercise_id>/share"): lambda stage: stage.by_superuser(f"{stage.own_exercise()}/share"),
    ("GET", SESSIONS): _full_page,
    ("POST", SESSIONS): lambda stage: Ask(SESSIONS, {"json": stage.body()}),
    ("DELETE", f"{SESSIONS}/<int:session_id>/comments/<int:comment_id>"): lambda stage: Ask(stage.comment()),
    ("POST", f"{SESSIONS}/start"): lambda stage: Ask(  # an athlete has one session in progress at most
        f"{SESSIONS}/start?athlete_id={id_of(stage.kept_athlete())}", {"json": {"title": "Legs"}}
    ),
    ("PUT", f"{SESSIONS}/<int:session_id>"): _replacement,
    ("DELETE", f"{SESSIONS}/<int:session_id>"): _deletion,
    ("GET", REPORT): _report,
    ("GET", f"{TEAMS}/<int:team_id>"): lambda stage: Ask(stage.stay().partition("/athletes")[0]),
    ("PATCH", A_MEMBER): lambda stage: Ask(stage.membership(), {"json": {"role": "owner"}}),
    ("DELETE", A_MEMBER): lambda stage: Ask(stage.membership()),
    ("PATCH", A_STAY): lambda stage: Ask(stage.stay(), {"json": {"left_on": "2100-01-01"}}),
    ("GET", ATHLETES): _athletes,
    ("GET", f"{ATHLETES}/<int:athlete_id>"): lambda stage: Ask(f"{ATHLETES}/{id_of(stage.stay())}"),
    ("GET", INVITATIONS): _invitations,
}
"""Where the usual request, of tests/routes.py, is not what is to be measured, or its things belong together."""


def usual(route: Route) -> Case:
    """As tests/routes.py has it, for things of its own."""
    demanded = demands(route)

    def case(stage: Stage) -> Ask:
        where, sent = address(route[1], stage), options(route, stage)
        return stage.by_superuser(where, **sent) if demanded and demanded.superuser else Ask(where, sent)

    return case


EXCEPTIONS: dict[Route, str] = {
    ("POST", "/api/v1/auth/password"): "the current password is compared between two statements, in the application",
    ("DELETE", ME): "the password is compared between two statements; likewise where PATCH changes the e-mail address",
    ("POST", IMPORTS): "COPY to staging and several set-based statements, in one transaction; a dry run likewise",
}
"""Authenticated routes that may cost more than one trip, each with its reason.

Of the others only a replay does: it reads its first reply after the claim of its Idempotency-Key was refused.
"""

STEADY: dict[Route, Case] = {
    route: PREPARED.get(route) or usual(route)
    for route in sorted(SIGNED_IN, key=lambda route: route[0] != "GET")
    if route not in EXCEPTIONS
}
"""A valid request of steady state for each authenticated route; reads first: none finds what the writes made."""


def _page_further_on(stage: Stage) -> Ask:
    for _ in range(3):
        stage.session()
    return Ask(f"{SESSIONS}?limit=1&cursor={stage.cursor(SESSIONS)}")


def _held_already(stage: Stage) -> Ask:
    where, etag = stage.session()
    return Ask(where, {"headers": {"If-None-Match": etag}})


def _matching_patch(stage: Stage) -> Ask:
    where, etag = stage.session()
    return Ask(where, {"json": {"title": "Arms"}, "headers": {"If-Match": etag}})


def _stale_patch(stage: Stage) -> Ask:
    return Ask(stage.session()[0], {"json": {"title": "Arms"}, "headers": {"If-Match": '"7-"'}})


VARIANTS: dict[str, tuple[str, Case, int]] = {
    "sessions by an API key": ("GET", _by_key, 200),
    "sessions under filters": (
        "GET",
        lambda stage: Ask(f"{SESSIONS}?from=2026-01-01&q=legs&exercise_id={stage.exercise_id()}"),
        200,
    ),
    "sessions with their total": ("GET", lambda _: Ask(f"{SESSIONS}?include=total"), 200),
    "sessions a page further on": ("GET", _page_further_on, 200),
    "some fields in other units": ("GET", lambda stage: Ask(f"{stage.session()[0]}?fields=id&units=imperial"), 200),
    "a session the client has": ("GET", _held_already, 304),
    "users under filters": (
        "GET",
        lambda stage: stage.by_superuser(f"{USERS}?search=owner&is_active=true&sort_by=email"),
        200,
    ),
    "events under filters": (
        "GET",
        lambda stage: stage.by_superuser(f"{AUDIT}?table=users&action=insert&from=2026-01-01T00:00:00Z"),
        200,
    ),
    "users, for somebody who is no superuser": ("GET", lambda _: Ask(USERS), 403),
    "another athlete's sessions": ("GET", lambda stage: Ask(stage.another_athlete()), 200),
    "another athlete's sessions under filters": ("GET", lambda stage: Ask(f"{stage.another_athlete()}&q=legs"), 200),
    "another athlete's report": (
        "GET",
        lambda stage: Ask(f"{REPORT}?athlete_id={id_of(stage.kept_athlete())}&from=2026-01-01&to=2026-03-31"),
        200,
    ),
    "a session of a kept athlete": ("POST", lambda stage: Ask(stage.another_athlete(), {"json": stage.body()}), 201),
    "sessions of an athlete who is not mine": ("GET", lambda _: Ask(f"{SESSIONS}?athlete_id=9007199254740991"), 404),
    "athletes by birth": ("GET", lambda _: Ask(f"{ATHLETES}?sort_by=born_on&sort_order=desc"), 200),
    "a claim": (
        "POST",
        lambda stage: Ask(f"{INVITATIONS}/accept", {"json": {"code": stage.claim_code()}}),
        200,
    ),
    "an invitation by mail": (
        "POST",
        lambda stage: Ask(
            INVITATIONS,
            {"json": {"kind": "coach", "team_id": id_of(stage.team()), "email": f"{uuid.uuid4()}@example.com"}},
        ),
        201,
    ),
    "a session that is not there": ("GET", lambda _: Ask(f"{SESSIONS}/9007199254740991"), 404),
    "exercises by a search": ("GET", lambda _: Ask(f"{EXERCISES}?q=squat"), 200),
    "exercises under filters": ("GET", lambda _: Ask(f"{EXERCISES}?equipment=barbell&muscle=chest"), 200),
    "a session under its client's key": (
        "POST",
        lambda stage: Ask(SESSIONS, {"json": stage.body(client_key="6a1f5d5e-0f4e-4b43-9b5b-5c6d0f7f2f10")}),
        201,
    ),
    "a patch with If-Match": ("PATCH", _matching_patch, 200),
    "a patch of a stale version": ("PATCH", _stale_patch, 412),
    "a report by day": ("GET", lambda _: Ask(f"{REPORT}?from=2026-01-01&to=2026-03-31&bucket=day"), 200),
}
"""Other ways through the same routes, with the status that each ends with."""

PUBLIC_TRIPS: dict[str, tuple[str, Callable[[int], Ask], int]] = {
    "is it alive": ("GET", lambda _: Ask("/health/live"), 0),
    "is it ready": ("GET", lambda _: Ask("/health/ready"), 1),
    "register": (
        "POST",
        lambda n: Ask(
            "/api/v1/auth/register",
            {"json": {"email": f"{n}@example.org", "username": f"ada{n}", "password": "correct horse battery"}},
        ),
        1,
    ),
    # The hash must be compared between finding the user and making the login.
    "sign in": (
        "POST",
        lambda _: Ask("/api/v1/auth/login", {"json": {"username": "owner", "password": "correct horse battery"}}),
        2,
    ),
    "sign in by a form": (
        "POST",
        lambda _: Ask("/api/v1/auth/token", {"data": {"username": "owner", "password": "correct horse battery"}}),
        2,
    ),
    "sign a page in": (
        "POST",
        lambda _: Ask("/api/v1/auth/cookies", {"json": {"username": "owner", "password": "correct horse battery"}}),
        2,
    ),
    "ask for a reset": (
        "POST",
        lambda n: Ask("/api/v1/auth/password-reset", {"json": {"email": f"{n}@example.org"}}),
        1,
    ),
    "ask for a mail again": (
        "POST",
        lambda n: Ask("/api/v1/auth/verify-email", {"json": {"email": f"{n}@example.org"}}),
        1,
    ),
}
"""What may be asked without a sign-in, with the trips that it costs."""


MONTHS = ("Jan", "Feb", "Mar")


def history(workouts: int) -> str:
    """A file of Hevy's form: up to 84 workouts of one set each."""
    header, row = HEVY.splitlines()
    rows = [row.replace("5 Jan 2026", f"{1 + n % 28} {MONTHS[n // 28]} 2025") for n in range(workouts)]
    return "\n".join([header, *rows]) + "\n"
