"""The API's own page: the OpenAPI document, Swagger UI and ReDoc, all served from here."""

from workouts_api.api.docs.pages import init_app

__all__ = ["init_app"]
