"""A live session over a connection that is cut again and again, from two devices: what is stored is what was meant."""

from __future__ import annotations

import json
import random
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from flask import Flask
from werkzeug.serving import make_server

from tests.conftest import Client
from tests.sessions.bodies import URL, Body

SETS, CUTS, MOST_BYTES = 30, 50, 400


@pytest.fixture
def port(app: Flask) -> Iterator[int]:
    """Where the application listens on a real socket."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


class Device:
    """Sends each write until it has a reply. Its connection breaks at random, and it sends old writes again."""

    def __init__(self, name: str, port: int, token: str, cuts: int) -> None:
        self.name, self.port, self.token, self.cuts = name, port, token, cuts
        self.chance = random.Random(name)
        self.sent: list[tuple[str, Body]] = []
        self.largest = 0

    def write(self, where: str, **what: Any) -> None:
        self.sent.append((where, {**what, "device": self.name, "seq": len(self.sent) + 1}))
        self.deliver(*self.sent[-1])
        if self.chance.random() < 0.3:
            self.deliver(*self.chance.choice(self.sent))

    def deliver(self, where: str, body: Body, **headers: str) -> None:
        while self.cuts and self.chance.random() < 0.6:
            self.cuts -= 1
            self.ask(where, body, headers, is_cut=True)
        status, reply = self.ask(where, body, headers)
        assert status in (200, 412), reply

    def ask(self, where: str, body: Body, headers: dict[str, str], *, is_cut: bool = False) -> tuple[int, bytes]:
        content = json.dumps(body).encode()
        fields = {
            "Host": "localhost", "Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
            "Content-Length": str(len(content)), "Connection": "close", **headers,
        }  # fmt: skip
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        message = f"PUT {where} HTTP/1.1\r\n{head}\r\n".encode() + content
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            if is_cut:  # somewhere in the request, or after it, so that only the reply is lost
                connection.sendall(message[: self.chance.choice((self.chance.randrange(len(message)), len(message)))])
                return 0, b""
            connection.sendall(message)
            reply = connection.makefile("rb").read()
        answer = reply.partition(b"\r\n\r\n")[2]
        self.largest = max(self.largest, len(content), len(answer))
        return int(reply.split()[1]), answer


def log(device: Device, where: str, exercise_no: int, exercise_id: int) -> dict[tuple[int, int], tuple[int, float]]:
    """Writes fifteen sets; every third one is corrected afterwards. Returns what shall be stored."""
    meant = {}
    for set_no in range(1, SETS // 2 + 1):
        address = f"{where}/exercises/{exercise_no}/sets/{set_no}"
        first: Body = {"exercise_id": exercise_id} if set_no == 1 else {}
        for reps in (set_no, 20 + set_no) if set_no % 3 == 0 else (set_no,):
            device.write(address, reps=reps, weight_kg=60 + set_no, done_at=f"2026-01-05T17:{set_no:02}:00Z", **first)
            meant[exercise_no, set_no] = (reps, 60.0 + set_no)
    return meant


def test_what_is_stored_is_what_two_devices_meant(
    port: int, owner: Client, exercise_ids: list[int], database: psycopg.Connection[Any]
) -> None:
    where = owner.post(f"{URL}/start", json={}).headers["Location"]
    devices = [Device(name, port, str(owner.token), CUTS // 2) for name in ("phone", "watch")]
    with ThreadPoolExecutor(2) as threads:
        logs = [threads.submit(log, device, where, n + 1, exercise_ids[n]) for n, device in enumerate(devices)]
    meant = logs[0].result() | logs[1].result()
    phone, watch = devices
    assert (phone.cuts, watch.cuts) == (0, 0)
    # The watch takes a set over. What the phone had sent before comes late, and everything else comes once more.
    at = next(row for row in owner.get(f"{where}/sets").json["items"] if (row["exercise_no"], row["set_no"]) == (1, 2))
    body = {"reps": 40, "device": "watch", "seq": 1000}
    watch.deliver(f"{where}/exercises/1/sets/2", body, **{"If-Match": f'"{at["version"]}-"'})
    meant[1, 2] = (40, None)  # type: ignore[assignment]
    for device in devices:
        device.chance.shuffle(device.sent)
        for old in device.sent[:15]:
            device.deliver(*old)
    stored = database.execute("select exercise_no, set_no, reps, weight_kg from sets order by 1, 2").fetchall()
    assert {(row[0], row[1]): (row[2], row[3]) for row in stored} == meant
    session: Any = owner.patch(where, json={"status": "done"}).json
    assert session["set_count"] == SETS
    assert max(phone.largest, watch.largest) <= MOST_BYTES
