"""Pages as HTML: templates that escape everything, the one style sheet, the headers, and the page of an error."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from jinja2 import DictLoader, Environment, StrictUndefined

from workouts_api.database import found_caller
from workouts_api.errors import ApiError
from workouts_api.pages import words
from workouts_api.pages.signing_in import comes_from_another_site, form_token, to_sign_in

HTML = "text/html; charset=utf-8"
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)
_FOLDER = Path(__file__).parent
_A_YEAR = 31_536_000  # seconds; what is kept so long is never asked for again
_KEPT_ARGUMENTS = ("athlete_id", "units")
"""What links between pages take along: whose training it is, and the units."""


# ── the style sheet ─────────────────────────────────────────────────────────────────────────────────────────


@cache
def _style() -> tuple[bytes, str]:
    """The style sheet and its digest. Read at the start: a new release may replace the files of a running server."""
    text = (_FOLDER / "static" / "pages.css").read_bytes()
    return text, hashlib.sha256(text).hexdigest()[:12]


def style_address() -> str:
    return f"/pages/style/{_style()[1]}.css"


def style_sheet(digest: str) -> Response:
    """The style sheet under its digest. Under that of another release, while hosts are replaced, it is not kept."""
    text, current = _style()
    kept = f"public, max-age={_A_YEAR}, immutable" if digest == current else "no-store"
    return Response(text, content_type="text/css; charset=utf-8", headers={"Cache-Control": kept})


# ── pages ───────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def _environment() -> Environment:
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted((_FOLDER / "templates").glob("*.html"))}
    found = Environment(
        loader=DictLoader(texts), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters |= words.FILTERS
    found.globals |= {"style": style_address(), "label": words.label, "spans": words.spans}
    return found


def prepare() -> None:
    """Reads all files, so that later requests do not depend on what stands in their folder then."""
    _style()
    _environment()


def page(template: str, *, status: int = 200, **values: Any) -> Response:
    """The page of a template. It is of one person and not to be kept: after signing out, "back" shows nothing."""
    context = {"link": link, "same_page": same_page, "form_token": _token(), "here": request.path, "args": request.args}
    text = _environment().get_template(f"{template}.html").render({**context, **values})
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return Response(text, status, headers, content_type=HTML)


def _token() -> str:
    return form_token() if found_caller() is not None else ""


def link(path: str, /, **arguments: Any) -> str:
    """The address of a page, for the same athlete and in the same units, unless the arguments say otherwise."""
    kept = {name: request.args[name] for name in _KEPT_ARGUMENTS if name in request.args}
    said = {name.rstrip("_"): value for name, value in {**kept, **arguments}.items() if value not in (None, "")}
    return f"{path}?{urlencode(said)}" if said else path


def same_page(**arguments: Any) -> str:
    """The address of the page that is shown, with other arguments."""
    return link(request.path, **{**request.args.to_dict(), **arguments})


# ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────

_TITLES = {
    403: "Not allowed",
    404: "Not found",
    422: "This cannot be shown",
    429: "Too many requests",
    503: "Not available at the moment",
    504: "This took too long",
}


def error_page(error: ApiError, request_id: str) -> Response:
    """A page instead of the envelope. Who is not signed in is led to the form. Who comes by a link of another site is
    first led to the same page once more.
    """
    if error.status == 401:
        return page("arriving") if comes_from_another_site() else to_sign_in()
    shown = page(
        "problem",
        status=error.status,
        title=_TITLES.get(error.status, "Something went wrong"),
        error=error,
        said=_sentences(error.details),
        request_id=request_id,
    )
    shown.headers.extend(error.headers)
    return shown


def _sentences(details: Mapping[str, Any]) -> dict[str, list[str]]:
    """What was expected, by the name of the field."""
    return {name: [str(one) for one in said] for name, said in details.items() if isinstance(said, list)}
