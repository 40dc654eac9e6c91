"""The API's documentation: the OpenAPI document, Swagger UI, ReDoc and texts. This server serves all of it."""

from workouts_api.api.docs.pages import init_app

__all__ = ["init_app"]
