"""Swaps and undos of one query file while clients ask without a pause; what the clients got, and from which text.

The log names the text of each request. So of every request that began after a command had ended and was answered
before the next one began it is known which text it should have had.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from click.testing import CliRunner, Result

from workouts_api.database.swap_files import digest_of
from workouts_api.dba.commands import sql
from workouts_api.sql.loaded import CATALOGUE

NAME, ADDRESS = "users.get_user", "/api/v1/users/me"
_RELEASED = CATALOGUE.find(NAME).text
_WHERE = "where u.id = :user_id"
TEXTS = {
    "turned": _RELEASED.replace(_WHERE, "where :user_id = u.id"),
    "twice": _RELEASED.replace(_WHERE, "where u.id = :user_id and u.id = :user_id"),
    "columns": _RELEASED.replace("select c.*", "select c.*, 1 as more"),
    "syntax": _RELEASED.replace("select c.*", "selec c.*"),
}
UNDO = "undo"
ORDER = ("turned", "columns", "twice", "syntax", UNDO)
REFUSED = frozenset(("columns", "syntax"))
PAUSE = 0.1  # s between two commands in which requests are looked at
_AFTER = re.compile(r"(\d+) of (\d+) workers run it after ([\d.]+) s")


@dataclass(frozen=True)
class Step:
    """A command that has ended: what it did, when, how long the workers took, and what serves from then on."""

    kind: str
    began: float
    ended: float
    result: Result
    serves: str

    @property
    def workers(self) -> tuple[int, int]:
        """How many run it, and how many live."""
        found = _AFTER.search(self.result.output)
        assert found, self.result.output
        return int(found[1]), int(found[2])

    @property
    def followed_s(self) -> float:
        found = _AFTER.search(self.result.output)
        assert found, self.result.output
        return float(found[3])


@dataclass
class Load:
    """What the clients saw: (began, ended, request's id) of each answer, and what failed."""

    answers: list[tuple[float, float, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    ended: float = 0.0

    def served_by(self, log: Path) -> dict[str, str]:
        """By a request's id, the text that answered."""
        lines = (
            json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if '"event":"request"' in line
        )
        return {line["request_id"]: line["statements"][-1] for line in lines if line["path"] == ADDRESS}

    def wrong(self, log: Path) -> tuple[int, list[str]]:
        """How many requests lay between two commands, and those that another text than the one in force answered."""
        texts, looked_at, found = self.served_by(log), 0, list[str]()
        until = [*(step.began for step in self.steps[1:]), self.ended]
        for step, end in zip(self.steps, until, strict=True):
            for began, ended, request_id in self.answers:
                if step.ended < began and ended < end:
                    looked_at += 1
                    if texts[request_id] != step.serves:
                        found.append(f"after {step.kind}: {texts[request_id]} in place of {step.serves}")
        return looked_at, found


class Clients:
    """``count`` clients that ask again and again, each on a connection that it keeps."""

    def __init__(self, url: str, token: str, count: int, load: Load) -> None:
        self._place, self._token, self._load = urlsplit(url).netloc, token, load
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        connection = http.client.HTTPConnection(self._place, timeout=20)
        while not self._over.is_set():
            began = time.monotonic()
            try:
                connection.request("GET", ADDRESS, headers={"Authorization": f"Bearer {self._token}"})
                reply = connection.getresponse()
                reply.read()
            except (OSError, http.client.HTTPException) as error:
                self._load.failures.append(repr(error))
                connection.close()
                continue
            if reply.status == http.HTTPStatus.OK:
                self._load.answers.append((began, time.monotonic(), reply.headers["X-Request-ID"]))
            else:
                self._load.failures.append(str(reply.status))
        connection.close()


def swap_under_load(
    url: str, token: str, folder: Path, environ: Mapping[str, str], *, seconds: float, clients: int, steps: int
) -> Load:
    """Has ``clients`` ask for ``seconds``, and runs ``steps`` commands meanwhile.

    :param folder: for the texts. :param environ: the settings of the server, for the commands.
    """
    load, serves = Load(), NAME
    for kind, text in TEXTS.items():
        (folder / f"{kind}.sql").write_text(text, encoding="utf-8")
    with Clients(url, token, clients, load):
        start = time.monotonic()
        for number in range(steps):
            kind = ORDER[number % len(ORDER)]
            how = ["--undo"] if kind == UNDO else ["--file", str(folder / f"{kind}.sql")]
            began = time.monotonic()
            result = CliRunner().invoke(sql, ["swap", NAME, *how], env=dict(environ))
            if kind not in REFUSED:
                serves = NAME if kind == UNDO else f"{NAME}@{digest_of(TEXTS[kind].encode())[:8]}"
            load.steps.append(Step(kind, began, time.monotonic(), result, serves))
            time.sleep(max(PAUSE, start + (number + 1) * seconds / steps - time.monotonic()))
        load.ended = time.monotonic()
    return load
