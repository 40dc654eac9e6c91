"""The SSH tunnel to the database: the only owner of SSH.

One supervised process a host offers a socket that the workers connect to as if PostgreSQL were there. This module is
what the rest of the application uses; it imports neither sshtunnel nor paramiko, which only the tunnel's process needs.
"""

from __future__ import annotations

from workouts_api.config import Settings

from .addresses import connection_info, connection_of_command
from .errors import TunnelError
from .status import TunnelStatus, read_status

__all__ = ["TunnelError", "TunnelStatus", "connection_info", "connection_of_command", "read_status", "run"]


def run(settings: Settings) -> int:
    """Runs the tunnel in this process until a signal ends it; returns the exit code. See ``process.run``."""
    from .process import run

    return run(settings)
