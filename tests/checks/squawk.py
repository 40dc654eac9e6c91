"""``python -m tests.checks.squawk``: squawk over what each numbered migration does on its way up."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
SQUAWK = Path(sys.executable).parent / "squawk"


def lint(path: Path) -> str:
    """What squawk says of a file, nothing if it is in order."""
    text = path.read_text(encoding="utf-8")
    upwards = re.split(r"(?m)^-- migrate:down", text, maxsplit=1)[0]
    command = [str(SQUAWK), "--stdin-filepath", str(path.relative_to(ROOT))]
    if re.search(r"(?m)^-- migrate:up.*transaction:false", text):
        command.append("--no-assume-in-transaction")
    done = subprocess.run(command, cwd=ROOT, input=upwards, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def main() -> int:
    with ThreadPoolExecutor(2) as workers:
        found = list(filter(None, workers.map(lint, sorted((ROOT / "migrations").glob("[0-9]*.sql")))))
    sys.stdout.writelines(found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
