"""What an engine is to the supervisor: a maker of forwarders, each good for one attempt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from .addresses import FarEnd
from .errors import NotTrusted, TunnelError
from .near_end import NearEnd

if TYPE_CHECKING:
    from .credentials import Credentials  # loads paramiko, which the demo's server has no use for

SESSION_COMMAND = "cat"
"""Run on a session channel beside the forwarding: until a session runs a command, sshd keeps Nagle's algorithm on and
replies over 8 KB, which leave PostgreSQL as two writes, wait 44 ms for a delayed ACK. Its input is never written to and
ends with the connection, and so does cat. A command that reads nothing, such as sleep, would stay on the bastion."""

CONNECT_TIMEOUT = 2.0  # s, for TCP alone: a lost SYN is sent again after 1 s, by a new attempt after 2
HANDSHAKE_TIMEOUT = 10.0  # s, for banner, key exchange and sign-in: a bastion may look names up meanwhile


@dataclass(frozen=True)
class Plan:
    """From where to where, through whom, with what."""

    ssh_host: str
    ssh_port: int
    ssh_user: str
    credentials: Credentials
    far_end: FarEnd
    near_end: NearEnd
    keepalive: float

    @property
    def bastion(self) -> str:
        return f"{self.ssh_user}@{self.ssh_host}:{self.ssh_port}"


@dataclass(frozen=True)
class Traffic:
    """Bytes that the application received and sent; None where nobody counts them."""

    bytes_in: int | None
    bytes_out: int | None


class Forwarder(Protocol):
    """One SSH connection with a listener at the near end. Never opened twice: a new attempt takes a new one."""

    def open(self) -> None:
        """Returns when the near end listens. :raises TunnelFault: it does not, and nothing was left open."""

    def is_open(self) -> bool:
        """Whether the SSH connection stands, as far as this side can see."""

    def close(self) -> None:
        """Ends everything, connections under way included. May be called from another thread, and twice."""

    def complaint(self) -> str | None:
        """What the bastion last said when it opened no way to the database."""


class Engine(Protocol):
    name: str

    def forwarder(self, lost: Callable[[], None]) -> Forwarder:
        """A new forwarder that calls ``lost`` as soon as its SSH connection ends."""

    def traffic(self) -> Traffic:
        """Of all its forwarders together."""


def known_keys(plan: Plan) -> dict[str, list[Any]]:
    """The bastion's known keys by their type, as the file says now.

    :raises NotTrusted: when it says none, or others may change it. It was in order when the tunnel began.
    """
    try:
        return plan.credentials.host_keys()
    except TunnelError as error:
        raise NotTrusted(str(error)) from None


def make_engine(name: str, plan: Plan) -> Engine:
    """The engine of that name. :raises TunnelError: this machine does not have what it needs."""
    if name == "openssh":
        from .engine_openssh import OpenSshEngine

        return OpenSshEngine(plan)
    from .engine_sshtunnel import SshtunnelEngine

    return SshtunnelEngine(plan)
