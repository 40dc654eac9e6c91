"""Fixtures: people with a history, and applications whose round trips to the database are counted."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.conftest import Client
from tests.road.cases import Stage
from tests.road.tables import Tables
from tests.spine.conftest import counted, counted_app, proxy

__all__ = ["counted", "counted_app", "proxy"]


@pytest.fixture
def stage(app: Flask, owner: Client, database: psycopg.Connection[Any]) -> Stage:
    """The owner with some training."""
    return Stage(app, Client(app.test_client(), owner.username, owner.user_id, token=owner.token), database)


@pytest.fixture
def tables(database: psycopg.Connection[Any]) -> Tables:
    """The stored rows, to check that a refused request wrote nothing."""
    return Tables(database)
