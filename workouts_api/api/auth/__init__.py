"""Sign-in: who is asking. Tokens are verified here, logins by the guard in front of every query."""

from workouts_api.api.auth.access import guard_first, login_id, signed_in, viewer_id
from workouts_api.api.auth.cookies import without_cookies
from workouts_api.api.auth.signing_in import Known, prove_password

__all__ = ["Known", "guard_first", "login_id", "prove_password", "signed_in", "viewer_id", "without_cookies"]
