"""Query files that are swapped on this host: which texts are in force, and the thread that follows the folder.

``workouts sql swap`` writes the folder; each process that serves looks at it four times a second, in a thread. So a
swap costs a request nothing. A text is in force as long as the release's file is the one for which it was checked.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from workouts_api import activity
from workouts_api.database.swap_files import DamagedSwapError, Swap, digest_of, parse, read_contents
from workouts_api.logs import log
from workouts_api.sql.catalogue import Catalogue, UnknownQueryError
from workouts_api.sql.files import QueryFile, parse_query_file

if TYPE_CHECKING:
    from workouts_api.database.access import Database

LOOK_EVERY = 0.25  # seconds; a look takes a few microseconds where nothing is swapped
FRAME = frozenset(
    (
        *("spine.pass_guard", "spine.pass_key_guard", "spine.open_request", "spine.claim_key", "spine.store_reply"),
        *("spine.follow_primary", "spine.tell_position", "spine.identify_server"),
    )
)
"""What travels with other queries. Each is a call of a function, whose text a migration changes."""

State = Literal["in force", "outdated", "damaged"]


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the folder. ``file`` is the query file that it makes, if it is in force; else ``why`` says why not."""

    query: str
    state: State
    swap: Swap | None = None
    file: QueryFile | None = None
    why: str = ""


def swaps_in(folder: Path, catalogue: Catalogue) -> list[Found]:
    """All swaps of the folder, by the names of their queries."""
    return _judged(read_contents(folder), catalogue)


def in_force(found: Iterable[Found]) -> dict[str, QueryFile]:
    """The query files that take the place of the release's, by name."""
    return {one.query: one.file for one in found if one.file is not None}


def mark_of(files: Mapping[str, QueryFile]) -> int:
    """A number that stands for these files, by which a worker shows others what it runs. 0: nothing is swapped."""
    if not files:
        return 0
    named = ",".join(f"{name}@{digest_of(file.text.encode())}" for name, file in sorted(files.items()))
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:8])


def _judged(contents: Mapping[str, bytes | str], catalogue: Catalogue) -> list[Found]:
    return [_judge(query, content, catalogue) for query, content in sorted(contents.items())]


def _judge(query: str, content: bytes | str, catalogue: Catalogue) -> Found:
    try:
        swap = parse(query, content)
    except DamagedSwapError as error:
        return Found(query, "damaged", why=str(error))
    try:
        released = catalogue.find(query)
    except UnknownQueryError:
        return Found(query, "outdated", swap, why="the release has no such file")
    if (of_release := digest_of(released.text.encode())) == swap.digest:
        return Found(query, "outdated", swap, why="the release has this text now")
    if of_release != swap.release:
        return Found(query, "outdated", swap, why="the release has another file than the one that it replaced")
    file, problems = parse_query_file(released.path, swap.text)
    if file is None or query in FRAME:
        return Found(query, "damaged", swap, why="; ".join(problems) or "it cannot be swapped")
    return Found(query, "in force", swap, file)


class Swaps:
    """What this process has seen of the folder."""

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self._folder, self._catalogue = folder, catalogue
        self._seen: dict[str, bytes | str] | None = {}
        self.found: list[Found] = []

    def look(self) -> bool:
        """Whether anything has changed since the last look."""
        contents = read_contents(self._folder)
        if contents == self._seen:
            return False
        self._seen, self.found = contents, _judged(contents, self._catalogue)
        return True

    def forget(self) -> None:
        """Has the next look see all of it anew: what was found could not be followed."""
        self._seen = None


class Watch:
    """Has a database follow the folder, and says in the log what is swapped."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told: dict[str, Found] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="swaps", daemon=True)

    def start(self) -> None:
        """Follows the folder at once, before anything is served, and from then on."""
        self._try_to_look()
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(LOOK_EVERY):
            self._try_to_look()

    def _try_to_look(self) -> None:
        try:
            self.look()
        except Exception:  # such as a full memory: the next look may succeed, and no worker ends
            log.exception("swaps not followed")

    def look(self) -> None:
        self._database.follow_swaps()
        found = self._database.swaps.found
        activity.show_mark(mark_of(in_force(found)))
        for one in found:
            if self._told.get(one.query) == one:
                continue
            if one.swap is not None and one.state == "in force":
                log.info("swapped", query=one.query, digest=one.swap.digest[:8], by=one.swap.by)
            else:
                log.warning("swap ignored", query=one.query, state=one.state, cause=one.why)
        told = {one.query: one for one in found}
        for query in sorted(self._told.keys() - told.keys()):
            log.info("swap ended", query=query)
        self._told = told
