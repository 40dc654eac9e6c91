"""``python -m bench.swapping``: swaps and undos of a query file while clients ask without a pause.

A server with two workers is started by ``workouts serve`` on its own database. The commands run here, as an operator's.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import urllib.request
from pathlib import Path
from statistics import median

from tests.processes import myself
from tests.serve.conftest import Served
from tests.serve.swaps import REFUSED, swap_under_load
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.serve import APPLICATION


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--steps", type=int, default=20, help="Swaps and undos; two of five are refused.")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="wk-"))
    folder.chmod(0o755)
    try:
        return measure(folder, given.seconds, given.clients, given.steps)
    finally:
        EmbeddedPostgres(folder / "data" / "postgres").delete()
        shutil.rmtree(folder, ignore_errors=True)


def measure(folder: Path, seconds: float, clients: int, steps: int) -> int:
    environ = {"LOG_LEVEL": "INFO", "LOG_FORMAT": "json", "RATE_LIMITS": "no", "WEB_WORKERS": "2"}
    served = Served(myself(), folder / "data", app=APPLICATION, **environ)
    try:
        served.until_served()
        settings = {**environ, "WORKOUTS_DATA_DIR": str(served.data), "PATH": os.environ["PATH"]}
        load = swap_under_load(
            served.url, token(served), folder, settings, seconds=seconds, clients=clients, steps=steps
        )
    finally:
        served.end()
    looked_at, wrong = load.wrong(served.log)
    followed = [one.followed_s for one in load.steps if one.kind not in REFUSED]
    unexpected = [one.kind for one in load.steps if one.result.exit_code != (1 if one.kind in REFUSED else 0)]
    sys.stdout.write(
        f"{len(load.answers):,} requests of {clients} clients, {len(load.failures)} failed {load.failures[:3]}\n"
        f"{len(load.steps)} commands, {len(load.steps) - len(followed)} of them refused as they should; "
        f"otherwise than expected: {unexpected}\n"
        f"all workers followed after {median(followed):.2f} s, at worst {max(followed):.2f} s\n"
        f"{looked_at:,} requests lay between two commands, {len(wrong)} of them had another text {wrong[:3]}\n"
    )
    return 1 if load.failures or wrong or unexpected else 0


def token(served: Served) -> str:
    """Of a user who has just registered."""
    account = {"email": "bench@example.com", "username": "bench", "password": "a bench's own password"}
    post(served, "/api/v1/auth/register", account)
    return str(post(served, "/api/v1/auth/login", account)["access_token"])


def post(served: Served, path: str, body: dict[str, str]) -> dict[str, object]:
    headers = {"Content-Type": "application/json"}
    told = {name: value for name, value in body.items() if name != "email" or path.endswith("register")}
    request = urllib.request.Request(served.url + path, json.dumps(told).encode(), headers)  # noqa: S310 – our own
    with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310 – our own
        found: dict[str, object] = json.loads(reply.read())
    return found


if __name__ == "__main__":
    sys.exit(main())
