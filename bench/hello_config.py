"""gunicorn's settings for what is measured beside the application: the port alone, the rest is on its command line."""

from __future__ import annotations

import os
from pathlib import Path

bind = [f"127.0.0.1:{os.environ['PORT']}"]
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 – as the application's
