"""Reading a file costs no more than its sender paid, and ends with the request's time."""

from __future__ import annotations

import time
from collections.abc import Callable
from unicodedata import normalize

import psycopg
import pytest

from tests.conftest import Client
from workouts_api.api.imports import deadline
from workouts_api.api.imports.refusals import LineError
from workouts_api.api.imports.values import Parser, name, words
from workouts_api.web import texts

from .conftest import Send, export, row, workout

WIDE = "\ufdfa"  # 18 letters after NFKC
MOST = 200


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The single characters that are looked at."""
    found: list[str] = []
    monkeypatch.setattr(texts, "is_invisible", lambda character: found.append(character) or False)
    return found


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are brought into a normal form."""
    found: list[str] = []

    def noted(form: str, text: str) -> str:
        found.append(text)
        return normalize(form, text)

    monkeypatch.setattr(texts, "normalize", noted)
    return found


def test_a_name_that_is_too_long_when_written_out_is_neither_folded_nor_looked_at(
    looked_at: list[str], folded: list[str]
) -> None:
    with pytest.raises(LineError, match="7,020"):
        name("exercise_title", MOST)(WIDE * 390)
    assert (looked_at, folded) == ([], [WIDE])


def test_each_kind_of_character_is_looked_at_twice_at_most(looked_at: list[str]) -> None:
    assert len(name("exercise_title", MOST)("äö" * 100)) == MOST
    assert len(looked_at) <= 4


@pytest.mark.parametrize(
    "parse",
    [name("exercise_title", MOST), words("title", MOST, texts.line), words("description", MOST)],
    ids=["names", "titles", "notes"],
)
def test_what_is_far_too_long_is_not_folded(parse: Callable[[str], str], folded: list[str]) -> None:
    with pytest.raises(LineError, match="at most 200"):
        parse(WIDE * (4 * MOST + 1))
    assert folded == []


@pytest.mark.parametrize("length", [100, 390], ids=["valid", "refused"])
def test_a_long_text_that_lines_repeat_is_parsed_once(length: int) -> None:
    parsed: list[str] = []
    parse = words("title", MOST)
    parser = Parser(lambda text: parsed.append(text) or parse(text))
    for _ in range(5):
        try:
            assert parser["ä" * length] == "ä" * length
        except LineError as refusal:
            assert (length > MOST, "at most 200" in str(refusal)) == (True, True)  # noqa: PT017 – a valid one raises nothing
    assert len(parsed) == 1


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The clock passes every deadline after so many looks; the looks that were made."""
    looks: list[int] = []

    class Clock:
        @staticmethod
        def monotonic() -> float:
            looks.append(1)
            return time.monotonic() + (3600 if len(looks) > 5 else 0)

    monkeypatch.setattr(deadline, "time", Clock)
    return looks


@pytest.mark.parametrize("exercise", ["Squat (Barbell)", WIDE * 390], ids=["good lines", "refused lines"])
def test_an_import_ends_with_the_time_of_its_request(
    owner: Client, send: Send, database: psycopg.Connection[tuple[object]], late: list[int], exercise: str
) -> None:
    rows = [one for day in range(1, 29) for one in workout(day, 40, exercise_title=exercise)]
    reply = send(owner, export(rows), dry_run="true")
    assert (reply.status_code, reply.json["error"]) == (504, "request_timeout")
    assert len(late) == 6, "it goes on after it was late"
    left = database.execute(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and usename = 'workouts_app' and state <> 'idle'"
    ).fetchone()
    assert left == (0,)
    assert database.execute("select count(*) from import_exercises").fetchone() == (0,)
    late.clear()
    assert send(owner, export([row()])).status_code == 201, "the connection serves the next request"
