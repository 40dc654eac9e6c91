"""Texts in every field: hostile ones cost little, names have only visible characters, free text may hold more."""

from __future__ import annotations

import functools
import io
import json
import re
import time
import unicodedata
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from marshmallow import fields

from tests.conftest import Client
from tests.road.cases import ATHLETES, EXERCISES, IMPORTS, KEYS, ME, SESSIONS, TEAMS, USERS, Stage
from tests.road.test_bad_input import BY_DOOR, Door, Try, leaves, odd_replies, odd_reply, owner, put_at, send
from tests.routes import SESSION
from workouts_api.api.auth.routes import LONGEST_BODY
from workouts_api.web import texts
from workouts_api.web.schemas import Email, Name

pytestmark = pytest.mark.sweep

__all__ = ["odd_replies", "owner"]  # fixtures

EXERCISE = {"name": "Zercher squat", "muscles": [{"muscle": "glutes", "share": 1}], "aliases": ["Zerchers"]}

# What normalising takes time with the square of: marks in no order, and what hides marks (NFC, NFKC).
MARKS = ("\u0316\u0301", "\u0f73", "\u0344\u0316", "\uff9e\u0301", "\u0f81\u0f73")
SIZES = (40_000, 160_000)  # characters: 80 and 320 KB
LINE, HEADER = 8190, 16380  # bytes: gunicorn lets no more through, see gunicorn_config.py


@functools.cache
def cost() -> float:
    """Seconds of this machine's CPU: a fifth of what normalising SIZES[0] of them takes.

    At least a quarter of one: newer releases of Python no longer take the square of the time for it.
    """
    part = MARKS[0] * (SIZES[0] // 8)
    took = []
    for _ in range(3):
        start = time.thread_time()
        unicodedata.normalize("NFC", part)
        took.append(time.thread_time() - start)
    return max(0.25, 4**2 * max(took) / 5)


def worst(field: fields.Field[Any]) -> list[str]:
    """What is as long as the field lets through before it is normalised, too."""
    longest = 4 * getattr(field, "_longest", 0) or 100
    return [
        *((marks * size)[:size] for marks in MARKS for size in (SIZES[0], min(longest, SIZES[0]))),
        (MARKS[0] * SIZES[1])[: SIZES[1]],
    ]


@BY_DOOR
def test_hostile_unicode_is_refused_by_name_before_anything_costs_more_than_it_did_to_send(
    door: Door, owner: Client, stage: Stage
) -> None:
    """Every text field of every body: what is refused is refused at once, and what is taken is short."""
    valid = door.valid(stage)
    schema, odd = door.schema, []
    for path, field in leaves(schema):
        if not isinstance(field, fields.String | fields.UUID | fields.Date | fields.DateTime):
            continue
        for text in worst(field):
            body = json.dumps(put_at(valid.options["json"], path, text), ensure_ascii=False).encode()
            if len(body) > 1024 * 1024:
                continue
            start = time.thread_time()
            reply = owner.request(
                door.method, valid.address, data=body, headers={"If-Match": '"1-"', "Content-Type": "application/json"}
            )
            took = time.thread_time() - start
            is_too_large = reply.status_code == 413 and len(body) > LONGEST_BODY and "/auth/" in valid.address
            if took > cost() or (len(text) >= SIZES[0] and not is_too_large and odd_reply(reply, path)):
                odd.append((path, len(text), took, reply.text[:300]))
    assert odd == []


def test_hostile_unicode_costs_little_at_every_other_door(owner: Client) -> None:
    """Query parameters and headers as long as gunicorn lets through; forms and files."""
    marks = MARKS[0] * (SIZES[0] // 2)
    quoted = quote(MARKS[0]) * 650
    assert 7_500 < len(quoted) < LINE - 200
    header = marks.encode()[: HEADER // 4 * 4].decode()
    document: Any = owner.get("/openapi.json").json
    asks: list[tuple[str, str, dict[str, Any]]] = []
    kinds: set[tuple[str, str]] = set()  # one of each
    for path, operations in document["paths"].items():
        address = re.sub(r"{\w+}", "1", path)
        for method, operation in operations.items():
            if method == "parameters":
                continue
            for parameter in operation.get("parameters", []):
                kind = (parameter.get("name"), str(parameter.get("schema")))
                if parameter.get("in") == "query" and kind not in kinds:
                    kinds.add(kind)
                    asks.append((method.upper(), address, {"query_string": f"{kind[0]}={quoted}"}))
    form = {"username": marks, "password": marks, "refresh_token": marks, "scope": marks, "client_id": marks}
    asks += [("POST", "/api/v1/auth/token", {"data": {"grant_type": "password", name: form[name]}}) for name in form]
    asks += [("POST", "/api/v1/auth/token", {"data": form}), ("GET", f"/api/v1/{quoted}", {})]
    for name in ("X-Request-ID", "Idempotency-Key", "If-None-Match", "If-Match", "X-API-Key", "User-Agent"):
        sent = {name: header.encode().decode("latin-1")}
        asks.append(("PATCH", ME, {"headers": sent, "json": {"full_name": "Ada"}}))
    head = (
        "title,start_time,end_time,description,exercise_title,exercise_notes,superset_id,set_type,weight_kg,reps,rpe\n"
    )
    good = ["A", "6 Jan 2026 18:00", "", "", "Squat", "", "", "normal", "80", "8", "8"]
    for place in range(len(good)):
        row = [*good[:place], marks, *good[place + 1 :]]
        asks.append(("POST", f"{IMPORTS}?dry_run=true", {"file": (head + ",".join(row) + "\n").encode()}))
    assert len(asks) > 60
    dear = []
    for method, address, options in asks:
        took = cost() + 1
        for _ in range(3):  # a busy machine makes a processor slower for a moment
            file = {"data": {"file": (io.BytesIO(options["file"]), f"{marks}.csv")}} if "file" in options else options
            start = time.thread_time()
            reply: Any = owner.request(method, address, **file)
            took = min(took, time.thread_time() - start)
            if took <= cost():
                break
        if took > cost() or reply.status_code >= 500:
            dear.append((method, address[:80], [*options], took, reply.status_code))
    assert dear == []


@pytest.mark.parametrize("kind", ["muscles", "aliases", "scopes", "users", "exercises"])
def test_a_list_is_counted_before_it_is_read(owner: Client, kind: str) -> None:
    address, body = {
        "muscles": (EXERCISES, {**EXERCISE, "muscles": [{}] * 200_000}),
        "aliases": (EXERCISES, {**EXERCISE, "aliases": ["\u00e4"] * 80_000}),
        "scopes": (KEYS, {"name": "Backup", "scopes": ["x"] * 200_000}),
        "users": (f"{USERS}/bulk", {"users": [{}] * 200_000}),
        "exercises": (SESSIONS, {**SESSION, "exercises": [{}] * 200_000}),
    }[kind]
    start = time.thread_time()
    reply = send(owner, "POST", address, body)
    assert time.thread_time() - start < cost()
    assert odd_reply(reply, (kind,)) is None


# ── names ───────────────────────────────────────────────────────────────────────────────────────────────────

UNSEEN = [
    "\u200b", "\u202e", "\u2066", "\u00ad", "\ufeff", "\u200d", "\u200e", "\u2060",
    "\u061c", "\u180e", "\u115f", "\u3164", "\uffa0", "\u2800", "\u034f", "\x07",
    "\x1b", "\x7f", "\x9b", "\ue000", "\U000e0041", "\U000f0000", "\u0378", "\ufff9",
]  # fmt: skip


def _is_name(field: fields.Field[Any]) -> bool:
    return isinstance(field, Name) and not isinstance(field, Email)


@BY_DOOR
def test_what_cannot_be_seen_is_in_no_name(door: Door, odd_replies: Try) -> None:
    def bad(field: fields.Field[Any]) -> list[str]:
        return [bad for c in UNSEEN for bad in (f"a{c}b", f"{c}ab", c * 3)] if _is_name(field) else []

    assert odd_replies(door, bad) == []


def test_names_fold_alike_by_api_import_and_search(owner: Client) -> None:
    written = "  Cafe\u0301 \u00a0\t Press\n\u3000\uff11\ufe0f "
    kept = "Caf\u00e9 Press 1"
    made: Any = owner.post(EXERCISES, json={"name": written})
    assert (made.status_code, made.json["name"]) == (201, kept)
    cell = written.replace("\n", " ") + "\u200b"
    csv = (
        f'title,start_time,end_time,exercise_title,set_type,weight_kg,reps\nA,6 Jan 2026 18:00,,"{cell}",normal,80,8\n'
    )
    brought: Any = owner.post(IMPORTS, data={"file": (io.BytesIO(csv.encode()), "a.csv")}).json
    assert (brought["sets_added"], brought["exercises_added"]) == (1, 0)
    found: Any = owner.get(EXERCISES, query_string={"q": "cafe\u0301  press"}).json
    assert kept in [exercise["name"] for exercise in found["items"]]
    for chapter, searched in ((TEAMS, None), (ATHLETES, "q")):
        named: Any = owner.post(chapter, json={"name": written})
        assert named.json["name"] == kept
        if searched:
            listed: Any = owner.get(chapter, query_string={searched: "CAFE\u0301 P"}).json
            assert [a["name"] for a in listed["items"]] == [kept]


def test_free_text_keeps_what_people_write_and_has_one_form(owner: Client) -> None:
    family, notes = (
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "one\n\ttwo\r\n\u0645\u06cc\u200c\u062e \U0001f3cb\ufe0f\u200d\u2640\ufe0f",
    )
    made: Any = owner.post(SESSIONS, json={**SESSION, "title": f"Cafe\u0301\n{family}", "notes": f"e\u0301{notes}\x0b"})
    assert (made.json["title"], made.json["notes"]) == (f"Caf\u00e9 {family}", f"\u00e9{notes}\n")
    for q in ("cafe\u0301", "CAF\u00e9", family):
        assert len(owner.get(SESSIONS, query_string={"q": q}).json["items"]) == 1, q
    for bad in ("\x00", "\x1b[31m", "\x7f", "\x9b"):
        refused: Any = owner.post(SESSIONS, json={**SESSION, "notes": bad})
        assert (refused.status_code, list(refused.json["details"])) == (422, ["notes"])


# Han characters, syllables of Hangul, Tangut, private use.
OF_ONE_KIND = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xF8FF), (0x17000, 0x187F7), (0x20000, 0x2F7FF),
    (0x30000, 0x3FFFD), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD),
)  # fmt: skip


def test_the_database_holds_names_to_the_same_rules(database: psycopg.Connection[Any]) -> None:
    """Character by character, and a part of large blocks of one kind; what Python has not assigned is left out."""
    characters = [
        c
        for c in map(chr, range(1, 0x110000))
        if unicodedata.category(c) not in ("Cs", "Cn")
        and not (ord(c) % 61 and any(first < ord(c) < last for first, last in OF_ONE_KIND))
    ]
    assert 35_000 < len(characters) < 60_000
    held = {
        c
        for (c,) in database.execute(
            "select c from unnest(%s::text[]) as u (c) where is_name('a' || c || 'b')", [characters]
        )
    }
    differ = [ascii(c) for c in characters if (c in held) != _passes(f"a{c}b")]
    assert differ == []
    for name in (" a", "a ", "a  b", "a\nb"):
        assert database.execute("select is_name(%s)", [name]).fetchone() == (False,)


def _passes(name: str) -> bool:
    try:
        return texts.name(name) == name
    except texts.TextError:
        return False


def test_what_hides_marks_is_known() -> None:
    """Whatever this Python's Unicode is: a character that is no mark, and decomposes into marks alone."""
    for c in map(chr, range(0x110000)):
        if unicodedata.combining(c) == 0 and unicodedata.combining(unicodedata.normalize("NFKD", c)[:1] or "a"):
            assert ord(c) in texts._HIDDEN_MARKS, hex(ord(c))


# ── imports' form ───────────────────────────────────────────────────────────────────────────────────────────

CSV = b'title,start_time,end_time,exercise_title,set_type,weight_kg,reps\nA,"6 Jan 2026, 18:00",,Squat,normal,80,8\n'


def bring(owner: Client, query: str = "", **parts: str) -> Any:
    return owner.post(f"{IMPORTS}?{query}", data={"file": (io.BytesIO(CSV), "a.csv"), **parts})


def test_what_an_imports_form_says_counts(owner: Client) -> None:
    previewed = bring(owner, dry_run="true", zone="America/New_York")
    assert (previewed.status_code, previewed.json["id"], previewed.json["zone"]) == (200, None, "America/New_York")
    assert bring(owner, "dry_run=true", dry_run="1").status_code == 200
    assert bring(owner, "dry_run=true", dry_run="false").status_code == 422
    assert owner.get(SESSIONS).json["items"] == []


@pytest.mark.parametrize("parts", [{"zone": "Mars/Base"}, {"dry_run": "perhaps"}, {"dryrun": "true"}, {"fields": "id"}])
def test_what_an_imports_form_says_wrongly_is_refused_by_name(owner: Client, parts: dict[str, str]) -> None:
    refused = bring(owner, **parts)
    assert (refused.status_code, list(refused.json["details"])) == (422, list(parts))
    assert owner.get(SESSIONS).json["items"] == []
