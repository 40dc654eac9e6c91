"""Addresses that no mail server delivers, or that name a host, are taken at no door; stored ones go on working."""

from __future__ import annotations

import pytest

from tests.conftest import PASSWORD, Client
from tests.teams.people import make_team

UNDELIVERABLE = ["ü2@example.com", "用户@example.com", "a" * 65 + "@example.com", "e\u0301@example.com"]
ON_A_HOST = ["ada@[127.0.0.1]", "ada@[IPv6:::1]", "ada@localhost", "ada@LOCALHOST"]
DELIVERABLE = ["a" * 64 + "@example.com", "first.last+tag@example.com", "o'brien@example.com"]


def _registers(who: Client, email: str) -> int:
    body = {"email": email, "username": "grace", "password": "battery staple horse"}
    return who.post("/api/v1/auth/register", json=body).status_code


def _moves(who: Client, email: str) -> int:
    return who.patch("/api/v1/users/me", json={"email": email, "password": PASSWORD}).status_code


def _invites(who: Client, email: str) -> int:
    body = {"kind": "athlete", "team_id": make_team(who), "email": email}
    return who.post("/api/v1/invitations", json=body).status_code


def _makes(who: Client, email: str) -> int:
    return who.post("/api/v1/users", json={"email": email, "username": "grace"}).status_code


def _makes_many(who: Client, email: str) -> int:
    return who.post("/api/v1/users/bulk", json={"users": [{"email": email, "username": "grace"}]}).status_code


def _changes(who: Client, email: str) -> int:
    return who.patch(f"/api/v1/users/{who.user_id}", json={"email": email}).status_code


DOORS = [_registers, _moves, _invites, _makes, _makes_many, _changes]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__[1:])
@pytest.mark.parametrize("email", UNDELIVERABLE + ON_A_HOST)
def test_what_cannot_be_delivered_is_refused_at_each_door(door, email, admin: Client) -> None:
    assert door(admin, email) == 422


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__[1:])
@pytest.mark.parametrize("email", DELIVERABLE)
def test_what_can_be_delivered_is_taken(door, email, admin: Client) -> None:
    assert door(admin, email) in {200, 201}


def test_a_stored_one_signs_in_and_asks_for_mails(owner: Client, anonymous: Client, database) -> None:
    database.execute("update users set email = 'ü2@example.com' where id = %s", [owner.user_id])
    body = {"email": "ü2@example.com", "password": PASSWORD}
    assert anonymous.post("/api/v1/auth/login", json=body).status_code == 200
    assert anonymous.post("/api/v1/auth/password-reset", json={"email": "ü2@example.com"}).status_code == 202
    assert owner.patch("/api/v1/users/me", json={"full_name": "Ada"}).json["email"] == "ü2@example.com"
