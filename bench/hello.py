"""The unit of measurement: a Flask application that does the least possible. Its cost under gunicorn is one hello."""

from __future__ import annotations

from flask import Flask, Response

app = Flask("hello", static_folder=None)


@app.get("/")
def hello() -> Response:
    return Response(b'{"hello": "world"}', content_type="application/json")
