"""The DBA's console: what the query files cost, who runs what, tables, the server. It only looks.

Owns the way from a request to a page: who may see it, the headers, and what is said when the database cannot be asked.
Its pages need no worker of the API, so they come while all threads there are stuck. They need no JavaScript, except the
drawn plan. It is served on the loopback or a unix socket alone, because it takes passwords over plain HTTP.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psycopg

from workouts_api.admin.console.asking import Asked
from workouts_api.admin.console.reading import NoSuchQueryError, Reader, known_callers
from workouts_api.admin.console.rendering import render
from workouts_api.admin.console.signing_in import Sessions, Superuser, is_superuser, superuser_of
from workouts_api.admin.pages import Page
from workouts_api.config import Settings
from workouts_api.dba.looking import looking
from workouts_api.dba.server import StatementProblemError, first_line
from workouts_api.dba.statements import StatisticsError
from workouts_api.logs import log
from workouts_api.tunnel import TunnelError

ROOT = "/console"
MOST_AT_ONCE = 3  # pages that ask the database
LONGEST = 15.0  # s of a page, also if the database is frozen
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HTML = "text/html; charset=utf-8"
# With no-referrer, browsers hide the origin of our own forms as well.
_SAFE = (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"), ("X-Frame-Options", "DENY"))
_FILES = {"style.css": "text/css", "icon.svg": "image/svg+xml"}
_COOKIE = "workouts_console"  # with the port behind it: browsers send a cookie to all ports of a host


class Console:
    """Answers what is asked below /console.

    :param settings: gives the settings in force.
    :param conninfo: gives the way to the database.
    """

    def __init__(self, settings: Callable[[], Settings], conninfo: Callable[[Settings], str]) -> None:
        self._settings, self._conninfo = settings, conninfo
        self._sessions = Sessions()
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._pages: dict[str, Callable[[Reader, Mapping[str, str]], Mapping[str, Any]]] = {
            "": Reader.overview,
            "query": Reader.query,
            "live": Reader.live,
            "tables": Reader.tables,
            "server": Reader.server,
        }

    def answer(self, asked: Asked) -> Page:
        """The page, or the form to sign in."""
        name = asked.path.removeprefix(ROOT).strip("/")
        if name in _FILES:
            return Page(HTTPStatus.OK, (Path(__file__).parent / name).read_bytes(), _FILES[name], _SAFE)
        if asked.method == "POST":
            return self._post(name, asked)
        who = self._sessions.user_of(_cookie(asked))
        if who is None:
            return _form(HTTPStatus.OK if not name else HTTPStatus.UNAUTHORIZED)
        if name != "plan" and name not in self._pages:
            return _page(HTTPStatus.NOT_FOUND, "problem", said="There is no such page.")
        return self._guarded(lambda: self._shown(name, asked, who))

    def _guarded(self, show: Callable[[], Page]) -> Page:
        """What goes wrong becomes a page, too."""
        if not self._places.acquire(blocking=False):
            return _page(HTTPStatus.SERVICE_UNAVAILABLE, "problem", said="Too many pages at a time: try again.")
        try:
            return show()
        except NoSuchQueryError as error:
            return _page(HTTPStatus.NOT_FOUND, "problem", said=str(error))
        except (StatisticsError, StatementProblemError) as error:
            return _page(HTTPStatus.OK, "problem", said=str(error))
        except psycopg.Error as error:
            return _page(HTTPStatus.SERVICE_UNAVAILABLE, "problem", said=f"The database: {first_line(error)}")
        except (TunnelError, OSError) as error:
            return _page(HTTPStatus.SERVICE_UNAVAILABLE, "problem", said=f"The way to the database: {error}")
        except Exception:  # a fault of the page: without an answer nobody would learn of it
            log.exception("console page failed")
            return _page(HTTPStatus.INTERNAL_SERVER_ERROR, "problem", said="It failed: the log says why.")
        finally:
            self._places.release()

    def _shown(self, name: str, asked: Asked, who: Superuser) -> Page:
        settings = self._settings()
        conninfo = self._conninfo(settings.of_console())
        with looking(conninfo, LONGEST) as conn:
            conn.execute("set statement_timeout = '5s'")
            if not is_superuser(conn, who):
                self._sessions.end(_cookie(asked))
                return _form(HTTPStatus.UNAUTHORIZED)
            reader = Reader(conn, settings, conninfo)
            if name == "plan":
                return Page(HTTPStatus.OK, reader.plan(asked.query).encode(), _HTML, _SAFE)
            return _page(HTTPStatus.OK, name or "overview", here=name, **self._pages[name](reader, asked.query))

    # ── signing in and out ──────────────────────────────────────────────────────────────────────────────────

    def _post(self, name: str, asked: Asked) -> Page:
        if asked.is_of_another_site:
            return _page(HTTPStatus.FORBIDDEN, "problem", said="The form is of another site.")
        if name == "sign-out":
            self._sessions.end(_cookie(asked))
            return _form(HTTPStatus.OK, cookie=_set_cookie("", asked.port))
        if name != "sign-in":
            return _page(HTTPStatus.NOT_FOUND, "problem", said="There is no such form.")
        return self._guarded(lambda: self._sign_in(asked))

    def _sign_in(self, asked: Asked) -> Page:
        name, password = asked.form.get("name", ""), asked.form.get("password", "")
        counted = self._sessions.count_guess(name)
        if counted is None:
            log.warning("console sign-in refused", cause="too many wrong passwords")
            return _form(HTTPStatus.TOO_MANY_REQUESTS, said="Too many wrong passwords: try again in a minute.")
        is_wrong = False
        try:
            # The application's role reads what a sign-in reads.
            with looking(self._conninfo(self._settings()), LONGEST) as conn:
                who = superuser_of(conn, name, password)
            is_wrong = who is None
        finally:
            if not is_wrong:
                self._sessions.forget_guess(name, counted)
        if who is None:
            log.warning("console sign-in refused")  # without the name: people type passwords there
            return _form(HTTPStatus.FORBIDDEN, said="No superuser has this name and password.")
        self._sessions.end(_cookie(asked))
        cookie = _set_cookie(self._sessions.begin(who), asked.port)
        log.info("console sign-in", user_id=who.user_id)
        threading.Thread(target=known_callers, name="callers", daemon=True).start()  # while the first page is read
        return Page(HTTPStatus.SEE_OTHER, b"", _HTML, (*_SAFE, ("Location", ROOT), cookie))


def _cookie(asked: Asked) -> str:
    return asked.cookies.get(_cookie_name(asked.port), "")


def _cookie_name(port: str) -> str:
    """Consoles of two hosts, forwarded to two ports of a desk, have a sign-in each."""
    return f"{_COOKIE}_{port}" if port else _COOKIE


def _set_cookie(value: str, port: str) -> tuple[str, str]:
    age = "" if value else "; Max-Age=0"
    return "Set-Cookie", f"{_cookie_name(port)}={value}; Path={ROOT}; HttpOnly; SameSite=Strict{age}"


def _form(status: HTTPStatus, said: str = "", cookie: tuple[str, str] | None = None) -> Page:
    page = _page(status, "sign_in", said=said)
    return page if cookie is None else replace(page, headers=(*page.headers, cookie))


def _page(status: HTTPStatus, template: str, **values: Any) -> Page:
    return Page(status, render(template, values).encode(), _HTML, (*_SAFE, ("Content-Security-Policy", _POLICY)))
