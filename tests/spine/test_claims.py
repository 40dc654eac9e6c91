"""Idempotency-Key: what another request is, and what claims nothing."""

from __future__ import annotations

import io

import pytest

from tests.routes import HEVY, SESSION, options
from workouts_api.web.idempotency import request_digest

URL = "/api/v1/sessions"


def test_a_dry_run_claims_nothing(owner, database):
    headers = {"Idempotency-Key": "upload"}
    for _ in range(2):
        dry = owner.post("/api/v1/imports?dry_run=true", headers=headers, **options(("POST", "/api/v1/imports")))
        assert (dry.status_code, dry.json["id"], "Idempotent-Replayed" in dry.headers) == (200, None, False)
    assert database.execute("select count(*) from idempotency_keys").fetchone() == (0,)
    assert owner.post("/api/v1/imports", headers=headers, **options(("POST", "/api/v1/imports"))).status_code == 201


def test_only_the_claim_waits_two_seconds_at_most_and_not_the_change_after_it(database):
    database.execute("begin; select claim_key('k', sha256('x'))")
    assert database.execute("show lock_timeout").fetchone() == ("0",)
    database.execute("rollback")


# ── what the digest is of ───────────────────────────────────────────────────────────────────────────────────

UPLOAD = {"file": (HEVY, "hevy.csv")}
SENT = ("POST", URL, {"json": SESSION})
OTHERS = {
    "another method": (("PUT", f"{URL}/1", {"json": SESSION}), ("PATCH", f"{URL}/1", {"json": SESSION})),
    "another address": (SENT, ("POST", "/api/v1/teams", {"json": SESSION})),
    "another thing's address": (("PUT", f"{URL}/1", {"json": SESSION}), ("PUT", f"{URL}/2", {"json": SESSION})),
    "another query": (SENT, ("POST", f"{URL}?athlete_id=1", {"json": SESSION})),
    "another value in the query": (
        ("POST", f"{URL}?athlete_id=1", {"json": SESSION}),
        ("POST", f"{URL}?athlete_id=2", {"json": SESSION}),
    ),
    "another body": (SENT, ("POST", URL, {"json": {**SESSION, "title": "Arms"}})),
    "a body that says more": (SENT, ("POST", URL, {"json": {**SESSION, "notes": ""}})),
    "no body": (SENT, ("POST", URL, {})),
    "another file": (("POST", URL, {"files": UPLOAD}), ("POST", URL, {"files": {"file": (HEVY + "\n", "hevy.csv")}})),
    "another file of the same length": (
        ("POST", URL, {"files": UPLOAD}),
        ("POST", URL, {"files": {"file": (HEVY.replace("Legs", "Arms"), "hevy.csv")}}),
    ),
    "another name of the file": (
        ("POST", URL, {"files": UPLOAD}),
        ("POST", URL, {"files": {"file": (HEVY, "strong.csv")}}),
    ),
    "a field beside the file": (
        ("POST", URL, {"files": UPLOAD}),
        ("POST", URL, {"files": UPLOAD, "data": {"zone": "UTC"}}),
    ),
    "another value beside the file": (
        ("POST", URL, {"files": UPLOAD, "data": {"zone": "Europe/Berlin"}}),
        ("POST", URL, {"files": UPLOAD, "data": {"zone": "UTC"}}),
    ),
}


def digest(app, method, address, options):
    files = {name: (io.BytesIO(text.encode()), called) for name, (text, called) in options.get("files", {}).items()}
    given = {name: value for name, value in options.items() if name != "files"}
    if files:
        given["data"] = {**given.get("data", {}), **files}
    with app.test_request_context(address, method=method, **given):
        return request_digest()


@pytest.mark.parametrize("how", OTHERS)
def test_what_makes_another_request_of_it(app, how):
    one, other = OTHERS[how]
    assert digest(app, *one) == digest(app, *one)
    assert digest(app, *one) != digest(app, *other)


def test_a_digest_says_nothing_to_whoever_lacks_the_servers_secret(app, monkeypatch):
    ours = digest(app, *SENT)
    monkeypatch.setitem(app.config, "JWT_SECRET_KEY", "another secret, of another server")
    assert digest(app, *SENT) != ours
