"""The DBA's console: only superusers see it, its figures are real, and nothing that it shows can run."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest
import structlog

from tests.admin.conftest import Said, ask
from tests.attribution import forget_statements
from tests.conftest import PASSWORD, Client
from tests.processes import wait_until
from workouts_api.admin.console.asking import MOST_FIELDS, read_request
from workouts_api.admin.console.reading import FEW
from workouts_api.admin.console.signing_in import LASTS, MOST_SIGNED_IN, OF_A_NAME, Sessions, Superuser
from workouts_api.admin.listener import LONGEST_FORM
from workouts_api.database import captures
from workouts_api.database.capture_files import switch_on
from workouts_api.database.captures import Watch
from workouts_api.database.swap_files import Swap, digest_of, write
from workouts_api.dba.looking import cut_after, looking
from workouts_api.dba.server import session
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.sql.files import QueryFile
from workouts_api.sql.loaded import CATALOGUE

Listening = Callable[..., str]
PAGES = (
    *("/console", "/console/query?name=users.get_user", "/console/live?all=1", "/console/tables", "/console/server"),
    "/console/plan?name=users.get_user",
)


@pytest.fixture
def url(listening: Listening, tmp_path: Path) -> str:
    return listening(WORKOUTS_DATA_DIR=str(tmp_path))


def sign_in(url: str, name: str, password: str = PASSWORD, **headers: str) -> Said:
    form = urlencode({"name": name, "password": password})
    return ask(url, "/console/sign-in", "POST", form, **headers)


@pytest.fixture
def cookie(url: str, admin: Client) -> str:
    said = sign_in(url, admin.username)
    assert (said.status, said.headers["Location"]) == (303, "/console"), said.text
    return said.headers["Set-Cookie"].partition(";")[0]


def test_without_a_sign_in_every_page_is_the_form_and_shows_nothing(url: str) -> None:
    for page in (*PAGES, "/console/nothing", "/console/../live"):
        said = ask(url, page)
        assert said.status == (200 if page == "/console" else 401), page
        assert "<h1>Sign in</h1>" in said.text
        assert "users.get_user" not in said.text
    assert ask(url, "/console/style.css").headers["Content-Type"] == "text/css"


def test_only_a_superuser_with_the_right_password_comes_in(url: str, admin: Client, owner: Client) -> None:
    for name, password in (("owner", PASSWORD), ("admin", "wrong"), ("nobody", PASSWORD), ("", ""), ("a\0b", PASSWORD)):
        said = sign_in(url, name, password)
        assert (said.status, "Set-Cookie" in said.headers) == (403, False), name
        assert "No superuser has this name and password." in said.text
    made = sign_in(url, "ADMIN@example.com").headers["Set-Cookie"]
    assert made.startswith(f"workouts_console_{urlsplit(url).port}=")
    assert made.endswith("; Path=/console; HttpOnly; SameSite=Strict")


def test_after_some_wrong_passwords_even_the_right_one_has_to_wait(url: str, admin: Client) -> None:
    statuses = [sign_in(url, "admin", "wrong").status for _ in range(OF_A_NAME + 1)]
    assert statuses == [403] * OF_A_NAME + [429]
    assert sign_in(url, "Admin").status == 429


def test_wrong_passwords_at_once_are_no_more_than_one_after_the_other(
    url: str, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are asked before the first one is compared."""
    monkeypatch.setattr("workouts_api.admin.console.MOST_AT_ONCE", 40)
    held, compared = threading.Event(), []

    def compare(_conn: object, _name: str, password: str) -> None:
        compared.append(password)
        held.wait(20)

    monkeypatch.setattr("workouts_api.admin.console.superuser_of", compare)
    with ThreadPoolExecutor(12) as threads:
        asked = [threads.submit(sign_in, url, "admin", f"wrong {n}") for n in range(12)]
        wait_until(lambda: sum(one.done() for one in asked) >= 12 - OF_A_NAME, "the answers that need no comparison")
        held.set()
        assert sorted(one.result().status for one in asked) == [403] * OF_A_NAME + [429] * (12 - OF_A_NAME)
    assert len(compared) == OF_A_NAME


def test_the_right_password_is_not_counted_and_neither_is_one_that_nobody_compared(
    url: str, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [sign_in(url, "admin").status for _ in range(OF_A_NAME + 1)] == [303] * (OF_A_NAME + 1)
    with monkeypatch.context() as patch:
        patch.setattr("workouts_api.admin.console.superuser_of", _fails)
        assert [sign_in(url, "admin").status for _ in range(OF_A_NAME + 1)] == [503] * (OF_A_NAME + 1)
    assert sign_in(url, "admin").status == 303


def _fails(*_: object) -> None:
    raise psycopg.OperationalError("the database went away")


@pytest.mark.parametrize(
    "change", ["is_superuser = false", "is_active = false", "password_hash = 'another'", "password_hash = null"]
)
def test_a_superuser_who_is_none_any_more_or_has_another_password_is_sent_out(
    url: str, cookie: str, admin: Client, database: psycopg.Connection, change: str
) -> None:
    before = database.execute("select password_hash from workouts.users where username = 'admin'").fetchone()
    assert ask(url, "/console/tables", Cookie=cookie).status == 200
    database.execute(f"update workouts.users set {change} where username = 'admin'".encode())
    assert ask(url, "/console/tables", Cookie=cookie).status == 401
    database.execute(
        "update workouts.users set is_superuser = true, is_active = true, password_hash = %s where username = 'admin'",
        before,
    )
    assert ask(url, "/console/tables", Cookie=cookie).status == 401  # it has ended, and does not come back


def test_a_sign_out_ends_copies_of_the_cookie_too_and_a_new_sign_in_the_old_one(url: str, cookie: str) -> None:
    assert ask(url, "/console/sign-out", "POST", "", Cookie=cookie).status == 200
    assert ask(url, "/console/tables", Cookie=cookie).status == 401
    first, second = (sign_in(url, "admin").headers["Set-Cookie"].partition(";")[0] for _ in range(2))
    assert [ask(url, "/console/tables", Cookie=one).status for one in (first, second)] == [200, 200]
    third = sign_in(url, "admin", Cookie=second).headers["Set-Cookie"].partition(";")[0]
    assert [ask(url, "/console/tables", Cookie=one).status for one in (first, second, third)] == [200, 401, 200]


def test_consoles_on_two_ports_of_a_desk_have_a_sign_in_each(url: str, admin: Client) -> None:
    """A browser has one jar for 127.0.0.1, whatever the port: two hosts are forwarded to two ports."""
    first, second = (sign_in(url, "admin", Host=f"127.0.0.1:{port}").headers["Set-Cookie"] for port in (18001, 18002))
    jar = "; ".join(one.partition(";")[0] for one in (first, second))
    for port in (18001, 18002):
        assert ask(url, "/console/tables", Cookie=jar, Host=f"127.0.0.1:{port}").status == 200
    ask(url, "/console/sign-out", "POST", "", Cookie=jar, Host="127.0.0.1:18002")
    assert [ask(url, "/console/tables", Cookie=jar, Host=f"127.0.0.1:{port}").status for port in (18001, 18002)] == [
        200,
        401,
    ]


def test_a_cookie_is_worth_nothing_if_it_is_changed_old_or_of_another_process(
    url: str, cookie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _, value = cookie.partition("=")
    for one in ("", ".", value[:-1], f"{value}A", value.swapcase(), "\xe9.1.x", sha256(value.encode()).hexdigest()):
        assert ask(url, "/console/tables", Cookie=f"{name}={one}").status == 401, one
    sessions = Sessions()
    assert sessions.user_of(value) is None
    anna = Superuser(7, "of her password")
    begun = sessions.begin(anna)
    assert sessions.user_of(begun) == anna
    others = [sessions.begin(Superuser(8, "")) for _ in range(MOST_SIGNED_IN - 1)]
    assert sessions.user_of(begun) == anna
    newest = sessions.begin(Superuser(8, ""))
    assert [sessions.user_of(one) is None for one in (begun, others[0], newest)] == [True, False, False]
    begun, now = newest, time.time()
    monkeypatch.setattr(time, "time", lambda: now + LASTS + 1)
    assert sessions.user_of(begun) is None


def test_a_form_of_another_site_or_one_that_is_too_long_is_refused(url: str, admin: Client) -> None:
    assert sign_in(url, "admin", Origin="https://evil.example").status == 403
    assert sign_in(url, "admin", Origin="null").status == 403
    assert sign_in(url, "admin", Origin=url).status == 303
    assert sign_in(url, "admin", "x" * LONGEST_FORM).status == 413
    assert ask(url, "/console/nothing", "POST", "a=1").status == 404
    out = ask(url, "/console/sign-out", "POST", "")
    assert f"workouts_console_{urlsplit(url).port}=; " in out.headers["Set-Cookie"]
    assert "Max-Age=0" in out.headers["Set-Cookie"]


def test_it_takes_no_password_over_a_network(listening: Listening, tmp_path: Path) -> None:
    open_to_all = listening(ADMIN_LISTEN="0.0.0.0:0")
    assert ask(open_to_all.replace("0.0.0.0", "127.0.0.1"), "/console").status == 403
    assert ask(listening(ADMIN_LISTEN=str(tmp_path / "admin.sock")), "/console").status == 200


def test_every_page_forbids_scripts_frames_and_other_sites(url: str, cookie: str) -> None:
    for page in PAGES:
        said = ask(url, page, Cookie=cookie)
        assert said.status == 200, (page, said.text[-600:])
        assert (said.headers["X-Frame-Options"], said.headers["Cache-Control"]) == ("DENY", "no-store")
        if "/plan" in page:
            continue  # it has a policy of its own, which names its scripts
        assert "default-src 'none'" in said.headers["Content-Security-Policy"]
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:|https?://", said.text), page


def test_the_figures_are_those_of_the_server(url: str, cookie: str, owner: Client) -> None:
    for _ in range(3):
        assert owner.get("/api/v1/users/me").status_code == 200
    home = ask(url, "/console?by=name", Cookie=cookie).text
    assert home.index("name=spine.pass_guard") < home.index("name=users.get_user")
    assert 'aria-sort="ascending"' in home
    query = ask(url, "/console/query?name=users.get_user", Cookie=cookie).text
    for shown in ("One account with the athlete", "GET /api/v1/users/me", "at most 6 pages", "(of these files)"):
        assert shown in query, shown
    tables = ask(url, "/console/tables", Cookie=cookie).text
    assert ">sessions_<wbr>pkey<" in tables
    server = ask(url, "/console/server", Cookie=cookie).text
    assert "The connection is direct." in server
    assert "Run <code>workouts db migrate" not in server
    drawn = ask(url, "/console/plan?name=users.get_user", Cookie=cookie).text
    assert '"title": "generic plan"' in drawn


def test_queries_are_sorted_by_what_they_take_of_their_budgets(url: str, cookie: str, owner: Client) -> None:
    for path in ("users/me", "sessions", "teams", "athletes"):
        assert owner.get(f"/api/v1/{path}").status_code == 200
    told = ask(url, "/console?by=budget", Cookie=cookie).text
    lines = re.findall(r"<td>([\d.,]+)</td>\s*<td>[^,\d]*<span[^>]*>([\d,]+)(?: exceeded)?</span>", told)
    figures = [(float(pages.replace(",", "")), int(budget.replace(",", ""))) for pages, budget in lines]
    assert len(figures) > 2
    least = [(pages - 0.05) / budget for pages, budget in figures]  # pages are shown with one decimal
    most = [(pages + 0.05) / budget for pages, budget in figures]
    assert all(high >= low for high, low in zip(most, least[1:], strict=False))
    assert re.search(r"Statements of no file took [\d.]+ % of the time", told)


def test_a_budget_that_is_exceeded_after_few_calls_has_no_bar(
    url: str, cookie: str, owner: Client, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first call of a connection reads the catalogue as well."""
    monkeypatch.setattr(QueryFile, "most_buffers", lambda *_: 1)
    forget_statements(database)
    for calls in (1, FEW):
        for _ in range(calls):
            assert owner.get("/api/v1/users/me").status_code == 200
        line = next(
            line for line in ask(url, "/console", Cookie=cookie).text.split("<tr>") if "name=users.get_user" in line
        )
        assert "1 exceeded" in line
        assert ('class="bad"' in line, line.count("<meter")) == ((True, 2) if calls == FEW else (False, 1))


def test_a_table_that_was_never_analysed_has_the_rows_that_were_counted(
    url: str, cookie: str, database: psycopg.Connection
) -> None:
    database.execute("create table workouts.fresh as select n from generate_series(1, 4711) as n")
    try:
        database.execute("select pg_stat_force_next_flush()")
        wait_until(lambda: ">4,711</td>" in ask(url, "/console/tables", Cookie=cookie).text, "the count of rows")
    finally:
        database.execute("drop table workouts.fresh")


def test_a_swapped_text_is_shown_beside_the_releases(url: str, cookie: str, tmp_path: Path) -> None:
    released, page = CATALOGUE.find("users.get_user"), "/console/query?name=users.get_user"
    assert "workouts sql swap users.get_user --file rewrite.sql" in ask(url, page, Cookie=cookie).text
    text = released.text.replace("where u.id = :user_id", "where :user_id = u.id").encode()
    write(tmp_path / "swaps", Swap(released.full_name, text, digest_of(released.text.encode()), "<anna>", time.time()))
    told = ask(url, page, Cookie=cookie).text
    assert f"the text <code>{digest_of(text)[:8]}</code> takes its place, by &lt;anna&gt;." in told
    assert "workouts sql swap users.get_user --undo" in told
    assert (
        told.index("where u.id = :user_id") < told.index("The text in its place") < told.index("where :user_id = u.id")
    )
    (tmp_path / "swaps" / "users.get_user.sql").write_text("select 1")
    told = ask(url, page, Cookie=cookie).text
    assert "There is a swap of it on this host that is not used: its first line is no record of a swap." in told


def test_what_does_not_exist_is_told(url: str, cookie: str) -> None:
    for page, status in (
        ("/console/nothing", 404),
        ("/console/query?name=users.nothing", 404),
        ("/console/query", 404),
        ("/console/plan?name=users.get_user&sample=nobody", 200),
    ):
        said = ask(url, page, Cookie=cookie)
        assert (said.status, "This page cannot be shown" in said.text) == (status, True), page


@pytest.fixture
def hostile_call(tmp_path: Path, owner: Client) -> Iterator[None]:
    """A real call whose parameters are markup, kept for the page of its query."""
    switch_on(tmp_path / "captures", 60)
    watch = Watch(tmp_path / "captures", "0")
    watch.look()
    owner.get("/api/v1/exercises", query_string={"q": "<script>alert(1)</script>"})
    watch.look(at_once=True)
    yield
    captures.recorder = None


@pytest.mark.usefixtures("hostile_call")
def test_what_users_sent_is_shown_as_text(url: str, cookie: str) -> None:
    told = ask(url, "/console/query?name=exercises.search_exercises", Cookie=cookie).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in told
    assert "<script" not in told


def test_without_the_database_it_says_so(listening: Listening, admin: Client, tmp_path: Path) -> None:
    url = listening(DATABASE_URL="postgresql://workouts_app@127.0.0.1:1/nothing", WORKOUTS_DATA_DIR=str(tmp_path))
    said = sign_in(url, "admin")
    assert (said.status, "The database: " in said.text) == (503, True)
    assert said.headers["Retry-After"] == "1"


def test_the_connections_of_the_pools_are_counted(url: str, cookie: str) -> None:
    assert re.search(r"Connections of the workers(&#39;|') pools: ", ask(url, "/console/live", Cookie=cookie).text)


def test_what_this_role_does_not_see_is_told(url: str, cookie: str) -> None:
    assert "Sessions of other roles are not seen" in ask(url, "/console/live", Cookie=cookie).text


def test_a_page_that_fails_says_so_and_the_log_why(
    url: str, cookie: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = structlog.testing.LogCapture()
    logger = structlog.wrap_logger(None, processors=[told], wrapper_class=structlog.BoundLogger)
    monkeypatch.setattr("workouts_api.admin.console.log", logger)
    monkeypatch.setattr("workouts_api.admin.console.reading.read_live", lambda _: {}["nothing"])
    said = ask(url, "/console/live", Cookie=cookie)
    assert (said.status, "the log says why" in said.text) == (500, True)
    assert [one["event"] for one in told.entries] == ["console page failed"]


def test_sign_ins_are_logged_without_what_was_typed(url: str, admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    told = structlog.testing.LogCapture()
    logger = structlog.wrap_logger(None, processors=[told], wrapper_class=structlog.BoundLogger)
    monkeypatch.setattr("workouts_api.admin.console.log", logger)
    sign_in(url, "admin")
    for _ in range(OF_A_NAME + 1):
        sign_in(url, "my-secret", "other")
    assert [one["event"] for one in told.entries] == ["console sign-in", *["console sign-in refused"] * (OF_A_NAME + 1)]
    assert told.entries[0]["user_id"] == admin.user_id
    assert "my-secret" not in str(told.entries)
    assert "too many" in told.entries[-1]["cause"]


def test_a_request_with_too_many_fields_has_none() -> None:
    from email.message import Message

    many = "&".join(f"a{n}=1" for n in range(MOST_FIELDS + 1))
    asked = read_request("GET", "/console", many, b"\xff=1", Message())
    assert (asked.query, asked.is_of_another_site) == ({}, False)


@pytest.mark.parametrize("begin", [looking, partial(session, read_only=True)])
def test_a_database_that_freezes_before_the_first_statement_is_answered_holds_no_page(begin: Any) -> None:
    """A server that lets everybody in and says nothing any more."""
    started = time.monotonic()
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        ThreadPoolExecutor(1) as threads,
    ):
        threads.submit(_lets_in_and_freezes, server)
        url = f"host=127.0.0.1 port={server.getsockname()[1]} user=x dbname=x sslmode=disable gssencmode=disable"
        with pytest.raises(psycopg.OperationalError), begin(url, longest=0.2):
            pass
    assert time.monotonic() - started < 30  # a bound against hanging, not an expectation


def _lets_in_and_freezes(server: socket.socket) -> None:
    peer, _ = server.accept()
    with peer:
        peer.recv(1024)
        peer.sendall(b"R\0\0\0\x08\0\0\0\0" + b"S\0\0\0\x16server_version\0018\0" + b"Z\0\0\0\x05I")
        while peer.recv(1024):
            pass


def test_a_database_that_is_frozen_holds_no_page(cluster: EmbeddedPostgres) -> None:
    """Its own timeouts do not end what it does not do; pg_sleep without one stands for it."""
    started = time.monotonic()
    with psycopg.connect(cluster.dsn(), autocommit=True) as conn:
        with cut_after(conn, 5.0):
            conn.execute("select 1")
        with pytest.raises(psycopg.OperationalError), cut_after(conn, 0.1):
            conn.execute("select pg_sleep(60)")
    assert time.monotonic() - started < 30  # a bound against hanging, not an expectation
