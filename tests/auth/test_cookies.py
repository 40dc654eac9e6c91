"""POST /api/v1/auth/cookies and /cookies/refresh: a page that signs in."""

from __future__ import annotations

import pytest

from tests.conftest import PASSWORD, Client
from workouts_api import create_app
from workouts_api.config import load_settings

URL = "/api/v1/auth/cookies"
REFRESH = "/api/v1/auth/cookies/refresh"
ME = "/api/v1/users/me"
SECRET_OF_STAGING = "4kq0Zl5mJ2Q7yY3m1C9vB8nX6sT0rW4e"


class Browser(Client):
    """Asks by https."""

    def request(self, method, address, **kwargs):
        return super().request(method, address, base_url="https://localhost", **kwargs)


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
    assert "Max-Age=0" in cookies.pop("pages_refresh_token")
    assert set(cookies) == {"access_token_cookie", "refresh_token_cookie", "csrf_access_token", "csrf_refresh_token"}
    for name, line in cookies.items():
        assert ("HttpOnly" in line) == name.endswith("_cookie"), line
        assert "SameSite=Strict" in line, line
        assert "Max-Age=" in line, line
    assert "Path=/api/v1/auth/cookies" in cookies["refresh_token_cookie"]
    assert "Max-Age=1800" in cookies["access_token_cookie"]


@pytest.fixture
def app_of(environ, database):
    """Applications by APP_ENV, whose pages come by https where that is not development."""
    made = []

    def make(app_env):
        settings = load_settings({**environ, "APP_ENV": app_env, "JWT_SECRET_KEY": SECRET_OF_STAGING})
        made.append(create_app(settings))
        return made[-1]

    yield make
    for app in made:
        app.extensions["database"].close()


@pytest.mark.parametrize(
    ("app_env", "secure", "access", "refresh"),
    [
        ("development", False, "access_token_cookie", "refresh_token_cookie"),
        ("staging", True, "__Host-access_token_cookie", "__Secure-refresh_token_cookie"),
    ],
)
def test_where_it_counts_cookies_travel_by_https_alone_and_nobody_else_can_set_them(
    app_of, owner, app_env, secure, access, refresh
):
    reply = app_of(app_env).test_client().post(URL, json={"username": "owner", "password": PASSWORD})
    cookies = {line.partition("=")[0]: line for line in reply.headers.getlist("Set-Cookie")}
    deleted = {name: cookies.pop(name) for name in list(cookies) if "pages_refresh_token" in name}
    assert all("Max-Age=0" in line and ("; Secure" in line) == secure for line in deleted.values())
    assert set(cookies) == {access, refresh, "csrf_access_token", "csrf_refresh_token"}
    assert all(("; Secure" in line) == secure for line in cookies.values())
    assert not any("Domain" in line for line in cookies.values())
    assert "; Path=/;" in cookies[access]  # __Host- asks for it
    assert f"; Path={URL};" in cookies[refresh]


def test_a_page_that_came_by_https_reads_changes_refreshes_and_signs_out(app_of, owner):
    page = Browser(app_of("staging").test_client())
    assert page.post(URL, json={"username": "owner", "password": PASSWORD}).status_code == 204
    assert page.get(ME).json["username"] == "owner"
    assert page.patch(ME, json={"full_name": "Ada"}).json["error"] == "csrf_failed"
    assert page.patch(ME, json={"full_name": "Ada"}, headers=csrf(page)).status_code == 200
    assert page.post(REFRESH, headers=csrf(page, "refresh")).status_code == 204
    assert page.post("/api/v1/auth/logout", headers=csrf(page)).status_code == 204
    assert page.http.get_cookie("__Host-access_token_cookie", path="/") is None
    assert page.http.get_cookie("__Secure-refresh_token_cookie", path=URL) is None
    assert page.get(ME).json["error"] == "invalid_credentials"


def test_a_cookie_that_a_neighbour_in_the_domain_could_have_planted_is_not_read(app_of, owner):
    """So the cookies of earlier versions end: their pages sign in once more, and forget them then."""
    page = Browser(app_of("staging").test_client())
    page.http.set_cookie("access_token_cookie", owner.token, path="/api/")
    page.http.set_cookie("refresh_token_cookie", owner.token, path=URL)
    assert page.get(ME).json["error"] == "invalid_credentials"
    assert page.post(REFRESH).json["error"] == "invalid_credentials"
    assert page.post(URL, json={"username": "owner", "password": PASSWORD}).status_code == 204
    assert page.http.get_cookie("access_token_cookie", path="/api/") is None
    assert page.http.get_cookie("refresh_token_cookie", path=URL) is None
    assert page.get(ME).status_code == 200


def test_over_plain_http_a_cookie_of_an_earlier_version_does_not_stand_before_the_new_one(page, stranger):
    page.http.set_cookie("access_token_cookie", stranger.token, path="/api/")  # browsers send the longer path first
    assert page.post(URL, json={"username": "owner", "password": PASSWORD}).status_code == 204
    assert page.http.get_cookie("access_token_cookie", path="/api/") is None
    assert page.get(ME).json["username"] == "owner"


def test_a_page_reads_with_its_cookie(page):
    assert page.get(ME).json["username"] == "owner"


def test_what_changes_something_needs_the_csrf_token_too(page):
    body = {"json": {"full_name": "Ada"}}
    for headers in ({}, {"X-CSRF-TOKEN": "another"}, csrf(page, "refresh")):
        reply = page.patch(ME, **body, headers=headers)
        assert (reply.status_code, reply.json["error"]) == (403, "csrf_failed")
    assert page.patch(ME, **body, headers=csrf(page)).status_code == 200


def test_a_page_refreshes_with_its_refresh_cookie(page):
    before = page.http.get_cookie("access_token_cookie", path="/").value
    assert page.post(REFRESH).json["error"] == "csrf_failed"
    assert page.post(REFRESH, headers=csrf(page)).json["error"] == "csrf_failed"
    assert page.post(REFRESH, headers=csrf(page, "refresh")).status_code == 204
    assert page.http.get_cookie("access_token_cookie", path="/").value != before
    assert page.get(ME).status_code == 200


def test_without_a_refresh_cookie_there_is_nothing_to_refresh(anonymous):
    reply = anonymous.post(REFRESH)
    assert (reply.status_code, reply.json["error"]) == (401, "invalid_credentials")


@pytest.mark.parametrize("route", ["logout", "logout-all"])
def test_signing_out_ends_the_login_and_forgets_the_cookies(page, route):
    token = page.http.get_cookie("access_token_cookie", path="/").value
    assert page.post(f"/api/v1/auth/{route}", headers=csrf(page)).status_code == 204
    assert page.http.get_cookie("access_token_cookie", path="/") is None
    assert page.get(ME).json["error"] == "invalid_credentials"
    page.http.set_cookie("access_token_cookie", token, path="/")
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
    page.http.set_cookie("access_token_cookie", token, path="/")
    assert page.get(ME).json["error"] == "invalid_credentials"


def test_a_wrong_password_sets_nothing(owner, anonymous):
    reply = anonymous.post(URL, json={"username": "owner", "password": "wrong"})
    assert (reply.status_code, reply.headers.getlist("Set-Cookie")) == (401, [])


def test_another_sites_form_cannot_sign_a_browser_in(owner, anonymous):
    reply = anonymous.post(URL, data={"username": "owner", "password": PASSWORD})
    assert (reply.status_code, reply.headers.getlist("Set-Cookie")) == (415, [])
