"""``python -m tests.checks.systemd``: systemd's own look at the units, and at how much a break-in would find."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.checks.last_release import SKIPPED

UNITS = Path(__file__).parents[2] / "deploy/systemd"
ANALYZE = "systemd-analyze"
EXPOSURE = 20  # tenths, out of a hundred: 20 is the end of what systemd calls OK
INSTALLED = re.compile(r"/opt/workouts/\.venv/bin/(?=\w)")


def verify(folder: Path) -> str:
    """What `systemd-analyze verify` says of the units; nothing if they are in order.

    It asks for the programs, which are not installed here: in the copies that it reads, another one stands for each.
    """
    for unit in UNITS.iterdir():
        text = INSTALLED.sub(f"{folder}/bin-", unit.read_text(encoding="utf-8"))
        (folder / unit.name).write_text(text, encoding="utf-8")
        for program in re.findall(rf"={re.escape(str(folder))}/(bin-\w+)", text):
            shutil.copy("/bin/true", folder / program)
    units = sorted(str(path) for path in folder.iterdir() if path.suffix)
    done = subprocess.run([ANALYZE, "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "workouts" in line]
    return "\n".join(ours) if done.returncode or ours else ""


def exposure(unit: Path) -> str:
    """The table of what a service may do, where that is too much."""
    command = [ANALYZE, "security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def main() -> int:
    if not shutil.which(ANALYZE):
        print(f"there is no {ANALYZE} on this machine")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        found = [verify(Path(folder)), *map(exposure, sorted(UNITS.glob("*.service")))]
    found = [said for said in found if said]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
