"""The engine of the system's ssh: more throughput, in a process of its own.

Owns ssh's command line. No configuration file, agent or default key is looked at; only the known host keys count; the
passphrase reaches ssh through an askpass program that reads its file, never through the command line or environment.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from .engine import HANDSHAKE_TIMEOUT, SESSION_COMMAND, Plan, Traffic, known_keys
from .errors import HostKeyMismatch, KeyRefused, TunnelError, TunnelFault, Unreachable

log = logging.getLogger("workouts_api.tunnel")

ASKPASS = Path(__file__).with_name("askpass")
_CONNECT_TIMEOUT = 5  # whole seconds; ssh counts the key exchange in
_FAILED = 255  # ssh's own exit code; any other is the session command's
_PR_SET_PDEATHSIG = 1


class OpenSshEngine:
    """Makes forwarders that each run one ``ssh``."""

    name = "openssh"

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.with_session = True
        program = shutil.which("ssh")
        if program is None:
            raise TunnelError("SSH_ENGINE holds openssh, but there is no ssh on the PATH: install openssh-client")
        if plan.credentials.passphrase_file and not os.access(ASKPASS, os.X_OK):
            raise TunnelError(f"{ASKPASS} cannot be executed: expected a file of mode 0755 on a file system with exec")
        self.program = program

    def forwarder(self, lost: Callable[[], None]) -> OpenSshForwarder:
        return OpenSshForwarder(self, lost)

    def traffic(self) -> Traffic:
        return Traffic(None, None)


class OpenSshForwarder:
    """One run of ssh. It implements ``engine.Forwarder``."""

    def __init__(self, engine: OpenSshEngine, lost: Callable[[], None]) -> None:
        self._engine = engine
        self._plan = engine.plan
        self._lost = lost
        self._process: subprocess.Popen[bytes] | None = None
        self._reader = threading.Thread(target=self._read_errors, name="tunnel-ssh", daemon=True)
        self._said: deque[str] = deque(maxlen=20)
        self._closing = False

    def open(self) -> None:
        if self._process is not None:
            raise RuntimeError("a forwarder is opened once")
        known_keys(self._plan)  # ssh reads the file by itself, and does not ask who may change it
        self._process = subprocess.Popen(
            [self._engine.program, *ssh_arguments(self._plan, with_session=self._engine.with_session)],
            stdin=subprocess.PIPE,  # never written to: what the session's command waits for
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(self._plan),
            start_new_session=True,  # Ctrl-C reaches us, and we end ssh
            preexec_fn=_die_with(os.getpid()) if sys.platform == "linux" else None,
        )
        self._reader.start()
        try:
            self._await_listener()
        except BaseException:
            self.close()
            raise

    def is_open(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        self._closing = True
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._reader.is_alive():
            self._reader.join(1)
        self._plan.near_end.remove_socket()

    def complaint(self) -> str | None:
        refusals = [line for line in self._said if "open failed" in line]
        return refusals[-1].partition("open failed: ")[2] if refusals else None

    def _await_listener(self) -> None:
        deadline = time.monotonic() + HANDSHAKE_TIMEOUT
        while self.is_open():
            with contextlib.suppress(OSError):
                self._plan.near_end.connect(1).close()
                return
            if time.monotonic() > deadline:
                raise Unreachable(f"{self._plan.bastion} did not sign us in within {HANDSHAKE_TIMEOUT:g} s")
            time.sleep(0.02)
        self._reader.join(1)
        raise self._fault()

    def _read_errors(self) -> None:
        """Keeps what ssh says, and tells of its end. Unread, a full pipe would stop ssh."""
        process = self._process
        if process is None or process.stderr is None:
            return
        with process.stderr as stream:
            for line in stream:
                self._said.append(line.decode("utf-8", "replace").strip())
        code = process.wait()
        if self._engine.with_session and not self._closing and self._lost_its_session(code):
            self._engine.with_session = False
            log.warning(
                "the bastion does not run %r beside the forwarding (%s): going on without, replies over 8 KB may take "
                "40 ms more. Give the account a shell",
                SESSION_COMMAND,
                self._said[-1] if self._said else f"exit code {code}",
            )
        self._lost()

    def _lost_its_session(self, code: int) -> bool:
        """Whether ssh ended because of its session: the command ended, or it was not allowed one.

        A refused channel to the database is told in the same words as a refused session, but does not end ssh.
        """
        return 0 <= code < _FAILED or (code == _FAILED and self.complaint() is not None)

    def _fault(self) -> TunnelFault:
        """What ssh's last words mean. It has one exit code for everything; its messages are not translated."""
        plan, said = self._plan, " ".join(self._said)
        if "Host key verification failed" in said or "no matching host key type" in said:
            return HostKeyMismatch(
                f"{plan.ssh_host}:{plan.ssh_port} shows a host key which SSH_KNOWN_HOSTS_FILE does not have: "
                "nothing was sent to it"
            )
        if "Permission denied" in said:
            return KeyRefused(f"{plan.bastion} does not accept the key {plan.credentials.key_file}")
        last = next((line for line in reversed(self._said) if line), "ssh ended without a word")
        return Unreachable(f"{plan.bastion} cannot be reached: {last}")


def ssh_arguments(plan: Plan, *, with_session: bool) -> list[str]:
    """ssh's command line, without the program.

    :raises TunnelError: a path holds a character that ssh's options cannot express.
    """
    credentials, alive = plan.credentials, max(1, round(plan.keepalive))
    options = {
        "BatchMode": "no" if credentials.passphrase_file else "yes",  # yes would silence the askpass program as well
        "NumberOfPasswordPrompts": 1,
        "PreferredAuthentications": "publickey",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": _quoted(credentials.known_hosts_file),
        "GlobalKnownHostsFile": "/dev/null",
        "KnownHostsCommand": "none",
        "VerifyHostKeyDNS": "no",
        "UpdateHostKeys": "no",
        "CheckHostIP": "no",
        "IdentityFile": _quoted(credentials.key_file),
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "ExitOnForwardFailure": "yes",
        "ConnectTimeout": _CONNECT_TIMEOUT,
        "ServerAliveInterval": alive,
        "ServerAliveCountMax": 2,
        "StreamLocalBindUnlink": "yes",
        "StreamLocalBindMask": "0177",
        "ControlMaster": "no",
        "ControlPath": "none",
        "ForwardAgent": "no",
        "ForwardX11": "no",
        "Compression": "no",
        "EscapeChar": "none",
        "LogLevel": "INFO",  # the least at which a refused channel is told
    }
    arguments = ["-F", "none", "-T", "-p", str(plan.ssh_port), "-l", plan.ssh_user]
    for name, value in options.items():
        arguments += ["-o", f"{name}={value}"]
    arguments += ["-L", f"{_listener(plan)}:{_bracketed(plan.far_end.host)}:{plan.far_end.port}"]
    if with_session:
        return [*arguments, "--", plan.ssh_host, SESSION_COMMAND]
    return [*arguments, "-N", "--", plan.ssh_host]


def _quoted(path: Path) -> str:
    if any(character in str(path) for character in '"\\\n') or "${" in str(path):
        raise TunnelError(f"the path {path} cannot be handed to ssh: expected one without quotes, backslashes and ${{")
    return f'"{str(path).replace("%", "%%")}"'


def _listener(plan: Plan) -> str:
    path = str(plan.near_end)
    if plan.near_end.is_socket and any(character in path for character in ":[]\\\n"):
        raise TunnelError(f"TUNNEL_DIR {plan.near_end.folder} cannot be handed to ssh: expected no colons or brackets")
    return path


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _environment(plan: Plan) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "USER", "LOGNAME") if name in os.environ}
    environment = {**kept, "LC_ALL": "C"}
    if plan.credentials.passphrase_file:
        environment |= {
            "SSH_ASKPASS": str(ASKPASS),
            "SSH_ASKPASS_REQUIRE": "force",
            "SSH_KEY_PASSPHRASE_FILE": str(plan.credentials.passphrase_file.absolute()),
        }
    return environment


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with(parent: int) -> Callable[[], None]:
    """What the child does before it becomes ssh: a killed tunnel must not leave one behind that holds the socket."""

    def prepare() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before prctl was asked
            os._exit(1)

    return prepare
