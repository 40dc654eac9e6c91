"""``workouts serve``: starts everything that one host runs, with one command; ``workouts reload``: a new release."""

from workouts_api.serve.servers import APPLICATION

__all__ = ["APPLICATION"]
