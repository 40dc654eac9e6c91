"""Bad input in every field: an error in the envelope that names the field, and nothing is written."""

from __future__ import annotations

import json
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import marshmallow as ma
import pytest
from marshmallow import fields

from tests.conftest import Client
from tests.road.cases import EXERCISES, IMPORTS, KEYS, ME, PREPARED, REPORT, SESSIONS, USERS, Ask, Stage, usual
from tests.road.tables import Tables
from tests.routes import ROUTES, SESSION, options, schema_of

ENVELOPE = {"error", "message", "details", "request_id"}
HUGE = (2**31, 2**53, 2**63, 2**64 - 1, -(2**63), 10**30, 1e300, -1e300)


@dataclass(frozen=True)
class Door:
    """An operation that takes a JSON body."""

    method: str
    rule: str

    @property
    def schema(self) -> ma.Schema:
        found = schema_of((self.method, self.rule), "json")
        assert found is not None
        return found

    def valid(self, stage: Stage) -> Ask:
        """What is asked but for what a test changes of its body."""
        route = (self.method, self.rule)
        return PREPARED[route](stage) if route in PREPARED and route != ("POST", EXERCISES) else usual(route)(stage)


ELSEWHERE = {
    ("POST", "/api/v1/auth/refresh"): "its one field is a token, and 401 when it is none",
    ("POST", "/api/v1/auth/verify-email/confirm"): "its one field is a token; tests/auth/test_password_reset.py",
    ("POST", "/api/v1/auth/email-change/undo"): "its one field is a token; tests/auth/test_email_changes.py",
    ("POST", "/api/v1/auth/password-reset/confirm"): "it needs a token; tests/auth/test_password_reset.py",
    ("DELETE", ME): "it ends the account by which all are tried; tests/account/test_erase_account.py",
}
# The answer is 200, and each item has its own: what is not there is refused as "unknown_exercise".
ANSWERED_ONE_BY_ONE = {("PUT", f"{SESSIONS}/<int:session_id>/sets", ("sets", 0, "exercise_id"))}
DOORS = [Door(*route) for route in ROUTES if schema_of(route, "json") is not None and route not in ELSEWHERE]

Path = tuple[str | int, ...]


def leaves(schema: ma.Schema, above: Path = ()) -> Iterator[tuple[Path, fields.Field[Any]]]:
    """Every field that can be written, with its path in a body; in lists, that of the first element."""
    for name, field in schema.load_fields.items():
        path = (*above, field.data_key or name)
        yield path, field
        inner = field.inner if isinstance(field, fields.List) else field
        below = (*path, 0) if isinstance(field, fields.List) else path
        if isinstance(inner, fields.Nested):
            yield from leaves(inner.schema, below)
        elif inner is not field:
            yield below, inner


WRITING_SESSIONS = [Door("POST", SESSIONS), *(Door(m, f"{SESSIONS}/<int:session_id>") for m in ("PUT", "PATCH"))]
BY_DOOR = pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door.method} {door.rule}")


def of_wrong_type(field: fields.Field[Any]) -> list[Any]:
    """Values of every JSON type but the field's own."""
    values: list[Any] = ["", "x", 1.5, -7, True, [], [1], {}, {"a": 1}, [[]], [{"a": []}]]
    if isinstance(field, fields.String) and not getattr(field, "_known", None):
        values = [value for value in values if not isinstance(value, str)]
    if isinstance(field, fields.List):
        values = [value for value in values if value != []]
    if isinstance(field, fields.Boolean):
        values.remove(True)
    if isinstance(field, fields.Float):
        values = [value for value in values if type(value) not in (int, float)]
    return values


def put_at(body: Any, path: Path, value: Any) -> Any:
    """A copy of a body that holds the value there."""
    changed = json.loads(json.dumps(body))  # nothing in it stands at two places, as it would after deepcopy()
    here = changed
    for step, following in pairwise(path):
        if isinstance(step, int):
            here = here[step]
        else:
            here = here.setdefault(step, [{}] if isinstance(following, int) else {})
    here[path[-1]] = value
    return changed


@pytest.fixture
def owner(sign_up: Any) -> Client:
    """A superuser, before whom every door opens."""
    made: Client = sign_up("owner", is_superuser=True)
    return made


@pytest.fixture
def session(stage: Stage) -> str:
    """Where the owner's session stands."""
    return stage.session()[0]


def send(client: Client, method: str, address: str, body: Any) -> Any:
    """Written by the standard library, which writes any number."""
    headers = {"If-Match": '"1-"', "Content-Type": "application/json"}
    return client.request(method, address, data=json.dumps(body), headers=headers)


# What a rule holds against a body that has an e-mail address, right or wrong: a sign-in has one name, and a new address
# takes the password.
DEMANDED_BESIDE = {"username.", "password."}


def odd_reply(reply: Any, path: Path) -> str | None:
    """What is odd about a reply, which must name the field, or what it stands in, or what stands in it."""
    if (reply.status_code, reply.json.keys()) != (422, ENVELOPE):
        return f"{path}: {reply.status_code} {reply.text}"
    wanted = f"{'.'.join(map(str, path))}."
    named = [f"{name}." for name in reply.json["details"]]
    near = [name for name in named if name.startswith(wanted) or wanted.startswith(name)]
    others = set(named) - set(near) - DEMANDED_BESIDE
    return None if near and not others else f"{path}: {reply.text}"


Try = Callable[[Door, Callable[[fields.Field[Any]], Iterable[Any]]], list[str]]


@pytest.fixture
def odd_replies(owner: Client, stage: Stage, tables: Tables) -> Try:
    """Tries bad values in every field of a door; gives the replies that aren't as they should be."""

    def attempt(door: Door, bad_values: Callable[[fields.Field[Any]], Iterable[Any]]) -> list[str]:
        valid = door.valid(stage)
        body = valid.options["json"]
        with tables.unchanged():
            odd = [
                (value, odd_reply(send(owner, door.method, valid.address, put_at(body, path, value)), path))
                for path, field in leaves(door.schema)
                if (door.method, door.rule, path) not in ANSWERED_ONE_BY_ONE
                for value in bad_values(field)
            ]
        return [f"{value!r}: {what}" for value, what in odd if what]

    return attempt


@BY_DOOR
def test_what_the_doors_are_tried_with_is_valid_but_for_what_is_changed(
    door: Door, owner: Client, stage: Stage
) -> None:
    valid = door.valid(stage)
    assert send(owner, door.method, valid.address, valid.options["json"]).status_code in (200, 201, 202, 204)


@BY_DOOR
def test_a_field_of_the_wrong_type_is_refused_by_name_and_nothing_is_written(door: Door, odd_replies: Try) -> None:
    assert odd_replies(door, of_wrong_type) == []


@BY_DOOR
def test_a_huge_number_is_refused_by_name_and_nothing_is_written(door: Door, odd_replies: Try) -> None:
    assert odd_replies(door, lambda field: HUGE if isinstance(field, fields.Number) else HUGE[-3:]) == []


@BY_DOOR
def test_a_nul_byte_is_refused_by_name_and_nothing_is_written(door: Door, odd_replies: Try) -> None:
    assert odd_replies(door, lambda _: ("\0", "a\0b", "2026-01-05T17:00:00Z\0")) == []


def deep(opening: str, closing: str, times: int = 1000) -> bytes:
    return (opening * times + closing * times).encode()


@pytest.mark.parametrize(
    "body",
    [
        b'{"exercises": ' + deep("[", "]") + b"}",
        b'{"exercises": [{"sets": ' + deep("[", "]") + b"}]}",
        b'{"title": ' + deep('{"a":', "}").replace(b'"a":}', b'"a":1}', 1) + b"}",
        b'{"started_at": "2026-01-05T17:00:00Z", "exercises": '
        + deep('[{"sets":', "}]").replace(b":}", b":[]}", 1)
        + b"}",
        b'{"deep": ' + deep("[", "]", 1_000) + b"}",
        deep("[", "]", 100_000),
    ],
    ids=["exercises", "sets", "title", "sessions in sessions", "unknown", "100,000 deep"],
)
@pytest.mark.parametrize("door", WRITING_SESSIONS, ids=lambda door: door.method)
def test_a_body_that_is_nested_1000_deep_is_refused(
    door: Door, body: bytes, owner: Client, stage: Stage, tables: Tables
) -> None:
    address = door.valid(stage).address
    headers = {"If-Match": '"1-"', "Content-Type": "application/json", "Idempotency-Key": "deep"}
    with tables.unchanged():
        reply: Any = owner.request(door.method, address, data=body, headers=headers)
    assert reply.status_code in (400, 422), reply.text
    assert reply.json.keys() == ENVELOPE


# ── cursors ─────────────────────────────────────────────────────────────────────────────────────────────────


def tampered(cursor: str) -> dict[str, str]:
    signed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    signature, payload = signed[:16], signed[16:]

    def spelled(signed: bytes) -> str:
        return urlsafe_b64encode(signed).rstrip(b"=").decode()

    return {
        "without its signature": spelled(payload),
        "without its payload": spelled(signature),
        "of another signature": spelled(bytes([signature[0] ^ 1]) + signature[1:] + payload),
        "of another payload": spelled(signature + payload[:-2] + (b"8}" if payload.endswith(b"9}") else b"9}")),
        "of another spelling": cursor + "=",
        "cut off": cursor[:-3],
        "twice": cursor + cursor,
        "a blank": " ",
        "nothing": "",
        "a NUL": "%00",
        "no ASCII": "ü",
        "long": "A" * 4000,
        "a number": "50",
        "a quote": "'; drop table sessions; --",
    }


@pytest.mark.parametrize("address", [SESSIONS, EXERCISES, IMPORTS])
def test_a_cursor_that_was_tampered_with_is_refused_by_name(
    address: str, owner: Client, stage: Stage, session: str, tables: Tables
) -> None:
    stage.import_id()
    owner.post(IMPORTS, **options(("POST", IMPORTS)))
    cursor = stage.cursor(address)
    assert owner.get(address, query_string={"limit": "1", "cursor": cursor}).status_code == 200
    with tables.unchanged():
        for what, bad in tampered(cursor).items():
            reply: Any = owner.get(address, query_string={"cursor": bad})
            assert (reply.status_code, list(reply.json["details"])) == (422, ["cursor"]), what


def test_a_cursor_of_another_list_is_refused(owner: Client, stage: Stage) -> None:
    stage.session()
    stage.session()
    cursor = stage.cursor(SESSIONS)
    for address in (EXERCISES, IMPORTS):
        reply: Any = owner.get(address, query_string={"cursor": cursor})
        assert (reply.status_code, list(reply.json["details"])) == (422, ["cursor"])


def test_a_cursor_of_somebody_elses_shows_only_ones_own(owner: Client, stranger: Client, stage: Stage) -> None:
    stage.session()
    stage.session()
    page: Any = stranger.get(SESSIONS, query_string={"cursor": stage.cursor(SESSIONS)}).json
    assert page["items"] == []


@pytest.mark.parametrize("address", [SESSIONS, EXERCISES, IMPORTS, KEYS, USERS, REPORT])
@pytest.mark.parametrize("value", ["", "x", "-1", "0", "201", "1e3", str(2**63), str(10**30), "%00", "1.5", "[]"])
def test_a_limit_or_a_day_that_is_none_is_refused_by_name(address: str, value: str, owner: Client) -> None:
    name = "limit" if address != REPORT else "from"
    reply: Any = owner.get(address, query_string={name: value.replace("%00", "\0")})
    assert (reply.status_code, list(reply.json["details"])) == (422, [name])


# ── what belongs to somebody else ───────────────────────────────────────────────────────────────────────────


@pytest.fixture
def own_exercise(stranger: Client) -> int:
    made: Any = stranger.post(EXERCISES, json={"name": "The stranger's secret lift", "aliases": ["Zerchers"]})
    return int(made.json["id"])


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_somebody_elses_session_is_not_there(method: str, stranger: Client, session: str, tables: Tables) -> None:
    body = {"PUT": SESSION, "PATCH": {"title": "Mine"}}.get(method)
    with tables.unchanged():
        theirs: Any = stranger.request(method, session, json=body, headers={"If-Match": '"1-"'})
        nobodys: Any = stranger.request(method, f"{SESSIONS}/999999999", json=body, headers={"If-Match": '"1-"'})
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert {**theirs.json, "request_id": ""} == {**nobodys.json, "request_id": ""}


def test_somebody_elses_import_is_not_there(stranger: Client, stage: Stage) -> None:
    import_id = stage.import_id()
    assert stranger.get(f"{IMPORTS}/{import_id}").status_code == 404
    page: Any = stranger.get(IMPORTS).json
    assert page["items"] == []


@pytest.mark.parametrize("door", WRITING_SESSIONS[:2], ids=lambda door: door.method)
def test_somebody_elses_exercise_cannot_be_trained(
    door: Door, owner: Client, stage: Stage, own_exercise: int, tables: Tables
) -> None:
    path: Path = ("exercises", 0, "exercise_id")
    address = door.valid(stage).address
    with tables.unchanged():
        theirs = send(owner, door.method, address, put_at(SESSION, path, own_exercise))
        nobodys = send(owner, door.method, address, put_at(SESSION, path, 999_999_999))
    assert [odd_reply(reply, path) for reply in (theirs, nobodys)] == [None, None]
    assert theirs.json["details"] == nobodys.json["details"]


def test_somebody_elses_exercise_is_never_seen(owner: Client, own_exercise: int, session: str) -> None:
    assert owner.get(f"{EXERCISES}/{own_exercise}").status_code == 404
    assert "secret" not in owner.get(f"{EXERCISES}?q=secret+lift").text
    assert "secret" not in owner.get(f"{EXERCISES}?limit=200&q=zerchers").text
    found: Any = owner.get(f"{SESSIONS}?exercise_id={own_exercise}")
    assert found.status_code in (404, 422) or found.json["items"] == []


def test_somebody_elses_keys_open_nothing(owner: Client, stranger: Client, tables: Tables) -> None:
    body = {**SESSION, "client_key": str(uuid.uuid4())}
    key = {"Idempotency-Key": "one"}
    mine: Any = owner.post(SESSIONS, json=body, headers=key).json
    theirs: Any = stranger.post(SESSIONS, json={**body, "title": "Theirs"}, headers=key)
    assert (theirs.status_code, theirs.json["title"]) == (201, "Theirs")
    assert theirs.json["id"] != mine["id"]
