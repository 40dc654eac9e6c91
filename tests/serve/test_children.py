"""A child does not outlive its parent, not even one that died while the child was being started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from workouts_api.host.supervisor import _prepare
from workouts_api.tunnel.engine_openssh import _die_with

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")


@pytest.mark.parametrize("prepare", [_prepare, _die_with], ids=["the supervisor's", "the tunnel's ssh"])
def test_a_child_whose_parent_is_gone_already_never_begins(prepare: Callable[[int], Callable[[], None]]) -> None:
    said = [
        subprocess.run([sys.executable, "-c", "print('began')"], stdout=subprocess.PIPE, preexec_fn=prepare(parent))
        for parent in (os.getpid(), os.getpid() + 1)
    ]
    assert [(one.returncode, one.stdout) for one in said] == [(0, b"began\n"), (1, b"")]
