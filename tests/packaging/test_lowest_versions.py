"""The lower bounds of setup.cfg: with the oldest versions that they allow, every module can be imported."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.conftest import required

pytestmark = pytest.mark.processes

EXTRAS = "embedded,sentry,traces"
IMPORT_ALL = """
import importlib, pkgutil, workouts_api
for module in pkgutil.walk_packages(workouts_api.__path__, "workouts_api."):
    importlib.import_module(module.name)
"""


def test_every_module_can_be_imported_with_the_oldest_versions_that_are_allowed(wheel: Path, tmp_path: Path) -> None:
    """A wheel is installed beside what is there already, and pip leaves what satisfies the bounds."""
    if not required("pips"):
        pytest.skip("fetches packages where WORKOUTS_TEST_REQUIRE names `pips`")
    venv.create(tmp_path / "oldest")
    uv, python = str(tmp_path / "uv" / "bin" / "uv"), str(tmp_path / "oldest" / "bin" / "python")
    own_pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*own_pip, "--target", str(tmp_path / "uv"), "uv>=0.9"], check=True)
    wanted = ["--resolution", "lowest-direct", "--only-binary", ":all:", f"workouts-api[{EXTRAS}] @ {wheel.as_uri()}"]
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *wanted], check=True)
    environ = {**os.environ, "APP_ENV": "development", "JWT_SECRET_KEY": "k" * 16 + "0123456789abcdefghijklmnop"}
    done = subprocess.run([python, "-c", IMPORT_ALL], cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
