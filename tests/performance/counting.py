"""What one request costs, in figures that are the same on every machine.

Python calls are counted by the interpreter's own hook, in the thread that serves: those of our own functions and of the
packages', and those that they make of the standard library. What the standard library calls within itself is left out:
each version of Python does it otherwise, and threads and locks do it more often on a busy machine. So are generators:
psycopg resumes one for every piece of an answer that arrives, which is the network's matter. And comprehensions, which
are calls in Python 3.11 alone.
"""

from __future__ import annotations

import gc
import json
import sys
import sysconfig
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import CO_GENERATOR
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import orjson
from flask import Flask, g, request_finished
from werkzeug.test import EnvironBuilder

import workouts_api
from tests.road.cases import Ask

_PLACES = (Path(workouts_api.__file__).parent, Path(__file__).parent)  # the slowdowns that are put in are beside this
_OURS = (*map(str, _PLACES), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
_INLINED_SINCE_3_12 = frozenset({"<listcomp>", "<dictcomp>", "<setcomp>"})

Environ = dict[str, Any]


def environ_of(method: str, ask: Ask, token: str) -> Environ:
    """The WSGI environment of a request."""
    options = dict(ask.options)
    signed_in = {"Authorization": f"Bearer {token}"} if token else {}
    headers = {**signed_in, **options.pop("headers", {})}
    return EnvironBuilder(ask.address, method=method, headers=headers, **options).get_environ()


def serve(app: Flask, environ: Environ) -> bytes:
    """The body of the reply, as a server would send it on.

    :raises AssertionError: for a reply that is none of success: errors cost something else.
    """
    statuses: list[str] = []

    def start_response(status: str, _headers: Any, _exc_info: Any = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return lambda _: None  # PEP 3333: write(), which nobody calls

    parts: Any = app(environ, start_response)
    body = b"".join(parts)
    parts.close()
    assert statuses[0][0] == "2", (environ["REQUEST_METHOD"], environ["PATH_INFO"], statuses, body)
    return body


def statements_of(app: Flask, environ: Environ) -> tuple[list[str], int]:
    """The query files that a request runs, in order, and its round trips."""
    callers: list[Any] = []

    def look(*_: Any, **__: Any) -> None:
        callers.append(g.caller)

    with request_finished.connected_to(look, app):
        serve(app, environ)
    return callers[0].statements, callers[0].trips


def calls_of(app: Flask, environ: Environ) -> int:
    """How often Python functions are called on the way of a request, by us or by packages."""
    count = 0

    def on_event(frame: Any, event: str, _: Any) -> None:
        nonlocal count
        if event == "call" and _is_counted(frame):
            count += 1

    gc.disable()  # what it runs at the end of things would be counted by chance
    sys.setprofile(on_event)
    try:
        serve(app, environ)
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


def _is_counted(frame: FrameType) -> bool:
    code, caller = frame.f_code, frame.f_back
    if code.co_flags & CO_GENERATOR or code.co_name in _INLINED_SINCE_3_12:
        return False
    return _is_ours(code) or (caller is not None and _is_ours(caller.f_code))


def _is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(_OURS)


def peak_of(app: Flask, environ: Environ) -> tuple[int, int]:
    """The most bytes that Python holds at once for a request, and those of its reply; libpq's own are not Python's."""
    gc.disable()
    tracemalloc.start()
    try:
        serve(app, dict(environ))
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        body = serve(app, dict(environ))
        return tracemalloc.get_traced_memory()[1] - before, len(body)
    finally:
        tracemalloc.stop()
        gc.enable()


def json_passes_of(app: Flask, environ: Environ) -> dict[str, int]:
    """How often JSON at least half as long as the reply is written and read."""
    sizes: list[tuple[str, int]] = []
    with _listening(orjson, sizes), _listening(json, sizes):
        body = serve(app, environ)
    large = [what for what, size in sizes if size * 2 >= len(body)]
    return {"dumps": large.count("dumps"), "loads": large.count("loads")}


@contextmanager
def _listening(module: Any, sizes: list[tuple[str, int]]) -> Iterator[None]:
    dumps, loads = module.dumps, module.loads

    def heard(what: str, function: Callable[..., Any], size: Callable[[Any, Any], int]) -> Callable[..., Any]:
        def call(given: Any, *args: Any, **kwargs: Any) -> Any:
            result = function(given, *args, **kwargs)
            sizes.append((what, size(given, result)))
            return result

        return call

    module.dumps = heard("dumps", dumps, lambda _, text: len(text))
    module.loads = heard("loads", loads, lambda text, _: len(text))
    try:
        yield
    finally:
        module.dumps, module.loads = dumps, loads
