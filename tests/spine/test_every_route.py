"""Promises over all routes: documented, signed in or on the short public list, in the envelope, within one trip."""

from __future__ import annotations

import json
import re

import marshmallow as ma
import pytest

from tests.routes import (
    PAGES,
    PUBLIC,
    REQUESTS,
    ROUTES,
    SIGNED_IN,
    address,
    if_match_of,
    openapi_path,
    options,
    routes,
    schema_of,
)
from workouts_api.web.schemas import MAX_ID


def test_the_list_of_routes_is_the_applications(app):
    """It is read once, before any test, from an application of its own."""
    assert list(ROUTES) == routes(app)
    rules = {rule for _, rule in ROUTES}
    assert PUBLIC.keys() <= rules
    assert REQUESTS.keys() <= set(ROUTES)


@pytest.mark.parametrize(("held", "example"), [("55", '"55"'), ("W/", '"7"'), ('"7-', '"7"'), ("'7'", '"7"')])
def test_an_if_match_that_is_no_etag_is_said_to_be_none(admin, held, example):
    """Not 412: a client would read again, and send the same again. What the other headers do: test_etags.py."""
    tried = [route for route in SIGNED_IN if if_match_of(route)]
    assert len(tried) > 10
    for method, rule in tried:
        given = options((method, rule))
        reply = admin.request(method, address(rule), **{**given, "headers": {"If-Match": held}})
        said = {"If-Match": [f"Expected an ETag in quotes, such as {example}."]}
        assert (reply.status_code, reply.json["details"]) == (422, said), (method, rule)


def test_every_route_that_reads_a_body_has_a_request_that_succeeds():
    """tests/routes.py has it; whether it succeeds, the walkers tell."""
    lacking = [route for route in ROUTES if schema_of(route, "json") is not None and route not in REQUESTS]
    assert not lacking, f"add to REQUESTS in tests/routes.py: {lacking}"


def test_every_route_but_the_public_ones_demands_a_sign_in(anonymous):
    for method, rule in SIGNED_IN:
        reply = anonymous.request(method, address(rule))
        assert (reply.status_code, reply.json["error"]) == (401, "invalid_credentials"), (method, rule)
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")


def test_sign_in_is_asked_before_input_is_judged(anonymous):
    for method, rule in SIGNED_IN:
        reply = anonymous.request(method, address(rule) + "?nonsense=1", data=b"{", content_type="application/json")
        assert reply.status_code == 401, (method, rule)


@pytest.mark.parametrize("number", [MAX_ID + 1, int("9" * 40)])
def test_an_id_that_is_too_large_is_404_with_every_method(admin, number):
    """Not 405 with the methods of another address, as where the converter refuses the number."""
    numbered = [route for route in ROUTES if "<int:" in route[1]]
    assert {method for method, _ in numbered} == {"GET", "POST", "PUT", "PATCH", "DELETE"}
    for route in numbered:
        where = address(re.sub(r"<int:\w+>", str(number), route[1]))
        reply = admin.request(route[0], where, **options(route))
        assert (reply.status_code, reply.json["error"]) == (404, "not_found"), (route, reply.text)


def test_true_and_false_are_not_words_in_json():
    """A text that reads like one, or a number, is refused by every field of every body."""
    for route in ROUTES:
        for name, flag in _flags(schema_of(route, "json")):
            for word in ("true", "no", "on", 1, 0):
                with pytest.raises(ma.ValidationError):
                    flag.deserialize(word)
                    pytest.fail(f"{route}: {name} takes {word!r}")


def _flags(schema):
    """The fields of a body that are true or false, also those inside others."""
    for name, field in schema.load_fields.items() if schema else ():
        inner = getattr(field, "inner", field)
        if isinstance(inner, ma.fields.Boolean):
            yield name, inner
        elif isinstance(inner, ma.fields.Nested):
            yield from _flags(inner.schema)


@pytest.mark.parametrize("junk", ["Bearer", "Bearer x", "Bearer a.b.c", "Basic eDp5", "Bearer " + "x" * 5000, "\x7f"])
def test_a_junk_token_is_401_in_the_envelope(anonymous, junk):
    reply = anonymous.get("/api/v1/users/me", headers={"Authorization": junk})
    assert (reply.status_code, reply.json["error"]) == (401, "invalid_credentials")


def test_a_revoked_login_gets_401_on_its_very_next_request_on_every_route(owner, database):
    assert owner.get("/api/v1/users/me").status_code == 200
    database.execute("update logins set revoked_at = now(), revoked_why = 'administrator'")
    for method, rule in SIGNED_IN:
        reply = owner.request(method, address(rule), **options((method, rule)))
        assert (reply.status_code, reply.json["error"]) == (401, "token_revoked"), (method, rule, reply.json)


def test_a_revoked_login_gets_its_401_before_a_large_body_is_judged(owner, database):
    """Each route's own request, padded by a field that nobody knows: it would be 422."""
    database.execute("update logins set revoked_at = now(), revoked_why = 'administrator'")
    padding = {"unknown": "x" * 40_000}
    for method, rule in SIGNED_IN:
        given = options((method, rule)).get("json")
        if isinstance(given, dict):
            reply = owner.request(method, address(rule), json={**given, **padding})
            assert (reply.status_code, reply.json["error"]) == (401, "token_revoked"), (method, rule, reply.json)


def test_every_route_is_documented(anonymous):
    paths = anonymous.get("/openapi.json").json["paths"]
    for method, rule in ROUTES:
        if rule in PAGES:
            continue
        operation = paths[openapi_path(rule)][method.lower()]
        assert operation["summary"], (method, rule)
        assert any(status.startswith("2") for status in operation["responses"]), (method, rule)
        assert ("security" in operation) == (rule not in PUBLIC), (method, rule)


def test_the_document_is_valid_openapi(anonymous):
    from openapi_spec_validator import validate

    validate(anonymous.get("/openapi.json").json)


def test_every_pattern_of_the_document_is_one_that_javascript_reads_alike(anonymous):
    """From start to end, and without what Python alone knows."""
    document = anonymous.get("/openapi.json").text
    patterns = [json.loads(found) for found in re.findall(r'"pattern":\s*("(?:[^"\\]|\\.)*")', document)]
    assert len(patterns) > 1
    for pattern in patterns:
        assert re.fullmatch(r"\^.*\$", pattern), pattern
        assert not re.search(r"\\[AZz]|\(\?P|\(\?[aiLmsux]", pattern), pattern


def test_every_error_code_is_in_the_document_with_what_a_client_does(anonymous):
    from workouts_api.errors import ERRORS

    described = anonymous.get("/openapi.json").json["components"]["schemas"]["ErrorReply"]["properties"]["error"]
    assert described["x-extensible-enum"] == sorted(ERRORS)
    for code, error in ERRORS.items():
        assert f"`{code}` ({error.status})" in described["description"]
