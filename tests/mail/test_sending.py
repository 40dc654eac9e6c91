"""Mails, sent by the worker to a real server."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.mail.conftest import PASSWORD, USER, Send, StartServer
from tests.tunnel.certificates import make_certificates
from workouts_api.config import Settings

PLAIN = {"smtp_host": "127.0.0.1", "smtp_tls": "none", "mail_from": "Workouts <workouts@example.com>"}
DONE: list[tuple[str, int]] = []
"""What is left of a job that succeeded."""


def is_tried_again(left: list[tuple[str, int]]) -> bool:
    """Whether one mail waits for its next attempt; on a busy machine the second one may have been made already."""
    return [status for status, _ in left] == ["todo"] and left[0][1] >= 1


def test_a_mail_arrives_in_plain_text_and_html(start_server: StartServer, send: Send) -> None:
    server = start_server()
    assert send(**PLAIN, smtp_port=server.port) == DONE
    (mail,) = server.taken
    assert (mail["From"], mail["To"]) == ("Workouts <workouts@example.com>", "ada@example.com")
    assert mail["Subject"] == "You have an account already"
    assert mail["Message-ID"].endswith("@example.com>")
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = (part.get_content() for part in mail.iter_parts())
    assert text.startswith("Hello Ada <Lovelace>,")
    assert "Hello Ada &lt;Lovelace&gt;," in html


def test_without_a_server_it_becomes_a_file(send: Send, settings: Settings, tmp_path: Path) -> None:
    assert send(mail_dir=tmp_path / "mails") == DONE
    (path,) = (tmp_path / "mails").iterdir()
    assert path.suffix == ".eml"
    assert path.stat().st_mode & 0o077 == 0
    assert b"To: ada@example.com" in path.read_bytes()


@pytest.mark.parametrize(
    ("refusal", "left"),
    [("451 Greylisted, come back later", [("todo", 1)]), ("550 There is no such mailbox", [("failed", 1)])],
    ids=["for now", "for good"],
)
def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(
    start_server: StartServer, send: Send, refusal: str, left: list[tuple[str, int]]
) -> None:
    server = start_server()
    server.refusal = refusal
    assert send(**PLAIN, smtp_port=server.port) == left
    assert server.taken == []


def test_while_the_server_is_away_it_is_tried_again(send: Send) -> None:
    assert is_tried_again(send(**PLAIN, smtp_port=1))


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_it_signs_in_over_tls_to_a_server_whose_certificate_holds(
    start_server: StartServer, send: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: str
) -> None:
    authority, certificate, key = make_certificates("localhost")
    (tmp_path / "authority").write_bytes(authority)
    (tmp_path / "server").write_bytes(key + certificate)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server")
    starttls, from_the_first_byte = {"tls_context": context}, {"ssl_context": context, "auth_require_tls": False}
    server = start_server(**(starttls if tls == "starttls" else from_the_first_byte))
    encrypted = {
        **PLAIN,
        "smtp_host": "localhost",
        "smtp_port": server.port,
        "smtp_tls": tls,
        "smtp_user": USER,
        "smtp_password": PASSWORD,
    }
    assert is_tried_again(send(**encrypted))  # nobody vouches for it
    assert server.taken == []
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority"))
    assert is_tried_again(send(**encrypted, address="eve@example.com"))
    assert [mail["To"] for mail in server.taken] == ["eve@example.com"]
    assert server.users == [USER]


def test_a_password_is_not_told_to_a_server_without_encryption(start_server: StartServer, send: Send) -> None:
    server = start_server(auth_require_tls=False)
    sign_in = {"smtp_user": USER, "smtp_password": PASSWORD}
    assert send(**{**PLAIN, **sign_in, "smtp_tls": "starttls"}, smtp_port=server.port) == [("todo", 1)]
    assert server.users == []


def test_a_mail_that_nobody_wants_any_more_is_not_sent(
    start_server: StartServer, send: Send, database: psycopg.Connection[Any]
) -> None:
    server = start_server()
    database.execute("insert into users (email, username, is_active) values ('gone@example.com', 'gone', false)")
    assert send(**PLAIN, smtp_port=server.port, address="gone@example.com") == DONE
    assert server.taken == []


def test_an_address_that_is_two_goes_to_nobody(start_server: StartServer, send: Send) -> None:
    server = start_server()
    assert send(**PLAIN, smtp_port=server.port, address="a@example.com,b@example.com") == [("failed", 1)]
    assert server.taken == []


def test_a_kind_that_there_is_not_fails(send: Send) -> None:
    assert send("spam") == [("failed", 1)]
