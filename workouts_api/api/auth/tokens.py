"""Access and refresh tokens, by flask-jwt-extended; and its errors in the API's envelope."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask, Response, g
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    decode_token,
    get_unverified_jwt_headers,
)

from workouts_api.errors import ApiError, InvalidCredentials, TokenExpired
from workouts_api.web import secret_keys
from workouts_api.web.replies import reply_error

if TYPE_CHECKING:
    from workouts_api.config import Settings

ACCESS_LIFETIME = dt.timedelta(minutes=30)
REFRESH_LIFETIME = dt.timedelta(days=7)
LEEWAY_S = 10  # by which hosts' clocks may differ: a token of the one is neither too young nor too old for the other
LOGIN_CLAIM = "login"
VERIFIED = "verified access tokens"  # of this application; see signed_in


class RefreshToken(NamedTuple):
    """A refresh token of ours, whether it was presented or is to be given out."""

    user_id: int
    login_id: int
    id: str
    """Its jti. Only its digest is stored."""
    kid: str | None = None
    """The key that signed it; None: it names none."""

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.id.encode()).digest()

    @property
    def text(self) -> str:
        claims = {LOGIN_CLAIM: self.login_id, "jti": self.id}
        return str(create_refresh_token(identity=str(self.user_id), additional_claims=claims))

    def successor(self) -> RefreshToken:
        """The token that follows it, by the server's secret: asked for twice, it is the same.

        So a reply that got lost, or two threads that refresh at once, need no memory of tokens that were given out. The
        secret is the key that signed the token: hosts agree while the key is being replaced.
        """
        key = f"refresh {secret_keys.key_of(self.kid)}".encode()
        digest = hmac.digest(key, f"{self.login_id} {self.id}".encode(), "sha256")
        return self._replace(id=urlsafe_b64encode(digest).rstrip(b"=").decode())


def init_app(app: Flask, settings: Settings) -> None:
    secret_keys.init_app(app, settings)
    app.config |= {
        "JWT_ALGORITHM": "HS256",
        "JWT_ACCESS_TOKEN_EXPIRES": ACCESS_LIFETIME,
        "JWT_REFRESH_TOKEN_EXPIRES": REFRESH_LIFETIME,
        "JWT_TOKEN_LOCATION": ["headers", "cookies"],
        "JWT_REFRESH_JSON_KEY": "refresh_token",
        "JWT_DECODE_LEEWAY": LEEWAY_S,
        "JWT_ERROR_MESSAGE_KEY": "message",
    }
    app.extensions[VERIFIED] = {}
    manager = JWTManager(app)
    manager.decode_key_loader(lambda headers, _claims: secret_keys.key_of(headers.get("kid")))
    manager.additional_headers_loader(lambda _: {"kid": secret_keys.key_id(secret_keys.current_key())})
    manager.unauthorized_loader(lambda _: _refuse(InvalidCredentials()))
    manager.invalid_token_loader(lambda _: _refuse(InvalidCredentials("This is not a token of ours.")))
    manager.expired_token_loader(lambda _header, payload: _refuse(_expired(payload)))


def _expired(payload: dict[str, Any]) -> ApiError:
    if payload.get("type") == "refresh":
        return InvalidCredentials("The refresh token has expired.")
    return TokenExpired()


def _refuse(error: ApiError) -> Response:
    return reply_error(error, g.caller.request_id)


def new_access_token(user_id: int, login_id: int) -> str:
    return str(create_access_token(identity=str(user_id), additional_claims={LOGIN_CLAIM: login_id}))


def new_refresh_token(user_id: int, login_id: int) -> RefreshToken:
    """The first refresh token of a login."""
    return RefreshToken(user_id, login_id, secrets.token_urlsafe(32))


def read_refresh_token(text: str) -> RefreshToken:
    """The refresh token that was presented; its signature and expiry hold.

    :raises jwt.PyJWTError, flask_jwt_extended.exceptions.JWTExtendedException: answered as 401.
    """
    payload = decode_token(text)
    if payload["type"] != "refresh":
        raise InvalidCredentials("Expected a refresh token.")
    kid = get_unverified_jwt_headers(text).get("kid")
    return RefreshToken(int(payload["sub"]), payload[LOGIN_CLAIM], payload["jti"], kid)
