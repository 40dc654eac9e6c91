"""The query module: ``queries.<chapter>.<name>(…)`` runs the statement of ``queries/<chapter>/<name>.sql``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workouts_api.sql._queries import Json, queries

__all__ = ["Json", "queries"]


def __getattr__(name: str) -> Any:
    """Reads the files when they are first asked for: ``workouts sql check`` works when one of them is broken."""
    if name not in __all__:
        raise AttributeError(name)
    from workouts_api.sql import _queries

    return getattr(_queries, name)
