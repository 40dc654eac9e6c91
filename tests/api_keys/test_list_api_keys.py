"""GET /api/v1/users/me/api-keys, and one of them; deleting one."""

from __future__ import annotations

from tests.conftest import Client

URL = "/api/v1/users/me/api-keys"


def test_my_keys_are_listed_newest_first_a_page_at_a_time_without_their_secrets(owner: Client) -> None:
    made = [owner.post(URL, json={"name": f"key {n}", "scopes": ["sessions:read"]}).json for n in range(3)]
    page = owner.get(URL + "?limit=2").json
    rest = owner.get(URL, query_string={"cursor": page["next_cursor"]}).json
    assert [item["name"] for item in page["items"] + rest["items"]] == ["key 2", "key 1", "key 0"]
    assert rest["next_cursor"] is None
    assert made[0]["key"].rpartition("_")[2] not in str(page) + str(rest)


def test_a_stranger_sees_none_of_them(owner: Client, stranger: Client) -> None:
    where = owner.post(URL, json={"name": "Backup", "scopes": ["sessions:read"]}).headers["Location"]
    assert stranger.get(URL).json["items"] == []
    assert stranger.get(where).status_code == 404
    assert stranger.delete(where).status_code == 404
    assert owner.get(where).status_code == 200


def test_a_deleted_key_is_gone_and_refused(owner: Client, anonymous: Client) -> None:
    made = owner.post(URL, json={"name": "Backup", "scopes": ["sessions:read"]})
    anonymous.token = made.json["key"]
    assert anonymous.get("/api/v1/sessions").status_code == 200
    assert owner.delete(made.headers["Location"]).status_code == 204
    assert anonymous.get("/api/v1/sessions").json["error"] == "token_revoked"
    assert owner.delete(made.headers["Location"]).status_code == 404
