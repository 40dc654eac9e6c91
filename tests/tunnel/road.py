"""One tunnel of a test: server, settings, tunnel, and connections through it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from workouts_api.config import Settings, load_settings
from workouts_api.tunnel import connection_info
from workouts_api.tunnel.process import Tunnel
from workouts_api.tunnel.supervisor import Backoff

PATIENCE = 60.0  # s; a bound against hanging, not an expectation: a busy machine fails no test
SECRET = "tests-only-9f86d081884c7d659a2feaa0"


@dataclass
class Road:
    """Everything between a test and the database behind a bastion."""

    server: Any
    """An ``SshServer``, or what has at least its environment."""
    folder: Path
    database_url: str
    engine: str
    keepalive: float = 2.0
    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.server.environment,
            "DATABASE_URL": self.database_url,
            "SSH_ENGINE": self.engine,
            "SSH_KEEPALIVE": f"{self.keepalive}s",
            "TUNNEL_DIR": str(self.folder),
            "JWT_SECRET_KEY": SECRET,
            **self.more,
        }

    @property
    def settings(self) -> Settings:
        return load_settings(self.environment)

    def tunnel(self, backoff: Backoff | None = None) -> Tunnel:
        return Tunnel(self.settings, backoff=backoff)

    def connect(self, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection as the application's pool makes it, waiting for the tunnel."""
        return psycopg.connect(connection_info(self.settings, wait=PATIENCE), autocommit=True, **options)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_until(true: Callable[[], object], seconds: float = PATIENCE) -> float:
    """Waits until something is so, and says how long that took. Fails when it never is."""
    started = time.monotonic()
    while not true():
        if time.monotonic() - started > seconds:
            raise AssertionError(f"not so after {seconds} s: {true.__name__}")
        time.sleep(0.01)
    return time.monotonic() - started
