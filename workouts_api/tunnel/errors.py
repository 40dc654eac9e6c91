"""What can go wrong with the tunnel: what an operator must repair, and what is tried again."""

from __future__ import annotations


class TunnelError(Exception):
    """The tunnel cannot start as it is configured; somebody has to change something."""


class TunnelFault(Exception):
    """The tunnel does not work at the moment; a new forwarder is tried soon."""


class Unreachable(TunnelFault):
    """The bastion refuses connections, does not answer, or ended the connection."""


class PathLost(TunnelFault):
    """The SSH connection stands but nothing comes through to the database any more."""


class NearEndLost(TunnelFault):
    """Somebody has removed the folder of the tunnel, or what was in it."""


class DatabaseRefused(TunnelFault):
    """The bastion answers, but its way to the database is closed."""


class NotTrusted(TunnelFault):
    """The bastion is not the one that is known, or does not let us in: trying faster would not help."""


class HostKeyMismatch(NotTrusted):
    """The server at the bastion's address does not hold the bastion's host key."""


class KeyRefused(NotTrusted):
    """The bastion does not accept the user's key."""
