"""Idempotency-Key: a request that is sent again gets the reply of the first time.

Claiming the key, the effect and storing the reply happen in one pipeline and one transaction (see
migrations/repeatable/idempotency.sql). Only a replay costs a second trip. A statement that finds nothing to change
stores no reply, and the claim is removed. So a refused request can be corrected and sent under the same key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from functools import wraps
from typing import IO, Any

import orjson
import psycopg
from flask import Response, request

from workouts_api.database import Claim, caller
from workouts_api.errors import AlreadyDone, ApiError, Invalid, StillRunning
from workouts_api.sql import queries
from workouts_api.web.bodies import read_json
from workouts_api.web.replies import Handler, reply
from workouts_api.web.secret_keys import accepted_keys, current_key

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_TAKEN = "WK409"


def idempotent(
    *, status: int = 201, location: str | None = None, keep_body: bool = True
) -> Callable[[Handler], Handler]:
    """Lets a handler be sent again under its Idempotency-Key.

    :param status: what the handler answers when it goes well.
    :param location: the address of what it made, such as ``/api/v1/sessions/{id}``.
    :param keep_body: False where the reply holds a secret: a replay then gets 409 ``already_done`` with
        the id of what was made.
    """

    def decorate(handler: Handler) -> Handler:
        handler = handler if keep_body else _shown_once(handler)

        @wraps(handler)
        def wrapper(*args: Any, **kwargs: Any) -> Response:
            key = request.headers.get("Idempotency-Key")
            if key is None:
                return handler(*args, **kwargs)
            if not _KEY.fullmatch(key):
                raise Invalid(details={"Idempotency-Key": ["Expected 1 to 255 visible ASCII characters."]})
            claim = caller().claim = Claim(key, request_digest(), status, keep_body)
            try:
                return handler(*args, **kwargs)
            except psycopg.Error as error:
                if error.sqlstate != _TAKEN:
                    raise
            return _replay(claim, location)

        wrapper.takes_idempotency_key = True  # type: ignore[attr-defined] # for the API's page
        wrapper.location = location  # type: ignore[attr-defined] # likewise
        return wrapper

    return decorate


def _shown_once(handler: Handler) -> Handler:
    """Marks a reply that holds a secret: it is neither stored here nor cached on its way."""

    @wraps(handler)
    def wrapper(*args: Any, **kwargs: Any) -> Response:
        response = handler(*args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    return wrapper


def request_digest(secret: str | None = None) -> bytes:
    """Of method, path, query, fields and file contents; not of raw bytes, whose multipart boundaries differ.

    Under a secret of the server: what was sent may hold a password, which a plain digest would let one guess quickly.

    :param secret: by default the key that signs.
    """
    key = f"idempotency {secret or current_key()}".encode()
    digest = hmac.new(key, f"{request.method} {request.path}".encode(), "sha256")
    _add(digest, sorted(request.args.items(multi=True)))
    if request.mimetype == "multipart/form-data":
        _add(digest, sorted(request.form.items(multi=True)))
        for name, upload in sorted(request.files.items(multi=True)):
            _add(digest, [name, upload.filename, _digest_of_file(upload.stream)])
    else:
        _add(digest, _parsed(request.get_data()))
    return digest.digest()


def _add(digest: Any, part: Any) -> None:
    digest.update(b"\0")
    digest.update(orjson.dumps(part, option=orjson.OPT_SORT_KEYS))


def _parsed(body: bytes) -> Any:
    try:
        return read_json(body) if body else None
    except ApiError:
        return hashlib.sha256(body).hexdigest()


def _digest_of_file(stream: IO[bytes]) -> str:
    stream.seek(0)
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type] # typeshed asks for readinto
    stream.seek(0)
    return digest


def _replay(claim: Claim, location: str | None) -> Response:
    """The first reply. Whose key it is, the first transaction said; it has ended, or this one would still wait."""
    who = caller()
    who.claim = None
    first = queries.spine.find_reply(user_id=who.user_id, key=claim.key)
    if first is None or first["status"] is None:
        raise StillRunning(headers={"Retry-After": "1"})
    if not _is_of_this_request(bytes(first["digest"]), claim):
        raise Invalid(details={"Idempotency-Key": ["This key was used for another request: expected a new key."]})
    if not claim.keep_body:
        raise AlreadyDone(details=orjson.loads(orjson.dumps(first["reply"])) or {})
    response = _as_first_answered(first["reply"], first["status"], location)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _is_of_this_request(digest: bytes, claim: Claim) -> bool:
    """Whether this request was digested, under whichever key signed then."""
    return digest == claim.digest or any(digest == request_digest(key) for key in accepted_keys())


def _as_first_answered(stored: orjson.Fragment | None, status: int, location: str | None) -> Response:
    resource = orjson.loads(orjson.dumps(stored))
    where = location.format_map(resource) if location and status == 201 else None
    return reply(stored, status=status, etag=resource.get("version"), location=where)
