"""Every error that leaves a handler is answered in the same envelope. A 500 does not tell its cause; the log does."""

from __future__ import annotations

import time

import psycopg
from flask import Flask, Response, current_app, g, request
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from workouts_api import errors
from workouts_api.database.sqlstates import Trouble, translate, trouble_of
from workouts_api.logs import log
from workouts_api.web.errors_elsewhere import report
from workouts_api.web.replies import reply_error

ERROR_PAGES = "error pages"
"""The extension that says below which address errors are pages, and what makes them: a pair."""

_BY_STATUS: dict[int, type[errors.ApiError]] = {
    400: errors.BadRequest,
    401: errors.InvalidCredentials,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    413: errors.TooLarge,
    415: errors.UnsupportedMediaType,
    422: errors.Invalid,
    429: errors.TooManyRequests,
    503: errors.Unavailable,
}


def init_app(app: Flask) -> None:
    @app.errorhandler(errors.ApiError)
    def answer(error: errors.ApiError) -> Response:
        if error.status >= 500:
            cause = repr(error.__cause__) if error.__cause__ else error.message
            log.warning(error.code, request_id=_request_id(), cause=cause)
        return _told(error, _request_id())

    @app.errorhandler(psycopg.Error)
    def answer_driver(error: psycopg.Error) -> Response:
        translated = translate(error)
        if translated.status >= 500:
            trouble = _noted(trouble_of(error))
            more: dict[str, str | None] = {"trouble": trouble.name} if trouble else {}
            if translated.status == 500:
                report(error, _request_id())
            more["statement"] = _statement()
            _log(translated, error, sqlstate=error.sqlstate, constraint=error.diag.constraint_name, **more)
        return _told(translated, _request_id())

    @app.errorhandler(JWTExtendedException)
    @app.errorhandler(PyJWTError)
    def answer_token(_: Exception) -> Response:
        return _told(errors.InvalidCredentials("This is not a token of ours."), _request_id())

    @app.errorhandler(HTTPException)
    def answer_http(error: HTTPException) -> Response:
        return _told(_from_http(error), _request_id())

    @app.errorhandler(Exception)
    def answer_surprise(error: Exception) -> Response:
        unexpected = errors.InternalError()
        _log(unexpected, error)
        report(error, _request_id())
        return _told(unexpected, _request_id())


def _told(error: errors.ApiError, request_id: str) -> Response:
    """The error in the envelope, or as a page where pages are served."""
    prefix, show = current_app.extensions.get(ERROR_PAGES, (None, reply_error))
    is_page = prefix is not None and f"{request.path}/".startswith(f"{prefix}/")
    found: Response = show(error, request_id) if is_page else reply_error(error, request_id)
    return found


def _noted(trouble: Trouble | None) -> Trouble | None:
    """Remembers a lasting trouble, so that readiness can report it."""
    who = g.get("caller")
    if trouble is not None and trouble.retry_after > 1 and who is not None:
        who.database.trouble = trouble.name, time.monotonic()
    return trouble


def _request_id() -> str:
    who = g.get("caller")
    return who.request_id if who is not None else ""


def _statement() -> str | None:
    """The query file that was sent last, with its digest."""
    who = g.get("caller")
    return who.sent.file.version if who is not None and who.sent is not None else None


def _log(answered: errors.ApiError, cause: Exception, **more: str | None) -> None:
    log.error(answered.code, request_id=_request_id(), exc_info=cause, **more)


def _from_http(error: HTTPException) -> errors.ApiError:
    """Werkzeug's and flask-smorest's errors as errors of this API."""
    cls = _BY_STATUS.get(error.code or 500)
    if cls is None:
        return errors.InternalError() if (error.code or 500) >= 500 else errors.BadRequest()
    if isinstance(error, RequestEntityTooLarge):
        limit = request.max_content_length
        sentence = f"The body has more than {limit} bytes."
        if request.mimetype == "multipart/form-data":  # werkzeug raises the same for all of its bounds
            sentence = (
                f"The form has more than {limit} bytes, more than {request.max_form_parts} parts,"
                f" or a part with more than {request.max_form_memory_size} bytes of headers or text."
            )
        return errors.TooLarge(sentence, details={"limit_bytes": limit})
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    if cls in (errors.Unavailable,):
        return errors.Unavailable()
    return cls(headers=headers)
