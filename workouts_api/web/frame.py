"""A request's frame: its id, its deadline, its caller; Host and Origin checks, and the headers that tell of them."""

from __future__ import annotations

import random
import re
import time
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from flask import Flask, Request, Response, g, request

from workouts_api import activity, database, metrics
from workouts_api.errors import BadRequest
from workouts_api.web import own_writes
from workouts_api.web.bodies import refuse_twice, refuse_undecodable, refuse_unknown, uncompress
from workouts_api.web.old_clients import refuse_override
from workouts_api.web.replies import check_variant
from workouts_api.web.reply_headers import allowed_to

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from workouts_api.config import Settings

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
_WITH_PORT = re.compile(r"\[(?P<v6>[^\[\]]+)\](:[0-9]+)?|(?P<v4>[0-9.]+):[0-9]+")
_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
CALLER = "workouts.caller"  # in the environ: the request's Caller, for the worker
WAITED = "workouts.waited"  # in the environ: seconds for which a request has waited for a thread
TIMEOUT = "HTTP_X_REQUEST_TIMEOUT"
_CORS_METHODS = "GET, POST, PUT, PATCH, DELETE"
_CORS_REQUEST_HEADERS = (
    "Authorization, Content-Encoding, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-API-Key, "
    "X-HTTP-Method-Override, X-Read-After, X-Request-ID, X-Request-Timeout"
)


def init_app(app: Flask, settings: Settings, pool: database.Database) -> None:
    """Opens a frame around every request of ``app``."""
    origins = frozenset(settings.cors_origins)
    hosts = [plain_host(host) for host in settings.allowed_hosts]
    read_after, tell_position = own_writes.both_ways(app, settings)
    has_replica = pool.replica is not None

    @app.before_request
    def begin() -> Response | None:
        started = time.perf_counter()
        # Werkzeug documents it; each use of the proxy costs three calls.
        asked = request._get_current_object()  # type: ignore[attr-defined] # of the proxy alone
        environ = asked.environ
        waited = environ.get(WAITED, 0.0)
        who = database.Caller(
            pool, _request_id(environ), time.monotonic() + settings.request_timeout - waited, waited_s=waited
        )
        g.caller_token = database.set_caller(who)
        g.caller = environ[CALLER] = who
        rule = asked.url_rule
        who.started, who.method, who.path = started, asked.method, asked.path
        who.route = rule.rule if rule else None
        activity.begin(asked.method, who.route or environ["PATH_INFO"], who.request_id)
        asked.remote_addr = who.address = plain_address(environ.get("REMOTE_ADDR", ""))
        if has_replica:
            who.read_after = read_after(environ)
        if TIMEOUT in environ:
            who.deadline = min(who.deadline, time.monotonic() - waited + _seconds(environ[TIMEOUT]))
        refuse_override(environ)
        digits = len(environ.get("CONTENT_LENGTH", ""))
        who.may_be_long = digits > 4 or "HTTP_TRANSFER_ENCODING" in environ
        if "HTTP_CONTENT_ENCODING" in environ:
            who.may_be_long = who.may_be_long or digits > 3  # it grows
            uncompress(asked)
        if environ.get("QUERY_STRING"):
            _refuse_odd_query(app, asked)
            if asked.method != "GET":
                who.check_reply = check_variant
        # Probes use the address as Host; what /health answers does not depend on it.
        if hosts and not asked.path.startswith("/health") and not is_host_of(hosts, environ.get("HTTP_HOST", "")):
            raise BadRequest("The Host header names no host of this API.")
        if asked.method == "OPTIONS" and asked.headers.get("Origin") in origins:
            return Response(status=204)
        return None

    @app.after_request
    def finish(response: Response) -> Response:
        who = database.found_caller()
        headers = response.headers
        if who is not None:
            ran = time.perf_counter() - who.started
            metrics.note_request(who.method, who.route, response.status_code, ran + who.waited_s)
            headers["X-Request-ID"] = who.request_id
            headers["Server-Timing"] = _server_timing(who, ran)
            if who.position is not None:
                tell_position(response, who)
        if origins:
            _allow_origin(response, origins)
        return response

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        token = g.pop("caller_token", None)
        if token is not None:
            database.reset_caller(token)


def _refuse_odd_query(app: Flask, asked: Request) -> None:
    """Where a sign-in is demanded, it is asked for first, and the query is looked at after it. `/`, `/health` and the
    documents read none: monitors and links append what they like, as often as they like.
    """
    if hasattr(app.view_functions.get(asked.endpoint or ""), "demands"):
        return
    refuse_undecodable(asked.query_string)
    if asked.path.startswith(("/api/v1", "/pages")):
        refuse_twice(asked.args)
    if asked.endpoint and asked.path.startswith("/api/v1"):
        refuse_unknown(asked.args)


def _server_timing(who: database.Caller, ran: float) -> str:
    """The header of that name: where the request's ``ran`` seconds went, and its wait for a thread, in milliseconds."""
    app_ms = (ran - who.database_s - who.pool_s) * 1000
    parts = (("db", who.database_s * 1000), ("pool", who.pool_s * 1000), ("app", app_ms), ("wait", who.waited_s * 1000))
    return ", ".join([f"{name};dur={ms:.2f}" for name, ms in parts])


@lru_cache(maxsize=4096)
def plain_address(text: str) -> str | None:
    """Where a request comes from, in the one form in which addresses are compared, counted and stored; None: unknown.

    An IPv4 client of a socket that listens on ``::`` arrives as ::ffff:192.0.2.7, and is the same client. A proxy may
    name a port, as in [2001:db8::7]:443; a link-local address may name its network card, which means nothing elsewhere.
    """
    bare = text.strip()
    if match := _WITH_PORT.fullmatch(bare):
        bare = match["v6"] or match["v4"]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def is_host_of(hosts: list[str], given: str) -> bool:
    """Whether it names one of these hosts; with a dot in front, one stands for all names below it as well."""
    name = plain_host(given)
    return any(name == host.removeprefix(".") or (host[0] == "." and name.endswith(host)) for host in hosts)


_HOST = re.compile(r"(\[[^]]*\]|[^:]*?)\.?(?::[0-9]*)?")


def plain_host(given: str) -> str:
    """A host without its port, in the form in which hosts are compared: names have no case and may end in a dot."""
    found = _HOST.fullmatch(given)
    return found[1].lower() if found else ""


def _request_id(environ: WSGIEnvironment) -> str:
    given = environ.get("HTTP_X_REQUEST_ID", "")
    # An id is not a secret, so it needs no system call. Python seeds this generator anew in each process.
    return given if _SANE_REQUEST_ID.fullmatch(given) else f"{random.getrandbits(96):024x}"


def _seconds(given: str) -> float:
    """What X-Request-Timeout says.

    :raises BadRequest: where it is no number of seconds above 0.
    """
    seconds = float(given) if _SECONDS.fullmatch(given) else 0.0
    if not seconds:
        raise BadRequest("X-Request-Timeout is a number of seconds above 0 and below 1000000, such as 2.5.")
    return seconds


def _allow_origin(response: Response, origins: frozenset[str]) -> None:
    origin = request.headers.get("Origin", "")
    if origin not in origins:
        return
    response.headers.extend(allowed_to(origin))
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = _CORS_METHODS
        response.headers["Access-Control-Allow-Headers"] = _CORS_REQUEST_HEADERS
        response.headers["Access-Control-Max-Age"] = "600"
