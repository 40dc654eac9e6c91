"""The engine in Python: sshtunnel, with what is unsafe or slow about it taken out.

Owns the only use of sshtunnel and of paramiko's transport. What differs from sshtunnel as it comes: the host key is
demanded and checked before sign-in; the user's files, agent and SSH configuration are never looked at; both sockets
answer without delay; a connection has a thread for each direction and no use for select(); a failed forwarder leaves
nothing open.
"""

from __future__ import annotations

import logging
import socket
import socketserver
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import paramiko  # type: ignore[import-untyped] # it has no annotations
import sshtunnel  # type: ignore[import-untyped] # it has no annotations

from .engine import CONNECT_TIMEOUT, HANDSHAKE_TIMEOUT, SESSION_COMMAND, Plan, Traffic, known_keys
from .errors import HostKeyMismatch, KeyRefused, TunnelFault, Unreachable
from .relay import QuickAckSocket, Relay, TrafficCounter

log = logging.getLogger("workouts_api.tunnel")
# sshtunnel says at info and error what the supervisor says better; paramiko prints tracebacks of what it raises anyway.
_quiet_log = logging.getLogger("workouts_api.tunnel.sshtunnel")
_quiet_log.setLevel(logging.CRITICAL)

_CHANNEL_TIMEOUT = 10.0  # s until a new connection is given up when the bastion does not answer; the probe comes first
_BACKLOG = 128  # socketserver's 5 makes a burst of pool connections fail with EAGAIN on a unix socket


class SshtunnelEngine:
    """Makes hardened forwarders that share one count of bytes."""

    name = "sshtunnel"

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.counter = TrafficCounter()
        logging.getLogger("paramiko").setLevel(logging.CRITICAL)

    def forwarder(self, lost: Callable[[], None]) -> HardenedForwarder:
        return HardenedForwarder(self.plan, self.counter, lost)

    def traffic(self) -> Traffic:
        return self.counter.read()


class _UnixServer(sshtunnel._ThreadingStreamForwardServer):  # type: ignore[misc] # of a package without annotations
    request_queue_size = _BACKLOG


class _TcpServer(sshtunnel._ThreadingForwardServer):  # type: ignore[misc] # of a package without annotations
    request_queue_size = _BACKLOG


class HardenedForwarder(sshtunnel.SSHTunnelForwarder):  # type: ignore[misc] # of a package without annotations
    """An SSHTunnelForwarder that can be trusted; see the module. It implements ``engine.Forwarder``."""

    def __init__(self, plan: Plan, counter: TrafficCounter, lost: Callable[[], None]) -> None:
        self.plan = plan
        self._counter = counter
        self._lost = lost
        self._opened = False
        self.is_alive: bool = False
        self._complaint: str | None = None
        self._known_keys: dict[str, list[Any]] = {}
        self._relays: set[Relay] = set()
        super().__init__(
            (plan.ssh_host, plan.ssh_port),
            ssh_username=plan.ssh_user,
            ssh_pkey=plan.credentials.key,
            ssh_config_file=None,
            ssh_proxy_enabled=False,
            allow_agent=False,
            host_pkey_directories=[],
            local_bind_address=plan.near_end.address,
            remote_bind_address=(plan.far_end.host, plan.far_end.port),
            set_keepalive=0.0,  # paramiko's asks for no reply and detects nothing; the probe keeps the path alive
            compression=False,
            logger=_quiet_log,
        )

    # ── what the supervisor calls ───────────────────────────────────────────────────────────────────────────

    def open(self) -> None:
        if self._opened:  # sshtunnel's second start() after a mismatch reaches the wrong server
            raise RuntimeError("a forwarder is opened once")
        self._opened = True
        try:
            self._known_keys = known_keys(self.plan)
            self.start()
        except sshtunnel.BaseSSHTunnelForwarderError as error:
            self.close()
            raise Unreachable(f"cannot listen at {self.plan.near_end}: {error}") from None
        except BaseException:
            self.close()
            raise

    def is_open(self) -> bool:
        return bool(self.is_active) and bool(self.is_alive)

    def close(self) -> None:
        servers: list[Any] = self._server_list
        self._server_list: list[Any] = []
        for server in servers:
            if self.is_alive:  # otherwise nothing serves it yet, and shutdown() would never return
                server.shutdown()
            server.server_close()
            if isinstance(server, _UnixServer):
                Path(server.server_address).unlink(missing_ok=True)
        self.is_alive = False
        transport = self.__dict__.get("_transport")
        if transport is not None:
            transport.close()
        for relay in list(self._relays):
            relay.abort()

    def complaint(self) -> str | None:
        return self._complaint

    # ── what sshtunnel calls ────────────────────────────────────────────────────────────────────────────────

    def _connect_to_gateway(self) -> None:
        try:
            self._transport = self._get_transport()
            self._transport.start_client(timeout=HANDSHAKE_TIMEOUT)
            self._verify_host_key(self._transport.get_remote_server_key())
            self._sign_in()
            self._open_session()
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise _as_fault(error, self.plan) from None
        threading.Thread(target=self._watch_transport, name="tunnel-watch", daemon=True).start()

    def _get_transport(self) -> Any:
        plan = self.plan
        sock = QuickAckSocket.connected(plan.ssh_host, plan.ssh_port, CONNECT_TIMEOUT)
        try:
            transport = paramiko.Transport(sock)
            transport.get_security_options().key_types = _key_algorithms(self._known_keys)
        except BaseException:
            sock.close()
            raise
        transport.daemon = True
        transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = HANDSHAKE_TIMEOUT
        return transport

    def _verify_host_key(self, offered: Any) -> None:
        known = self._known_keys.get(offered.get_name(), [])
        if all(one.asbytes() != offered.asbytes() for one in known):
            raise HostKeyMismatch(
                f"{self.plan.ssh_host}:{self.plan.ssh_port} shows the host key {offered.fingerprint}, "
                "which SSH_KNOWN_HOSTS_FILE does not have: nothing was sent to it"
            )

    def _sign_in(self) -> None:
        wanted_besides = self._transport.auth_publickey(self.ssh_username, self.plan.credentials.key)
        if wanted_besides:
            raise KeyRefused(f"{self.plan.bastion} wants {', '.join(wanted_besides)} besides the key")

    def _open_session(self) -> None:
        """Runs the command that turns Nagle off at the bastion. TCP_QUICKACK alone helps where we are its TCP peer."""
        try:
            self._session = self._transport.open_session(timeout=HANDSHAKE_TIMEOUT)
            self._session.exec_command(SESSION_COMMAND)
        except paramiko.SSHException as error:
            if not self._transport.is_active():
                raise
            log.warning("the bastion runs no session command (%s): replies over 8 KB may take 40 ms more", error)

    def _watch_transport(self) -> None:
        self._transport.join()
        self._lost()

    def _make_ssh_forward_server_class(self, _remote_address: object) -> type[_TcpServer]:
        return _TcpServer

    def _make_stream_ssh_forward_server_class(self, _remote_address: object) -> type[_UnixServer]:
        return _UnixServer

    def _make_ssh_forward_handler_class(
        self, remote_address_: tuple[str, int]
    ) -> type[socketserver.BaseRequestHandler]:
        forwarder = self

        class Handler(socketserver.BaseRequestHandler):
            remote_address = remote_address_

            def handle(self) -> None:
                forwarder._carry(self.request)

        return Handler

    def _carry(self, local: socket.socket) -> None:
        """One connection of the application, from its first byte to its last."""
        if local.family != socket.AF_UNIX:
            local.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            channel = self._transport.open_channel(
                "direct-tcpip",
                dest_addr=(self.plan.far_end.host, self.plan.far_end.port),
                src_addr=("127.0.0.1", 0),
                timeout=_CHANNEL_TIMEOUT,
            )
        except (paramiko.SSHException, EOFError, OSError) as error:
            self._complaint = error.text if isinstance(error, paramiko.ChannelException) else str(error)
            return
        relay = Relay(local, channel, self._counter)
        self._relays.add(relay)
        try:
            relay.run()
        finally:
            self._relays.discard(relay)


def _key_algorithms(host_keys: Iterable[str]) -> list[str]:
    """The signature algorithms by which a server can prove one of the known keys; it is asked for no other."""
    names: list[str] = []
    for name in host_keys:
        names += ["rsa-sha2-512", "rsa-sha2-256"] if name == "ssh-rsa" else [name]
    return names


def _as_fault(error: Exception, plan: Plan) -> TunnelFault:
    if isinstance(error, paramiko.AuthenticationException):
        return KeyRefused(f"{plan.bastion} does not accept the key {plan.credentials.key_file}")
    # paramiko has one class for every failed negotiation; this is the case of a server without any known type of key.
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer) and "host key" in str(error):
        return HostKeyMismatch(f"{plan.ssh_host}:{plan.ssh_port} has no host key of a type in SSH_KNOWN_HOSTS_FILE")
    said = getattr(error, "strerror", None) or str(error)
    return Unreachable(f"{plan.bastion} cannot be reached: {said or 'it ended the connection'}")
