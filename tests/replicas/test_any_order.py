"""Several clients read and write in any order, while the replica pauses and goes on: nobody sees an older state."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import pytest
from flask import Flask

from tests.conftest import Client
from tests.replicas.conftest import SESSIONS, Reader, Wait, listed
from tests.replicas.standby import Standby
from tests.routes import SESSION

pytestmark = pytest.mark.processes

CLIENTS, PAUSES = 4, 6
PATIENCE = 20.0  # s; a bound against hanging


def _client(kind: int, client: Client) -> Any:
    """Every second one sends positions back; the others know nothing of them."""
    return Reader(client) if kind % 2 else client.request


def _comes(what: str, served_by: list[str]) -> bool:
    until = time.monotonic() + PATIENCE
    while what not in served_by and time.monotonic() < until:
        time.sleep(0.01)
    return what in served_by


def test_nobody_sees_an_older_state_than_they_have_seen_or_written(
    app: Flask, owner: Client, caught_up: Wait, standby: Standby, served_by: list[str]
) -> None:
    """All are devices of one account. What each has seen or made, it sees in every later list; what it has deleted, in
    none. The lists are short enough to be one page."""
    chance = random.Random(4711)
    caught_up()
    failures: list[str] = []
    over = threading.Event()

    def live(number: int, seed: int) -> None:
        own = random.Random(seed)
        mine = _client(number, Client(app.test_client(), user_id=owner.user_id, token=owner.token))
        known: set[int] = set()
        made: list[int] = []
        while not over.wait(0.002):
            step = own.random()
            if step < 0.2 and len(made) < 10:
                reply = mine("POST", SESSIONS, json=SESSION)
                made.append(reply.json["id"])
                known.add(reply.json["id"])
            else:
                found = listed(mine("GET", f"{SESSIONS}?limit=100"))
                if missing := known - found:
                    failures.append(f"client {number} does not see {missing} any more")
                known |= found

    threads = [threading.Thread(target=live, args=(n, chance.random())) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for _ in range(PAUSES):
        standby.pause()
        over.wait(chance.random() / 2)
        if not _comes("behind", served_by):
            break
        standby.resume()
        over.wait(chance.random())
    standby.resume()
    _comes("read", served_by)
    over.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {"read", "behind"} <= set(served_by)
