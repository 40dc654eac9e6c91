"""What each kind of mail says."""

from __future__ import annotations

import email
import email.policy
import re
import unicodedata
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import jinja2
import pytest

from workouts_api.config import Settings
from workouts_api.mail.kinds import KINDS, Mail
from workouts_api.mail.rendering import TEMPLATES, compose

TOKEN = {"token": "a/token+of=ours"}
INVITATION = {"inviter": "Coach <b>", "team": "A & B", "expires_on": "2026-02-01", **TOKEN}
VALUES: dict[str, dict[str, Any]] = {
    "verify_email": {"name": "Ada <b>", "username": "ada", "about": "registration", "minutes": 60, **TOKEN},
    "reset_password": {"name": "Ada <b>", "minutes": 30, **TOKEN},
    "email_taken": {"name": "Ada <b>"},
    "password_changed": {"name": "Ada <b>", "at": "2026-01-05T18:30:00Z", "keys_ended": False},
    "api_key_made": {"name": "Ada <b>", "at": "2026-01-05T18:30:00Z", "key": "Backup", "scopes": "sessions:read"},
    "email_changed": {"name": "Ada <b>", "at": "2026-01-05T18:30:00Z", "days": 7, **TOKEN},
    "team_invitation": {"role": "coach", **INVITATION},
    "athlete_invitation": {"athlete": "Ada <b>", **INVITATION},
}


def composed(kind: str, settings: Settings, **values: Any) -> tuple[EmailMessage, str, str]:
    message = compose(kind, Mail("ada@example.com", {**VALUES[kind], **values}, "page"), settings)
    text, html = (part.get_content() for part in message.iter_parts())
    return message, text, html


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_every_mail_says_what_it_is_about_in_text_and_html(kind: str, settings: Settings) -> None:
    message, text, html = composed(kind, replace(settings, public_url="https://api.example.com/"))
    assert message["Subject"]
    assert "https://api.example.com." in text
    assert "<b>" in text
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "{" not in text + html
    if "token" in VALUES[kind]:
        assert "\n    a/token+of=ours\n" in text
        assert ">a/token+of=ours</p>" in html


@pytest.mark.parametrize("kind", sorted(kind for kind in VALUES if "token" in VALUES[kind]))
def test_where_people_have_pages_a_mail_links_to_them(kind: str, settings: Settings) -> None:
    _, text, html = composed(kind, replace(settings, app_url="https://example.com/app/"))
    link = "https://example.com/app/page#token=a%2Ftoken%2Bof%3Dours"
    assert f"Open {link}\n" in text
    assert f'href="{link}"' in html


HOSTILE = [
    "A\nBcc: everybody@example.org",
    "A\r\nBcc: everybody@example.org\r\n\r\nPay here",
    *(f"A{separator}Bcc: everybody" for separator in "\v\f\x1c\x85\u2028\u2029"),
    "https://evil.example.org/pay",
    "HTTPS://evil",
    "pay at www.evil.org now",
    "evil\u2024org",
    "evil。org",
    "ｅｖｉｌ．ｏｒｇ/pay",
    "e\u200bvil.\u200borg",
    "пример.рф",
    "mailto:evil@evil.org",
    "s3://evil",
    "tel:0900123456",
    "[Pay](https://evil.org)",
    "=?utf-8?q?Bcc=3A_x?=",
    "\u202egro.live//:sptth",
    "\x1b]8;;https://evil.org\x07Pay\x1b]8;;\x07",
    "You have won. " * 14,
    "é\u0301\u0302" * 60,
]
LINK = re.compile(r"[^\W\d]+:\S|://|[^\s.][.\u2024\u3002]\w")
FIRST = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}


def _lines(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body((subtype,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("kind", sorted(VALUES))
@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_what_people_call_themselves_brings_no_header_no_line_and_no_link_into_a_mail(
    kind: str, name: str, settings: Settings
) -> None:
    ours = {"scopes", "token", "at", "expires_on", "role", "about"}
    quiet = {given: "Zoe" for given, value in VALUES[kind].items() if isinstance(value, str) and given not in ours}
    loud = dict.fromkeys(quiet, name)
    sent, expected = (
        email.message_from_bytes(composed(kind, settings, **values)[0].as_bytes(), policy=email.policy.default)
        for values in (loud, quiet)
    )
    assert set(sent.keys()) == FIRST
    assert len(sent["Subject"]) <= len(expected["Subject"]) + len(quiet) * 80
    for subtype in ("plain", "html"):
        text, plain = (_lines(mail, subtype) for mail in (sent, expected))
        assert len(text.splitlines()) == len(plain.splitlines())
        assert LINK.findall(text) == LINK.findall(plain)
        assert not [
            c for c in text + sent["Subject"] if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c != "\n"
        ]


def test_a_name_as_people_have_them_stays_as_it_is(settings: Settings) -> None:
    for name in (
        "Zoë O'Neill-Smith",
        "Dr. Ada Lovelace",
        "李小龍",
        "נועה",
        "A & B / C",
        "Club 1900 e. V.",
        "5:30 crew",
    ):
        message, text, _ = composed("team_invitation", settings, inviter=name)
        assert message["Subject"] == f"{name} invites you to A & B"
        assert name in text


def test_a_value_that_is_missing_is_an_error_and_not_a_gap(settings: Settings) -> None:
    with pytest.raises(jinja2.UndefinedError, match="name"):
        compose("email_taken", Mail("ada@example.com", {}), settings)


def test_every_kind_has_its_templates_and_every_template_its_kind() -> None:
    files = {path.name for path in TEMPLATES.iterdir()} - {"base.html", "token.html", "token.txt"}
    assert files == {f"{kind}.{suffix}" for kind in VALUES for suffix in ("txt", "html")}
    assert KINDS.keys() <= VALUES.keys()
