"""What somebody does with the client that openapi-python-client makes. Run by test_generated_clients.py.

Arguments: the API's address, username, password, a file to upload.
"""

import sys
import uuid
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

from workouts_api_client import AuthenticatedClient, Client
from workouts_api_client.api.account import get_me
from workouts_api_client.api.auth import login
from workouts_api_client.api.exercises import list_exercises
from workouts_api_client.api.imports import create_import
from workouts_api_client.api.reports import get_training_report
from workouts_api_client.api.sessions import create_session, get_session, list_sessions, patch_session
from workouts_api_client.models import (
    Credentials,
    ImportFile,
    SessionExerciseInput,
    SessionInput,
    SessionPatch,
    WorkoutSetInput,
)
from workouts_api_client.types import File

host, username, password, upload = sys.argv[1:]
tokens = login.sync(client=Client(base_url=host), body=Credentials(username=username, password=password))
client = AuthenticatedClient(base_url=host, token=tokens.access_token)
assert get_me.sync(client=client).username == username

file = File(payload=BytesIO(Path(upload).read_bytes()), file_name=Path(upload).name, mime_type="text/csv")
report = create_import.sync(client=client, body=ImportFile(file=file), zone="Europe/Berlin")
assert (report.sessions_added, report.rejected) == (3, [])

page = list_sessions.sync(client=client, limit=2)
seen = list(page.items)
while page.next_cursor:
    page = list_sessions.sync(client=client, limit=2, cursor=page.next_cursor)
    seen += page.items
assert len(seen) == len({session.id for session in seen}) == 3

exercise = list_exercises.sync(client=client, q="squat").items[0]
sets = [WorkoutSetInput(reps=5, weight_kg=100)]
new = SessionInput(
    title="By a generated client",
    started_at=datetime(2026, 2, 1, 10, tzinfo=UTC),
    exercises=[SessionExerciseInput(exercise_id=exercise.id, sets=sets)],
)
key = str(uuid.uuid4())
made = create_session.sync(client=client, body=new, idempotency_key=key)
assert create_session.sync(client=client, body=new, idempotency_key=key).id == made.id
found = get_session.sync_detailed(made.id, client=client)
etag = found.headers["ETag"]
edited = patch_session.sync(made.id, client=client, body=SessionPatch(title="Edited"), if_match=etag)
assert (edited.title, edited.version) == ("Edited", made.version + 1)
stale = patch_session.sync_detailed(made.id, client=client, body=SessionPatch(title="Late"), if_match=etag)
assert (stale.status_code, stale.parsed.error) == (412, "precondition_failed")

figures = get_training_report.sync(client=client, from_=date(2026, 1, 1), to=date(2026, 1, 31))
assert figures.totals.sessions == 3
print("used")  # noqa: T201 – what the test looks for
