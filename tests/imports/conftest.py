"""Made-up files in the format of Hevy's export."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import psycopg
import pytest
from werkzeug.test import TestResponse

from tests.conftest import Client

COLUMNS = (
    "title", "start_time", "end_time", "description", "exercise_title", "superset_id", "exercise_notes",
    "set_index", "set_type", "weight_kg", "reps", "distance_km", "duration_seconds", "rpe",
)  # fmt: skip

BOUNDARY = "a-boundary-that-no-file-has"

Row = Mapping[str, object]
Send = Callable[..., Any]  # a TestResponse with json


def row(**different: object) -> dict[str, object]:
    """One set of a squat session, with the given fields changed."""
    return {
        "title": "Legs",
        "start_time": "15 Sep 2025, 07:48",
        "end_time": "15 Sep 2025, 09:13",
        "exercise_title": "Squat (Barbell)",
        "set_index": 0,
        "set_type": "normal",
        "weight_kg": 100,
        "reps": 5,
    } | different


def workout(day: int, sets: int = 3, **different: object) -> list[dict[str, object]]:
    """Some sets of a day in January 2025."""
    times = {"start_time": f"{day} Jan 2025, 18:00", "end_time": f"{day} Jan 2025, 19:00"}
    return [row(**{**times, "set_index": number, **different}) for number in range(sets)]


def export(rows: Iterable[Row], columns: Iterable[str] = COLUMNS) -> str:
    """The rows as Hevy writes them."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, tuple(columns), restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def body(reply: TestResponse) -> Any:
    """The JSON of a reply."""
    return reply.json


@pytest.fixture
def send() -> Send:
    """Uploads a file: ``send(owner, text)``. Keywords become the query string."""

    def upload(client: Client, content: str | bytes, *, name: str = "workouts.csv", **query: object) -> TestResponse:
        headers = query.pop("headers", None)
        # werkzeug's own way is not used, because it does not close the temporary file of a large body.
        return client.post(
            "/api/v1/imports",
            data=multipart(content.encode() if isinstance(content, str) else content, name),
            content_type=f"multipart/form-data; boundary={BOUNDARY}",
            query_string=query,
            headers=headers,
        )

    return upload


def multipart(content: bytes, name: str) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def unnoticed(database: psycopg.Connection[Any], statement: str) -> None:
    """As if it had always been so: no trigger raises a version."""
    database.execute(f"set session_replication_role = replica; {statement}; reset session_replication_role".encode())
