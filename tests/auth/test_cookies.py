"""POST /api/v1/auth/cookies and /cookies/refresh: a page that signs in."""

from __future__ import annotations

import pytest

from tests.conftest import PASSWORD

URL = "/api/v1/auth/cookies"
REFRESH = "/api/v1/auth/cookies/refresh"
ME = "/api/v1/users/me"


@pytest.fixture
def page(owner, anonymous):
    """A browser whose cookies the API has set."""
    reply = anonymous.post(URL, json={"username": "owner", "password": PASSWORD})
    assert (reply.status_code, reply.data, reply.headers["Cache-Control"]) == (204, b"", "no-store")
    return anonymous


def csrf(page, kind="access"):
    path = "/"
    return {"X-CSRF-TOKEN": page.http.get_cookie(f"csrf_{kind}_token", path=path).value}


def test_the_tokens_are_out_of_reach_for_scripts_and_other_sites(owner, anonymous):
    reply = anonymous.post(URL, json={"username": "owner", "password": PASSWORD})
    cookies = {line.partition("=")[0]: line for line in reply.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"access_token_cookie", "refresh_token_cookie", "csrf_access_token", "csrf_refresh_token"}
    for name, line in cookies.items():
        assert ("HttpOnly" in line) == name.endswith("_cookie"), line
        assert "SameSite=Strict" in line, line
        assert "Max-Age=" in line, line
    assert "Path=/api/v1/auth/cookies" in cookies["refresh_token_cookie"]
    assert "Max-Age=1800" in cookies["access_token_cookie"]


@pytest.mark.parametrize(("app_env", "secure"), [("development", False), ("staging", True)])
def test_where_it_counts_cookies_travel_by_https_alone(environ, owner, app_env, secure):
    from workouts_api import create_app
    from workouts_api.config import load_settings

    secret = "4kq0Zl5mJ2Q7yY3m1C9vB8nX6sT0rW4e"
    app = create_app(load_settings({**environ, "APP_ENV": app_env, "JWT_SECRET_KEY": secret}))
    reply = app.test_client().post(URL, json={"username": "owner", "password": PASSWORD})
    assert all(("Secure" in line) == secure for line in reply.headers.getlist("Set-Cookie"))
    app.extensions["database"].close()


def test_a_page_reads_with_its_cookie(page):
    assert page.get(ME).json["username"] == "owner"


def test_what_changes_something_needs_the_csrf_token_too(page):
    body = {"json": {"full_name": "Ada"}}
    for headers in ({}, {"X-CSRF-TOKEN": "another"}, csrf(page, "refresh")):
        reply = page.patch(ME, **body, headers=headers)
        assert (reply.status_code, reply.json["error"]) == (403, "csrf_failed")
    assert page.patch(ME, **body, headers=csrf(page)).status_code == 200


def test_a_page_refreshes_with_its_refresh_cookie(page):
    before = page.http.get_cookie("access_token_cookie", path="/api/").value
    assert page.post(REFRESH).json["error"] == "csrf_failed"
    assert page.post(REFRESH, headers=csrf(page)).json["error"] == "csrf_failed"
    assert page.post(REFRESH, headers=csrf(page, "refresh")).status_code == 204
    assert page.http.get_cookie("access_token_cookie", path="/api/").value != before
    assert page.get(ME).status_code == 200


def test_without_a_refresh_cookie_there_is_nothing_to_refresh(anonymous):
    reply = anonymous.post(REFRESH)
    assert (reply.status_code, reply.json["error"]) == (401, "invalid_credentials")


@pytest.mark.parametrize("route", ["logout", "logout-all"])
def test_signing_out_ends_the_login_and_forgets_the_cookies(page, route):
    token = page.http.get_cookie("access_token_cookie", path="/api/").value
    assert page.post(f"/api/v1/auth/{route}", headers=csrf(page)).status_code == 204
    assert page.http.get_cookie("access_token_cookie", path="/api/") is None
    assert page.get(ME).json["error"] == "invalid_credentials"
    page.http.set_cookie("access_token_cookie", token, path="/api/")
    assert page.get(ME).json["error"] == "token_revoked"


def test_a_header_counts_before_a_cookie(page, stranger):
    page.token = stranger.token
    assert page.get(ME).json["username"] == "stranger"
    assert page.patch(ME, json={"full_name": "S"}).status_code == 200


@pytest.mark.parametrize(("name", "value"), [("other", "x"), ("access_token_cookie", "x"), ("access_token_cookie", "")])
def test_junk_cookies_are_401(anonymous, name, value):
    anonymous.http.set_cookie(name, value, path="/")
    reply = anonymous.get(ME)
    assert (reply.status_code, reply.json["error"]) == (401, "invalid_credentials")


def test_a_refresh_cookie_is_no_access_cookie(page):
    token = page.http.get_cookie("refresh_token_cookie", path=URL).value
    page.http.set_cookie("access_token_cookie", token, path="/api/")
    assert page.get(ME).json["error"] == "invalid_credentials"


def test_a_wrong_password_sets_nothing(owner, anonymous):
    reply = anonymous.post(URL, json={"username": "owner", "password": "wrong"})
    assert (reply.status_code, reply.headers.getlist("Set-Cookie")) == (401, [])


def test_another_sites_form_cannot_sign_a_browser_in(owner, anonymous):
    reply = anonymous.post(URL, data={"username": "owner", "password": PASSWORD})
    assert (reply.status_code, reply.headers.getlist("Set-Cookie")) == (415, [])
