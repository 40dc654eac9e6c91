"""gunicorn by itself, and nginx in front of it, as docs/OPERATIONS.md has it."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import SECRET, create_database, required, url
from tests.road.processes import gunicorn, wait_until
from tests.road.served import Api
from tests.tunnel.servers import free_port
from workouts_api.host.embedded import EmbeddedPostgres

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")

_CONFIG = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 100m;
  upstream api {{ server {place}; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://api;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering {buffering};
      proxy_set_header Host $http_host;
    }}
  }}
}}
"""


@contextlib.contextmanager
def served_api(
    cluster: EmbeddedPostgres, template: str, folder: Path, *, tcp: str = "", name: str = "", **settings: str
) -> Iterator[Api]:
    """gunicorn with a database of its own, by its unix socket or, where ``tcp`` names one, by a host and port."""
    name = name or f"workouts_wire_{secrets.token_hex(4)}"
    with contextlib.ExitStack() as stack:
        admin = stack.enter_context(psycopg.connect(cluster.dsn(), autocommit=True))
        create_database(admin, name, template)
        stack.callback(admin.execute, f"drop database {name} with (force)")
        environ = {
            "APP_ENV": "development",
            "DATABASE_URL": f"postgresql://workouts_app@{tcp}/{name}" if tcp else url(cluster, name, "workouts_app"),
            "JWT_SECRET_KEY": SECRET,
            "LOG_LEVEL": "WARNING",
            "RATE_LIMITS": "false",
            "WEB_THREADS": "4",
            "WEB_WORKERS": "1",
            "WORKOUTS_DATA_DIR": str(folder),
            **settings,
        }
        api = Api(stack.enter_context(gunicorn(environ, folder)))
        wait_until(lambda: api.get("/health/ready").status == 200, folder / "gunicorn.log")
        yield api


@contextlib.contextmanager
def nginx(place: str, folder: Path, *, buffering: str) -> Iterator[Api]:
    """nginx in front of what listens at ``place``."""
    if NGINX is None and required("nginx"):
        pytest.fail("there is no nginx, and this run must not skip")
    if NGINX is None:
        pytest.skip("there is no nginx")
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(_CONFIG.format(folder=folder, place=place, port=port, buffering=buffering))
    started = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(config), "-e", str(folder / "nginx.early.log")])
    try:
        api = Api(f"127.0.0.1:{port}")
        wait_until(lambda: _answers(api))
        yield api
    finally:
        started.terminate()
        started.wait(20)


def _answers(api: Api) -> bool:
    with contextlib.suppress(OSError):
        return api.get("/health/live").status == 200
    return False
