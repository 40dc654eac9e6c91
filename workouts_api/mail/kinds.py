"""Which mails there are: for each kind a function that finds out, when it is sent, to whom it goes and what it tells.

A function takes what ``workouts.defer_mail(kind, args)`` was given, as keywords, and runs queries. It gives None where
there is nothing to tell any more. Secrets – the text of a token – are made here and stand in no job.

The values of each kind, which templates/<kind>.txt and .html use; all have ``site``, the API's address:

=================== ======================================================
verify_email        name, username, about, token, link, minutes
reset_password      name, token, link, minutes
email_taken         name
password_changed    name, at, keys_ended
email_changed       name, at, days, token, link; of an administrator's change name alone
api_key_made        name, at, key, scopes; the last two None once it is deleted
team_invitation     inviter, team, role, token, link, expires_on
athlete_invitation  inviter, athlete, team, token, link, expires_on
=================== ======================================================
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workouts_api.sql import queries
from workouts_api.web.addresses import forms_of
from workouts_api.web.codes import digest_of, new_code


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one address. ``page`` is where APP_URL's pages take the token: its link is made from both."""

    address: str
    values: Mapping[str, Any] = field(default_factory=dict)
    page: str | None = None


Prepare = Callable[..., Mail | None]


RESET_MINUTES = 30
VERIFY_MINUTES = 24 * 60  # who registers in the evening finds the mail in the morning


def reset_password(*, email: str) -> Mail | None:
    """A forgotten password; whether anybody has the address, nobody has looked before."""
    token = secrets.token_urlsafe(32)
    digest, lifetime_s = _sha256(token), RESET_MINUTES * 60
    found = _first(queries.mail.prepare_password_reset, email, token_sha256=digest, lifetime_s=lifetime_s)
    return _token_mail(found, token, RESET_MINUTES, "reset-password") if found else None


def verify_email(
    *,
    registration_id: int | None = None,
    change_id: int | None = None,
    email: str | None = None,
    user_id: int | None = None,
) -> Mail | None:
    """Of a registration, of a user's new address, or once more to whoever waits at an address.

    An address that is taken gets no token: its owner is told by another mail. Which account it is about, the mail says.

    :param user_id: of a change of address asked for by the release before, which had no rows for them: ask again.
    """
    if user_id is not None:
        return None
    token = secrets.token_urlsafe(32)
    digest, lifetime_s = _sha256(token), VERIFY_MINUTES * 60
    found: Mapping[str, Any] | None
    about = "registration"
    if registration_id is not None:
        found = queries.mail.prepare_registration(registration_id=registration_id, token_sha256=digest)
    elif change_id is not None:
        about = "change"
        found = queries.mail.prepare_email_change(change_id=change_id, token_sha256=digest)
    elif email is not None:
        about = "account"
        found = _first(queries.mail.prepare_verification, email, token_sha256=digest, lifetime_s=lifetime_s)
    else:
        raise TypeError("verify_email takes a registration_id, a change_id, or an email")
    if found is None or found["email"] is None:
        return None
    return _token_mail(found, token, VERIFY_MINUTES, "verify-email", username=found["username"], about=about)


def _first(prepare: Callable[..., Mapping[str, Any] | None], email: str, **values: Any) -> Mapping[str, Any] | None:
    """What is found by the first form of the address in which somebody's is stored."""
    return next(filter(None, (prepare(email=form, **values) for form in dict.fromkeys(forms_of(email)))), None)


def _token_mail(found: Mapping[str, Any], token: str, minutes: int, page: str, **more: Any) -> Mail:
    return Mail(found["email"], {"name": found["name"], "token": token, "minutes": minutes, **more}, page)


def _sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def email_taken(*, user_id: int) -> Mail | None:
    """Somebody tried to register with the address of an account: its owner is told, the other is not."""
    found = queries.mail.find_recipient(user_id=user_id)
    return Mail(found["email"], {"name": found["name"]}) if found else None


def password_changed(*, user_id: int, at: str, keys_ended: bool = False) -> Mail | None:
    found = queries.mail.find_recipient(user_id=user_id)
    return Mail(found["email"], {"name": found["name"], "at": at, "keys_ended": keys_ended}) if found else None


def email_changed(
    *, change_id: int | None = None, user_id: int | None = None, email: str | None = None, at: str | None = None
) -> Mail | None:
    """The old address is told of a change, and can undo it; of an administrator's it is only told.

    :param at: of a change from an address that was never verified: it is only told as well.
    """
    if change_id is None:
        person = queries.mail.find_recipient(user_id=user_id or 0)
        return Mail(email or "", {"name": person["name"], "token": None, "at": at}) if person else None
    token = secrets.token_urlsafe(32)
    found = queries.mail.prepare_undo(change_id=change_id, token_sha256=_sha256(token))
    if found is None:
        return None
    values = {"name": found["name"], "at": found["at"], "days": found["days"], "token": token}
    return Mail(found["email"], values, page="undo-email-change")


def api_key_made(*, user_id: int, key_id: int, at: str) -> Mail | None:
    found = queries.mail.find_key_owner(user_id=user_id, key_id=key_id)
    if found is None:
        return None
    return Mail(found["email"], {"name": found["name"], "at": at, "key": found["key"], "scopes": found["scopes"]})


def invitation(*, invitation_id: int) -> Mail | None:
    """Into a team, or to claim an athlete. Its code is made here; of a mail that is sent twice, the last code holds."""
    code = new_code()
    found = queries.invitations.renew_code(invitation_id=invitation_id, code_sha256=digest_of(code))
    if found is None:
        return None
    values = {
        "inviter": found["inviter"],
        "team": found["team"],
        "role": found["kind"],
        "athlete": found["athlete"],
        "token": code,
        "expires_on": found["expires_at"].date().isoformat(),
    }
    return Mail(found["email"], values, page="invitation")


KINDS: dict[str, Prepare] = {
    "verify_email": verify_email,
    "reset_password": reset_password,
    "email_taken": email_taken,
    "password_changed": password_changed,
    "email_changed": email_changed,
    "api_key_made": api_key_made,
    "team_invitation": invitation,
    "athlete_invitation": invitation,
}
