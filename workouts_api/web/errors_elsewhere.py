"""Sends errors of the server to Sentry, if SENTRY_DSN is set.

Only the handler of 500 calls it. Sentry's own integrations stay off: they cost each request 100 µs, and record what a
log must not hold, such as headers and local variables.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, request

from workouts_api.config import ConfigurationError

if TYPE_CHECKING:
    from workouts_api.config import Settings

EXTENSION = "error_report"


def init_app(app: Flask, settings: Settings) -> None:
    """Prepares the sending of errors.

    :raises ConfigurationError: where SENTRY_DSN is set and the package is missing.
    """
    if not settings.sentry_dsn:
        return
    try:
        import sentry_sdk
    except ImportError:
        raise ConfigurationError(["SENTRY_DSN is set: expected the extra, workouts-api[sentry]"]) from None
    client = sentry_sdk.Client(
        dsn=settings.sentry_dsn,
        environment=settings.app_env,
        release=f"workouts-api@{version('workouts-api')}",
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        max_breadcrumbs=0,
    )
    app.extensions[EXTENSION] = _Sentry(client)


def report(error: BaseException, request_id: str) -> None:
    """Sends an error, in the background. Where no Sentry is set, it has no effect."""
    sentry: _Sentry | None = current_app.extensions.get(EXTENSION)
    if sentry is not None:
        sentry.send(error, request_id)


class _Sentry:
    def __init__(self, client: Any) -> None:
        self.client = client

    def send(self, error: BaseException, request_id: str) -> None:
        from sentry_sdk.utils import event_from_exception

        event, hint = event_from_exception(error, client_options=self.client.options)
        rule = request.url_rule
        event["tags"] = {"request_id": request_id, "method": request.method, "route": rule.rule if rule else "none"}
        self.client.capture_event(event, hint=hint)
