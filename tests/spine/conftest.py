"""An application whose way to the database can be counted, delayed and cut."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import Client
from tests.spine.document import Document
from tests.spine.proxy import CountingProxy
from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.host.embedded import EmbeddedPostgres


@contextmanager
def counting_proxy(cluster: EmbeddedPostgres) -> Iterator[CountingProxy]:
    with tempfile.TemporaryDirectory(prefix="proxy-") as folder:  # a short path: a socket's path has at most 107 bytes
        target = Path(cluster.socket_dir) / f".s.PGSQL.{cluster.port}"
        # Everything that is sent before the first byte comes back counts as one round trip, however long the reply is.
        with CountingProxy(Path(folder), target, delay=0.01) as counting:
            yield counting


@contextmanager
def behind(proxy: CountingProxy, environ: dict[str, str], database_name: str) -> Iterator[Flask]:
    """The application behind the counting proxy, with one connection, like a worker with one thread."""
    url = f"postgresql://workouts_app@/{database_name}?host={proxy.folder}&port={proxy.port}"
    app = create_app(load_settings({**environ, "DATABASE_URL": url, "DB_POOL_MAX": "1"}))
    app.extensions["database"].open()
    yield app
    app.extensions["database"].close()


@pytest.fixture(scope="session")
def document(app: Flask) -> Document:
    return Document(app.test_client().get("/openapi.json").json)


@pytest.fixture
def proxy(cluster: EmbeddedPostgres) -> Iterator[CountingProxy]:
    with counting_proxy(cluster) as counting:
        yield counting


@pytest.fixture
def counted_app(proxy: CountingProxy, environ: dict[str, str], database_name: str) -> Iterator[Flask]:
    with behind(proxy, environ, database_name) as app:
        yield app


@pytest.fixture
def counted(counted_app: Flask, owner: Client) -> Client:
    """The owner, who calls the application behind the proxy."""
    owner.http = counted_app.test_client()
    return owner
