"""The statuses and headers of each operation's replies. They follow from the decorators of its handler."""

from __future__ import annotations

from typing import Any

from workouts_api.errors import ERRORS, ApiError, InternalError

Json = dict[str, Any]

ALWAYS = (400, 422, 429, 500, 503, 504)
"""What any operation may answer: unreadable, an unknown parameter or one given twice, too many, our fault, no database,
too slow."""

_SAID = {
    304: "It is what the ETag in If-None-Match says.",
    400: "The request cannot be read.",
    401: "Not signed in, or no longer.",
    403: "Known, but not allowed; or an API key without the scope.",
    404: "Not there, or not yours.",
    409: "It clashes with what is there; or its Idempotency-Key is still at work.",
    412: "It was changed since the ETag in If-Match was read.",
    413: "The body is too large.",
    415: "The body's media type is not understood.",
    422: "Some fields are not valid; details name them.",
    428: "If-Match is missing.",
    429: "Too many requests.",
    500: "Our fault.",
    503: "The database cannot be reached, or was lost before it answered.",
    504: "It took longer than it may.",
}

HEADERS: Json = {
    "ETag": {
        "description": "The version and a digest of the reply. If-Match compares the version, If-None-Match both.",
        "schema": {"type": "string", "example": '"3-36515b9289c876ec"'},
    },
    "Link": {
        "description": 'On all pages but the last: the address of the next, with rel="next" (RFC 8288).',
        "schema": {"type": "string"},
    },
    "Location": {
        "description": "The address of what was made, or of the list that shows it.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Whole seconds to wait.", "schema": {"type": "integer", "example": 1}},
    "WWW-Authenticate": {"description": "RFC 6750.", "schema": {"type": "string"}},
    "X-Request-ID": {
        "description": "The id of this request, also in our log: yours, if you sent one.",
        "schema": {"type": "string"},
    },
}
_IF_NONE_MATCH: Json = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "description": "The ETag of the reply that you have. If it is still current, the answer is 304 without a body.",
    "schema": {"type": "string"},
}
_OF_STATUS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


def components() -> Json:
    """The error replies, by the name with which operations refer to them."""
    return {_name(status): _error(status) for status in sorted({*ALWAYS, *_SAID}) if status >= 400}


def complete(operation: Json, method: str, path: str, view: Any, schemas: Json) -> None:
    """Adds the error replies of the operation, and the headers of all its replies."""
    responses: Json = operation["responses"]
    responses.pop("default", None)
    for error in _errors_of(operation, path, view):
        known = responses.get(str(error))
        if known is None or "$ref" in known:  # an operation's own reply stays, such as 503 of readiness
            responses[str(error)] = {"$ref": f"#/components/responses/{_name(error)}"}
    for status in [status for status, response in responses.items() if "$ref" not in response]:
        names = _headers_of(status, responses[status], view, schemas)
        responses[status].setdefault("headers", {}).update(_headers("X-Request-ID", *names))
        if method == "get" and "ETag" in names:
            operation["parameters"].append(_IF_NONE_MATCH)
            responses["304"] = {"description": _SAID[304], "headers": _headers("ETag", "X-Request-ID")}
    operation["responses"] = dict(sorted(responses.items()))


def _errors_of(operation: Json, path: str, view: Any) -> set[int]:
    statuses = set(ALWAYS)
    if getattr(view, "demands", None) is not None:
        statuses |= {401, 403}
    if "requestBody" in operation:
        statuses |= {413, 415}
    if "{" in path or any(p.get("in") == "query" and p["name"].endswith("_id") for p in operation["parameters"]):
        statuses |= {404}
    if getattr(view, "takes_idempotency_key", False):
        statuses |= {409}
    if needs := getattr(view, "takes_if_match", None):
        statuses |= {412, 428} if needs == "required" else {412}
    return statuses | set(getattr(view, "may_answer", ()))


def _headers_of(status: str, response: Json, view: Any, schemas: Json) -> list[str]:
    """The headers of a reply. The schema decides: a resource with a version has an ETag, a page has a Link."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    properties = schemas.get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
    names = ["ETag"] if properties.get("version", {}).get("type") == "integer" else []
    names += ["Link"] if "next_cursor" in properties else []
    if status == "201" and getattr(view, "location", None):
        names.append("Location")
    return [*names, *_OF_STATUS.get(int(status), ())]


def _error(status: int) -> Json:
    codes = ", ".join(f"`{code}`" for code, error in sorted(ERRORS.items()) if error.status == status)
    return {
        "description": f"{_SAID[status]} {codes}".strip(),
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorReply"}}},
        "headers": _headers("X-Request-ID", *_OF_STATUS.get(status, ())),
    }


def _name(status: int) -> str:
    """The name of our first error with that status. Python's own phrases differ between its versions."""
    classes: list[type[ApiError]] = [InternalError, *ERRORS.values()]
    return next(cls.__name__ for cls in classes if cls.status == status)


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
