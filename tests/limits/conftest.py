"""Applications with low limits, and a real Redis."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import Client
from tests.redis_server import redis_server
from workouts_api import create_app
from workouts_api.config import Settings

PER_USER, PER_ADDRESS = 25, 5
ME = "/api/v1/users/me"


@pytest.fixture(scope="module")
def redis_folder() -> Iterator[Path]:
    """The folder of a Redis socket. Its path is short."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def redis(redis_folder: Path) -> Iterator[str]:
    """The address of an empty Redis."""
    with redis_server(redis_folder) as url:
        yield url


Build = Callable[..., Flask]


@pytest.fixture(scope="module")
def build(settings: Settings) -> Iterator[Build]:
    """Makes applications. Each stands for a worker."""
    built: list[Flask] = []

    def make(**changed: Any) -> Flask:
        low = {"rate_limits": True, "rate_limit_user": PER_USER, "rate_limit_address": PER_ADDRESS, "web_workers": 1}
        built.append(create_app(replace(settings, **{**low, **changed})))
        return built[-1]

    yield make
    for app in built:
        app.extensions["database"].close()


@pytest.fixture(scope="module")
def limited_app(build: Build) -> Flask:
    """A single worker without Redis."""
    return build()


def ask(app: Flask, who: Client, path: str = ME, *, address: str = "192.0.2.1", **options: Any) -> TestResponse:
    """A request of ``who`` to this worker, from this address."""
    return Client(app.test_client(), token=who.token).get(path, environ_base={"REMOTE_ADDR": address}, **options)


def statuses(times: int, once: Callable[[], TestResponse]) -> list[int]:
    return [once().status_code for _ in range(times)]
