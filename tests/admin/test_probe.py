"""The admin listener's question to the database: one at a time, and nobody waits for a database that is frozen."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.conftest import url
from tests.processes import wait_until
from workouts_api.admin.probe import Answer, Probe
from workouts_api.config import Settings, load_settings
from workouts_api.host.embedded import EmbeddedPostgres


class Counting(Probe):
    """Counts the questions, and how many are asked at once."""

    def __init__(self, settings: Settings, *, may_answer: bool = True) -> None:
        super().__init__(lambda: settings)
        self.asked = self.at_once = self.most_at_once = 0
        self.may_answer = threading.Event()
        if may_answer:
            self.may_answer.set()
        self.start()

    def _asked(self) -> Answer:
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.may_answer.wait(60)
            return super()._asked()
        finally:
            self.at_once -= 1


@pytest.fixture(autouse=True)
def _stopped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Those that a test starts end with it: each asks by itself, and keeps a connection."""
    started: list[Probe] = []
    start = Probe.start

    def kept(probe: Probe) -> None:
        started.append(probe)
        start(probe)

    monkeypatch.setattr(Probe, "start", kept)
    yield
    for probe in started:
        probe.stop()


def settled(probe: Probe) -> Answer:
    wait_until(lambda: probe.ask().database.get("reason") != "it does not answer", "an answer")
    return probe.ask()


def test_many_who_ask_at_once_cost_one_question(settings: Settings) -> None:
    probe = Counting(settings, may_answer=False)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: probe.ask(), range(64)))
    assert {answer.database["state"] for answer in answers} == {"down"}  # nobody has waited for it
    assert (probe.asked, probe.most_at_once) == (1, 1)
    probe.may_answer.set()
    assert settled(probe).is_good
    assert probe.most_at_once == 1


def test_a_server_that_accepts_and_says_nothing_is_down_and_one_that_is_back_is_up(
    environ: dict[str, str], settings: Settings
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        frozen = load_settings(
            {**environ, "DATABASE_URL": f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/db?sslmode=disable"}
        )
        current = frozen
        probe = Probe(lambda: current)
        probe.start()
        assert probe.ask().database == {"state": "down", "reason": "it does not answer"}
        wait_until(lambda: "timeout" in probe.ask().database["reason"], "the end of the one question")
    current = settings
    wait_until(lambda: probe.ask().is_good, "an answer")


@pytest.mark.parametrize("dbname", ["postgres", "template1"])
def test_a_database_without_the_schema_is_behind(
    cluster: EmbeddedPostgres, environ: dict[str, str], dbname: str
) -> None:
    other = load_settings({**environ, "DATABASE_URL": url(cluster, dbname, "workouts_app")})
    probe = Probe(lambda: other)
    probe.start()
    answer = settled(probe)
    assert (answer.database, answer.schema["state"]) == ({"state": "up"}, "behind")


def test_a_connection_that_was_cut_is_made_anew(settings: Settings, database: psycopg.Connection[Any]) -> None:
    probe = Counting(settings)
    assert settled(probe).is_good
    database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name = 'workouts-admin' and datname = current_database()"
    )
    asked = probe.asked
    wait_until(lambda: probe.ask().is_good and probe.asked > asked, "an answer on another connection")


@pytest.mark.parametrize("every", [0.01, 1000])
def test_a_connection_that_was_cut_while_nobody_asked_is_no_database_that_is_down(
    settings: Settings, database: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch, every: float
) -> None:
    monkeypatch.setattr("workouts_api.admin.probe.EVERY", every)
    monkeypatch.setattr("workouts_api.admin.probe.FRESH", 0)
    probe = Counting(settings)
    assert settled(probe).is_good
    for _ in range(5):
        database.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where application_name = 'workouts-admin' and datname = current_database()"
        )
        asked = probe.asked
        while probe.asked < asked + 2:
            assert probe.ask().is_good


def test_an_answer_is_there_for_whoever_asks_first_and_for_whoever_asks_seldom(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A monitor that asks every quarter of a minute over a way that takes longer than anybody waits."""
    monkeypatch.setattr("workouts_api.admin.probe.EVERY", 0.05)
    probe = Counting(settings)
    wait_until(lambda: probe.asked > 3, "questions that nobody has asked for")
    probe.may_answer.clear()
    assert probe.ask().is_good


def test_one_that_is_stopped_keeps_no_connection(settings: Settings, database: psycopg.Connection[Any]) -> None:
    def kept() -> int:
        found = database.execute(
            "select count(*) from pg_stat_activity"
            " where application_name = 'workouts-admin' and datname = current_database()"
        ).fetchone()
        assert found is not None
        return int(found[0])

    wait_until(lambda: kept() == 0, "the end of others")
    probe = Counting(settings)
    assert settled(probe).is_good
    assert kept() == 1
    probe.stop()
    wait_until(lambda: kept() == 0, "its end")
