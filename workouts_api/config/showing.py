"""Shows settings to people, with secrets hidden."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from workouts_api.config import SETTINGS, Settings


def describe(settings: Settings) -> list[tuple[str, str, str, str]]:
    """Each setting as (variable, value, where it came from, what it is), secrets hidden."""
    rows = []
    for setting in SETTINGS:
        name = setting.name.upper()
        value = getattr(settings, setting.name)
        rows.append(
            (
                name,
                _shown(value, secret=setting.metadata["secret"]),
                settings.sources.get(name, "default"),
                setting.metadata["about"],
            )
        )
    return rows


def _shown(value: Any, *, secret: bool) -> str:
    if value is None or value == "" or value == ():
        return ""
    if secret and isinstance(value, str) and "://" in value:
        return hide_password(value)
    if secret:
        return "(hidden)"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def hide_password(url: str) -> str:
    """A URL without its password and its query. The query may hold a password, too."""
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    hidden = f"{name}:(hidden)" if ":" in user else name
    query = "(hidden)" if "password" in parts.query else parts.query
    return f"{parts.scheme}://{hidden}{at}{place}{parts.path}{'?' if query else ''}{query}"
