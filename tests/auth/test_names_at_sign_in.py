"""A name or address opens every door in each way of writing it that registers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.conftest import PASSWORD, Client
from workouts_api.web import texts

AUTH = "/api/v1/auth"
WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "a blank after it": lambda name: f"{name} ",
    "blanks and a line break around it": lambda name: f" \t{name}\r\n",
    "a no-break space before it": lambda name: f"\u00a0{name}",
    "a variation selector in it": lambda name: f"{name[0]}\ufe0f{name[1:]}",
    "full width": lambda name: "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in name),
    "capitals": str.upper,
}
DOORS: dict[str, Callable[[Client, str], TestResponse]] = {
    f"{door} {field}": lambda client, name, door=door, field=field: client.post(
        f"{AUTH}/{door}", json={field: name, "password": PASSWORD}
    )
    for door in ("login", "cookies")
    for field in ("username", "email")
} | {
    "token": lambda client, name: client.post(f"{AUTH}/token", data={"username": name, "password": PASSWORD}),
}


def register(client: Client, username: str, email: str) -> Any:
    reply = client.post(f"{AUTH}/register", json={"username": username, "email": email, "password": PASSWORD})
    assert reply.status_code == 201, reply.json
    return reply.json


@pytest.mark.parametrize("way", WAYS)
def test_the_body_of_the_registration_signs_in(anonymous: Client, way: str) -> None:
    username, email = WAYS[way]("trainee"), WAYS[way]("trainee@example.com")
    made = register(anonymous, username, email)
    assert (made["username"].lower(), made["email"].lower()) == ("trainee", "trainee@example.com")
    for open_door in DOORS.values():
        for name in (username, email):
            assert open_door(anonymous, name).status_code in (200, 204), name


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("way", WAYS)
def test_every_door_takes_every_way_of_writing(anonymous: Client, door: str, way: str) -> None:
    register(anonymous, "trainee", "trainee@example.com")
    for name in ("trainee", "trainee@example.com"):
        assert DOORS[door](anonymous, WAYS[way](name)).status_code in (200, 204), name


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["", " ", "\x07trainee", "trainee x", "\u200b"])
def test_what_nobody_can_be_called_is_401(anonymous: Client, door: str, name: str) -> None:
    assert DOORS[door](anonymous, name).status_code == 401


def test_wrong_passwords_are_counted_for_the_name_and_not_for_its_writing(anonymous: Client) -> None:
    register(anonymous, "trainee", "trainee@example.com")
    statuses = [
        anonymous.post(f"{AUTH}/login", json={"username": f"trainee{' ' * n}", "password": "wrong"}).status_code
        for n in range(6)
    ]
    assert statuses == [401] * 5 + [429]


@pytest.mark.parametrize("name", ["ada", " ada@example.com ", "ä\u0301", "a\ufe0fb"])
def test_what_may_be_stored_is_looked_up_as_it_is_stored(name: str) -> None:
    assert texts.name_of_somebody(name) == texts.name(name)
