"""Signing in, refreshing, and proving once more who one is: what the routes of several forms share."""

from __future__ import annotations

from typing import NamedTuple

from flask import current_app, request

from workouts_api.api.auth.passwords import better_hash, hashing, is_password
from workouts_api.api.auth.rules import Person
from workouts_api.api.auth.tokens import REFRESH_LIFETIME, new_access_token, new_refresh_token, read_refresh_token
from workouts_api.database import caller
from workouts_api.errors import Invalid, InvalidCredentials, TokenRevoked, TooManyRequests
from workouts_api.logs import log
from workouts_api.sql import queries
from workouts_api.web.addresses import forms_of

_LIFETIME_S = int(REFRESH_LIFETIME.total_seconds())
_WRONG = "The name or the password is wrong."


class SignedIn(NamedTuple):
    """What a sign-in or a refresh gives out."""

    access_token: str
    refresh_token: str


class Known(NamedTuple):
    """Who has proven to be signed in by their password too."""

    person: Person
    password_hash: str
    account: str
    """What guesses at the password are counted under. What comes after hands it to permit_guess(), for wrong ones may
    have come meanwhile."""


def sign_in(name: str, password: str) -> SignedIn:
    """Makes a login, by e-mail address or username.

    :raises InvalidCredentials, TooManyRequests: alike for names that nobody has, as to words and time.
    """
    _, in_ascii, in_letters = forms_of(name)
    found = queries.auth.find_user_for_login(
        name=name, in_ascii=in_ascii, in_letters=in_letters, address=request.remote_addr
    )
    caller().account_id = found["id"]
    _wait(found["wait_s"])
    with hashing():
        is_right = is_password(found["password_hash"], password)
        better = better_hash(found["password_hash"], password) if is_right and found["password_hash"] else None
    if not is_right or found["id"] is None or found["password_hash"] is None:
        _count_wrong(found["account"])
        raise InvalidCredentials(_WRONG)
    refresh = new_refresh_token(found["id"], found["login_id"])
    created = queries.auth.create_login(
        login_id=found["login_id"],
        user_id=found["id"],
        verified_hash=found["password_hash"],
        better_hash=better,
        account=found["account"],
        refresh_hash=refresh.sha256,
        device=request.user_agent.string[:300],
        address=request.remote_addr,
        lifetime_s=min(_LIFETIME_S, _longest_s()),
        most=current_app.extensions["settings"].max_logins,
    )
    if not created:  # changed or deactivated while it was compared
        raise InvalidCredentials(_WRONG)
    return SignedIn(new_access_token(refresh.user_id, refresh.login_id), refresh.text)


def _count_wrong(account: str) -> None:
    """Counts a wrong guess before it is answered: those that came at once are known here.

    :raises TooManyRequests: when it has to wait, and was not counted.
    """
    _wait(queries.auth.count_wrong_guess(account=account, address=request.remote_addr))


def _wait(seconds: int) -> None:
    if seconds > 0:
        raise TooManyRequests("Too many wrong passwords: wait.", headers={"Retry-After": str(seconds)})


def _longest_s() -> int:
    """How long a login may last, however often it is refreshed."""
    days: int = current_app.extensions["settings"].login_lifetime_days
    return days * 86400


def renew(refresh_token: str) -> SignedIn:
    """New tokens for a refresh token.

    :raises TokenRevoked: for one that was used before, which ends the login, or whose login has ended.
    """
    presented = read_refresh_token(refresh_token)
    caller().account_id = presented.user_id
    successor = presented.successor()
    outcome = queries.auth.rotate_refresh(
        login_id=presented.login_id,
        user_id=presented.user_id,
        presented_hash=presented.sha256,
        next_hash=successor.sha256,
        address=request.remote_addr,
        lifetime_s=_LIFETIME_S,
        longest_s=_longest_s(),
    )
    if outcome == "reused":
        log.warning(
            "refresh_token_reused",
            request_id=caller().request_id,
            user_id=presented.user_id,
            login_id=presented.login_id,
            address=request.remote_addr,
        )
    if outcome == "too_old":
        raise TokenRevoked("This sign-in has lasted as long as one may.")
    if outcome not in ("rotated", "repeated"):
        raise TokenRevoked
    return SignedIn(new_access_token(presented.user_id, presented.login_id), successor.text)


def prove_password(user_id: int, password: str, *, field: str) -> Known:
    """Has who is signed in prove by their password that it is them, and gives what is known of them.

    An Idempotency-Key is claimed by what comes after: this changes nothing.

    :param field: what the request calls the password.
    :raises Invalid: naming the field. :raises TooManyRequests: after too many wrong ones.
    """
    who = caller()
    claim, who.claim = who.claim, None
    found = queries.auth.find_own_password(user_id=user_id, address=request.remote_addr)
    _wait(found["wait_s"])
    stored = found["password_hash"]
    with hashing():
        is_right = is_password(stored, password)
    if not is_right or stored is None:
        _count_wrong(found["account"])
        raise Invalid(details={field: ["This is not your password."]})
    who.claim = claim
    return Known(Person(found["email"], found["username"], found["full_name"]), stored, found["account"])
