"""The yardstick: the least that a Flask application can do. What it costs under gunicorn is one hello."""

from __future__ import annotations

from flask import Flask, Response

app = Flask("hello", static_folder=None)


@app.get("/")
def hello() -> Response:
    return Response(b'{"hello": "world"}', content_type="application/json")
