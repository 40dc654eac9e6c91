"""The query module: ``queries.<chapter>.<name>(…)`` runs the statement of ``queries/<chapter>/<name>.sql``."""

from workouts_api.sql._queries import Json, queries

__all__ = ["Json", "queries"]
