"""tests/shared_folders.py: a test that opens or shuts a folder that all share fails, and no other"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TESTS = """
import os

def test_before(tmp_path): tmp_path.chmod(0o711)
def test_above(tmp_path_factory): tmp_path_factory.getbasetemp().chmod({mode})
def test_after(tmp_path): pass
"""


@pytest.mark.processes
@pytest.mark.parametrize(("mode", "failed"), [("0o711", True), ("0o500", True), ("0o700", False)])
def test_the_test_that_changes_a_folder_that_all_share_fails_and_no_other(
    tmp_path: Path, mode: str, failed: bool
) -> None:
    (tmp_path / "test_it.py").write_text(TESTS.format(mode=mode), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.shared_folders",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
    ]
    folders = [f"--basetemp={tmp_path / 'base'}", f"--rootdir={tmp_path}", str(tmp_path)]
    done = subprocess.run([*command, "-rE", *folders], cwd=ROOT, capture_output=True, text=True, check=False)
    errors = [line.split(" - ")[0] for line in done.stdout.splitlines() if line.startswith("ERROR ")]
    assert [line.rpartition("::")[2] for line in errors] == (["test_above"] if failed else []), done.stdout
    assert ("left these shared folders open or shut" in done.stdout) is failed
