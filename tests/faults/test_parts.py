"""A little of what `python -m tests.faults` does at length: how it judges, what it writes, how it loads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from werkzeug.test import TestResponse

from tests.conftest import Client
from tests.faults import report
from tests.faults.catalogue import FAULTS
from tests.faults.fault import Outcome
from tests.faults.load import NO_ANSWER, Load, Seen
from tests.road.served import NO_HEADERS, Answer


def outcome(**other: object) -> Outcome:
    good = {"statuses": {200: 1200, 201: 7, 503: 2}, "acknowledged": 7, "lost": 0, "doubled": 0, "wrong": [],
            "recovered": 0.04, "lines": 3.0, "admin": 0.012}  # fmt: skip
    return Outcome("It rains", frozenset({503, NO_ANSWER}), **{**good, **other})


def test_what_is_as_promised_fails_in_nothing() -> None:
    assert outcome().failures == []
    assert outcome(lines=None, admin=None).failures == []


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"statuses": {200: 1, 500: 1}}, "not on the list: [500]"),
        ({"lost": 1}, "1 acknowledged writes lost, 0 made twice"),
        ({"doubled": 2}, "0 acknowledged writes lost, 2 made twice"),
        ({"recovered": None}, "not well"),
        ({"recovered": 5.1}, "not well"),
        ({"lines": 21.0}, "21 log lines a minute"),
        ({"admin": 0.2}, "the admin listener took 200 ms"),
        ({"wrong": ["a reply of somebody else"]}, "a reply of somebody else"),
    ],
)
def test_each_broken_promise_is_told(other: dict[str, object], what: str) -> None:
    (failure,) = outcome(**other).failures
    assert what in failure


def test_it_has_recovered_when_nothing_fails_any_more_and_both_kinds_succeed() -> None:
    load = Load.__new__(Load)
    load.seen = [Seen(9.0, "read", 200, 0.1), Seen(10.5, "write", 503, 0.1), Seen(10.6, "read", 200, 0.1)]
    assert load.recovered_after(10.0) is None
    load.seen.append(Seen(10.75, "write", 201, 0.1))
    load.seen.append(Seen(12.0, "write", 201, 0.1))
    assert load.recovered_after(10.0) == pytest.approx(0.75)
    load.seen.append(Seen(13.0, "read", NO_ANSWER, 0.1))
    assert load.recovered_after(10.0) is None


def test_a_run_of_some_faults_replaces_their_lines_alone(tmp_path: Path) -> None:
    page = tmp_path / "page"
    old = report.line(outcome(recovered=4.0)).replace("It rains", "It snows")
    gone = old.replace("It snows", "It is over")
    page.write_text(f"before\n{report.BEGIN}\n{report.HEAD}{gone}{old}\n{report.END}\nafter\n")
    report.write([outcome()], ["It rains", "It snows"], page)
    lines = page.read_text().splitlines()
    assert [lines[0], lines[-1]] == ["before", "after"]
    assert [report.named(line) for line in lines if "| It" in line] == ["It rains", "It snows"]
    assert "| It rains | no answer, 503 | 200: 1,200, 201: 7, 503: 2 | 7, 0, 0 | 0.0 s | 3 | 12 ms | met |" in lines
    assert "4.0 s" in lines[-4]


def test_the_report_has_each_fault_and_no_other() -> None:
    names = [fault.name for fault in FAULTS]
    table = report.DOCUMENT.read_text().split(report.BEGIN)[1].split(report.END)[0]
    written = [report.named(line) for line in table.splitlines()]
    assert len(set(names)) == len(names)
    shown = [name for name in written if name not in ("", "Fault", "---")]
    assert shown == names


def test_no_fault_allows_an_error_of_the_server() -> None:
    assert {status for fault in FAULTS for status in fault.statuses} <= {NO_ANSWER, 503, 504}


@dataclass
class InProcess:
    """A served API without a server."""

    client: Client

    def get(self, path: str) -> Answer:
        return answer(self.client.get(path))

    def post(self, path: str, body: object, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        return answer(self.client.post(path, json=body, headers=dict(headers)))


def answer(reply: TestResponse) -> Answer:
    return Answer(reply.status_code, dict(reply.headers), reply.data)


def load_of(client: Client) -> Load:
    """A load without threads: the test does their work."""
    return Load(InProcess(client), readers=0, writers=0)


def test_what_the_load_has_made_is_stored(owner: Client, database: psycopg.Connection[Any]) -> None:
    load = load_of(owner)
    load._write()
    stored = database.execute("select title, id from sessions where title <> 'known'").fetchall()
    assert (dict(stored), load.wrong) == (load.made, [])
    assert [(one.kind, one.status) for one in load.seen] == [("write", 201)]


def test_the_load_notices_a_reply_that_has_changed(owner: Client, database: psycopg.Connection[Any]) -> None:
    load = load_of(owner)
    load._read()
    assert load.wrong == []
    database.execute("update sessions set notes = 'not what was written'")
    load._read()
    assert len(load.wrong) == 1
    assert "another reply than before" in load.wrong[0]


def test_the_load_notices_an_answer_that_is_not_on_the_list(owner: Client, database: psycopg.Connection[Any]) -> None:
    load = load_of(owner)
    database.execute("delete from sessions")
    load._read()
    assert [one.status for one in load.seen] == [404, 200]
    assert load.wrong[0].startswith("a read got 404")
