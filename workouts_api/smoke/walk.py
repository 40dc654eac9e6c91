"""The walk: each step is a request or two, and what they left is removed at the end, however it ends.

The training that is imported lies on a day long ago that is chosen anew each time. So a walk with somebody's account
meets no training of theirs, and none of an earlier walk.
"""

from __future__ import annotations

import datetime as dt
import random
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from workouts_api.smoke.client import Client, SmokeError

FIRST_DAY, DAYS = dt.date(1995, 1, 1), 3650
# 2 sets of 5 × 100 kg, and one to warm up.
WORKOUT = """\
title,start_time,end_time,description,exercise_title,superset_id,exercise_notes,set_index,set_type,weight_kg,reps,rpe
{title},"{day}, 10:00","{day}, 10:45",,Bench Press (Barbell),,,0,warmup,60,5,
{title},"{day}, 10:00","{day}, 10:45",,Bench Press (Barbell),,,1,normal,100,5,8
{title},"{day}, 10:00","{day}, 10:45",,Bench Press (Barbell),,,2,normal,100,5,9
"""
SETS = 3
READY_WAIT, READY_PAUSE = 10.0, 0.5  # s
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Step:
    """How a step went. ``failure`` is empty where it went well."""

    name: str
    seconds: float
    failure: str = ""


@dataclass
class Walk:
    """One walk.

    :param account: name and password of a user who exists; None: one is registered, and deleted in the end.
    """

    client: Client
    account: tuple[str, str] | None = None
    mark: str = field(default_factory=lambda: secrets.token_hex(4))
    day: dt.date = field(
        default_factory=lambda: FIRST_DAY + dt.timedelta(days=random.randrange(DAYS))  # noqa: S311 – a day, no secret
    )
    _password: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    _is_ours: bool = False
    _has_training: bool = False

    @property
    def title(self) -> str:
        return f"Smoke test {self.mark}"

    def run(self) -> Iterator[Step]:
        """The steps as they end. After one that fails, only what was made is removed."""
        steps: list[tuple[str, Callable[[], None]]] = [("ready", self._ready)]
        if self.account is None:
            steps.append(("register", self._register))
        steps += [("sign in", self._sign_in), ("import", self._import), ("report", self._report)]
        for name, do in steps:
            step = _taken(name, do)
            yield step
            if step.failure:
                break
        if self._is_ours and self.client.token:
            yield _taken("delete the account", self._delete_account)
        elif self._has_training:
            yield _taken("delete the session", self._delete_sessions)

    def _ready(self) -> None:
        """It may have been started a moment ago: the first who asks is not always answered."""
        deadline = time.monotonic() + READY_WAIT
        while True:
            try:
                self.client.ask("GET", "/health/ready")
            except SmokeError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(READY_PAUSE)
            else:
                return

    def _register(self) -> None:
        name = f"smoke-{self.mark}"
        person = {
            "email": f"{name}@example.com",
            "username": name,
            "full_name": "Smoke Test",
            "password": self._password,
        }
        made = self.client.ask("POST", "/api/v1/auth/register", person, expected=(201, 202))
        if "id" not in made:
            raise SmokeError("addresses are verified here: give an account, with --username and --password-file")
        self.account = name, self._password
        self._is_ours = True

    def _sign_in(self) -> None:
        username, password = self.account or ("", "")
        found = self.client.ask("POST", "/api/v1/auth/login", {"username": username, "password": password})
        self.client.token = str(found["access_token"])

    def _import(self) -> None:
        day = f"{self.day.day} {_MONTHS[self.day.month - 1]} {self.day.year}"
        self._has_training = True
        text = WORKOUT.format(title=self.title, day=day)
        report = self.client.upload("/api/v1/imports?zone=UTC", "smoke.csv", text, expected=(201,))
        added = report.get("sessions_added"), report.get("sets_added")
        if added != (1, SETS):
            raise SmokeError(f"1 session with {SETS} sets was sent, and (sessions, sets) {added} were added")

    def _report(self) -> None:
        address = f"/api/v1/reports/training?from={self.day}&to={self.day}&bucket=week"
        totals = self.client.ask("GET", address)["totals"]
        found = totals["sessions"], totals["sets"]
        if found != (1, SETS):
            raise SmokeError(f"the report has (sessions, sets) {found} on {self.day}, expected (1, {SETS})")

    def _delete_sessions(self) -> None:
        address = f"/api/v1/sessions?from={self.day}&to={self.day}"
        found = [one["id"] for one in self.client.ask("GET", address)["items"] if one["title"] == self.title]
        for session_id in found:
            self.client.ask("DELETE", f"/api/v1/sessions/{session_id}", expected=(204,))

    def _delete_account(self) -> None:
        password = (self.account or ("", ""))[1]
        self.client.ask("DELETE", "/api/v1/users/me", {"password": password})


def _taken(name: str, do: Callable[[], None]) -> Step:
    started = time.monotonic()
    try:
        do()
    except SmokeError as error:
        return Step(name, time.monotonic() - started, str(error))
    except (KeyError, TypeError) as error:
        return Step(name, time.monotonic() - started, f"the reply lacks {error}")
    return Step(name, time.monotonic() - started)
