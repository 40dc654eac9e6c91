"""What a tunnel's fault is called, whatever the SSH library has said of it."""

from __future__ import annotations

from typing import Any, cast

import paramiko
import pytest

from workouts_api.tunnel.engine import Plan
from workouts_api.tunnel.engine_sshtunnel import _as_fault

UNUSED = cast(Any, None)
PLAN = Plan("bastion", 22, "jump", UNUSED, UNUSED, UNUSED, 5.0)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (EOFError(), "it ended the connection"),
        (OSError(), "it ended the connection"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (paramiko.SSHException("No existing session"), "No existing session"),
    ],
)
def test_what_cannot_be_reached_has_its_cause(error: Exception, said: str) -> None:
    assert str(_as_fault(error, PLAN)) == f"jump@bastion:22 cannot be reached: {said}"
