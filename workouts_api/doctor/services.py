"""Looks at the other servers that the settings name: Redis and the mail server."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import redis

from workouts_api.config import Settings
from workouts_api.config.showing import hide_password
from workouts_api.doctor.finding import Finding, fine, warning

PATIENCE = 2.0  # s for an answer


def look_at_redis(settings: Settings) -> Iterator[Finding]:
    if not settings.redis_url:
        return
    shown = hide_password(settings.redis_url)
    try:
        with redis.Redis.from_url(
            settings.redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        ) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        todo = "start it, or mend REDIS_URL; meanwhile each worker counts by itself"
        yield warning("redis", f"{shown} does not answer: {error}", todo)
    else:
        yield fine("redis", f"{shown} answers")


def look_at_mail(settings: Settings) -> Iterator[Finding]:
    if not settings.smtp_host:
        yield warning("mail", f"mails become files in {settings.mail_folder}", "set SMTP_HOST for people to get them")
        return
    place = f"{settings.smtp_host}:{settings.mail_port}"
    try:
        with socket.create_connection((settings.smtp_host, settings.mail_port), PATIENCE):
            pass
    except OSError as error:
        yield warning("mail", f"{place} does not answer: {error}", "mend SMTP_HOST, SMTP_PORT or the firewall")
    else:
        yield fine("mail", f"{place} answers")
