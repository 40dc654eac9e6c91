"""Idempotency-Key: a request that is sent again does nothing twice and gets its first reply."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import Client
from tests.routes import SESSION, options

URL = "/api/v1/sessions"


def post(client, key, **changed):
    return client.post(URL, json=SESSION | changed, headers={"Idempotency-Key": key})


def test_twenty_concurrent_sends_make_one_row_and_twenty_equal_replies(app, owner, database):
    def send(_):
        return post(Client(app.test_client(), token=owner.token), "one-and-the-same")

    with ThreadPoolExecutor(20) as threads:
        replies = list(threads.map(send, range(20)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.data for reply in replies}) == 1
    assert len({(reply.headers["ETag"], reply.headers["Location"]) for reply in replies}) == 1
    assert sum("Idempotent-Replayed" in reply.headers for reply in replies) == 19
    assert database.execute("select count(*) from sessions").fetchone() == (1,)


def test_a_key_with_another_body_is_refused(owner):
    assert post(owner, "k").status_code == 201
    other = post(owner, "k", title="Another")
    assert (other.status_code, list(other.json["details"])) == (422, ["Idempotency-Key"])


def test_the_same_json_in_another_order_is_the_same_body(owner):
    first = post(owner, "k")
    again = owner.post(URL, json=dict(reversed(SESSION.items())), headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.json) == (201, first.json)


def test_keys_belong_to_their_user(owner, stranger, database):
    first, others = post(owner, "k"), post(stranger, "k")
    assert first.json["id"] != others.json["id"]
    assert (post(owner, "k").data, post(stranger, "k").data) == (first.data, others.data)
    assert database.execute("select count(*) from sessions").fetchone() == (2,)


def test_a_refused_request_takes_nobody_elses_claim_back(owner, stranger, anonymous, database):
    first = post(owner, "k")
    refused = stranger.patch(first.headers["Location"], json={"title": "Mine"}, headers={"Idempotency-Key": "k"})
    assert refused.status_code == 404
    again = post(owner, "k")
    assert (again.data, again.headers["Idempotent-Replayed"]) == (first.data, "true")


def test_an_api_key_and_a_sign_in_of_one_user_share_their_keys(owner, key_of):
    first = post(owner, "k")
    again = post(key_of(owner, "sessions:write"), "k")
    assert (again.data, again.headers["Idempotent-Replayed"]) == (first.data, "true")


def test_only_what_went_well_is_kept(owner, database):
    assert post(owner, "k", title="x" * 201).status_code == 422
    assert database.execute("select count(*) from idempotency_keys").fetchone() == (0,)
    assert post(owner, "k").status_code == 201


def test_twenty_concurrent_refusals_are_twenty_refusals_and_leave_no_claim(app, owner, database):
    made = owner.post(URL, json=SESSION).headers["Location"]

    def send(_):
        client = Client(app.test_client(), token=owner.token)
        return client.patch(made, json={"title": "Arms"}, headers={"Idempotency-Key": "k", "If-Match": '"7-"'})

    with ThreadPoolExecutor(20) as threads:
        replies = list(threads.map(send, range(20)))
    assert {reply.status_code for reply in replies} == {412}
    assert database.execute("select count(*) from idempotency_keys").fetchone() == (0,)


def test_a_mended_request_among_refused_ones_takes_effect_once(app, owner, database):
    """All under one key: whoever comes after the mended one gets 422, since theirs is another request."""
    made = owner.post(URL, json=SESSION).headers["Location"]

    def send(n):
        client = Client(app.test_client(), token=owner.token)
        address = made if n % 2 else f"{URL}/{2**52}"
        return client.patch(address, json={"title": "Arms"}, headers={"Idempotency-Key": "k"})

    with ThreadPoolExecutor(20) as threads:
        replies = list(threads.map(send, range(20)))
    assert {reply.status_code for reply in replies[1::2]} == {200}
    assert {reply.status_code for reply in replies[::2]} <= {404, 422}
    assert len({reply.data for reply in replies[1::2]}) == 1
    assert database.execute("select version from sessions").fetchone() == (2,)


@pytest.mark.parametrize("key", ["", " ", "ü", "x" * 256, "a b"])
def test_a_key_that_is_none_is_refused_by_name(owner, key):
    assert list(post(owner, key).json["details"]) == ["Idempotency-Key"]


def test_a_key_whose_first_sender_is_still_at_work_is_told_to_wait(owner, database):
    database.execute("begin")
    database.execute(
        "insert into idempotency_keys (owner_id, user_id, key, digest) values (%(id)s, %(id)s, 'k', sha256('x'))",
        {"id": owner.user_id},
    )
    try:
        reply = post(owner, "k")
    finally:
        database.execute("rollback")
    assert (reply.status_code, reply.json["error"], reply.headers["Retry-After"]) == (409, "still_running", "1")


def test_a_resent_put_gets_its_first_reply_and_not_412_from_itself(owner):
    made = post(owner, "create")
    headers = {"If-Match": made.headers["ETag"], "Idempotency-Key": "replace"}
    first = owner.put(made.headers["Location"], json=SESSION | {"title": "Arms"}, headers=headers)
    again = owner.put(made.headers["Location"], json=SESSION | {"title": "Arms"}, headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert (again.data, again.headers["ETag"]) == (first.data, first.headers["ETag"])


def test_a_file_sent_again_in_another_envelope_is_the_same_request(owner):
    headers = {"Idempotency-Key": "upload"}
    first = owner.post("/api/v1/imports", headers=headers, **options(("POST", "/api/v1/imports")))
    again = owner.post("/api/v1/imports", headers=headers, **options(("POST", "/api/v1/imports")))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json


def test_registration_can_be_sent_again_too(anonymous):
    person = {"email": "ada@example.com", "username": "ada", "password": "correct horse battery"}
    replies = [anonymous.post("/api/v1/auth/register", json=person, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[0].json == replies[1].json


def test_a_claim_costs_no_trip_and_a_replay_one_more(counted, proxy):
    for key in ("warm", "warm"):
        assert post(counted, key).status_code == 201
    before = proxy.trips
    assert post(counted, "k").status_code == 201
    assert proxy.trips - before == 1
    assert post(counted, "k").headers["Idempotent-Replayed"] == "true"
    # the server sends an error at once: seen before the pipeline was synced, it makes one more turn
    assert proxy.trips - before in (3, 4)
