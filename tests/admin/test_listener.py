"""The admin listener's addresses, its manners, and clients that are slow or many."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.admin.conftest import ask
from tests.processes import wait_until
from workouts_api import activity
from workouts_api.admin.listener import MOST_AT_ONCE, admin_listener
from workouts_api.config import ConfigurationError, load_settings
from workouts_api.host.bare_machine import BareMachineError
from workouts_api.metrics import tally
from workouts_api.metrics.publishing import Publisher
from workouts_api.tunnel import TunnelStatus
from workouts_api.tunnel.status import now, write_status

Listening = Callable[..., str]


def test_it_lists_its_pages_and_says_which_there_are(listening: Listening) -> None:
    url = listening()
    pages = ask(url, "/").json["pages"]
    assert {"/live", "/ready", "/threads", "/metrics"} <= set(pages)
    for page in pages:
        said = ask(url, page)
        assert said.status in (200, 503), page
        assert said.headers["Cache-Control"] == "no-store"
        assert ask(url, page, "HEAD").text == ""
    missing = ask(url, "/nothing?x=1")
    assert (missing.status, "/threads" in missing.text) == (404, True)
    assert ask(url, "/live", "POST").status == 501


def test_ready_says_what_is_missing_and_is_ready_with_a_worker(listening: Listening, tmp_path: Path) -> None:
    url = listening(WORKOUTS_DATA_DIR=str(tmp_path))
    wait_until(lambda: ask(url, "/ready").json["database"]["state"] == "up", "the database's answer")
    without = ask(url, "/ready")
    assert (without.status, without.json["workers"]) == (503, {"state": "down", "count": 0})
    assert without.json["schema"]["state"] == "current"
    assert without.headers["Retry-After"] == "1"
    activity.join(tmp_path / "workers", 2)
    try:
        activity.begin("GET", "/api/v1/sessions", "an-id")
        assert ask(url, "/ready").status == 200
        [worker] = ask(url, "/threads").json["workers"]
        assert (worker["pid"], worker["threads"], worker["busy"]) == (os.getpid(), 2, 1)
        assert worker["requests"][0]["route"] == "/api/v1/sessions"
    finally:
        activity.leave()


def test_workers_that_were_stopped_are_no_workers(listening: Listening, tmp_path: Path) -> None:
    """A stopped worker lives and keeps its place, and serves nobody."""
    url = listening(WORKOUTS_DATA_DIR=str(tmp_path))
    joins = "import sys, time, pathlib; from workouts_api import activity; "
    joins += "activity.join(pathlib.Path(sys.argv[1]), 2); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", joins, str(tmp_path / "workers")]) as worker:
        try:
            wait_until(lambda: ask(url, "/ready").status == 200, "a worker")
            os.kill(worker.pid, signal.SIGSTOP)
            wait_until(lambda: ask(url, "/ready").status == 503, "that nobody serves")
            assert ask(url, "/ready").json["workers"] == {"state": "stopped", "count": 0, "stopped": 1}
            assert [one["state"] for one in ask(url, "/threads").json["workers"]] == ["stopped"]
            assert "\nworkouts_workers 0.0\n" in ask(url, "/metrics").text
            activity.join(tmp_path / "workers", 2)
            assert ask(url, "/ready").json["workers"] == {"state": "up", "count": 1, "stopped": 1}
        finally:
            activity.leave()
            worker.kill()


def test_the_tunnel_says_how_old_its_last_proof_of_life_is(listening: Listening, tmp_path: Path) -> None:
    files = {name: str(tmp_path / name) for name in ("SSH_KEY_FILE", "SSH_KNOWN_HOSTS_FILE")}
    for name in files.values():
        Path(name).touch(0o600)
    url = listening(SSH_HOST="bastion.example", SSH_USER="tunnel", TUNNEL_DIR=str(tmp_path), **files)
    proved = now() - timedelta(seconds=3)
    status = TunnelStatus(
        state="up", since=proved, updated=proved, engine="sshtunnel", listen="-", pid=os.getpid(), beat_s=5
    )
    write_status(tmp_path, status)
    said = ask(url, "/ready").json["tunnel"]
    assert (said["state"], said["confirmed_s"]) == ("up", pytest.approx(3, abs=1.5))
    [counted] = re.findall(r"^workouts_tunnel_age_seconds (\S+)$", ask(url, "/metrics").text, re.MULTILINE)
    assert float(counted) == pytest.approx(3, abs=2)
    write_status(tmp_path, replace(status, updated=now() - timedelta(seconds=99)))
    late = ask(url, "/ready").json["tunnel"]
    assert (late["state"], late["confirmed_s"] > 90) == ("down", True)


def test_metrics_are_what_prometheus_reads(listening: Listening, tmp_path: Path) -> None:
    url = listening(WORKOUTS_DATA_DIR=str(tmp_path))
    activity.join(tmp_path / "workers", 2)
    try:
        tally.note_query(("a.b", "1d2e3f40"), 0.5, 3)
        Publisher(tmp_path / "workers", str(activity.slot()), {}).write()
        said = ask(url, "/metrics")
    finally:
        activity.leave()
    families = {family.name: family for family in text_string_to_metric_families(said.text)}
    assert said.headers["Content-Type"].startswith("text/plain; version=")
    assert families["workouts_workers"].samples[0].value == 1
    assert {"query": "a.b", "swap": "1d2e3f40"} in [sample.labels for sample in families["workouts_query_rows"].samples]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8001", "localhost.evil.example", "1.2.3.4.example"])
def test_a_page_of_another_host_cannot_read_it_by_a_name_that_leads_here(listening: Listening, host: str) -> None:
    url = listening()
    assert ask(url, "/threads", Host=host).status == 400


@pytest.mark.parametrize("host", ["localhost", "localhost:8001", "127.0.0.1", "10.0.0.5:1", "[::1]", "[::1]:8001"])
def test_addresses_and_localhost_are_its_own_names(listening: Listening, host: str) -> None:
    assert ask(listening(), "/live", Host=host).status == 200


def test_silent_clients_take_places_and_others_are_answered_until_all_are_taken(listening: Listening) -> None:
    place = urlsplit(listening())
    silent = [socket.create_connection((place.hostname, place.port)) for _ in range(MOST_AT_ONCE - 1)]
    try:
        assert ask(place.geturl(), "/live").status == 200
    finally:
        for one in silent:
            one.close()
    wait_until(lambda: ask(place.geturl(), "/live").status == 200, "an answer after them")


def connected(url: str) -> socket.socket:
    place = urlsplit(url)
    return socket.create_connection((place.hostname, place.port), timeout=20)


HEAD = b"POST /console/sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n"
LENGTHS = {
    b"Content-Length: 000000400000000": 413,
    b"Content-Length: 4097": 413,
    b"Content-Length: " + b"9" * 5000: 413,
    b"Content-Length: -1": 411,
    b"Content-Length: 1e3": 411,
    b"Content-Length: \xb2": 411,
    b"Content-Length: 5\r\nContent-Length: 4000000": 411,
    b"Transfer-Encoding: chunked": 411,
    b"Content-Length: 5\r\nTransfer-Encoding: chunked": 411,
}


@pytest.mark.parametrize("told", LENGTHS, ids=lambda told: told[:40].decode("latin-1"))
def test_a_form_that_is_too_large_is_refused_before_it_is_read(listening: Listening, told: bytes) -> None:
    with connected(listening()) as client:
        client.sendall(HEAD + told + b"\r\n\r\n")
        assert client.recv(1000).split()[1] == str(LENGTHS[told]).encode()


def test_a_head_takes_no_more_memory_than_a_head_needs(listening: Listening) -> None:
    """A hundred fields of 65,536 bytes each are what the standard library would keep."""
    with connected(listening()) as client, pytest.raises(OSError, match=r"reset|Broken pipe"):
        client.sendall(b"GET /live HTTP/1.1\r\n")
        for number in range(100):
            client.sendall(b"X-%d: " % number + b"x" * 60_000 + b"\r\n")
        client.recv(1)


@pytest.mark.parametrize("first", [b"", b"GET /live HTTP/1.1\r\n", HEAD + b"Content-Length: 4000\r\n\r\n"])
def test_a_request_ends_in_time_also_if_it_comes_byte_by_byte(
    listening: Listening, first: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workouts_api.admin.listener.SLOWEST", 0.5)
    with connected(listening()) as client:
        client.sendall(first)
        began = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - began < 10:
                client.sendall(b"x")
                client.settimeout(0.1)
                with contextlib.suppress(TimeoutError):
                    if client.recv(1000) == b"":
                        break
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("first", [b"", b"GET /live HTTP/1.1\r\n", HEAD + b"Content-Length: 4000\r\n\r\n"])
def test_a_probe_is_answered_while_slow_clients_take_all_places(
    listening: Listening, first: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that came first makes room."""
    monkeypatch.setattr("workouts_api.admin.listener.SLOWEST", 60.0)
    url = listening()
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connected(url)) for _ in range(MOST_AT_ONCE + 8)]
        for client in slow:
            with contextlib.suppress(OSError):
                client.sendall(first)
        for _ in range(3):
            began = time.monotonic()
            assert ask(url, "/live").status == 200
            assert time.monotonic() - began < 3
        assert slow[0].recv(1) == b""


def test_a_unix_socket_of_a_killed_process_is_replaced_and_ones_own_is_taken_away(
    environ: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "admin.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    settings = load_settings({**environ, "ADMIN_LISTEN": str(path)})
    with admin_listener(settings, lambda: settings, lambda: 0.0) as (url, _):
        assert url == f"unix:{path}"
        assert ask(url, "/live", Host="any.example").json == {"status": "ok"}
        with pytest.raises(BareMachineError, match=r"cannot listen on .*admin\.sock: Address already in use; set"):
            admin_listener(settings, lambda: settings, lambda: 0.0).__enter__()
    assert not path.exists()


def test_an_address_that_is_taken_is_an_error_where_it_was_chosen_or_in_production(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        chosen = load_settings({**environ, "ADMIN_LISTEN": f"127.0.0.1:{taken}"})
        with pytest.raises(BareMachineError, match=f"port {taken}: another program listens there; set ADMIN_LISTEN"):
            admin_listener(chosen, lambda: chosen, lambda: 0.0).__enter__()
        beside = load_settings({**environ, "PORT": str(taken - 1)})
        with admin_listener(beside, lambda: beside, lambda: 0.0) as (url, _):  # in development it takes another one
            assert url is not None
            assert not url.endswith(f":{taken}")


def test_off_listens_nowhere(environ: dict[str, str]) -> None:
    settings = load_settings({**environ, "ADMIN_LISTEN": "off"})
    with admin_listener(settings, lambda: settings, lambda: 0.0) as (url, _):
        assert url is None


@pytest.mark.parametrize("wrong", ["8001", "admin.sock", "127.0.0.1:99999", "http://127.0.0.1:8001", "::1:8001", "on"])
def test_a_place_that_cannot_be_understood_is_named(environ: dict[str, str], wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=r"ADMIN_LISTEN holds .*expected host:port such as 127"):
        load_settings({**environ, "ADMIN_LISTEN": wrong})


def test_live_says_when_the_supervisor_does_nothing(environ: dict[str, str]) -> None:
    settings = load_settings({**environ, "PORT": "0"})
    with admin_listener(settings, lambda: settings, lambda: 31.0) as (url, _):
        assert url is not None
        said = ask(url, "/live")
    assert (said.status, said.json["supervisor"]) == (503, "it has done nothing for 31 s")


def test_it_is_a_process_of_its_own_where_the_parts_are_units(environ: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    variables = {**environ, "ADMIN_LISTEN": str(path), "WORKOUTS_DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "workouts_api.cli", "admin"]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"The admin listener answers at unix:{path}.\n"
        assert ask(f"unix:{path}", "/threads").json == {"workers": []}
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert not path.exists()
