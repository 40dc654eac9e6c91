"""A bounded load that judges every reply, and remembers every write that was acknowledged.

Readers know what they must get. Writers send each session again, under one Idempotency-Key, until it is made.
"""

from __future__ import annotations

import http.client
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.road.served import Answer, Api

ME, SESSIONS = "/api/v1/users/me", "/api/v1/sessions"
NO_ANSWER = 0
"""Stands for a status where the connection was refused or ended without an answer."""
ENVELOPE = {"error", "message", "details", "request_id"}
OK, CREATED = 200, 201
PAUSE = 0.02  # s between two requests of a client: about 150 requests a second in all
PATIENCE = 40.0  # s for what is under way when the load ends


@dataclass(frozen=True)
class Seen:
    """One reply."""

    at: float
    kind: str
    status: int
    took: float

    @property
    def is_good(self) -> bool:
        return self.status in (OK, CREATED)


class Load:
    """Clients of one user, from entering the block to its end."""

    def __init__(self, api: Api, *, readers: int = 3, writers: int = 3) -> None:
        self.api = api
        self.seen: list[Seen] = []
        self.wrong: list[str] = []
        self.made: dict[str, int] = {}
        self.allowed: Collection[int] = ()
        """What may be answered beside what was asked for."""
        self._me = api.get(ME).json
        self._known = api.post(SESSIONS, body("known")).json
        self._stop, self._abandoned = threading.Event(), threading.Event()
        works = [self._read] * readers + [self._write] * writers
        self._threads = [threading.Thread(target=self._guarded, args=(work,), daemon=True) for work in works]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        deadline = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(0.1, deadline - time.monotonic()))
        self._abandoned.set()
        if any(thread.is_alive() for thread in self._threads):
            self.wrong.append(f"a request has not ended {PATIENCE:g} s after the load")

    @property
    def statuses(self) -> Counter[int]:
        return Counter(one.status for one in self.seen)

    def has_answered(self, since: float) -> bool:
        """Whether a read and a write have succeeded that ended after this time."""
        return {one.kind for one in self.seen if one.is_good and one.at > since} == {"read", "write"}

    def recovered_after(self, end: float) -> float | None:
        """Seconds from ``end`` until all was well for good; None: it never was."""
        later = [one for one in self.seen if one.at >= end]
        bad = max((one.at for one in later if not one.is_good), default=end)
        good = {one.kind: one.at for one in reversed(later) if one.is_good and one.at >= bad}
        if good.keys() != {"read", "write"}:
            return None
        return max(bad, *good.values()) - end

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            while not self._stop.is_set():
                work()
                time.sleep(PAUSE)
        except Exception as error:  # whatever it is, the report tells it
            self.wrong.append(f"the client failed: {error!r}")

    def _read(self) -> None:
        for path, expected in ((f"{SESSIONS}/{self._known['id']}", self._known), (ME, self._me)):
            reply = self._ask("read", partial(self.api.get, path), OK)
            if reply is not None and reply.json != expected:
                self._blame(f"GET {path} got another reply than before", reply)

    def _write(self) -> None:
        title = str(uuid.uuid4())
        while not self._abandoned.is_set():
            reply = self._ask(
                "write", lambda: self.api.post(SESSIONS, body(title), {"Idempotency-Key": title}), CREATED
            )
            if reply is None:
                continue
            self.made[title] = reply.json["id"]
            if reply.json["title"] != title:
                self._blame("a write got the reply of another one", reply)
            return

    def _ask(self, kind: str, call: Callable[[], Answer], good: int) -> Answer | None:
        """The reply, if it is what was asked for."""
        began = time.monotonic()
        try:
            reply: Answer | None = call()
        except (OSError, http.client.HTTPException):
            reply = None
        now = time.monotonic()
        status = reply.status if reply is not None else NO_ANSWER
        self.seen.append(Seen(now, kind, status, now - began))
        if reply is not None and status == good:
            return reply
        if status not in self.allowed:
            self._blame(f"a {kind} got {status or 'no answer'}", reply)
        elif reply is not None:
            self._judge_refusal(reply)
        time.sleep(0.1)
        return None

    def _judge_refusal(self, reply: Answer) -> None:
        try:
            is_envelope = reply.json.keys() == ENVELOPE
        except (ValueError, AttributeError):
            is_envelope = False
        if not is_envelope:
            self._blame(f"{reply.status} in no envelope", reply)
        if reply.status == http.client.SERVICE_UNAVAILABLE and int(reply.headers.get("Retry-After", "0")) < 1:
            self._blame("503 without Retry-After", reply)

    def _blame(self, what: str, reply: Answer | None) -> None:
        self.wrong.append(f"{what}: {reply.raw[:300].decode(errors='replace')}" if reply is not None else what)


def body(title: str) -> dict[str, Any]:
    exercise = {"exercise_id": 1, "sets": [{"reps": 5, "weight_kg": 100}]}
    return {"title": title, "started_at": "2026-01-05T17:00:00Z", "exercises": [exercise]}
