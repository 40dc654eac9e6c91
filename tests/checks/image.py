"""``python -m tests.checks.image``: the image is built, migrates a database and serves it, where buildah is to be had.

BASE names an image to build on in place of the one that the Containerfile names, where no registry can be reached:
one that ``.ci/bare_root`` made, for example. STORAGE_DRIVER and BUILDAH_ISOLATION are buildah's own.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.checks.last_release import SKIPPED
from tests.postgres import ROLES, throwaway_cluster
from tests.tunnel.servers import free_port

ROOT = Path(__file__).parents[2]
NAME = "localhost/workouts-check"
PATIENCE = 60  # s for a registry's answer, and for the server's start
SUPERUSER = ("user", "create-superuser", "--username", "root", "--email", "root@example.com", "--password-file", "-")


def base() -> str:
    """The image to build on."""
    named = re.search(r"^ARG BASE=(\S+)$", (ROOT / "deploy/container/Containerfile").read_text(encoding="utf-8"), re.M)
    return os.environ.get("BASE") or (named[1] if named else "")


def why_not(image: str) -> str:
    """Why there is no such image, neither here nor from its registry; nothing if there is."""
    try:
        done = subprocess.run(
            ["buildah", "pull", "--quiet", "--policy", "missing", image],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {PATIENCE} s"
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def serve_once() -> None:
    """The image migrates an empty database and serves it, and `workouts smoke` goes through; AssertionError if not."""
    database, port, password = free_port(), free_port(), secrets.token_urlsafe(24)
    options = {"listen_addresses": "127.0.0.1", "port": str(database)}
    trust = ("local all all trust", "host all all 127.0.0.1/32 trust")
    url = f"postgresql://{{}}@127.0.0.1:{database}/workouts"
    settings = {
        "JWT_SECRET_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "127.0.0.1",
        "PUBLIC_URL": "https://api.example.com",
        "MAIL_DIR": "/tmp/mails",  # noqa: S108 – the container's own
        "PORT": str(port),
        "ADMIN_LISTEN": f"127.0.0.1:{free_port()}",
    }
    with tempfile.TemporaryDirectory() as folder, throwaway_cluster(Path(folder), options=options, hba=trust) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute("create database workouts owner workouts_owner")
        with psycopg.connect(f"host=127.0.0.1 port={database} user=postgres dbname=workouts", autocommit=True) as admin:
            admin.execute(ROLES.read_bytes())
        with container(settings | {"DATABASE_URL": url.format("workouts_migrator")}) as workouts:
            _run(*workouts, "db", "migrate")
        with container(settings | {"DATABASE_URL": url.format("workouts_app")}) as workouts:
            _run(*workouts, *SUPERUSER, given=password)
            with subprocess.Popen([*workouts, "serve"]) as served:
                try:
                    _smoke(f"http://127.0.0.1:{port}", password, served)
                finally:
                    served.terminate()


def _smoke(url: str, password: str, served: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while not _is_live(url):
        assert served.poll() is None, f"the image's server ended with {served.returncode}"
        assert time.monotonic() < until, f"the image did not serve within {PATIENCE} s"
        time.sleep(0.2)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(password)
        file.flush()
        workouts = Path(sys.executable).with_name("workouts")
        print(_run(str(workouts), "smoke", url, "--username", "root", "--password-file", file.name))


def _is_live(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health/live", timeout=5) as reply:  # noqa: S310 – our own address
            return bool(reply.status == 200)
    except OSError:
        return False


@contextmanager
def container(environ: Mapping[str, str]) -> Iterator[list[str]]:
    """A container of the image. Yields the beginning of a command in it, which the arguments of `workouts` follow."""
    name = _run("buildah", "from", NAME)
    given = [argument for variable in environ.items() for argument in ("--env", "=".join(variable))]
    try:
        yield ["buildah", "run", "--network", "host", "--user", "10001:10001", *given, name, "--", "workouts"]
    finally:
        _run("buildah", "rm", name)


def _run(*command: str, given: str | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, input=given)
    assert done.returncode == 0, f"{command[0]} … {command[-1]} ended with {done.returncode}: {done.stderr[-2000:]}"
    return done.stdout.strip()


def main() -> int:
    if why := why_not(base()):
        print(f"{base()} cannot be had: {why}")
        return SKIPPED
    environ = {**os.environ, "BASE": base()}
    done = subprocess.run([ROOT / "deploy/pipeline/stages", "image", NAME], env=environ, check=False)
    try:
        if done.returncode == 0:
            serve_once()
    finally:
        subprocess.run(["buildah", "rmi", "--force", NAME], capture_output=True, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
