"""The static files of the documents: under a name with the digest of its content, each is kept by browsers for ever."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from flask import Response, send_from_directory

from workouts_api.errors import NotFound

_A_YEAR = 31_536_000  # seconds
_HASHED = re.compile(r"(?P<stem>.+)\.(?P<digest>[0-9a-f]{12})(?P<suffix>\.\w+)")


class StaticFiles:
    """Files by their name.

    :param folders: of each file.
    :param address: what stands before a file's name.
    """

    def __init__(self, folders: Mapping[str, Path], address: str) -> None:
        self._folders, self._address = folders, address

    def link(self, name: str) -> str:
        """The address at which this content is, and never another one."""
        path = Path(name)
        return f"{self._address}{path.stem}.{_digest(self._folders[name] / name)}{path.suffix}"

    def serve(self, asked: str) -> Response:
        """A file under its own name, or under one with a digest.

        Under the digest of another release, while hosts are replaced, what is there is served and not kept.

        :raises NotFound: there is no such file.
        """
        parts = _HASHED.fullmatch(asked)
        name = f"{parts['stem']}{parts['suffix']}" if parts else asked
        if name not in self._folders:
            raise NotFound
        reply = send_from_directory(self._folders[name], name)
        if parts is None:
            reply.headers["Cache-Control"] = "no-cache"  # asked for again, by its ETag
        elif parts["digest"] == _digest(self._folders[name] / name):
            reply.headers["Cache-Control"] = f"public, max-age={_A_YEAR}, immutable"
        else:
            reply.headers["Cache-Control"] = "no-store"
        return reply


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
