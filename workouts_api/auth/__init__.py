"""Sign-in: who is asking. Tokens are verified here, logins by the guard in front of every query."""

from workouts_api.auth.access import signed_in, viewer_id

__all__ = ["signed_in", "viewer_id"]
