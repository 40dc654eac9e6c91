"""What only a statement can refuse, or what runs behind its claim: one request at least for each route with a key."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from tests.access.cast import World
from tests.conftest import PASSWORD
from tests.routes import DAY, HEVY, WHOLE_USER, Route

NOWHERE = 2**52  # an id that nobody has

Options = dict[str, Any]
Refusal = tuple[int, Callable[[World], Options]]
"""The status, and the request: what test clients take, and "ids" for others than the world's in the address."""


def _json(**fields: Any) -> Callable[[World], Options]:
    return lambda _: {"json": fields}


def _file(text: str) -> Callable[[World], Options]:
    return lambda _: {"data": {"file": (io.BytesIO(text.encode()), "hevy.csv")}}


_NEW = {"email": "another@example.com", "username": "another", "password": PASSWORD}
_NEW_USER = {"email": "another@example.com", "username": "another"}
_AT_ONE = {"If-Match": '"1-"'}
_NO_EXERCISE = {
    "title": "Legs",
    "started_at": "2026-01-05T18:00:00Z",
    "exercises": [{"exercise_id": NOWHERE, "sets": [{"reps": 5}]}],
}

REFUSED: dict[Route, dict[str, Refusal]] = {
    ("POST", "/api/v1/auth/register"): {
        "a username that is taken": (409, _json(**{**_NEW, "username": "owner"})),
        "an address that is taken": (409, _json(**{**_NEW, "email": "owner@example.com"})),
        "a password that is too easy": (422, _json(**{**_NEW, "password": "password1234"})),
    },
    ("POST", "/api/v1/days"): {
        "an athlete whom nobody has": (
            404,
            lambda _: {"json": DAY, "query_string": {"athlete_id": NOWHERE}},
        ),
    },
    ("PATCH", "/api/v1/users/me"): {
        "a username that is taken": (409, _json(username="coach")),
        "an address that is taken": (409, _json(email="coach@example.com", password=PASSWORD)),
        "a wrong password": (422, _json(email="another@example.com", password="a wrong password")),
    },
    ("POST", "/api/v1/users/me/api-keys"): {
        "a scope of superusers": (422, _json(name="x", scopes=["users:read"])),
        "an end in the past": (422, _json(name="x", scopes=["sessions:read"], expires_at="2020-01-01T00:00:00Z")),
    },
    ("POST", "/api/v1/users"): {
        "an address that is taken": (409, _json(**{**_NEW_USER, "email": "owner@example.com"})),
    },
    ("POST", "/api/v1/users/bulk"): {
        "an address that is taken": (
            409,
            _json(users=[_NEW_USER, {**_NEW_USER, "email": "owner@example.com", "username": "other"}]),
        ),
    },
    ("PUT", "/api/v1/users/<int:user_id>"): {
        "an address that is taken": (
            409,
            lambda _: {"json": {**WHOLE_USER, "email": "coach@example.com"}, "headers": _AT_ONE},
        ),
        "the last superuser": (
            409,
            lambda world: {
                "json": WHOLE_USER,
                "headers": _AT_ONE,
                "ids": {"user_id": world.cast["superuser"].user_id},
            },
        ),
    },
    ("PATCH", "/api/v1/users/<int:user_id>"): {
        "a username that is taken": (409, _json(username="coach")),
    },
    ("POST", "/api/v1/users/<int:user_id>/deactivate"): {
        "the last superuser": (409, lambda world: {"ids": {"user_id": world.cast["superuser"].user_id}}),
    },
    ("POST", "/api/v1/sessions"): {
        "an exercise that is not there": (422, _json(**_NO_EXERCISE)),
    },
    ("POST", "/api/v1/sessions/<int:session_id>/comments"): {
        "a set that is not there": (422, _json(body="x", exercise_no=1, set_no=99)),
    },
    ("POST", "/api/v1/sessions/start"): {
        "a session that is not there": (422, _json(copy_of=NOWHERE)),
    },
    ("PUT", "/api/v1/sessions/<int:session_id>"): {
        "an exercise that is not there": (422, lambda _: {"json": _NO_EXERCISE, "headers": _AT_ONE}),
    },
    ("PUT", "/api/v1/sessions/<int:session_id>/exercises/<int:exercise_no>/sets/<int:set_no>"): {
        "an exercise that is not there": (
            422,
            lambda _: {"json": {"reps": 5, "exercise_id": NOWHERE}, "ids": {"exercise_no": 90}},
        ),
    },
    ("PATCH", "/api/v1/sessions/<int:session_id>"): {
        "an end before the start": (422, _json(ended_at="2020-01-01T00:00:00Z")),
    },
    ("POST", "/api/v1/exercises"): {
        "a name that is taken": (409, _json(name="Club press")),
    },
    ("PATCH", "/api/v1/exercises/<int:exercise_id>"): {
        "a muscle that is not there": (422, _json(muscles=[{"muscle": "wings", "share": 1}])),
    },
    ("POST", "/api/v1/exercises/<int:exercise_id>/merge"): {
        "an exercise that is not there": (422, _json(into=NOWHERE)),
    },
    ("POST", "/api/v1/exercises/<int:exercise_id>/share"): {
        "one that is not there": (404, lambda _: {"ids": {"exercise_id": NOWHERE}}),
    },
    ("POST", "/api/v1/imports"): {
        "a file that is none": (422, _file("title,reps\nx,1\n")),
        "a file without sets": (422, _file(HEVY.partition("\n")[0] + "\n")),
    },
    ("POST", "/api/v1/athletes"): {
        "a team that is not there": (422, _json(name="Grace", team_id=NOWHERE)),
    },
    ("PATCH", "/api/v1/athletes/<int:athlete_id>"): {
        "a day of birth before there was training": (422, _json(born_on="1066-10-14")),
    },
    ("POST", "/api/v1/teams"): {
        "a name that is none": (422, _json(name=" ")),
    },
    ("PATCH", "/api/v1/teams/<int:team_id>"): {
        "a name that is none": (422, _json(name=" ")),
    },
    ("PATCH", "/api/v1/teams/<int:team_id>/members/<int:user_id>"): {
        "the last owner": (
            422,
            lambda world: {"json": {"role": "coach"}, "ids": {"user_id": world.cast["coach"].user_id}},
        ),
    },
    ("POST", "/api/v1/teams/<int:team_id>/athletes"): {
        "an athlete whom nobody keeps": (422, lambda world: {"json": {"athlete_id": world.things["athlete_id"]}}),
    },
    ("PATCH", "/api/v1/teams/<int:team_id>/athletes/<int:athlete_id>"): {
        "a day before the first": (422, _json(left_on="2020-01-01")),
    },
    ("POST", "/api/v1/invitations"): {
        "a team that is not there": (422, _json(kind="coach", team_id=NOWHERE)),
    },
    ("POST", "/api/v1/invitations/accept"): {
        "a code that nobody has": (404, _json(code="AAAA-BBBB-CCCC")),
    },
}
