"""Keeps a tunnel up: opens forwarders, probes the path, replaces what is lost, tells the state.

Owns the loop and its pauses. Knows engines only as makers of forwarders.
"""

from __future__ import annotations

import logging
import os
import queue
import random
import threading
import time
from dataclasses import dataclass, replace

from .engine import Engine, Forwarder, Plan
from .errors import DatabaseRefused, NearEndLost, NotTrusted, PathLost, TunnelError, TunnelFault, Unreachable
from .probe import probe
from .status import State, TunnelStatus, now, write_status

log = logging.getLogger("workouts_api.tunnel")

_STOP = -1


@dataclass(frozen=True)
class Backoff:
    """Seconds from one attempt to the next.

    They double from ``first`` to ``longest``, which is short enough for a bastion that returns to be used within 2 s,
    and are jittered by half, so that many hosts don't return at the same moment. ``not_trusted`` is for a wrong host
    key or a refused key: only a person can repair that, and the host is back soon after they did.
    """

    first: float = 0.2
    longest: float = 1.5
    not_trusted: float = 4.0

    def pause(self, fault: TunnelFault, failures: int) -> float:
        if isinstance(fault, NotTrusted):
            return self.not_trusted
        full = min(self.longest, self.first * 2.0 ** min(failures, 10))
        return full * random.uniform(0.5, 1.0)  # noqa: S311 – a pause, no secret


class Supervisor:
    """One tunnel's life. ``run`` blocks until ``stop`` is called from elsewhere."""

    def __init__(self, plan: Plan, engine: Engine, backoff: Backoff) -> None:
        self._plan = plan
        self._engine = engine
        self._backoff = backoff
        self._wake: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._attempts = 0
        self._stopping = False
        self._forwarder: Forwarder | None = None
        self._failures = 0
        self._was_up = False
        self._write_lock = threading.Lock()
        self.status = self._first_status()

    def run(self) -> None:
        log.info(
            "%s to %s through %s, by %s", self._plan.near_end, self._plan.far_end, self._plan.bastion, self._engine.name
        )
        self._tell()
        while not self._stopping:
            started = time.monotonic()
            try:
                self._attempt()
            except TunnelFault as fault:
                # Counted from the attempt's start: what was spent on waiting for a silent bastion is not waited again.
                self._sleep(self._backoff.pause(fault, self._failures) - (time.monotonic() - started))
                self._failures += 1

    def stop(self) -> None:
        """Ends the loop and what it has open. Returns at once."""
        self._stopping = True
        self._wake.put(_STOP)
        forwarder = self._forwarder
        if forwarder is not None:
            forwarder.close()

    def say_stopped(self) -> None:
        """The tunnel's last word."""
        self._set_state("down", "the tunnel was stopped")

    # ── one forwarder ───────────────────────────────────────────────────────────────────────────────────────

    def _attempt(self) -> None:
        self._have_folder()
        self._plan.near_end.remove_socket()
        self._attempts += 1
        number = self._attempts
        forwarder = self._forwarder = self._engine.forwarder(lambda: self._wake.put(number))
        try:
            forwarder.open()
            while not self._stopping:
                self._check(forwarder)
        except TunnelFault as fault:
            self._say_down(fault)  # before connections end, so that who loses one can read why
            raise
        finally:
            self._forwarder = None
            forwarder.close()

    def _have_folder(self) -> None:
        """The folder may be lost at any time, with the socket. :raises NearEndLost: it cannot be made anew."""
        if self._plan.near_end.is_folder_lost():
            try:
                self._plan.near_end.claim_again()
            except TunnelError as error:
                fault = NearEndLost(str(error))
                self._say_down(fault)
                raise fault from None

    def _check(self, forwarder: Forwarder) -> None:
        """Probes once and sleeps until the next time. :raises TunnelFault: this forwarder is of no use any more."""
        if self._plan.near_end.is_lost():
            raise NearEndLost(f"{self._plan.near_end.folder} or what was in it has been removed")
        answer = probe(self._plan.near_end, self._plan.keepalive)
        if self._stopping:
            return
        if not forwarder.is_open():
            raise Unreachable(f"{self._plan.bastion} ended the connection")
        if answer == "silent":
            raise PathLost(f"{self._plan.far_end} has not answered for {self._plan.keepalive:g} s")
        if answer == "answered":
            self._say_up()
            self._sleep(self._plan.keepalive, unless_lost=self._attempts)
        else:
            # The bastion is alive: connections that stand are left standing, and the database is asked again soon.
            self._failures += 1
            fault = _refusal(answer, forwarder, self._plan)
            self._say_down(fault)
            self._sleep(self._backoff.pause(fault, self._failures), unless_lost=self._attempts)

    def _sleep(self, seconds: float, *, unless_lost: int | None = None) -> None:
        """Until the time is over, the forwarder of that number is lost or the tunnel is stopped.

        Forwarders tell of their end also when it was we who ended them; such words must not cut a pause short.
        """
        deadline = time.monotonic() + seconds
        while not self._stopping and (left := deadline - time.monotonic()) > 0:
            try:
                if self._wake.get(timeout=left) == unless_lost:
                    return
            except queue.Empty:
                return

    # ── what is told ────────────────────────────────────────────────────────────────────────────────────────

    def _first_status(self) -> TunnelStatus:
        moment = now()
        return TunnelStatus(
            state="connecting", since=moment, updated=moment,
            engine=self._engine.name, listen=str(self._plan.near_end), pid=os.getpid(),
            beat_s=self._plan.keepalive,
        )  # fmt: skip

    def _say_up(self) -> None:
        reconnected = self._was_up and self.status.state != "up"
        self.status = replace(self.status, reconnects=self.status.reconnects + reconnected)
        if self.status.state != "up":
            log.info("up: %s answers through %s", self._plan.far_end, self._plan.bastion)
        self._was_up = True
        self._failures = 0
        self._set_state("up", self.status.last_error)

    def _say_down(self, fault: TunnelFault) -> None:
        if self._stopping:
            return
        if self.status.state != "down" or self.status.last_error != str(fault):
            log.log(logging.CRITICAL if isinstance(fault, NotTrusted) else logging.WARNING, "down: %s", fault)
        self._set_state("down", str(fault))

    def _set_state(self, state: State, error: str | None) -> None:
        moment = now()
        since = self.status.since if state == self.status.state else moment
        traffic = self._engine.traffic()
        self.status = replace(
            self.status,
            state=state,
            since=since,
            updated=moment,
            last_error=error,
            bytes_in=traffic.bytes_in,
            bytes_out=traffic.bytes_out,
        )
        self._tell()

    def _tell(self) -> None:
        with self._write_lock:
            try:
                write_status(self._plan.near_end.folder, self.status)
            except OSError as error:  # a full disk must not end a tunnel that works
                log.error("the status file cannot be written: %s", error)  # noqa: TRY400 - the line is the message


def _refusal(answer: str, forwarder: Forwarder, plan: Plan) -> DatabaseRefused:
    if answer == "strange":
        return DatabaseRefused(f"what answers at {plan.far_end} is not PostgreSQL")
    reason = forwarder.complaint() or "the connection was ended"
    return DatabaseRefused(f"{plan.bastion} opens no way to {plan.far_end}: {reason}")
