"""The API's errors: their classes, codes and statuses. All share one envelope.

Driver errors become replies by SQLSTATE and constraint name, never by the text of a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class ApiError(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    then: ClassVar[str] = "Report it with its request_id; a retry may help."
    """What a client should do about it, for the API's page."""

    def __init__(
        self,
        message: str | None = None,
        *,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message or (type(self).__doc__ or "").partition("\n")[0]
        self.details = dict(details or {})
        self.headers = dict(headers or {})
        super().__init__(self.message)


class InternalError(ApiError):
    """Something went wrong on our side."""


class BadRequest(ApiError):
    """The request cannot be read."""

    status, code, then = 400, "bad_request", "Give up; the request has to change."


class InvalidCredentials(ApiError):
    """Sign in first."""

    status, code, then = 401, "invalid_credentials", "Sign in."


class TokenExpired(InvalidCredentials):
    """The access token has expired."""

    code, then = "token_expired", "Refresh, then send the request again."


class TokenRevoked(InvalidCredentials):
    """The sign-in was ended."""

    code, then = "token_revoked", "Sign in again."


class Forbidden(ApiError):
    """You may not do this."""

    status, code, then = 403, "forbidden", "Give up."


class CsrfFailed(Forbidden):
    """The X-CSRF-TOKEN header is missing, or is not what the cookie says."""

    code, then = "csrf_failed", "Send the cookie csrf_access_token (or csrf_refresh_token) as X-CSRF-TOKEN."


class SignInAgain(Forbidden):
    """This needs a sign-in of the last 15 minutes: send your password along as password, or sign in again."""

    code, then = "sign_in_again", "Send the password along, or sign in again; then send the request again."


class NotFound(ApiError):
    """There is nothing here, or it is not yours."""

    status, code, then = 404, "not_found", "Give up."


class MethodNotAllowed(ApiError):
    """This address does not take that method."""

    status, code, then = 405, "method_not_allowed", "Give up; see the Allow header."


class RequestTooSlow(ApiError):
    """The request did not come in time: nothing came for too long, or too little."""

    status, code, then = 408, "request_too_slow", "Send the request again, on a new connection."


class Conflict(ApiError):
    """It is taken, or clashes with what is there."""

    status, code, then = 409, "conflict", "Change what clashes; details name the field."


class QuotaReached(ApiError):
    """There is no room for more of these."""

    status, code = 409, "quota_reached"
    then = "Delete what is not needed any more, or ask the operator; details name the quota and its limit."


class StillRunning(ApiError):
    """A request with this Idempotency-Key is still under way."""

    status, code, then = 409, "still_running", "Send the same request again after Retry-After."


class AlreadyDone(ApiError):
    """This was done, and its reply held a secret that is not kept."""

    status, code, then = 409, "already_done", "Give up; it was done the first time."


class PreconditionFailed(ApiError):
    """It was changed since you read it."""

    status, code, then = 412, "precondition_failed", "Read it again, merge, send with the new ETag."


class TooLarge(ApiError):
    """The body is too large."""

    status, code, then = 413, "too_large", "Send less; details give the limit in bytes."


class UriTooLong(ApiError):
    """The address is too long."""

    status, code, then = 414, "uri_too_long", "Give up; the request line has a limit of 8,190 bytes."


class UnsupportedMediaType(ApiError):
    """The body's media type is not understood."""

    status, code, then = 415, "unsupported_media_type", "Give up; send what the message names."


class ExpectationFailed(ApiError):
    """Only 100-continue can be expected."""

    status, code, then = 417, "expectation_failed", "Send the request without Expect."


class Invalid(ApiError):
    """Some fields are not valid."""

    status, code, then = 422, "invalid", "Change the fields that details name."


class PreconditionRequired(ApiError):
    """Say which version you mean: If-Match is missing."""

    status, code, then = 428, "precondition_required", "Read it, then send its ETag as If-Match."


class TooManyRequests(ApiError):
    """Too many requests."""

    status, code, then = 429, "too_many_requests", "Wait for Retry-After, then send the request again."


class HeadersTooLarge(ApiError):
    """The headers are too many or too large."""

    status, code, then = 431, "headers_too_large", "Give up; send at most 100 headers of 16,380 bytes each."


class UnknownTransferCoding(ApiError):
    """A body is taken as it is or in chunks."""

    status, code, then = 501, "unknown_transfer_coding", "Send Content-Length, or Transfer-Encoding: chunked alone."


class Unavailable(ApiError):
    """The database cannot be reached at the moment; nothing was done."""

    status, code, then = 503, "unavailable", "Send the request again after Retry-After."

    def __init__(self, message: str | None = None, *, retry_after: int = 1) -> None:
        """:param retry_after: whole seconds."""
        super().__init__(message, headers={"Retry-After": str(retry_after)})


class Overloaded(Unavailable):
    """The server has too much to do at the moment; nothing was done."""

    code = "overloaded"


class OutcomeUnknown(Unavailable):
    """The connection to the database was lost before it answered; the change may or may not have been made."""

    code = "outcome_unknown"
    then = "Send the request again after Retry-After, with the same Idempotency-Key: it tells what happened."


class DeadlineExceeded(ApiError):
    """The request took longer than it may."""

    status, code, then = 504, "request_timeout", "Ask for less, or send it again with the same Idempotency-Key."


def _all_errors(cls: type[ApiError] = ApiError) -> list[type[ApiError]]:
    return [sub for direct in cls.__subclasses__() for sub in (direct, *_all_errors(direct))]


ERRORS: dict[str, type[ApiError]] = {cls.code: cls for cls in _all_errors()}
"""Every code that the envelope can hold, with its class."""
