"""Promises over all routes: documented, signed in or on the short public list, in the envelope, within one trip."""

from __future__ import annotations

import pytest
from flask import Flask

PUBLIC = {
    "/",
    "/api/v1",
    "/health/live",
    "/health/ready",
    "/openapi.json",
    "/docs",
    "/docs/<name>",
    "/redoc",
    "/api/v1/auth/register",
    "/api/v1/auth/login",
    "/api/v1/auth/refresh",
    "/api/v1/auth/token",
    "/api/v1/auth/cookies",
    "/api/v1/auth/cookies/refresh",  # its cookie is asked for, and is no access token
    "/api/v1/auth/verify-email",
    "/api/v1/auth/verify-email/confirm",
    "/api/v1/auth/password-reset",
    "/api/v1/auth/password-reset/confirm",
}
PAGES = {"/openapi.json", "/docs", "/docs/<name>", "/redoc"}


def routes(app: Flask) -> list[tuple[str, str]]:
    return [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def address(rule: str) -> str:
    return "/".join("1" if part.startswith("<") else part for part in rule.split("/"))


def test_every_route_but_the_public_ones_demands_a_sign_in(app, anonymous):
    for method, rule in routes(app):
        if rule not in PUBLIC:
            reply = anonymous.request(method, address(rule))
            assert (reply.status_code, reply.json["error"]) == (401, "invalid_credentials"), (method, rule)
            assert reply.headers["WWW-Authenticate"].startswith("Bearer")


def test_sign_in_is_asked_before_input_is_judged(app, anonymous):
    for method, rule in routes(app):
        if rule not in PUBLIC:
            reply = anonymous.request(method, address(rule) + "?nonsense=1", data=b"{", content_type="application/json")
            assert reply.status_code == 401, (method, rule)


@pytest.mark.parametrize("junk", ["Bearer", "Bearer x", "Bearer a.b.c", "Basic eDp5", "Bearer " + "x" * 5000, "\x7f"])
def test_a_junk_token_is_401_in_the_envelope(anonymous, junk):
    reply = anonymous.get("/api/v1/users/me", headers={"Authorization": junk})
    assert (reply.status_code, reply.json["error"]) == (401, "invalid_credentials")


def test_a_revoked_login_gets_401_on_its_very_next_request_on_every_route(app, owner, database):
    from tests.spine.valid_requests import VALID

    assert owner.get("/api/v1/users/me").status_code == 200
    database.execute("update logins set revoked_at = now(), revoked_why = 'administrator'")
    for method, rule in routes(app):
        if rule not in PUBLIC:
            reply = owner.request(method, address(rule), **VALID.get((method, rule), dict)())
            assert (reply.status_code, reply.json["error"]) == (401, "token_revoked"), (method, rule, reply.json)


def test_every_route_is_documented(app, anonymous):
    paths = anonymous.get("/openapi.json").json["paths"]
    for method, rule in routes(app):
        if rule in PAGES:
            continue
        path = "/".join(f"{{{p[1:-1].rpartition(':')[2]}}}" if p.startswith("<") else p for p in rule.split("/"))
        operation = paths[path][method.lower()]
        assert operation["summary"], (method, rule)
        assert any(status.startswith("2") for status in operation["responses"]), (method, rule)
        assert ("security" in operation) == (rule not in PUBLIC), (method, rule)


def test_the_document_is_valid_openapi(anonymous):
    from openapi_spec_validator import validate

    validate(anonymous.get("/openapi.json").json)


def test_every_error_code_is_in_the_document_with_what_a_client_does(anonymous):
    from workouts_api.errors import ERRORS

    described = anonymous.get("/openapi.json").json["components"]["schemas"]["ErrorReply"]["properties"]["error"]
    assert described["x-extensible-enum"] == sorted(ERRORS)
    for code, error in ERRORS.items():
        assert f"`{code}` ({error.status})" in described["description"]
