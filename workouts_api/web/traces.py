"""Sends a span for a request to an OTLP collector, if TRACES_URL is set and the request is asked for.

A request is traced if its client asks for it (the header traceparent, W3C Trace Context, with its flag "sampled"), or
if it is one of TRACES_SHARE. All others cost a comparison. The span is made when the request ends, from the times that
are measured anyway.
"""

from __future__ import annotations

import random
import re
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from workouts_api.config import ConfigurationError
from workouts_api.database import found_caller

if TYPE_CHECKING:
    from workouts_api.config import Settings

# The last bit of the flags says "sampled"; the others say something else. A version to come may have more behind them.
_SAMPLED = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f][13579bdf](-.*)?")


def init_app(app: Flask, settings: Settings) -> None:
    """Traces the requests of ``app``.

    :raises ConfigurationError: where TRACES_URL is set and the packages are missing.
    """
    if not settings.traces_url:
        return
    try:
        tracer = _Tracer(settings.traces_url, settings.app_env)
    except ImportError:
        raise ConfigurationError(["TRACES_URL is set: expected the extra, workouts-api[traces]"]) from None
    app.extensions["traces"] = tracer
    share = settings.traces_share

    @app.after_request
    def trace(response: Response) -> Response:
        asked = request.headers.get("traceparent", "")
        if (asked and _SAMPLED.fullmatch(asked)) or (share and random.random() < share):  # noqa: S311 – a sample, no secret
            tracer.send(response.status_code)
        return response


class _Tracer:
    def __init__(self, url: str, environment: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        about = {
            "service.name": "workouts-api",
            "service.version": version("workouts-api"),
            "deployment.environment.name": environment,
        }
        self.provider = TracerProvider(resource=Resource(about))
        self.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=5)))
        self._tracer = self.provider.get_tracer("workouts_api")
        self._context_of = TraceContextTextMapPropagator().extract

    def send(self, status: int) -> None:
        """Makes the span of the current request."""
        from opentelemetry.trace import SpanKind

        who = found_caller()
        if who is None:
            return
        rule = request.url_rule
        route = rule.rule if rule else "none"
        now = time.time_ns()
        began = now - int((time.perf_counter() - who.started + who.waited_s) * 1e9)
        attributes: dict[str, Any] = {
            "http.request.method": request.method,
            "http.route": route,
            "http.response.status_code": status,
            "workouts.request_id": who.request_id,
            "workouts.waited_ms": who.waited_s * 1000,
            "workouts.pool_ms": who.pool_s * 1000,
            "workouts.statements": list(who.statements),
            "workouts.statement_ms": [seconds * 1000 for seconds in who.took],
        }
        span = self._tracer.start_span(
            f"{request.method} {route}",
            context=self._context_of(dict(request.headers.items(lower=True))),
            kind=SpanKind.SERVER,
            attributes=attributes,
            start_time=began,
        )
        span.end(now)
