"""Certificates that servers really show: how long they last, and whether they are refused."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tunnel.certificates import make_certificates
from workouts_api.config import load_settings
from workouts_api.doctor import certificates
from workouts_api.doctor.certificates import Place, look_at, places

Greeting = Callable[[socket.socket], None]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """The authority's file, and a server's context whose certificate for `localhost` lasts two more days."""
    folder = tmp_path_factory.mktemp("certificates")
    for name, content in zip(("root", "server", "key"), make_certificates("localhost"), strict=True):
        (folder / name).write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server", folder / "key")
    return folder / "root", context


@pytest.fixture
def serve(shown: tuple[Path, ssl.SSLContext]) -> Iterator[Callable[..., int]]:
    """Serves one client; ``greet`` is what is said before TLS."""
    listeners = []

    def start(greet: Greeting = lambda _: None) -> int:
        listener = socket.create_server(("localhost", 0))
        listeners.append(listener)
        threading.Thread(target=answer, args=(listener, greet), daemon=True).start()
        return int(listener.getsockname()[1])

    def answer(listener: socket.socket, greet: Greeting) -> None:
        try:
            with listener.accept()[0] as client:
                client.settimeout(10)
                greet(client)
                with shown[1].wrap_socket(client, server_side=True) as wrapped:
                    wrapped.recv(1)
        except OSError:
            return

    yield start
    for listener in listeners:
        listener.close()


def postgres(client: socket.socket) -> None:
    assert client.recv(8) == certificates.SSL_REQUEST
    client.sendall(b"S")


def smtp(client: socket.socket) -> None:
    client.sendall(b"220 ready\r\n")
    assert client.recv(100).startswith(b"EHLO ")
    client.sendall(b"250-localhost\r\n250 STARTTLS\r\n")
    assert client.recv(100) == b"STARTTLS\r\n"
    client.sendall(b"220 go\r\n")


@pytest.mark.parametrize("greet", [lambda _: None, smtp], ids=["https", "starttls"])
def test_a_certificate_that_ends_in_two_days_is_a_warning(
    serve: Callable[..., int], shown: tuple[Path, ssl.SSLContext], greet: Greeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(shown[0]))
    prepare = certificates._start_tls if greet is smtp else (lambda _: None)
    found = look_at(Place("PUBLIC_URL", "localhost", serve(greet), prepare=prepare))
    assert (found.state, "valid for 1 more days" in found.found) == ("warning", True)


def test_a_certificate_of_an_unknown_authority_is_wrong(serve: Callable[..., int]) -> None:
    found = look_at(Place("PUBLIC_URL", "localhost", serve()))
    assert found.state == "wrong"
    assert "is refused" in found.found


def test_the_databases_certificate_is_seen_by_its_own_protocol(serve: Callable[..., int]) -> None:
    """Whether it is believed is up to libpq and its sslrootcert."""
    settings = load_settings(
        {
            "JWT_SECRET_KEY": "x" * 48,
            "HOME": "/nowhere",
            "DATABASE_URL": f"postgresql://workouts_app@localhost:{serve(postgres)}/workouts?sslmode=require",
        }
    )
    [place] = places(settings)
    assert look_at(place).state == "warning"


@pytest.mark.parametrize(("days", "state"), [(-1, "wrong"), (0, "warning"), (13, "warning"), (15, "ok")])
def test_a_certificate_is_judged_by_the_days_that_are_left(days: int, state: str) -> None:
    left = dt.timedelta(days=days, minutes=1)
    assert certificates.judge(Place("PUBLIC_URL", "h", 1), "certificate", left).state == state


def test_a_server_that_is_not_reached_is_a_warning() -> None:
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
    assert look_at(Place("PUBLIC_URL", "localhost", port)).state == "warning"
