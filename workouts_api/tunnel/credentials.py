"""The user's key and the bastion's host keys, read and judged before anything is connected.

Owns the rules: a private key that nobody else can read, and host keys that are known beforehand. Both engines get
their credentials through here, so that both complain in the same words.
"""

from __future__ import annotations

import hmac
import os
import stat
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko  # type: ignore[import-untyped] # it has no annotations
from cryptography.exceptions import UnsupportedAlgorithm

from workouts_api.config import Settings
from workouts_api.config.private_files import belongs_to_another, why_not_private, why_not_trusted

from .errors import TunnelError

_PRIVATE_MODES = (0o600, 0o400)


@dataclass(frozen=True)
class Credentials:
    """Who we are to the bastion, and who the bastion is to us."""

    key: Any
    """The user's key, a paramiko.PKey."""
    key_file: Path
    known_hosts_file: Path
    passphrase_file: Path | None
    host: str
    port: int

    def host_keys(self) -> dict[str, list[Any]]:
        """The bastion's known public keys (paramiko.PKey) by their type; at least one.

        They are read at each call: a key that is written into the file or taken out counts from the next connection on.

        :raises TunnelError: in one line, what is wrong with the file.
        """
        return _known_keys(self.known_hosts_file, self.host, self.port)


def load_credentials(settings: Settings) -> Credentials:
    """Reads what the settings name.

    :raises TunnelError: in one line, what is wrong with which file.
    """
    if not settings.ssh_host:
        raise TunnelError("SSH_HOST is not set: expected a bastion to tunnel through")
    key_file = _named(settings.ssh_key_file, "SSH_KEY_FILE")
    known_hosts_file = _named(settings.ssh_known_hosts_file, "SSH_KNOWN_HOSTS_FILE")
    _check_private(key_file)
    credentials = Credentials(
        key=_load_key(key_file, _read_passphrase(settings.ssh_key_passphrase_file)),
        key_file=key_file,
        known_hosts_file=known_hosts_file,
        passphrase_file=settings.ssh_key_passphrase_file,
        host=settings.ssh_host,
        port=settings.ssh_port,
    )
    credentials.host_keys()
    return credentials


def _named(path: Path | None, variable: str) -> Path:
    if path is None:
        raise TunnelError(f"{variable} is not set: expected with SSH_HOST")
    return path.absolute()


def _check_private(key_file: Path) -> None:
    try:
        target = key_file.resolve(strict=True)
        found = target.stat()
    except (OSError, RuntimeError) as error:  # RuntimeError: a link to itself
        raise TunnelError(f"SSH_KEY_FILE {key_file} cannot be read: {error}") from None
    # Mounted secrets are links within their own folder; a link out of it lets somebody else choose the key.
    if not target.is_relative_to(key_file.parent.resolve()):
        raise TunnelError(f"SSH_KEY_FILE {key_file} is a link to {target}: expected a file in its own folder")
    if not stat.S_ISREG(found.st_mode):
        raise TunnelError(f"SSH_KEY_FILE {key_file} is no regular file: expected a private key")
    if belongs_to_another(found):
        raise TunnelError(f"SSH_KEY_FILE {key_file} belongs to user {found.st_uid}: expected {os.geteuid()}")
    mode = stat.S_IMODE(found.st_mode)
    if mode not in _PRIVATE_MODES:
        raise TunnelError(f"SSH_KEY_FILE {key_file} has mode {mode:04o}: expected 0600 (chmod 600 {key_file})")


def _read_passphrase(path: Path | None) -> bytes | None:
    if path is None:
        return None
    if refused := why_not_private(path):
        raise TunnelError(f"SSH_KEY_PASSPHRASE_FILE {path} {refused} (chmod 600 {path})")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TunnelError(f"SSH_KEY_PASSPHRASE_FILE {path} cannot be read: {error.strerror}") from None
    if not content.strip():
        raise TunnelError(f"SSH_KEY_PASSPHRASE_FILE {path} is empty: expected the passphrase in its first line")
    return content.splitlines()[0]


def _load_key(key_file: Path, passphrase: bytes | None) -> Any:
    """The key, loaded here because sshtunnel skips a key that it cannot open without a word."""
    try:
        return paramiko.PKey.from_path(key_file, password=passphrase)
    except OSError as error:
        raise TunnelError(f"SSH_KEY_FILE {key_file} cannot be read: {error.strerror}") from None
    except (TypeError, paramiko.PasswordRequiredException):
        if passphrase is not None:  # cryptography raises it for a key that has no passphrase
            raise TunnelError(f"SSH_KEY_FILE {key_file} has no passphrase: unset SSH_KEY_PASSPHRASE_FILE") from None
        raise TunnelError(f"SSH_KEY_FILE {key_file} has a passphrase: expected SSH_KEY_PASSPHRASE_FILE") from None
    except (ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType, UnsupportedAlgorithm):
        if passphrase is not None:
            raise TunnelError(
                f"SSH_KEY_FILE {key_file} does not open with the passphrase in SSH_KEY_PASSPHRASE_FILE"
            ) from None
        raise TunnelError(f"SSH_KEY_FILE {key_file} holds no private key: expected Ed25519, ECDSA or RSA") from None


def _known_keys(path: Path, host: str, port: int) -> dict[str, list[Any]]:
    name = host if port == 22 else f"[{host}]:{port}"
    if refused := why_not_trusted(path):
        raise TunnelError(f"SSH_KNOWN_HOSTS_FILE {path} {refused}: who may change it says whom to trust")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        marked = [n for n, line in enumerate(lines, 1) if line.startswith("@")]
        known = {} if marked else _keys_of(name, lines)
    except OSError as error:
        raise TunnelError(f"SSH_KNOWN_HOSTS_FILE {path} cannot be read: {error.strerror}") from None
    except (ValueError, paramiko.SSHException, paramiko.hostkeys.InvalidHostKey):
        raise TunnelError(
            f"SSH_KNOWN_HOSTS_FILE {path} is damaged: expected lines as ssh-keyscan prints them"
        ) from None
    if marked:  # paramiko reads past a @revoked line as if it were not there
        raise TunnelError(f"SSH_KNOWN_HOSTS_FILE {path}, line {marked[0]}: expected plain host keys, no @ markers")
    if not known:
        raise TunnelError(
            f"SSH_KNOWN_HOSTS_FILE {path} has no key of {name}: expected the line that `ssh-keyscan -p {port} {host}` "
            "prints, after comparing its fingerprint with the bastion's"
        )
    return known


def _keys_of(name: str, lines: Iterable[str]) -> dict[str, list[Any]]:
    """All of them. paramiko.HostKeys gives one of each type alone, and a bastion's next key is of the type of its last.

    :raises paramiko.hostkeys.InvalidHostKey: when a line holds no key.
    """
    known: dict[str, list[Any]] = {}
    for line in map(str.strip, lines):
        entry = paramiko.hostkeys.HostKeyEntry.from_line(line) if line and line[0] != "#" else None
        if entry is not None and any(_is_name(name, host) for host in entry.hostnames):
            known.setdefault(entry.key.get_name(), []).append(entry.key)
    return known


def _is_name(name: str, written: str) -> bool:
    """Whether a name of the file, which may be hashed (|1|salt|digest), is this one."""
    if not written.startswith("|1|"):
        return written == name
    salt, _, digest = written[3:].partition("|")
    try:
        return b64decode(digest) == hmac.digest(b64decode(salt), name.encode(), "sha1")
    except ValueError:
        return False
