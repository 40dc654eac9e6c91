"""Signing in and out of the pages: forms, cookies, their renewal, and where it leads to."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.conftest import PASSWORD
from tests.pages.reading import read
from workouts_api import create_app
from workouts_api.api.auth import tokens
from workouts_api.config import load_settings

FORM, OUT, REPORT = "/pages/sign-in", "/pages/sign-out", "/pages/report"
ACCESS, REFRESH = "access_token_cookie", "pages_refresh_token"


def hidden(reply, action):
    form = next(one for one in read(reply.text).all("form") if one.attributes["action"] == action)
    return {one.attributes["name"]: one.attributes["value"] for one in form.all("input", type="hidden")}


def sign_in(browser, next_="", **changed):
    fields = hidden(browser.get(FORM, next=next_) if next_ else browser.get(FORM), FORM)
    return browser.submit(FORM, **{**fields, "username": "owner", "password": PASSWORD, **changed})


def test_a_page_leads_to_the_form_and_the_form_back_to_the_page(owner, browser):
    first = browser.get(REPORT, athlete_id=owner.athlete_id, units="imperial")
    assert first.status_code == 303
    form = browser.http.get(first.headers["Location"])
    assert form.headers["Cache-Control"] == "no-store"
    fields = hidden(form, FORM)
    reply = browser.submit(FORM, **fields, username="owner", password=PASSWORD)
    assert (reply.status_code, reply.headers["Location"]) == (
        303,
        f"{REPORT}?athlete_id={owner.athlete_id}&units=imperial",
    )
    assert browser.http.get(reply.headers["Location"]).status_code == 200


def test_the_cookies_are_out_of_reach_for_scripts_and_other_sites(owner, browser):
    reply = sign_in(browser)
    cookies = {line.partition("=")[0]: line for line in reply.headers.getlist("Set-Cookie")}
    assert set(cookies) == {ACCESS, "csrf_access_token", REFRESH}
    for name in (ACCESS, REFRESH):
        assert "HttpOnly" in cookies[name]
        assert "SameSite=Strict" in cookies[name]
    assert "Path=/pages" in cookies[REFRESH]


def test_the_form_masks_the_password_and_lets_managers_fill_it_in(browser):
    form = next(one for one in read(browser.get(FORM).text).all("form") if one.attributes["action"] == FORM)
    [password] = form.all("input", name="password")
    assert {name: password.attributes[name] for name in ("type", "autocomplete")} == {
        "type": "password",
        "autocomplete": "current-password",
    }
    assert "onpaste" not in password.attributes


@pytest.mark.parametrize(
    "next_",
    [
        "https://evil.example",
        "//evil.example/pages",
        "/\\evil.example",
        "/pages/../docs",
        "/pages//evil.example",
        "/pages@evil.example",
        "/pages.evil.example",
        "/pages/report\r\nSet-Cookie: a=b",
        "/pages/report?a=\\",
        "javascript:alert(1)",
        "/api/v1/users/me",
        "/pages/sign-in?next=/pages",
        "/pages/sign-out",
        "/pages/report?a=" + 1000 * "a",
        "/pages/report#\u202e",
    ],
)
def test_signing_in_leads_nowhere_but_to_a_page(owner, browser, next_):
    assert sign_in(browser, next=next_).headers["Location"] == REPORT
    assert read(browser.get(FORM, next=next_).text).one("input", name="next").attributes["value"] == REPORT


def test_a_wrong_password_is_said_and_the_name_stays(owner, browser):
    reply = sign_in(browser, password="wrong", username='owner"><b>')
    assert reply.status_code == 403
    page = read(reply.text)
    assert "The name or the password is wrong." in page.text
    assert page.one("input", id="username").attributes["value"] == 'owner"><b>'
    assert page.one("input", id="password").attributes.get("value") is None
    assert reply.headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize(
    ("changed", "status"), [({"username": ""}, 403), ({"password": ""}, 403), ({"password": "x" * 2000}, 422)]
)
def test_a_form_that_is_not_filled_in_is_shown_again(owner, browser, changed, status):
    reply = sign_in(browser, **changed)
    assert reply.status_code == status
    assert hidden(reply, FORM)["next"] == REPORT


@pytest.mark.parametrize("token", ["", "another", "ä", ".", f"{'0' * 16}.{'0' * 64}"])
def test_a_form_of_another_site_signs_nobody_in(owner, browser, token):
    reply = sign_in(browser, form_token=token)
    assert (reply.status_code, reply.content_type) == (403, "text/html; charset=utf-8")
    assert reply.headers.getlist("Set-Cookie") == []


def test_without_the_forms_cookie_nobody_is_signed_in(owner, browser):
    fields = hidden(browser.get(FORM), FORM)
    browser.http.delete_cookie("form_token", path="/")
    assert browser.submit(FORM, **fields, username="owner", password=PASSWORD).status_code == 403


def test_a_forms_token_is_another_one_on_each_page(owner, browser, browser_of):
    """Else a compressed page could be asked for until its length told the token."""
    tokens = {hidden(browser.get(FORM), FORM)["form_token"] for _ in range(3)}
    tokens |= {hidden(browser_of(owner).get(REPORT), OUT)["form_token"] for _ in range(3)}
    assert len(tokens) == 6


def test_a_link_of_another_site_leads_to_the_page_once_more_since_no_cookie_came_with_it(browser):
    reply = browser.http.get(f"{REPORT}?units=imperial", headers={"Sec-Fetch-Site": "cross-site"})
    page = read(reply.text)
    assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-store")
    assert page.one("meta", http_equiv="refresh").attributes["content"] == "0"
    assert page.one("main").one("a").attributes["href"] == f"{REPORT}?units=imperial"
    again = browser.http.get(f"{REPORT}?units=imperial", headers={"Sec-Fetch-Site": "same-origin"})
    assert again.status_code == 303


def test_a_form_of_another_site_is_not_sent_once_more(browser):
    reply = browser.http.post(OUT, headers={"Sec-Fetch-Site": "cross-site"})
    assert (reply.status_code, reply.headers["Location"]) == (303, FORM)


def test_signing_out_needs_the_forms_token_and_ends_the_login(owner, browser):
    sign_in(browser)
    access = browser.http.get_cookie(ACCESS, path="/").value
    for fields in ({}, {"form_token": ""}, {"form_token": "0" * 64}):
        assert browser.submit(OUT, **fields).status_code == 403
    fields = hidden(browser.get(REPORT), OUT)
    reply = browser.submit(OUT, **fields)
    assert (reply.status_code, reply.headers["Location"]) == (303, FORM)
    assert browser.http.get_cookie(ACCESS, path="/") is None
    assert browser.http.get_cookie(REFRESH, path="/pages") is None
    browser.http.set_cookie(ACCESS, access, path="/")
    assert browser.get(REPORT).headers["Location"] == FORM  # the guard has refused it


def test_the_token_of_another_login_signs_nobody_out(owner, stranger, browser, browser_of):
    sign_in(browser)
    fields = hidden(browser_of(stranger).get(REPORT), OUT)
    assert browser.submit(OUT, **fields).status_code == 403
    assert browser.get(REPORT).status_code == 200


def test_cookies_are_renewed_without_a_word(owner, browser):
    sign_in(browser)
    before = browser.http.get_cookie(REFRESH, path="/pages").value
    browser.http.delete_cookie(ACCESS, path="/")  # as a browser does after 30 minutes
    reply = browser.get(REPORT)
    assert reply.status_code == 200
    assert browser.http.get_cookie(ACCESS, path="/").value
    assert browser.http.get_cookie(REFRESH, path="/pages").value != before
    out = hidden(reply, OUT)
    browser.http.delete_cookie(ACCESS, path="/")
    left = browser.submit(OUT, **out)  # the form of a page that has stood long
    assert left.headers["Location"] == FORM
    assert "eyJ" not in str(left.headers)  # the tokens by which it was renewed are not sent after it has ended
    assert browser.http.get_cookie(ACCESS, path="/") is None
    assert browser.http.get_cookie(REFRESH, path="/pages") is None


def test_renewed_cookies_go_out_with_an_error_as_well(owner, browser):
    sign_in(browser)
    before = browser.http.get_cookie(REFRESH, path="/pages").value
    browser.http.delete_cookie(ACCESS, path="/")
    assert browser.get(REPORT, from_="never").status_code == 422
    assert browser.http.get_cookie(REFRESH, path="/pages").value != before


@pytest.mark.parametrize("token", ["x", "ä", "a.b.c", "access", "other"])
def test_junk_cookies_lead_to_the_form(app, owner, browser, token):
    with app.app_context():
        refresh = tokens.new_refresh_token(owner.user_id, owner.login_id).text
    given = {"access": owner.token, "other": refresh}.get(token, token)
    browser.http.set_cookie(REFRESH, given, path="/pages")
    browser.http.set_cookie(ACCESS, refresh if token == "access" else "x", path="/")
    assert browser.get(REPORT).headers["Location"] == FORM


def test_an_expired_access_cookie_is_none(app, owner, browser, monkeypatch):
    with app.app_context():
        monkeypatch.setitem(app.config, "JWT_ACCESS_TOKEN_EXPIRES", dt.timedelta(seconds=-60))
        browser.http.set_cookie(ACCESS, tokens.new_access_token(owner.user_id, owner.login_id), path="/")
    assert browser.get(REPORT).headers["Location"] == FORM


def test_pages_read_no_header(owner, browser):
    reply = browser.http.get(REPORT, headers={"Authorization": f"Bearer {owner.token}"})
    assert reply.status_code == 303


def test_the_pages_cookies_work_with_the_api_and_those_of_the_api_with_the_pages(owner, browser):
    sign_in(browser)
    assert browser.http.get("/api/v1/users/me").json["username"] == "owner"
    assert browser.http.post("/api/v1/auth/logout").status_code == 403  # it wants X-CSRF-TOKEN, as ever
    again = browser.http.post("/api/v1/auth/cookies", json={"username": "owner", "password": PASSWORD})
    assert again.status_code == 204
    assert browser.get(REPORT).status_code == 200


def test_a_field_that_comes_twice_is_refused(owner, browser):
    fields = hidden(browser.get(FORM), FORM)
    reply = browser.submit(FORM, **fields, username=["owner", "stranger"], password=PASSWORD)
    assert (reply.status_code, reply.headers.getlist("Set-Cookie")) == (422, [])


def test_a_browser_stays_with_whoever_signed_in_last(owner, stranger, browser):
    sign_in(browser, username="stranger")
    http = browser.http
    assert http.post("/api/v1/auth/cookies", json={"username": "owner", "password": PASSWORD}).status_code == 204
    http.delete_cookie(ACCESS, path="/")  # as a browser does after 30 minutes
    assert browser.get(REPORT).headers["Location"] == FORM  # and not the stranger's report
    csrf = {"X-CSRF-TOKEN": http.get_cookie("csrf_refresh_token", path="/").value}
    sign_in(browser, username="stranger")
    assert http.get_cookie("refresh_token_cookie", path="/api/v1/auth/cookies") is None
    assert http.post("/api/v1/auth/cookies/refresh", headers=csrf).status_code == 401
    assert http.get("/api/v1/users/me").json["username"] == "stranger"


def test_signing_out_by_the_api_signs_out_of_the_pages(owner, browser):
    sign_in(browser)
    csrf = {"X-CSRF-TOKEN": browser.http.get_cookie("csrf_access_token", path="/").value}
    assert browser.http.post("/api/v1/auth/logout", headers=csrf).status_code == 204
    assert browser.http.get_cookie(REFRESH, path="/pages") is None


def test_where_it_counts_the_cookies_travel_by_https_alone(environ, owner):
    settings = load_settings({**environ, "APP_ENV": "staging", "JWT_SECRET_KEY": "4kq0Zl5mJ2Q7yY3m1C9vB8nX6sT0rW4e"})
    app = create_app(settings)
    try:
        http = app.test_client()
        form = http.get(FORM, base_url="https://localhost")
        fields = {**hidden(form, FORM), "username": "owner", "password": PASSWORD}
        reply = http.post(FORM, data=fields, base_url="https://localhost")
        out = hidden(http.get(REPORT, base_url="https://localhost"), OUT)
        gone = http.post(OUT, data=out, base_url="https://localhost").headers.getlist("Set-Cookie")
    finally:
        app.extensions["database"].close()
    cookies = {line.partition("=")[0]: line for one in (form, reply) for line in one.headers.getlist("Set-Cookie")}
    names = {"__Host-access_token_cookie", "__Secure-pages_refresh_token", "__Host-form_token", "csrf_access_token"}
    assert set(cookies) == names
    assert all("; Secure" in line for line in cookies.values())
    # Browsers take no line for a name with a prefix that is not Secure, also none that deletes.
    deleted = {line.partition("=")[0] for line in gone if "; Secure" in line and "1970" in line}
    assert deleted >= names - {"__Host-form_token"}
