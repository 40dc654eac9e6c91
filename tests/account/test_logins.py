"""GET /api/v1/users/me/logins and DELETE /api/v1/users/me/logins/{id}"""

from __future__ import annotations

from tests.conftest import PASSWORD

URL = "/api/v1/users/me/logins"
ME = "/api/v1/users/me"


def sign_in(client, device, address):
    """From a device; the token is the client's from then on."""
    body = {"username": "owner", "password": PASSWORD}
    reply = client.post(
        "/api/v1/auth/login", json=body, headers={"User-Agent": device}, environ_base={"REMOTE_ADDR": address}
    )
    client.token = reply.json["access_token"]
    return reply.json


def test_the_list_names_device_and_address_and_which_one_is_asking(owner, stranger, anonymous):
    sign_in(anonymous, "Phone/7", "2001:db8::7")
    phone, first = anonymous.get(URL).json["items"]
    assert (phone["device"], phone["address"], phone["is_current"]) == ("Phone/7", "2001:db8::7", True)
    assert (first["id"], first["address"], first["is_current"]) == (owner.login_id, None, False)
    assert [item["is_current"] for item in owner.get(URL).json["items"]] == [False, True]


def test_it_comes_in_pages(owner, anonymous):
    for number in range(2):
        sign_in(anonymous, f"Phone/{number}", "192.0.2.1")
    first = owner.get(URL + "?limit=2").json
    second = owner.get(URL, query_string={"limit": 2, "cursor": first["next_cursor"]}).json
    assert [i["device"] for i in first["items"] + second["items"]] == ["Phone/1", "Phone/0", ""]
    assert second["next_cursor"] is None


def test_logins_that_have_ended_are_not_in_it(owner, anonymous, database):
    sign_in(anonymous, "Phone", "192.0.2.1")
    assert anonymous.post("/api/v1/auth/logout").status_code == 204
    sign_in(anonymous, "Tablet", "192.0.2.1")
    database.execute("update logins set expires_at = now() where device = 'Tablet'")
    assert [item["id"] for item in owner.get(URL).json["items"]] == [owner.login_id]


def test_a_login_that_is_revoked_is_refused_on_its_very_next_request(owner, anonymous):
    tokens = sign_in(anonymous, "Lost phone", "192.0.2.1")
    lost = owner.get(URL).json["items"][0]
    assert owner.delete(f"{URL}/{lost['id']}").status_code == 204
    assert anonymous.get(ME).json["error"] == "token_revoked"
    refresh = anonymous.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert refresh.status_code == 401
    assert owner.get(ME).status_code == 200
    assert owner.delete(f"{URL}/{lost['id']}").status_code == 404


def test_one_may_revoke_the_login_one_came_by(owner):
    assert owner.delete(f"{URL}/{owner.login_id}").status_code == 204
    assert owner.get(ME).status_code == 401


def test_a_strangers_login_is_404_and_stays(owner, stranger):
    reply = stranger.delete(f"{URL}/{owner.login_id}")
    assert (reply.status_code, reply.json["message"]) == (404, "No such login.")
    assert owner.get(ME).status_code == 200
