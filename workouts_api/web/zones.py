"""How a time zone may be called. Commands use it too, and start faster without the schemas of the API."""

from __future__ import annotations

import re

_ZONE = re.compile(r"[A-Z][A-Za-z_+-]*(/[A-Z][A-Za-z_-]*){1,2}|Etc/GMT[+-]?[0-9]{1,2}|[A-Z][A-Za-z0-9+-]*")


def is_zone_name(value: object) -> bool:
    """Whether a time zone could be called so."""
    return isinstance(value, str) and len(value) <= 64 and _ZONE.fullmatch(value) is not None
