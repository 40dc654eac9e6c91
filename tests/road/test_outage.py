"""The SSH server is killed under load: replies are right or 503, no write is lost or made twice, and it comes back."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

import pytest

from tests.road.processes import PATIENCE, available, wait_until
from tests.road.served import Answer, Api, ServedRoad, served_road
from tests.tunnel.servers import Kind
from workouts_api.host.embedded import EmbeddedPostgres

pytestmark = pytest.mark.processes

ME, SESSIONS = "/api/v1/users/me", "/api/v1/sessions"
BACK_WITHIN = 2.0  # s after the SSH server listens again
KILLS = 2
ENVELOPE = {"error", "message", "details", "request_id"}


@pytest.fixture(
    scope="module", params=[("sshtunnel", "sshd"), ("openssh", "demo")], ids=lambda pair: " and ".join(pair)
)
def road(request: pytest.FixtureRequest, cluster: EmbeddedPostgres, template: str) -> Iterator[ServedRoad]:
    engine, kind = cast("tuple[str, Kind]", request.param)
    available(engine, kind)
    with served_road(cluster, template, engine, kind) as served:
        yield served


class Load:
    """Readers that know what they must get, and writers that send each session again until it is made."""

    def __init__(self, api: Api, *, readers: int = 3, writers: int = 3) -> None:
        self.api = api
        self.statuses: Counter[int] = Counter()
        self.wrong: list[Any] = []
        self.made: dict[str, int] = {}
        self._known = api.post(SESSIONS, body("known")).json
        self._stop, self._abandoned = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._guarded, args=(self._read,)) for _ in range(readers)]
        self._threads += [threading.Thread(target=self._guarded, args=(self._write,)) for _ in range(writers)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._stop.set()
        if kind is not None:  # the test has failed: nobody waits for writes that may never be made
            self._abandoned.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def until(self, status: int, more: int, than: int | None = None) -> None:
        """Waits for so many more replies of a status than there are by now, or were then."""
        goal = (self.statuses[status] if than is None else than) + more
        wait_until(lambda: self.statuses[status] >= goal or self.wrong)

    def _guarded(self, work: Any) -> None:
        try:
            work()
        except Exception as error:  # whatever it is, the main thread tells it
            self.wrong.append(repr(error))

    def _read(self) -> None:
        while not self._stop.is_set():
            reply = self.api.get(f"{SESSIONS}/{self._known['id']}")
            if self._judge(reply, 200) and reply.json != self._known:
                self.wrong.append(reply)

    def _write(self) -> None:
        while not self._stop.is_set():
            title = str(uuid.uuid4())
            key = {"Idempotency-Key": title}
            reply = self.api.post(SESSIONS, body(title), key)
            while not self._judge(reply, 201):
                if self._abandoned.is_set():
                    return
                reply = self.api.post(SESSIONS, body(title), key)
            if reply.json["title"] != title:
                self.wrong.append(reply)
            self.made[title] = reply.json["id"]

    def _judge(self, reply: Answer, good: int) -> bool:
        """Whether it is what was asked for; 503 in the envelope, with Retry-After, is the only other that is right."""
        self.statuses[reply.status] += 1
        if reply.status == good:
            return True
        if reply.status != 503 or int(reply.headers["Retry-After"]) < 1 or reply.json.keys() != ENVELOPE:
            self.wrong.append(reply)
        time.sleep(0.05)
        return False


def body(title: str) -> dict[str, Any]:
    exercise = {"exercise_id": 1, "sets": [{"reps": 5, "weight_kg": 100}]}
    return {"title": title, "started_at": "2026-01-05T17:00:00Z", "exercises": [exercise]}


def everything_is_made_once(road: ServedRoad, load: Load) -> None:
    mine = "select title, id from workouts.sessions where title <> 'known' and title = any(%s)"
    stored = road.database.execute(mine, [list(load.made)]).fetchall()
    assert len(stored) == len(load.made)
    assert dict(stored) == load.made
    assert "Traceback" not in road.log.read_text()


def test_kills_under_load_lose_no_write_and_make_none_twice(road: ServedRoad) -> None:
    with Load(road.newcomer()) as load:
        for _ in range(KILLS):
            load.until(201, more=10)
            before = _reconnects(road)
            road.server.kill_connections()
            wait_until(lambda before=before: _reconnects(road) > before)
        load.until(201, more=10)
    assert not load.wrong
    everything_is_made_once(road, load)


def _reconnects(road: ServedRoad) -> int:
    return int(road.api.get("/health/ready").json["tunnel"]["reconnects"])


def test_while_it_is_away_all_is_503_and_two_seconds_after_its_return_it_is_back(road: ServedRoad) -> None:
    with Load(road.newcomer()) as load:
        load.until(201, more=1)
        # A busy machine may spoil one measurement, hardly two.
        assert _seconds_away(road, load) <= BACK_WITHIN or _seconds_away(road, load) <= BACK_WITHIN
        load.until(201, more=10)
    assert not load.wrong
    everything_is_made_once(road, load)


def _seconds_away(road: ServedRoad, load: Load) -> float:
    """How long after the server's return the first write was made again."""
    road.server.stop()
    try:
        load.until(503, more=6)  # of whoever was under way; from now on nothing else comes
        before = load.statuses[200], load.statuses[201]
        down = road.api.get("/health/ready")
        assert (down.status, down.json["tunnel"]["state"], down.json["database"]["state"]) == (503, "down", "down")
        assert road.api.get("/health/live").status == 200
        assert (load.statuses[200], load.statuses[201]) == before
    finally:
        road.server.start()
    returned = time.monotonic()
    load.until(201, more=1)
    return time.monotonic() - returned
