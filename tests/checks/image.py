"""``python -m tests.checks.image``: the image is built and tried, where buildah and a base for it are to be had.

BASE names an image to build on in place of the one that the Containerfile names; STORAGE_DRIVER is buildah's own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.checks.last_release import SKIPPED

ROOT = Path(__file__).parents[2]
NAME = "localhost/workouts-check"
PATIENCE = 60  # s for a registry's answer


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


def main() -> int:
    if why := why_not(base()):
        print(f"{base()} cannot be had: {why}")
        return SKIPPED
    environ = {**os.environ, "BASE": base()}
    done = subprocess.run([ROOT / "deploy/pipeline/stages", "image", NAME], env=environ, check=False)
    subprocess.run(["buildah", "rmi", "--force", NAME], capture_output=True, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
