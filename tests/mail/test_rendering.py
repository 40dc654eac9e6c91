"""What each kind of mail says."""

from __future__ import annotations

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
    "verify_email": {"name": "Ada <b>", "minutes": 60, **TOKEN},
    "reset_password": {"name": "Ada <b>", "minutes": 30, **TOKEN},
    "email_taken": {"name": "Ada <b>"},
    "password_changed": {"name": "Ada <b>", "at": "2026-01-05T18:30:00Z"},
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


def test_a_name_with_a_line_break_adds_no_header(settings: Settings) -> None:
    message, _, _ = composed("team_invitation", settings, team="A\nBcc: everybody@example.com")
    assert "Bcc" not in message
    assert message["Subject"] == "Coach <b> invites you to A"


def test_a_value_that_is_missing_is_an_error_and_not_a_gap(settings: Settings) -> None:
    with pytest.raises(jinja2.UndefinedError, match="name"):
        compose("email_taken", Mail("ada@example.com", {}), settings)


def test_every_kind_has_its_templates_and_every_template_its_kind() -> None:
    files = {path.name for path in TEMPLATES.iterdir()} - {"base.html", "token.html", "token.txt"}
    assert files == {f"{kind}.{suffix}" for kind in VALUES for suffix in ("txt", "html")}
    assert KINDS.keys() <= VALUES.keys()
