"""/api/v1 goes on doing what the last release has promised; and the comparison notices each way to break it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from flask import Flask

from tests.promises.comparing import Documents, Json
from tests.promises.promised import bare, promised, today


@pytest.fixture(scope="module")
def now(app: Flask) -> Json:
    return today(app)


def test_nothing_that_was_promised_is_removed_renamed_retyped_newly_required_or_newly_null(now: Json) -> None:
    broken = list(Documents(promised(), now).broken())
    assert not broken, "\n".join(["These promises of /api/v1 are broken (docs/CLIENTS.md, What v1 promises):", *broken])


def test_what_is_kept_is_what_is_served_without_words_for_people(now: Json) -> None:
    kept = json.loads(bare(now))
    assert list(Documents(kept, now).broken()) == []
    lost = [one for one in Documents(now, kept).broken() if " /api/v1/" in one]
    assert lost == []
    assert "description" not in bare(promised())


def changed(now: Json, *way: str, to: Any = None) -> Json:
    """A copy in which something at the end of the way is removed, or has another value."""
    other = copy.deepcopy(now)
    place: Any = other
    for name in way[:-1]:
        place = place[name]
    if to is None:
        del place[way[-1]]
    else:
        place[way[-1]] = to
    return other


SCHEMAS = ("components", "schemas")
SESSIONS = ("paths", "/api/v1/sessions")
BREACHES: dict[str, tuple[tuple[str, ...], Any, str]] = {
    "an address": (("paths", "/api/v1/users/me"), None, "GET /api/v1/users/me: it is no more"),
    "a method": ((*SESSIONS, "post"), None, "POST /api/v1/sessions: it is no more"),
    "a parameter": ((*SESSIONS, "get", "parameters"), [], "GET /api/v1/sessions: parameter cursor: it is no more"),
    "a status": ((*SESSIONS, "post", "responses", "201"), None, "it does not answer 201 any more"),
    "a field": ((*SCHEMAS, "Session", "properties", "title"), None, "201.title: it is no more"),
    "a field's type": ((*SCHEMAS, "Session", "properties", "title", "type"), "integer", "type is integer, was string"),
    "a null": ((*SCHEMAS, "Session", "properties", "title", "nullable"), True, "title: it may be null now"),
    "an input": ((*SCHEMAS, "SessionInput", "properties", "notes"), None, "body.notes: it is not accepted any more"),
    "a demand": ((*SCHEMAS, "SessionInput", "required"), ["started_at", "rpe"], "body.rpe: it is required now"),
    "a shorter text": ((*SCHEMAS, "SessionInput", "properties", "title", "maxLength"), 10, "maxLength is 10, was 200"),
    "a kind of body": (
        (*SESSIONS, "post", "requestBody", "content"), {"text/plain": {}}, "a body of application/json is not accepted",
    ),
    "a way to sign in": ((*SESSIONS, "post", "security"), [{"bearer": []}], "a sign-in by api_key is not accepted"),
}  # fmt: skip


@pytest.mark.parametrize("what", BREACHES)
def test_each_kind_of_breach_is_told_with_its_place(now: Json, what: str) -> None:
    way, to, told = BREACHES[what]
    broken = list(Documents(now, changed(now, *way, to=to)).broken())
    assert any(told in one for one in broken), broken[:5]


@pytest.mark.parametrize(
    ("way", "to"),
    [
        (("paths", "/api/v1/novelties"), {"get": {"responses": {"200": {"description": "New."}}}}),
        ((*SCHEMAS, "Session", "properties", "novelty"), {"type": "string", "nullable": True}),
        ((*SCHEMAS, "SessionInput", "properties", "novelty"), {"type": "string"}),
        ((*SCHEMAS, "SessionInput", "properties", "title", "maxLength"), 1000),
        ((*SCHEMAS, "Session", "properties", "title", "description"), "In other words."),
    ],
)
def test_additions_break_nothing(now: Json, way: tuple[str, ...], to: Any) -> None:
    assert list(Documents(now, changed(now, *way, to=to)).broken()) == []
