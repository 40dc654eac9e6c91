"""Pages for people: a training history and a team to look at, rendered by this server, without JavaScript.

Owns the HTML below /pages. All figures come from the query files of the API's own routes, by the same functions, so a
page says what the API replies. It changes nothing but who is signed in.
"""

from workouts_api.pages.routes import init_app

__all__ = ["init_app"]
