"""A served API, its document, and the programs that generators need."""

from __future__ import annotations

import json
import shutil
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import PASSWORD, required
from tests.docs.conftest import address

__all__ = ["address"]

UPLOAD = """\
"title","start_time","end_time","description","exercise_title","superset_id","exercise_notes","set_index",\
"set_type","weight_kg","reps","distance_km","duration_seconds","rpe"
"Legs","5 Jan 2026, 18:00","5 Jan 2026, 19:00","","Squat (Barbell)",,"",0,"normal",100,5,,,8
"Legs","7 Jan 2026, 18:00","7 Jan 2026, 19:00","","Squat (Barbell)",,"",0,"normal",100,5,,,8
"Legs","9 Jan 2026, 18:00","9 Jan 2026, 19:00","","Squat (Barbell)",,"",0,"normal",100,5,,,8
"""


@pytest.fixture
def document(address: str, tmp_path: Path) -> Path:
    """openapi.json from the server."""
    path = tmp_path / "openapi.json"
    with urllib.request.urlopen(f"{address}/openapi.json") as reply:  # noqa: S310 – our own http URL
        path.write_bytes(reply.read())
    return path


@pytest.fixture
def somebody(address: str, tmp_path: Path) -> list[str]:
    """The arguments of each program: the address, the username and password of a new user, a file to upload."""
    username = f"u{uuid.uuid4().hex[:12]}"
    body = {"email": f"{username}@example.com", "username": username, "password": PASSWORD, "zone": "Europe/Berlin"}
    request = urllib.request.Request(  # noqa: S310 – our own http URL
        f"{address}/api/v1/auth/register",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).close()  # noqa: S310 – likewise
    upload = tmp_path / "hevy.csv"
    upload.write_text(UPLOAD, encoding="utf-8")
    return [address, username, PASSWORD, str(upload)]


@pytest.fixture
def java() -> Callable[[str], str]:
    """Finds a program of the JDK or a jar of Debian's, or skips."""

    def find(name: str) -> str:
        found = f"/usr/share/java/{name}" if name.endswith(".jar") else shutil.which(name)
        if found and Path(found).exists():
            return found
        if required("java"):
            pytest.fail(f"there is no {name}, and this run must not skip")
        pytest.skip(f"there is no {name}")

    return find
