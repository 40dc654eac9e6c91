"""The API's manners, which hold for every address: ids, envelopes, limits, strictness."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

import workouts_api
from tests.conftest import PASSWORD
from tests.routes import PUBLIC, ROUTES, SESSION, options
from tests.routes import address as address_of
from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.errors import ERRORS, NotFound
from workouts_api.web.limits import Limits
from workouts_api.web.schemas import MAX_ID, Page

ME = "/api/v1/users/me"
LOGIN = "/api/v1/auth/login"
KINDS = {"application/json", "application/x-www-form-urlencoded", "multipart/form-data"}
ENVELOPE = {"error", "message", "details", "request_id"}


def test_a_sane_request_id_is_taken_over_and_another_is_replaced(owner):
    assert owner.get(ME, headers={"X-Request-ID": "abc-123"}).headers["X-Request-ID"] == "abc-123"
    for insane in ("a b", "x" * 129, "'; drop table users"):
        assert owner.get(ME, headers={"X-Request-ID": insane}).headers["X-Request-ID"] != insane


def test_every_reply_says_where_its_time_went(owner):
    parts = owner.get(ME).headers["Server-Timing"].split(", ")
    assert [part.partition(";")[0] for part in parts] == ["db", "pool", "app", "wait"]


@pytest.mark.parametrize("address", [ME, f"{ME}/"])
def test_a_trailing_slash_is_answered_directly(owner, address):
    assert owner.get(address).status_code == 200


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "//api/v1/users/me", 404, "not_found"),
        ("GET", f"/api/v1/sessions/{MAX_ID + 1}", 404, "not_found"),
        ("GET", "/api/v1/sessions/-1", 404, "not_found"),
        ("DELETE", LOGIN, 405, "method_not_allowed"),
        ("GET", "/docs/../../etc/passwd", 404, "not_found"),
    ],
)
def test_what_is_not_there_is_said_in_the_envelope(owner, method, address, status, code):
    reply = owner.request(method, address)
    assert (reply.status_code, reply.json["error"]) == (status, code)
    assert reply.json.keys() == ENVELOPE
    assert reply.json["request_id"] == reply.headers["X-Request-ID"]


def test_a_method_that_is_not_allowed_names_those_that_are(anonymous):
    assert "POST" in anonymous.get(LOGIN).headers["Allow"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", "application/json", 422, "invalid"),
        (b"{", "application/json", 400, "bad_request"),
        (b"\xff\xfe", "application/json", 400, "bad_request"),
        (b'{"password": NaN}', "application/json", 400, "bad_request"),
        (b"[" * 2000 + b"]" * 2000, "application/json", 400, "bad_request"),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, "application/json", 422, "invalid"),
        (b"[]", "application/json", 422, "invalid"),
        (b"3", "application/json", 422, "invalid"),
        (b'"x"', "application/json", 422, "invalid"),
        (b"null", "application/json", 422, "invalid"),
        (b"username=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b'{"a": "' + b"x" * 10_000_000 + b'"}', "application/json", 413, "too_large"),
    ],
)
def test_a_body_that_is_no_object_of_json_is_refused_in_the_envelope(anonymous, body, content_type, status, code):
    reply = anonymous.post(LOGIN, data=body, content_type=content_type)
    assert (reply.status_code, reply.json["error"]) == (status, code), reply.json
    assert reply.json.keys() == ENVELOPE


def test_another_media_type_than_the_documents_is_415_and_names_the_right_one(admin):
    bodies = {
        (method, path): list(operation["requestBody"]["content"])
        for path, item in admin.get("/openapi.json").json["paths"].items()
        for method, operation in item.items()
        if "requestBody" in operation
    }
    assert {kind for kinds in bodies.values() for kind in kinds} == KINDS
    for (method, path), kinds in bodies.items():
        for other in {*KINDS, "text/plain", "text/csv", None} - set(kinds):
            if (other, kinds) == ("multipart/form-data", ["application/x-www-form-urlencoded"]):
                continue  # a form may come so, too
            data = b"--x--\r\n" if other == "multipart/form-data" else b"{}"
            sent = f"{other}; boundary=x" if other == "multipart/form-data" else other
            reply = getattr(admin, method)(re.sub(r"{\w+}", "1", path), data=data, content_type=sent)
            assert (reply.status_code, kinds[0] in reply.json["message"]) == (415, True), (
                method,
                path,
                other,
                reply.json,
            )


def test_without_a_body_each_route_says_what_it_expects(admin):
    """Nothing was sent, so its media type is not what is wrong."""
    required = 0
    for path, item in admin.get("/openapi.json").json["paths"].items():
        for method, operation in item.items():
            if method != "parameters" and "application/json" in operation.get("requestBody", {}).get("content", {}):
                where, anything = re.sub(r"{\w+}", "1", path), {"If-Match": "*"}
                reply = getattr(admin, method)(where, headers=anything)
                assert (reply.status_code, reply.json["error"]) == (422, "invalid"), (method, path, reply.json)
                assert reply.json["details"], (method, path)
                typed = getattr(admin, method)(where, headers=anything, content_type="application/json")
                assert (typed.status_code, typed.json["details"]) == (422, reply.json["details"]), (method, path)
                required += "body" not in reply.json["details"]
    assert required > 10
    assert admin.delete("/api/v1/users/me").json["details"] == {"password": ["Expected a value: it is missing."]}


def test_every_error_in_the_table_for_clients_is_given_and_the_other_way_round():
    table = (Path(__file__).parents[2] / "docs" / "CLIENTS.md").read_text(encoding="utf-8")
    told = {(int(status), code) for status, code in re.findall(r"^\| (\d{3}) \| `(\w+)` \|", table, re.MULTILINE)}
    code = "".join(path.read_text(encoding="utf-8") for path in Path(workouts_api.__file__).parent.rglob("*.py"))
    raised = {(error.status, error.code) for error in ERRORS.values() if code.count(error.__name__) > 1}
    assert told == raised


def test_a_body_that_is_too_large_is_told_the_limit(anonymous, owner):
    reply = owner.post("/api/v1/sessions", data=b"x" * 2_000_000, content_type="application/json")
    assert reply.json["details"] == {"limit_bytes": 1024 * 1024}
    reply = anonymous.post(LOGIN, data=b"x" * 20_000, content_type="application/json")
    assert reply.json["details"] == {"limit_bytes": 16 * 1024}


def test_unknown_fields_are_refused_by_name(anonymous, owner):
    reply = anonymous.post(LOGIN, json={"username": "a", "password": "b", "colour": "red"})
    assert (reply.status_code, reply.json["details"]) == (422, {"colour": ["Expected no field of this name."]})
    reply = owner.get(f"{ME}?colour=red")
    assert (reply.status_code, reply.json["details"]) == (422, {"colour": ["Expected no field of this name."]})


@pytest.mark.parametrize("query", ["_=1&_=2", "utm_source=a&utm_source=b"])
@pytest.mark.parametrize("rule", ["/", "/health", "/health/live", "/health/ready", "/docs", "/redoc"])
def test_what_monitors_and_links_append_does_no_harm_however_often(anonymous, rule, query):
    assert anonymous.get(f"{rule}?{query}").status_code == 200


def test_a_cache_buster_is_ignored(owner):
    assert owner.get(f"{ME}?_=123").status_code == 200


def test_text_with_a_nul_byte_is_refused_by_name(anonymous):
    reply = anonymous.post(LOGIN, json={"username": "a\0b", "password": "b"})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["username"])


def test_fields_are_dropped_and_unknown_ones_refused(owner):
    assert owner.get(f"{ME}?fields=id,username").json == {"id": owner.user_id, "username": "owner"}
    assert owner.get(f"{ME}?fields=id,shoe").json["details"] == {"fields": ["There is no field shoe."]}
    assert owner.get(f"{ME}?fields=,,").status_code == 422
    assert owner.get(f"{ME}?units=stone").status_code == 422


def test_what_the_client_has_already_is_not_sent_again(owner):
    etag = owner.get(ME).headers["ETag"]
    for held in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        reply = owner.get(ME, headers={"If-None-Match": held})
        assert (reply.status_code, reply.data) == (304, b"")
    assert owner.get(ME, headers={"If-None-Match": '"other"'}).status_code == 200
    head = owner.request("HEAD", ME, headers={"If-None-Match": etag})
    assert (head.status_code, head.headers["ETag"]) == (304, etag)


@pytest.mark.parametrize(
    ("held", "status"),
    [
        ('"1-"', 200),
        ('"7-", "1-"', 200),
        ('"other", W/"1-abc" ,"9-"', 200),
        ("*", 200),
        ("", 412),
        ('"7-", "9-"', 412),
        ('"other", "one"', 412),
        ("1", 422),
        ("1-abc", 422),
        ('"1', 422),
        ('"1-", 1', 422),
        ("W/", 422),
        ('"-1-"', 412),
        ('"99999999999999999999-"', 412),
        (",", 412),
    ],
)
def test_if_match_takes_a_list_of_which_one_must_hold(owner, held, status):
    assert owner.patch(ME, json={"full_name": "Ada"}, headers={"If-Match": held}).status_code == status


def test_another_variant_has_another_etag(owner):
    assert owner.get(ME).headers["ETag"] != owner.get(f"{ME}?fields=id").headers["ETag"]


def test_instants_leave_in_utc_with_z_and_whole_seconds(owner):
    import re

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", owner.get(ME).json["created_at"])


def test_an_unexpected_error_says_nothing_of_its_cause_but_the_log_does(app, owner, monkeypatch, capfd):
    def explode(**_):
        raise RuntimeError("the secret cause")

    from workouts_api.sql import queries

    monkeypatch.setattr(queries.users, "get_user", explode)
    reply = owner.get(ME, headers={"X-Request-ID": "find-me"})
    assert (reply.status_code, reply.json["error"]) == (500, "internal_error")
    assert b"secret" not in reply.data
    logged = capfd.readouterr().err
    assert "find-me" in logged
    assert "the secret cause" in logged


def test_a_page_of_another_origin_may_call_only_if_it_is_listed(environ, owner):
    from workouts_api import create_app
    from workouts_api.config import load_settings

    app = create_app(load_settings({**environ, "CORS_ORIGINS": "https://app.example.com", "DB_POOL_MIN": "0"}))
    http = app.test_client()
    asked = http.options(ME, headers={"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"})
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, "https://app.example.com")
    assert "Idempotency-Key" in asked.headers["Access-Control-Allow-Headers"]
    stranger = http.options(ME, headers={"Origin": "https://evil.example.com"})
    assert "Access-Control-Allow-Origin" not in stranger.headers
    assert "Origin" in stranger.headers["Vary"]


def test_a_host_that_is_not_listed_is_refused(environ):
    from workouts_api import create_app
    from workouts_api.config import load_settings

    app = create_app(load_settings({**environ, "ALLOWED_HOSTS": "api.example.com"}))
    http = app.test_client()
    assert http.get("/openapi.json", headers={"Host": "api.example.com:8000"}).status_code == 200
    assert http.get("/health/live", headers={"Host": "10.0.0.7:8000"}).status_code == 200
    refused = http.get("/openapi.json", headers={"Host": "evil.example.com"})
    assert (refused.status_code, refused.json["error"]) == (400, "bad_request")


WRITTEN = ("{}", "{}.", "{}:", "{}:8000", "{}.:8000", "{}.:")


@pytest.mark.parametrize("listed", ["example.com", "Example.COM", "example.com:8000", ".example.com", "[::1]"])
def test_a_host_has_one_meaning_however_it_is_written(environ, listed):
    http = create_app(load_settings({**environ, "ALLOWED_HOSTS": listed, "DB_POOL_MIN": "0"})).test_client()
    names = ["[::1]"] if listed == "[::1]" else ["example.com", "EXAMPLE.com"]
    for written in WRITTEN:
        for name in names:
            assert http.get(ME, headers={"Host": written.format(name)}).status_code == 401
        for other in ("evil.com", "example.com.evil.com", "evilexample.com", "example.com@evil.com", "", "."):
            assert http.get(ME, headers={"Host": written.format(other)}).status_code == 400


def test_the_json_of_rows_is_compact(owner):
    """What PostgreSQL has written leaves as it came, with its blanks."""
    raw = owner.get("/api/v1/exercises").data
    assert raw == orjson.dumps(orjson.loads(raw))


def test_the_address_that_a_trusted_proxy_names_is_taken_and_no_other(environ, owner, database):
    from tests.conftest import PASSWORD
    from workouts_api import create_app
    from workouts_api.config import load_settings

    for trusted, address in (("0", "127.0.0.1"), ("1", "203.0.113.9")):
        app = create_app(load_settings({**environ, "TRUSTED_PROXIES": trusted}))
        headers = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
        body = {"username": "owner", "password": PASSWORD}
        assert app.test_client().post(LOGIN, json=body, headers=headers).status_code == 200
        row = database.execute("select host(address) from logins order by id desc limit 1").fetchone()
        assert row == (address,)
        app.extensions["database"].close()


def lists(app, anonymous):
    """The addresses of all lists that come in pages, by the API's own document."""
    for path, operations in anonymous.get("/openapi.json").json["paths"].items():
        if any(parameter.get("name") == "cursor" for parameter in operations.get("get", {}).get("parameters", [])):
            yield re.sub(r"{\w+}", "1", path)


def test_a_cursor_of_one_list_is_none_of_another(app, admin, anonymous):
    team = admin.post("/api/v1/teams", json={"name": "Lifters"}).json
    paths = [path.format(team_id=team["id"]) for path in lists(app, anonymous)]
    assert len(paths) > 5
    cursors = {}
    for path in paths:
        with app.test_request_context(path):
            cursors[path] = Page(1, {}, {}, with_total=False).cursor_after({"id": 1}, ("id",))
    for path in paths:
        for other in paths:
            if other != path:
                reply = admin.get(path, query_string={"cursor": cursors[other]})
                assert (reply.status_code, list(reply.json["details"])) == (422, ["cursor"]), (path, other)


def test_a_cursor_of_another_order_is_refused(app, admin, sign_up):
    for name in ("ada", "grace"):
        sign_up(name)
    by_email = admin.get("/api/v1/users?sort_by=email&limit=1").json["next_cursor"]
    assert admin.get(f"/api/v1/users?sort_by=email&limit=1&cursor={by_email}").status_code == 200
    reply = admin.get(f"/api/v1/users?sort_by=username&limit=1&cursor={by_email}")
    assert (reply.status_code, list(reply.json["details"])) == (422, ["cursor"])


def test_a_change_is_answered_with_the_fields_that_were_asked_for(owner, stranger):
    made = owner.post("/api/v1/sessions?fields=id,version", json=SESSION)
    assert (made.status_code, list(made.json)) == (201, ["id", "version"])
    assert list(owner.patch(f"{ME}?fields=full_name", json={"full_name": "Ada"}).json) == ["full_name"]


@pytest.mark.parametrize("asked", ["fields=no_such_field", "fields=id,no_such_field", "fields=", "units=stones"])
def test_a_change_whose_reply_cannot_be_given_is_not_made(owner, database, asked):
    reply = owner.post(f"/api/v1/sessions?{asked}", json=SESSION)
    assert (reply.status_code, list(reply.json["details"])) == (422, [asked.partition("=")[0]])
    assert database.execute("select count(*) from sessions").fetchone() == (0,)


@pytest.fixture(scope="module", params=[False, True], ids=["direct", "by_proxy"])
def behind_proxies(request, environ):
    """An application that trusts a proxy or none, with limits so high that none of a module's sign-ins meets them."""
    told = {"TRUSTED_PROXIES": str(int(request.param)), "RATE_LIMITS": "true", "DB_POOL_MIN": "0"}
    app = create_app(load_settings({**environ, **told}))
    yield app, request.param
    app.extensions["database"].close()


@pytest.mark.parametrize(
    ("came", "known"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("::FFFF:cb00:7109", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:443", "203.0.113.9"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
        ("unknown", None),
        ("unix:", None),
        ("", None),
        ("999.1.1.1", None),
        ("010.1.1.1", None),
        ("_hidden", None),
        ("x" * 100_000, None),
    ],
)
def test_an_address_has_one_form_wherever_it_comes_from(behind_proxies, owner, database, came, known, monkeypatch):
    """Stored with the login, counted under, and never the reason why somebody cannot sign in."""
    app, by_proxy = behind_proxies
    counted = []
    limits: Limits = app.extensions["limits"]
    spend = limits.spend
    monkeypatch.setattr(
        limits, "spend", lambda key, *args, **kwargs: (counted.append(key), spend(key, *args, **kwargs))
    )
    came_by = {"headers": {"X-Forwarded-For": came}} if by_proxy else {"environ_base": {"REMOTE_ADDR": came}}
    if by_proxy and not came:
        known = "127.0.0.1"  # a proxy that says nothing
    http = app.test_client()
    made = http.post(LOGIN, json={"username": "owner", "password": PASSWORD}, **came_by)
    assert made.status_code == 200, made.text
    row = database.execute("select host(address) from logins order by id desc limit 1").fetchone()
    assert row == (known,)
    ways = {key.rpartition(" ")[2] for key in counted}
    assert ways == {known or ""} or "2001:0db8:0000:0000" in ways or "fe80:0000:0000:0000" in ways


@pytest.mark.parametrize("sent", ["q=%ff", "%ff=1", "q=a%C3", "q=\xff"])
def test_a_query_that_is_not_utf_8_is_refused_by_name_on_every_route(owner, anonymous, sent):
    name = "\N{REPLACEMENT CHARACTER}" if sent.startswith("%") else "q"
    for method, rule in ROUTES:
        who = anonymous if rule in PUBLIC else owner
        raw = {"QUERY_STRING": sent}  # as a server passes it on: bytes in latin-1
        reply = who.request(method, address_of(rule), **options((method, rule)), environ_overrides=raw)
        said = (reply.status_code, reply.json["details"])
        assert said == (422, {name: ["Expected a text in UTF-8."]}), (method, rule, said)


def test_a_form_that_is_not_utf_8_is_refused_by_name(anonymous):
    sent = {"data": b"username=%ff&password=x", "content_type": "application/x-www-form-urlencoded"}
    reply = anonymous.post("/api/v1/auth/token", **sent)
    assert (reply.status_code, reply.json["details"]) == (422, {"username": ["Expected a text in UTF-8."]})


@pytest.mark.parametrize("digit", ["%D9%A1", "%EF%BC%91", "+1", "-1", "1.0", "%201"])
def test_ids_of_addresses_are_of_the_digits_0_to_9_on_every_route(admin, digit):
    """An id of Arabic or full-width digits is 404, as the same in a query is 422."""
    ids = [(method, rule) for method, rule in ROUTES if "<int:" in rule]
    assert len(ids) > 30
    for method, rule in ids:
        reply = admin.request(method, re.sub(r"<int:\w+>", digit, rule), **options((method, rule)))
        assert (reply.status_code, reply.json["message"]) == (404, NotFound().message), (method, rule)


@pytest.mark.parametrize("route", [route for route in ROUTES if route[1].startswith("/api/v1")], ids=" ".join)
def test_an_unknown_query_parameter_is_refused_by_name_on_every_route(route, owner, anonymous):
    method, rule = route
    who = anonymous if rule in PUBLIC else owner
    reply = who.request(method, address_of(rule) + "?with_typo=1", **options(route))
    said = reply.json["details"].get("with_typo")
    assert (reply.status_code, said) == (422, ["Expected no field of this name."]), reply.json
    assert who.request(method, address_of(rule) + "?_=1", **options(route)).json != reply.json
