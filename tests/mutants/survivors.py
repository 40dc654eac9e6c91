"""Changes that no test can notice, each with the reason: they change nothing that anybody could see."""

from __future__ import annotations

from collections.abc import Mapping

LOOKED_AT: Mapping[tuple[str, str], str] = {}
"""By file and change."""
