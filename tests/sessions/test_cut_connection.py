"""A live session over connections that are cut 50 times, from two devices: what is stored is what was meant.

Each device reaches a served API by a proxy that ends connections in requests and in replies: before, in and behind
their heads and bodies. Writes overtake each other, come again late, and are deletions in part.
"""

from __future__ import annotations

import http.client
import json
import random
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import pytest

from tests.conftest import PASSWORD
from tests.road.http_servers import served_api
from tests.road.processes import short_folder
from tests.road.served import Answer, Api
from tests.sessions.bodies import URL, Body
from tests.sessions.cutting import PLACES, Cut, CuttingProxy
from workouts_api.host.embedded import EmbeddedPostgres

pytestmark = pytest.mark.processes

SETS, CUTS = 30, 50
MOST_BYTES = 400
"""Of a set's bodies, up and down together; of an overtaken one's, whose reply has what is stored instead, of each."""
MOST_BYTES_OF_A_CONFLICT = 400
"""Of a 412: the envelope of errors, and what is stored."""
SEEDS = range(8)
Key = tuple[int, int]


@dataclass(frozen=True)
class Served:
    api: Api
    database: psycopg.Connection[Any]
    exercise_ids: Sequence[int]

    def newcomer(self) -> Api:
        """Somebody who has just signed in."""
        name = f"ada-{secrets.token_hex(4)}"
        person = {"email": f"{name}@example.org", "username": name, "password": PASSWORD}
        assert self.api.post("/api/v1/auth/register", person).status == 201
        tokens = self.api.post("/api/v1/auth/login", {"username": name, "password": PASSWORD})
        return replace(self.api, token=tokens.json["access_token"])


@pytest.fixture(scope="module")
def served(cluster: EmbeddedPostgres, template: str) -> Iterator[Served]:
    """gunicorn with two workers."""
    with ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        name = f"workouts_cut_{secrets.token_hex(4)}"
        api = stack.enter_context(served_api(cluster, template, folder, name=name, WEB_WORKERS="2"))
        database = stack.enter_context(psycopg.connect(cluster.dsn(name), autocommit=True))
        database.execute("set search_path = workouts")
        rows = database.execute("select id from exercises where athlete_id is null order by id limit 3")
        yield Served(api, database, [row[0] for row in rows])


@dataclass(frozen=True)
class Write:
    """What a device wants to be done to one set. Of several, that of the highest seq shall hold."""

    key: Key
    seq: int
    what: Body | None
    """None: the set is deleted."""
    follows: int | None = None
    """The version that another device wrote."""


@dataclass
class Device:
    """Sends each write until it has a whole reply, by connections that break at random."""

    name: str
    proxy: CuttingProxy
    token: str
    where: str
    chance: random.Random
    cuts: list[Cut]
    meant: dict[Key, Body | None] = field(default_factory=dict)
    """What the device wants each of its sets to be."""
    sent: list[Write] = field(default_factory=list)
    largest: int = 0
    """The most bytes that a single set took, without headers."""
    largest_conflict: int = 0
    _seq: int = 0
    _connection: http.client.HTTPConnection | None = None

    def plan(self, key: Key, what: Body | None, follows: int | None = None) -> Write:
        self._seq += 1
        self.meant[key] = what
        return Write(key, self._seq, what, follows)

    def deliver(self, write: Write) -> Answer:
        """One small request."""
        self.sent.append(write)
        address = f"{self.where}/exercises/{write.key[0]}/sets/{write.key[1]}"
        own = {"device": self.name, "seq": write.seq}
        headers = {} if write.follows is None else {"If-Match": f'"{write.follows}-"'}
        if write.what is None:
            return self.ask("DELETE", f"{address}?device={self.name}&seq={write.seq}", None, **headers)
        return self.ask("PUT", address, {**write.what, **own}, **headers)

    def deliver_backlog(self, writes: Sequence[Write]) -> list[Any]:
        """One array of all of them."""
        self.sent += writes
        items = [
            {"exercise_no": w.key[0], "set_no": w.key[1], "seq": w.seq, **(w.what or {"is_deleted": True})}
            for w in writes
        ]
        answer = self.ask("PUT", f"{self.where}/sets", {"device": self.name, "sets": items})
        assert answer.status == 200, answer.raw
        return list(answer.json["sets"])

    def ask(self, method: str, address: str, body: Body | None, **headers: str) -> Answer:
        content = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers}
        while True:
            # A connection that was cut behind a reply takes no request, and the cut waits for the next one.
            if self.cuts and self.proxy.cut is None and self.chance.random() < 0.35:
                self.proxy.cut = self.cuts.pop()
            try:
                answer = self._exchange(method, address, content, sent)
            except (OSError, http.client.HTTPException):
                self.hang_up()
                continue
            assert answer.status < 500, answer.raw
            if answer.status == 409 and answer.json["error"] == "still_running":
                time.sleep(0.05)  # the request that was cut is not done yet
                continue
            self._count(address, len(content or b""), answer)
            return answer

    def _count(self, address: str, sent: int, answer: Answer) -> None:
        if answer.status == 412:
            self.largest_conflict = max(self.largest_conflict, len(answer.raw))
        elif "/exercises/" in address:
            is_overtaken = answer.status == 200 and answer.json["set"] is not None
            received = len(answer.raw)
            self.largest = max(self.largest, max(sent, received) if is_overtaken else sent + received)

    def _exchange(self, method: str, address: str, content: bytes | None, headers: dict[str, str]) -> Answer:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=30)
        self._connection.request(method, address, content, headers)
        reply = self._connection.getresponse()
        raw = reply.read()
        # http.client takes a head that breaks off for a whole one.
        if reply.status != 204 and reply.headers["Content-Length"] != str(len(raw)):
            raise http.client.HTTPException
        return Answer(reply.status, dict(reply.headers), raw)

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def body_of(device: Device, exercise_id: int) -> Body:
    """A set as a client sends it, with its clock."""
    return {
        "exercise_id": exercise_id,
        "kind": device.chance.choice(("normal", "warmup", "failure")),
        "reps": device.chance.randrange(1, 20),
        "weight_kg": device.chance.randrange(10, 400) / 2,
        "rpe": device.chance.choice((7, 8.5, None)),
        "tempo": "3-1-X-0",
        "done_at": f"2026-01-05T17:{device.chance.randrange(60):02}:00Z",
    }


def writes_of(device: Device, keys: Iterable[Key], gone: Iterable[Key], exercise_ids: Sequence[int]) -> list[Write]:
    """A workout: sets are written, in part corrected, deleted, and written anew. ``gone`` are deleted at last."""

    def body(key: Key) -> Body:
        return body_of(device, exercise_ids[key[0] - 1])

    writes = []
    for key in keys:
        writes.append(device.plan(key, body(key)))
        if device.chance.random() < 0.2:
            writes.append(device.plan(key, None))
            writes.append(device.plan(key, body(key)))
        if device.chance.random() < 0.4:
            writes.append(device.plan(key, body(key)))
    for key in gone:
        writes.append(device.plan(key, body(key)))
        writes.append(device.plan(key, None))
    return writes


def work_out(device: Device, writes: list[Write]) -> None:
    """Delivers writes, six at a time in any order, in part as a backlog, and old ones again in between."""
    for start in range(0, len(writes), 6):
        some = writes[start : start + 6]
        device.chance.shuffle(some)
        if device.chance.random() < 0.3:
            answers = device.deliver_backlog(some)
            assert {answer["refusal"] for answer in answers} <= {None, "known"}
            continue
        for write in some:
            assert device.deliver(write).status in (200, 204)
            if device.chance.random() < 0.3:
                assert device.deliver(device.chance.choice(device.sent)).status in (200, 204)


def take_over(device: Device, keys: Sequence[Key], of: Device, versions: dict[Key, int], ids: Sequence[int]) -> None:
    """Corrects sets that the other device wrote; without their version it is refused, and is shown what is stored."""
    for key in keys:
        new = None if of.meant[key] is None else body_of(device, ids[key[0] - 1])
        refused = device.deliver(device.plan(key, body_of(device, ids[key[0] - 1])))
        assert refused.status == 412, refused.raw
        details = refused.json["details"]
        assert (details["current_version"], details["is_deleted"]) == (versions[key], of.meant[key] is None)
        device.sent.pop()
        del of.meant[key]
        assert device.deliver(device.plan(key, new, versions[key])).status in (200, 204)


def send_everything_again(device: Device) -> None:
    old = list(device.sent)
    device.chance.shuffle(old)
    for write in old:
        assert device.deliver(write).status in (200, 204)


def stored_sets(session: Any) -> dict[Key, Body]:
    names = ("kind", "reps", "weight_kg", "rpe", "tempo", "done_at")
    return {
        (exercise["exercise_no"], one["set_no"]): {
            "exercise_id": exercise["exercise_id"], **{name: one[name] for name in names}
        }
        for exercise in session["exercises"]
        for one in exercise["sets"]
    }  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_stored_is_what_two_devices_meant(served: Served, seed: int) -> None:
    chance, owner = random.Random(seed), served.newcomer()
    host, _, port = served.api.place.partition(":")
    with ExitStack() as stack:
        devices = []
        for name in ("phone", "watch"):
            proxy = stack.enter_context(CuttingProxy(host, int(port)))
            places = [PLACES[n % len(PLACES)] for n in range(CUTS // 2)]
            cuts = [Cut(place, chance.random(), chance.random() < 0.5) for place in places]
            chance.shuffle(cuts)
            devices.append(Device(name, proxy, owner.token, "", random.Random(f"{seed} {name}"), cuts))
            stack.callback(devices[-1].hang_up)
        phone, watch = devices
        started = phone.ask("POST", f"{URL}/start", {}, **{"Idempotency-Key": f"start-{seed}"})
        assert started.status == 201, started.raw
        phone.where = watch.where = f"{URL}/{started.json['id']}"
        # Both write to the third exercise, and each may be the one that adds it.
        own = [[(1, n) for n in range(1, 11)], [(2, n) for n in range(1, 11)]]
        for n, keys in enumerate(own):
            keys += [(3, no) for no in range(1 + n, 11, 2)]
        gone = [[(1, 20), (3, 21)], [(2, 20), (3, 22)]]
        plans = [writes_of(d, own[n], gone[n], served.exercise_ids) for n, d in enumerate(devices)]
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(work_out, devices, plans))
            assert stored_sets(owner.get(phone.where).json) == wanted(phone, watch)
            versions = {
                (row["exercise_no"], row["set_no"]): row["version"]
                for row in owner.get(f"{phone.where}/sets?limit=200").json["items"]
            }
            # The watch takes sets over while all that the phone ever sent comes again; then the other way round.
            for taker, giver, keys in ((watch, phone, [*own[0][2:5], gone[0][0]]), (phone, watch, own[1][9:12])):
                again = threads.submit(send_everything_again, giver)
                take_over(taker, keys, giver, versions, served.exercise_ids)
                again.result()
            list(threads.map(send_everything_again, devices))
        done = phone.ask("PATCH", phone.where, {"status": "done"}, **{"Idempotency-Key": f"done-{seed}"})
        assert done.status == 200, done.raw
        made = phone.proxy.made + watch.proxy.made
    session = owner.get(phone.where).json
    stored = stored_sets(session)
    assert stored == wanted(phone, watch)
    assert (len(stored), session["set_count"], session["exercise_count"]) == (SETS, SETS, 3)
    working = [s for s in stored.values() if s["kind"] != "warmup"]
    assert session["volume_kg"] == sum(s["weight_kg"] * s["reps"] for s in working)
    gone_rows = [row for row in owner.get(f"{phone.where}/sets?limit=200").json["items"] if row["is_deleted"]]
    assert {(row["exercise_no"], row["set_no"]) for row in gone_rows} == {*gone[0], *gone[1]}
    rows = "select count(*), count(distinct session_id) from sets join sessions as s using (athlete_id) where s.id = %s"
    assert served.database.execute(rows, [session["id"]]).fetchone() == (SETS, 1)
    assert (made.total(), set(made)) == (CUTS, set(PLACES))
    assert max(phone.largest, watch.largest) <= MOST_BYTES
    assert max(phone.largest_conflict, watch.largest_conflict) <= MOST_BYTES_OF_A_CONFLICT


def wanted(*devices: Device) -> dict[Key, Body]:
    """The sets as their last devices meant them."""
    owners = Counter(key for device in devices for key in device.meant)
    assert set(owners.values()) == {1}
    return {key: what for device in devices for key, what in device.meant.items() if what is not None}
