"""Replies: JSON as PostgreSQL sent it, ETags, pages, links, units, and the error envelope.

Rows are not re-serialised: flat rows go through orjson, nested parts are json columns that leave as they came.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlencode

import orjson
from flask import Response, current_app, request

from workouts_api import errors
from workouts_api.web.schemas import Page
from workouts_api.web.units import to_imperial

Handler = Callable[..., Response]

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS
JSON = "application/json"
ANY_VERSION = -1  # in SQL: no nullable parameter, which would cost a plan
_TAG = re.compile(r'(?:W/)?"[^"]*"')
_BARE_VERSION = re.compile(r"[0-9]{1,9}")
_TAGS = re.compile(rf"[ \t,]*(?:{_TAG.pattern}[ \t]*(?:,[ \t,]*|$))*")
_VERSION = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})(?:-[a-z0-9]*)?"')
_FIELDS = re.compile(r"[a-z][a-z0-9_]*(,[a-z][a-z0-9_]*)*")


def dump(body: Any) -> bytes:
    """JSON: instants in UTC with Z and whole seconds, json columns byte for byte."""
    return orjson.dumps(body, option=_OPTIONS)


def reply(
    body: Any,
    *,
    status: int = 200,
    etag: int | None = None,
    location: str | None = None,
    figures: bool = False,
) -> Response:
    """The body as JSON, in the fields and units that the request asks for.

    :param body: a row, a list, a json column, or None for an empty reply.
    :param etag: the resource's version. The ETag has a digest of the reply as well: what comes from elsewhere, such as
        another resource's name, changes without the version. One function of SQL makes the reply to a write and that of
        GET (``session_json()`` and others), so both have one ETag. 304 is answered where the client has it already.
    :param location: where the new resource stands.
    :param figures: whether it holds figures of a report, which are rounded.
    """
    args = request.args
    headers: dict[str, str] = {}
    if args and ("fields" in args or "units" in args):
        body = _as_asked(body, figures=figures)
    if location is not None:
        headers["Location"] = location
    if body is None:
        return Response(status=204 if status == 200 else status, headers=headers)
    content = dump(body)
    if etag is not None:
        headers["ETag"] = f'"{etag}-{hashlib.sha256(content).hexdigest()[:16]}"'
        if request.method in ("GET", "HEAD") and _has_already(headers["ETag"]):
            return Response(status=304, headers=headers)
    return Response(content, status, headers, content_type=JSON)


def _has_already(etag: str) -> bool:
    held = request.environ.get("HTTP_IF_NONE_MATCH")
    if not held:
        return False
    return held.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in held.split(",")}


def _as_asked(body: Any, *, figures: bool = False) -> Any:
    """The body with the fields and in the units of the query string."""
    units, names = _variant_asked()
    if units == "imperial":
        body = to_imperial(orjson.loads(dump(body)), figures=figures)
    if names is not None:
        body = _only(body, frozenset(names.split(",")))
    return body


def plain(body: Any, *, figures: bool = False) -> Any:
    """What ``reply()`` would say of the body, in the units that the request asks for, as lists, dicts and numbers.

    :param figures: as for ``reply()``.
    """
    units, _ = _variant_asked()
    said = orjson.loads(dump(body))
    return to_imperial(said, figures=figures) if units == "imperial" else said


def _variant_asked() -> tuple[str, str | None]:
    units, names = request.args.get("units", "metric"), request.args.get("fields")
    if units not in ("metric", "imperial"):
        raise errors.Invalid(details={"units": ["Expected one of metric, imperial."]})
    if names is not None and not _FIELDS.fullmatch(names):
        raise errors.Invalid(details={"fields": ["Expected names of fields, separated by commas."]})
    return units, names


def check_variant() -> None:
    """Looks at ``?fields=`` and ``?units=`` before something is written: afterwards it is too late to refuse."""
    _, names = _variant_asked()
    if names is not None:
        known: frozenset[str] = getattr(current_app.view_functions[str(request.endpoint)], "reply_fields", frozenset())
        _refuse_unknown(frozenset(names.split(",")) - known)


def _only(body: Any, names: frozenset[str]) -> Any:
    if isinstance(body, orjson.Fragment):
        body = orjson.loads(dump(body))
    if isinstance(body, Mapping) and "items" in body:
        return {**body, "items": [_only(item, names) for item in body["items"]]}
    if not isinstance(body, Mapping):
        return body
    if request.method == "GET":  # else it was looked at before the change was made
        _refuse_unknown(names - body.keys())
    return {name: value for name, value in body.items() if name in names}


def _refuse_unknown(names: frozenset[str]) -> None:
    if names:
        raise errors.Invalid(details={"fields": [f"There is no field {name}." for name in sorted(names)]})


def if_match(*, required: bool = False) -> list[int]:
    """The versions that If-Match names, one of which must be the current one; ANY_VERSION for ``*`` and without it.

    Weak tags count, since nginx weakens them when it compresses. Tags that are none of ours match nothing, nor does an
    empty header: a client that lost its ETag must not write over what others wrote. The list is empty then, and the
    statement answers 412 with the current version.

    :raises errors.PreconditionRequired: when it is missing and ``required``.
    :raises errors.Invalid: for what is no ETag, such as a version without quotes: reading again would not mend it.
    """
    held = request.headers.get("If-Match")
    if held is None:
        if required:
            raise errors.PreconditionRequired
        return [ANY_VERSION]
    if held.strip() == "*":
        return [ANY_VERSION]
    if not _TAGS.fullmatch(held):
        example = held.strip() if _BARE_VERSION.fullmatch(held.strip()) else "7"
        raise errors.Invalid(details={"If-Match": [f'Expected an ETag in quotes, such as "{example}".']})
    return [int(tag[1]) for tag in map(_VERSION.fullmatch, _TAG.findall(held)) if tag]


def may_answer(*statuses: int) -> Callable[[Handler], Handler]:
    """Tells the API's page which errors a handler may answer with that its other decorators do not tell."""

    def mark(handler: Handler) -> Handler:
        handler.may_answer = statuses  # type: ignore[attr-defined] # for the API's page
        return handler

    return mark


def takes_if_match(need: Literal["required", "optional"]) -> Callable[[Handler], Handler]:
    """Tells the API's page that a handler reads If-Match."""

    def mark(handler: Handler) -> Handler:
        handler.takes_if_match = need  # type: ignore[attr-defined] # for the API's page
        return handler

    return mark


def reply_changed(row: Mapping[str, Any], *, status: int = 200) -> Response:
    """What an If-Match statement gave: 412 when it did not match, else the changed resource.

    :param row: with ``matched``, ``current_version`` and, unless deleted, ``version`` and ``reply``.
    """
    if not row["matched"]:
        raise errors.PreconditionFailed(details={"current_version": row["current_version"]})
    if status == 204:
        return Response(status=204)
    return reply(row["reply"], status=status, etag=row["version"])


def reply_page(
    rows: Sequence[Mapping[str, Any]],
    page: Page,
    *,
    keyset: tuple[str, ...],
    hidden: str | None = None,
    figures: bool = False,
    **more: Any,
) -> Response:
    """A page of items with the cursor of the next.

    :param rows: up to ``page.fetch`` rows; one more than the limit tells that there is a next page.
    :param keyset: the columns that order the rows, unique together.
    :param hidden: a column that only the cursor needs.
    :param figures: whether it holds figures of a report, which are rounded.
    """
    items, cursor = items_of_page(rows, page, keyset=keyset, hidden=hidden)
    response = reply({"items": items, "next_cursor": cursor, **more}, figures=figures)
    if cursor is not None:
        query = {**request.args.to_dict(), "cursor": cursor}
        response.headers["Link"] = f'<{base_url()}{request.path}?{urlencode(query)}>; rel="next"'
    return response


def items_of_page(
    rows: Sequence[Mapping[str, Any]], page: Page, *, keyset: tuple[str, ...], hidden: str | None = None
) -> tuple[Sequence[Mapping[str, Any]], str | None]:
    """The items of a page, and the cursor of the next one; the parameters are those of ``reply_page()``."""
    items = rows[: page.limit]
    cursor = page.cursor_after(items[-1], keyset) if len(rows) > page.limit else None
    if hidden is not None:
        items = [{name: value for name, value in row.items() if name != hidden} for row in items]
    return items, cursor


def base_url() -> str:
    """Where clients reach the API: as configured, else as this request came."""
    return current_app.config["PUBLIC_URL"] or f"{request.scheme}://{request.host}"


def reply_error(error: errors.ApiError, request_id: str) -> Response:
    """The one envelope."""
    body = {"error": error.code, "message": error.message, "details": error.details, "request_id": request_id}
    headers = dict(error.headers)
    if error.status == 401:
        problem = "" if error.code == "invalid_credentials" else ', error="invalid_token"'
        headers["WWW-Authenticate"] = f'Bearer realm="workouts"{problem}'
    return Response(dump(body), error.status, headers, content_type=JSON)
