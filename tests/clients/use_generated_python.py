"""What somebody does with the client that openapi-generator makes for Python. Run by test_generated_clients.py.

Arguments: the API's address, username, password, a file to upload.
"""

import sys
import uuid
from pathlib import Path

import openapi_client as api
import pytest
from openapi_client.exceptions import ApiException, NotFoundException

host, username, password, upload = sys.argv[1:]
configuration = api.Configuration(host=host)
with api.ApiClient(configuration) as client:
    tokens = api.AuthApi(client).login(api.Credentials(username=username, password=password))
    configuration.access_token = tokens.access_token
    assert api.AccountApi(client).get_me().username == username

    imports = api.ImportsApi(client)
    report = imports.create_import((Path(upload).name, Path(upload).read_bytes()), zone="Europe/Berlin")
    assert (report.sessions_added, report.rejected) == (3, [])
    assert imports.get_import(report.id).sessions_added == 3

    sessions = api.SessionsApi(client)
    page = sessions.list_sessions(limit=2)
    seen = list(page.items)
    while page.next_cursor:
        page = sessions.list_sessions(limit=2, cursor=page.next_cursor)
        seen += page.items
    assert len(seen) == len({session.id for session in seen}) == 3

    exercise = api.ExercisesApi(client).list_exercises(q="squat").items[0]
    new = api.SessionInput(
        title="By a generated client",
        started_at="2026-02-01T10:00:00Z",
        exercises=[
            api.SessionExerciseInput(exercise_id=exercise.id, sets=[api.WorkoutSetInput(reps=5, weight_kg=100.0)])
        ],
    )
    key = str(uuid.uuid4())
    made = sessions.create_session(new, idempotency_key=key)
    assert sessions.create_session(new, idempotency_key=key).id == made.id
    found = sessions.get_session_with_http_info(made.id)
    assert found.data.exercises[0].sets[0].weight_kg == 100
    edited = sessions.patch_session(made.id, api.SessionPatch(title="Edited"), if_match=found.headers["ETag"])
    assert (edited.title, edited.version) == ("Edited", made.version + 1)
    with pytest.raises(ApiException) as stale:
        sessions.patch_session(made.id, api.SessionPatch(title="Late"), if_match=found.headers["ETag"])
    assert (stale.value.status, stale.value.data.error) == (412, "precondition_failed")
    sessions.delete_session(made.id)
    with pytest.raises(NotFoundException) as gone:
        sessions.get_session(made.id)
    assert gone.value.data.error == "not_found"

    figures = api.ReportsApi(client).get_training_report(var_from="2026-01-01", to="2026-01-31")
    assert figures.totals.sessions == 3
    api.AuthApi(client).logout()
print("used")  # noqa: T201 – what the test looks for
