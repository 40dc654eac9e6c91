"""POST /api/v1/auth/register under an Idempotency-Key, where addresses are verified: 202 is kept, a refusal is not."""

from __future__ import annotations

from tests.auth.test_register import ADA

URL = "/api/v1/auth/register"
KEY = {"Idempotency-Key": "k"}


def test_a_refused_registration_is_mended_under_its_key(newcomer, owner, database):
    for _ in range(2):
        refused = newcomer.post(URL, json=ADA | {"username": "Owner"}, headers=KEY)
        assert (refused.status_code, list(refused.json["details"])) == (409, ["username"])
    assert database.execute("select count(*) from idempotency_keys").fetchone() == (0,)
    first, again = (newcomer.post(URL, json=ADA, headers=KEY) for _ in range(2))
    assert (first.status_code, again.status_code, again.data) == (202, 202, first.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert database.execute("select count(*) from registrations").fetchone() == (1,)
