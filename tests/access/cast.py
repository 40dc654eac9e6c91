"""Who may call: one of every kind; and the world in which an owner has one of everything."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

import jwt
import psycopg
from flask import Flask

from tests.access.keeping import Kept
from tests.conftest import SECRET, Client, emptied, signed_up, with_key
from tests.routes import DOUBTFUL, SESSION
from workouts_api.api.auth.cookies import COOKIES, REFRESH_COOKIE
from workouts_api.api.auth.tokens import new_refresh_token
from workouts_api.web.scopes import SCOPES

MEMBERS = {
    "anonymous": "Nobody in particular.",
    "owner": "Whose things they are.",
    "coach": "Coaches the owner at the time of what is asked for.",
    "former_coach": "Coached the owner before that.",
    "stranger": "Somebody else who is signed in.",
    "superuser": "Administers.",
    "revoked": "Was signed in; the login was ended.",
    "deactivated": "Was signed in; the user was deactivated.",
    "expired": "The owner, whose access token has expired.",
    "key": "The owner's script, whose API key has every scope.",
    "other_key": "The owner's script, whose API key has every scope but the one that is asked for.",
    "superuser_key": "A superuser's script, whose API key has every scope.",
}
"""The columns of the table, with what each one stands for."""


@dataclass
class World:
    """The owner's things, and everybody who may ask for them."""

    app: Flask
    database: psycopg.Connection[Any]
    password_hash: str
    cast: dict[str, Client] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)
    """What tests/routes.py asks for: ids, codes and tokens."""
    is_changed: bool = True
    _kept: Kept | None = None
    _first: tuple[dict[str, Client], dict[str, Any]] = field(default_factory=lambda: ({}, {}))

    def ask(self, member: str, method: str, address: str, scope: str | None, **options: Any) -> int:
        """The status that a member gets, in a world in which nobody has changed anything yet."""
        if self.is_changed:
            self.make()
        client = self._without(scope) if member == "other_key" else self.cast[member]
        # As a page has it: sent there alone.
        client.http.set_cookie(REFRESH_COOKIE, self.things["refresh_token"], path=COOKIES)
        with client.request(method, address, **options) as reply:
            self.is_changed = method != "GET" and reply.status_code < 400
            return reply.status_code

    def make(self) -> None:
        """Anew: everybody and everything as at the first time, with the same ids, tokens and keys, and no cookies."""
        emptied(self.database)
        if self._kept is None:
            self._kept = Kept(self.database)
            self._make()
            self._kept.keep()
            self._first = dict(self.cast), dict(self.things)
        else:
            self._kept.put_back()
            cast, things = self._first
            self.cast, self.things = (
                {name: replace(client, http=self.app.test_client()) for name, client in cast.items()},
                dict(things),
            )
        self.is_changed = False

    def _make(self) -> None:
        """The people, then what the owner has, through the API."""
        names = ("owner", "coach", "former_coach", "stranger", "revoked", "deactivated")
        self.cast = {name: self._signed_up(name) for name in names}
        self.cast["superuser"] = self._signed_up("superuser", is_superuser=True)
        self.cast["anonymous"] = Client(self.app.test_client())
        owner = self.cast["owner"]
        self.cast["expired"] = Client(self.app.test_client(), token=_expired(owner))
        self.cast["key"] = with_key(self.app, self.database, owner, SCOPES)
        self.cast["superuser_key"] = with_key(self.app, self.database, self.cast["superuser"], SCOPES)
        self.database.execute(
            "update logins set revoked_at = now(), revoked_why = 'logout' where user_id = %s",
            [self.cast["revoked"].user_id],
        )
        self.database.execute("update users set is_active = false where username = 'deactivated'")
        self._give(owner)

    def _give(self, owner: Client) -> None:
        """One of everything."""
        self.things = {"name": "swagger-ui.css"}
        self.things |= {"user_id": owner.user_id, "athlete_id": owner.athlete_id, "login_id": owner.login_id}
        self.things["exercise_id"] = _made(
            owner, "/api/v1/exercises", json={"name": "Club press", "tracking": "bodyweight_reps"}
        )
        self.things |= {"exercise_no": 1, "set_no": 1}
        self.things["session_id"] = _made(owner, "/api/v1/sessions", json=SESSION)
        _made(owner, "/api/v1/sessions", json=DOUBTFUL)
        assert owner.post("/api/v1/sessions/doubts/check").status_code == 200
        self.things["doubt_id"] = owner.get("/api/v1/sessions/doubts").json["items"][0]["id"]
        decision = f"/api/v1/sessions/doubts/{self.things['doubt_id']}/decision"
        assert owner.put(decision, json={"action": "keep"}).status_code == 200
        comments = f"/api/v1/sessions/{self.things['session_id']}/comments"
        self.things["comment_id"] = _made(owner, comments, json={"body": "Slower."})
        self.things["import_id"] = self._imported(owner.athlete_id)
        key = {"name": "Backup", "scopes": ["sessions:read"]}
        self.things["key_id"] = _made(owner, "/api/v1/users/me/api-keys", json=key)
        self._make_teams(owner)
        with self.app.app_context():
            refresh = new_refresh_token(owner.user_id, owner.login_id)
            token = refresh.text
            csrf = jwt.decode(token, SECRET, ["HS256"])["csrf"]
        self.things |= {"refresh_token": token, "csrf": csrf}
        self.database.execute("update logins set refresh_hash = %s where id = %s", [refresh.sha256, owner.login_id])
        self.database.execute(
            "insert into user_tokens (sha256, user_id, purpose, email, expires_at)"
            " select sha256(purpose::bytea), %s, purpose, 'owner@example.com', now() + interval '1 day'"
            " from unnest(array['verify_email', 'reset_password']) as t (purpose)",
            [owner.user_id],
        )
        self.database.execute(
            "insert into email_changes (user_id, old_email, new_email, undo_sha256, changed_at, expires_at)"
            " values (%s, 'owner@example.com', 'owner@example.org', sha256('undo'), now(), now() + interval '1 day')",
            [owner.user_id],
        )
        self.things |= {"verify_token": "verify_email", "reset_token": "reset_password", "undo_token": "undo"}

    def _imported(self, athlete_id: int) -> int:
        """An import that is done. A real one takes three times as long as everything else here."""
        [made] = self.database.execute(
            "insert into imports (athlete_id, source, file_name, file_sha256, file_bytes, zone, state, finished_at)"
            " values (%s, 'hevy', 'hevy.csv', sha256(''), 0, 'UTC', 'done', now()) returning id",
            [athlete_id],
        )
        return int(made[0])

    def _make_teams(self, owner: Client) -> None:
        """The owner trains in the coach's team since new year, and coaches there too; before, in the former coach's."""
        coach, former = self.cast["coach"], self.cast["former_coach"]
        self.things["team_id"] = _made(coach, "/api/v1/teams", json={"name": "Weightlifters"})
        before = _made(former, "/api/v1/teams", json={"name": "Sprinters"})
        self.database.execute("update team_members set joined_on = '2025-01-01'")
        self.database.execute(
            "insert into team_athletes (team_id, athlete_id, athlete_name, joined_on, left_on)"
            " values (%s, %s, 'owner', '2026-01-01', null), (%s, %s, 'owner', '2025-01-01', '2026-01-01')",
            [self.things["team_id"], owner.athlete_id, before, owner.athlete_id],
        )
        self.database.execute(
            "insert into team_members values (%s, %s, 'coach')", [self.things["team_id"], owner.user_id]
        )
        self.things["kept_athlete_id"] = _made(coach, "/api/v1/athletes", json={"name": "Grace"})
        others = _made(coach, "/api/v1/teams", json={"name": "Archers"})
        invited = coach.post("/api/v1/invitations", json={"kind": "athlete", "team_id": others, "uses": 20}).json
        self.things["invitation_id"], self.things["code"] = invited["id"], invited["code"]

    def _signed_up(self, name: str, **rights: bool) -> Client:
        return signed_up(self.app, self.database, name, self.password_hash, **rights)

    def _without(self, scope: str | None) -> Client:
        return with_key(self.app, self.database, self.cast["owner"], SCOPES.keys() - {scope})


def _made(owner: Client, address: str, **options: Any) -> int:
    reply = owner.post(address, **options)
    assert reply.status_code == 201, reply.text
    return int(reply.json["id"])


def _expired(owner: Client) -> str:
    """A token as sign-in gave it to them an hour ago."""
    then = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    times = {"iat": then, "nbf": then, "exp": then + dt.timedelta(minutes=30)}
    claims = {"sub": str(owner.user_id), "login": owner.login_id, "type": "access", "jti": "x", "fresh": False}
    return jwt.encode(claims | times, SECRET)
