"""PATCH of every resource: each field by itself changes something, and an empty patch changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import Client
from tests.routes import ROUTES, Route, address, schema_of
from tests.spine.test_read_back import RESOURCES
from tests.spine.written import value_of, writable

API = "/api/v1"
PATCHES: tuple[Route, ...] = tuple(route for route in ROUTES if route[0] == "PATCH")
OF_WRITING = {"version", "updated_at"}
"""What tells that somebody wrote, and not what."""
PROVEN_ELSEWHERE = {
    ("PATCH", f"{API}/users/<int:user_id>", "password"): "it shows at the next sign-in: tests/administration",
    ("PATCH", f"{API}/teams/<int:team_id>/athletes/<int:athlete_id>", "keeps_history"): (
        "only the reply shows it: tests/spine/test_read_back.py"
    ),
}
"""What no GET shows."""
VALUES: dict[str, tuple[Any, Any]] = {
    "is_archived": (True, False),
    "left_on": ("2100-01-01", "2101-01-01"),
    "role": ("owner", "coach"),
    "muscles": ([{"muscle": "glutes", "share": 1}], [{"muscle": "chest", "share": 1}]),
    "muscle_shares": ([{"code": "glutes", "share": 1}], [{"code": "chest_mid", "share": 1}]),
}
"""Where the first two of the schema's values do not differ, or depend on others."""


@dataclass(frozen=True)
class Patched:
    """A thing that may be patched, and how all of it is read."""

    where: str
    who: Client
    read: Callable[[], Any]

    def state(self) -> Any:
        found = self.read()
        assert found.status_code == 200, found.text
        return {name: value for name, value in found.json.items() if name not in OF_WRITING}

    def versions(self) -> tuple[Any, Any]:
        found = self.read().json
        return found["version"], found["updated_at"]

    def patch(self, sent: Any) -> Any:
        return self.who.patch(self.where, json=sent)


class _Its(dict[str, Any]):
    def __init__(self, an_id: int) -> None:
        self.an_id = an_id

    def __missing__(self, _: str) -> int:
        return self.an_id


@pytest.fixture
def patched(request: pytest.FixtureRequest, owner: Client, coach: Client, admin: Client) -> Patched:
    rule = request.param[1]
    if one := next((one for one in RESOURCES.values() if one.one == rule), None):
        who = admin if one.table == "users" else owner
        made = who.post(one.collection, json=one.body("POST", 0))
        assert made.status_code == 201, made.text
        found = address(rule, _Its(made.json["id"]))
        return Patched(found, who, lambda: who.get(found))
    if rule == f"{API}/users/me":
        return Patched(rule, owner, lambda: owner.get(rule))
    team = owner.post(f"{API}/teams", json={"name": "Lifters"}).json["id"]
    where = f"{API}/teams/{team}"
    if "members" in rule:
        code = owner.post(f"{API}/invitations", json={"kind": "coach", "team_id": team}).json["code"]
        assert coach.post(f"{API}/invitations/accept", json={"code": code}).status_code == 200
        return Patched(f"{where}/members/{coach.user_id}", owner, lambda: owner.get(where))
    kept = owner.post(f"{API}/athletes", json={"name": "Grace", "team_id": team}).json["id"]
    return Patched(f"{where}/athletes/{kept}", owner, lambda: owner.get(where))


of_each_route = pytest.mark.parametrize(
    ("patched", "route"), [(one, one) for one in PATCHES], indirect=["patched"], ids=[one[1] for one in PATCHES]
)


@of_each_route
def test_an_empty_patch_changes_nothing_and_raises_no_version(patched: Patched, route: Route) -> None:
    state, versions = patched.state(), patched.versions()
    assert patched.patch({}).status_code == 200
    assert (patched.state(), patched.versions()) == (state, versions)


@of_each_route
def test_each_field_alone_changes_something_or_is_refused(patched: Patched, route: Route) -> None:
    schema = schema_of(route, "json")
    assert schema is not None
    ignored = []
    for name, part in writable(schema):
        shown = []
        for n in (0, 1):
            reply = patched.patch({name: VALUES[name][n] if name in VALUES else value_of(name, part, n)})
            assert reply.status_code in (200, 422), reply.text
            shown += [patched.state()] if reply.status_code == 200 else []
        if len(shown) == 2 and shown[0] == shown[1] and (*route, name) not in PROVEN_ELSEWHERE:
            ignored.append(name)
    assert ignored == []


@of_each_route
def test_a_field_that_changes_something_raises_the_version(patched: Patched, route: Route) -> None:
    schema = schema_of(route, "json")
    assert schema is not None
    for name, part in writable(schema):
        version, _ = patched.versions()
        state = patched.state()
        patched.patch({name: VALUES[name][1] if name in VALUES else value_of(name, part, 1)})
        if patched.state() != state:
            assert patched.versions()[0] > version, name


def test_a_password_alone_changes_nothing_and_says_where_to_change_it(owner: Client) -> None:
    before = owner.get(f"{API}/users/me").json
    refused = owner.patch(f"{API}/users/me", json={"password": "a new pass phrase 9"})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["password"])
    assert "/auth/password" in refused.json["details"]["password"][0]
    assert owner.get(f"{API}/users/me").json == before
