"""What sign-ins leave of a worker's memory, behind a real gunicorn."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.processes import descendants
from tests.road.http_servers import served_api
from tests.road.served import PASSWORD
from workouts_api.host.embedded import EmbeddedPostgres

HASH_MB = 19  # of argon2id; see workouts_api/api/auth/passwords.py
THREADS = 8

pytestmark = pytest.mark.processes


def proportional_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:"))


def workers() -> list[int]:
    """gunicorn's: those of our processes whose parent is a gunicorn, too."""
    ours = {pid for pid in descendants(os.getpid()) if b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()}
    return sorted(pid for parent in ours for pid in descendants(parent))


def test_a_worker_keeps_no_memory_of_the_hashes_that_its_threads_made(
    cluster: EmbeddedPostgres, template: str, tmp_path: Path
) -> None:
    with served_api(cluster, template, tmp_path, WEB_THREADS=str(THREADS), WEB_WORKERS="1") as api:
        name = {"username": "ada", "password": PASSWORD}
        assert api.post("/api/v1/auth/register", {**name, "email": "ada@example.org"}).status == 201
        fresh = [proportional_mb(pid) for pid in workers()]
        with ThreadPoolExecutor(THREADS) as pool:
            said = list(pool.map(lambda _: api.post("/api/v1/auth/login", name).status, range(40)))
        assert said.count(200) >= THREADS
        assert set(said) <= {200, 503}  # two hash at a time, six places
        grown = [after - before for before, after in zip(fresh, map(proportional_mb, workers()), strict=True)]
        assert max(grown) < HASH_MB / 2, (fresh, grown)
