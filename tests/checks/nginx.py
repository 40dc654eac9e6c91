"""``python -m tests.checks.nginx``: gixy over nginx's configuration, as a whole. `nginx -t` is part of the suite."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
GIXY = Path(sys.executable).parent / "gixy"


def main() -> int:
    code = 0
    for path in sorted((ROOT / "deploy/nginx").glob("*.conf")):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as whole:
            whole.write(f"events {{}}\nhttp {{\n{path.read_text(encoding='utf-8')}\n}}\n")
            whole.flush()
            done = subprocess.run([GIXY, whole.name], capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{path.relative_to(ROOT)}:\n{done.stdout}{done.stderr}")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
