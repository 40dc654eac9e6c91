"""A mail's text: subject, plain text and HTML from the templates of its kind."""

from __future__ import annotations

import email.policy
import re
import unicodedata
from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from workouts_api.config import Settings
from workouts_api.mail.kinds import Mail

TEMPLATES = Path(__file__).parent / "templates"

# What people call themselves and their teams goes to others in our name: it must not look like a message from us. A
# long name could hold a message, a line break would end the subject or begin a header, and mail programs make links of
# texts that look like addresses.
_OURS = frozenset({"token", "scopes"})
_LONGEST_NAME = 80
_MAKES_A_LINK = re.compile(
    r"""
    (?<=[^\W\d]):(?=\S)          # mailto:x
    | :(?=//)                     # s3://x
    | [.\u2024\u3002](?=[^\W_])   # www.example.org, of any script
    """,
    re.VERBOSE,
)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def compose(kind: str, mail: Mail, settings: Settings) -> EmailMessage:
    """The whole message. The first line of the plain text is ``Subject: …``.

    :raises jinja2.UndefinedError: for a value that a template uses and the kind does not give.
    :raises ValueError: for an address that is none, or more than one.
    """
    told = {name: value if name in _OURS else _harmless(value) for name, value in mail.values.items()}
    values = {**told, "site": settings.site_url, "link": link_to(mail, settings)}
    subject, _, text = _render(f"{kind}.txt", values).partition("\n")
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = settings.sender
    message["To"] = _one_address(mail.address)
    message["Subject"] = " ".join(subject.removeprefix("Subject:").split())
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = make_msgid(domain=parseaddr(settings.sender)[1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply, please
    message.set_content(text.strip() + "\n", cte="quoted-printable")
    message.add_alternative(_render(f"{kind}.html", values), subtype="html", cte="quoted-printable")
    return message


def _harmless(value: Any) -> Any:
    """A text of somebody's own as one short line in which no mail program finds a link; what is no text, as it is."""
    if not isinstance(value, str):
        return value
    one_line = " ".join(unicodedata.normalize("NFKC", value).split())
    visible = "".join(c for c in one_line if not unicodedata.category(c).startswith("C"))
    text = _MAKES_A_LINK.sub(lambda found: f"{found[0]} ", visible)
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1].rstrip()}…"


def _one_address(text: str) -> Address:
    try:
        return Address(addr_spec=text)
    except (MessageError, IndexError) as error:
        raise ValueError("this is not an address that a mail can go to") from error


def link_to(mail: Mail, settings: Settings) -> str | None:
    """The page of APP_URL that takes the mail's token: behind a #, so that it is in no server's log."""
    if settings.app_url is None or mail.page is None:
        return None
    return f"{settings.app_url.rstrip('/')}/{mail.page}#token={quote(str(mail.values['token']), safe='')}"


def _render(name: str, values: Mapping[str, Any]) -> str:
    return _environment().get_template(name).render(values)
