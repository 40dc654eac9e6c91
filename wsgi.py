"""The WSGI callable, for any WSGI server: ``gunicorn wsgi:app``."""

from workouts_api import create_app

app = create_app()
