"""Keys, passphrases and known hosts that are wrong: one line each, before anything is connected."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

import paramiko
import pytest

from tests.config.test_private_files import make_anothers
from tests.tunnel.road import Road
from tests.tunnel.servers import make_key
from workouts_api.config import Settings, load_settings
from workouts_api.tunnel import TunnelError
from workouts_api.tunnel.credentials import load_credentials

pytestmark = pytest.mark.processes

COMMAND = [sys.executable, "-c", "from workouts_api.tunnel.commands import tunnel; tunnel()"]


@pytest.fixture
def settings_with(tmp_path: Path) -> object:
    """Settings for a bastion that is never asked, with some of them replaced."""
    make_key(tmp_path / "key")
    make_key(tmp_path / "host")
    (tmp_path / "known_hosts").write_text(f"bastion.example.test {(tmp_path / 'host.pub').read_text()}")

    def make(**changes: str) -> Settings:
        return load_settings(
            {
                "SSH_HOST": "bastion.example.test",
                "SSH_USER": "tunnel",
                "SSH_KEY_FILE": str(tmp_path / "key"),
                "SSH_KNOWN_HOSTS_FILE": str(tmp_path / "known_hosts"),
                "DATABASE_URL": "postgresql://app@db/app",
                "JWT_SECRET_KEY": "tests-only-9f86d081884c7d659a2feaa0",
                **changes,
            }
        )

    return make


def _refusal(settings: Settings) -> str:
    with pytest.raises(TunnelError) as caught:
        load_credentials(settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_private_key_and_a_known_host_are_accepted(settings_with) -> None:
    assert list(load_credentials(settings_with()).host_keys()) == ["ssh-ed25519"]


def test_all_lines_of_a_host_count_hashed_or_not_and_those_that_are_written_later(
    settings_with, tmp_path: Path
) -> None:
    """The bastion's next key is written beside its last, and is of the same type."""
    path = tmp_path / "known_hosts"
    make_key(tmp_path / "next")
    make_key(tmp_path / "other")
    last, following, other = ((tmp_path / f"{name}.pub").read_text().split()[1] for name in ("host", "next", "other"))
    credentials = load_credentials(settings_with())

    def known() -> set[str]:
        return {key.get_base64() for keys in credentials.host_keys().values() for key in keys}

    assert known() == {last}
    hashed = paramiko.HostKeys.hash_host("bastion.example.test")
    with path.open("a") as file:
        file.write(f"\n# next\n{hashed} ssh-ed25519 {following}\nelsewhere,|1|eA==|eA== ssh-ed25519 {other}\n")
    assert known() == {last, following}
    path.write_text(f"first,bastion.example.test ssh-ed25519 {following}\n")
    assert known() == {following}
    path.unlink()
    with pytest.raises(TunnelError, match="cannot be read"):
        known()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o700])
def test_a_key_that_others_may_read_is_refused(settings_with, tmp_path: Path, mode: int) -> None:
    (tmp_path / "key").chmod(mode)
    assert f"has mode {mode:04o}: expected 0600" in _refusal(settings_with())


@pytest.mark.parametrize("name", ["key", "known_hosts", "passphrase"])
def test_a_file_of_another_owner_is_refused(settings_with, tmp_path: Path, name: str, monkeypatch) -> None:
    """Its mode is that of a private file, and we may read it: as root, or by its group."""
    make_key(tmp_path / "key", "correct horse")
    (tmp_path / "passphrase").write_text("correct horse\n")
    (tmp_path / "passphrase").chmod(0o600)
    settings = settings_with(SSH_KEY_PASSPHRASE_FILE=str(tmp_path / "passphrase"))
    load_credentials(settings)
    make_anothers(tmp_path / name, monkeypatch)
    assert f"{tmp_path / name} belongs to user" in _refusal(settings)


def test_a_passphrase_that_others_may_read_and_known_hosts_that_they_may_change_are_refused(
    settings_with, tmp_path: Path
) -> None:
    make_key(tmp_path / "key", "correct horse")
    (tmp_path / "passphrase").write_text("correct horse\n")
    (tmp_path / "passphrase").chmod(0o644)
    settings = settings_with(SSH_KEY_PASSPHRASE_FILE=str(tmp_path / "passphrase"))
    assert "passphrase has mode 0644: expected 0600" in _refusal(settings)
    (tmp_path / "passphrase").chmod(0o600)
    (tmp_path / "known_hosts").chmod(0o666)
    assert "known_hosts has mode 0666" in _refusal(settings)


def test_a_key_that_cannot_be_changed_is_as_good(settings_with, tmp_path: Path) -> None:
    (tmp_path / "key").chmod(0o400)
    load_credentials(settings_with())


def test_a_link_out_of_its_folder_is_refused(settings_with, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key").symlink_to(tmp_path / "key")
    assert "is a link to" in _refusal(settings_with(SSH_KEY_FILE=str(tmp_path / "secrets" / "key")))


def test_a_link_within_its_folder_is_how_secrets_are_mounted(settings_with, tmp_path: Path) -> None:
    (tmp_path / "mounted").symlink_to("key")
    load_credentials(settings_with(SSH_KEY_FILE=str(tmp_path / "mounted")))


def test_a_file_that_holds_no_key_is_refused(settings_with, tmp_path: Path) -> None:
    for content in (b"", b"\x00\xff" * 100, b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"):
        (tmp_path / "key").write_bytes(content)
        assert "holds no private key: expected" in _refusal(settings_with())


def test_passphrases_are_checked_before_anything_is_connected(settings_with, tmp_path: Path) -> None:
    make_key(tmp_path / "locked", "correct horse")
    (tmp_path / "right").write_text("correct horse\n")
    (tmp_path / "wrong").write_text("battery staple\n")
    (tmp_path / "empty").write_text("")
    for name in ("right", "wrong", "empty"):
        (tmp_path / name).chmod(0o600)
    locked = str(tmp_path / "locked")
    load_credentials(settings_with(SSH_KEY_FILE=locked, SSH_KEY_PASSPHRASE_FILE=str(tmp_path / "right")))
    assert "has a passphrase: expected SSH_KEY_PASSPHRASE_FILE" in _refusal(settings_with(SSH_KEY_FILE=locked))
    for name in ("wrong", "empty"):
        words = _refusal(settings_with(SSH_KEY_FILE=locked, SSH_KEY_PASSPHRASE_FILE=str(tmp_path / name)))
        assert ("does not open with the passphrase" if name == "wrong" else "is empty") in words
        assert "battery" not in words
    assert "has no passphrase" in _refusal(settings_with(SSH_KEY_PASSPHRASE_FILE=str(tmp_path / "right")))


def test_a_host_that_is_not_known_is_refused_with_what_to_do(settings_with) -> None:
    words = _refusal(settings_with(SSH_HOST="other.example.test"))
    assert "has no key of other.example.test" in words
    assert "ssh-keyscan -p 22 other.example.test" in words
    assert "has no key of [bastion.example.test]:2222" in _refusal(settings_with(SSH_PORT="2222"))


def test_damaged_known_hosts_and_markers_are_refused(settings_with, tmp_path: Path) -> None:
    good = (tmp_path / "known_hosts").read_text()
    for damaged in ("bastion.example.test ssh-ed25519 !!!!\n", "bastion.example.test ssh-ed25519 AAAA\n"):
        (tmp_path / "known_hosts").write_text(damaged)
        assert "SSH_KNOWN_HOSTS_FILE" in _refusal(settings_with())
    (tmp_path / "known_hosts").write_bytes(b"\xff\xfe\x00")
    assert "SSH_KNOWN_HOSTS_FILE" in _refusal(settings_with())
    (tmp_path / "known_hosts").write_text(f"@revoked {good}{good}")
    assert "line 1: expected plain host keys" in _refusal(settings_with())


@pytest.mark.parametrize("case", ["mode", "passphrase", "host"])
def test_the_command_says_it_in_one_line_and_exits_with_2(lonely_road: Road, case: str) -> None:
    folder = lonely_road.folder.parent
    if case == "mode":
        (folder / "ssh" / "user_key").chmod(0o644)
    elif case == "passphrase":
        make_key(folder / "locked", "right")
        (folder / "passphrase").write_text("wrong")
        (folder / "passphrase").chmod(0o600)
        lonely_road.more |= {
            "SSH_KEY_FILE": str(folder / "locked"),
            "SSH_KEY_PASSPHRASE_FILE": str(folder / "passphrase"),
        }
    else:
        (folder / "ssh" / "known_hosts").write_text("")
    ended = subprocess.run(
        [*COMMAND, "run"],
        env={**os.environ, **lonely_road.environment},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "SSH_" in ended.stderr
    assert not lonely_road.folder.exists()  # it had not come so far as to make anything


def test_a_key_with_its_passphrase_signs_in(demo_road: Road) -> None:
    """openssh gets it through an askpass program, sshtunnel from memory; no process list ever shows it."""
    folder = demo_road.folder.parent
    passphrase = secrets.token_hex(8)  # in no other test's process either
    make_key(folder / "locked", passphrase)
    (folder / "passphrase").write_text(f"{passphrase}\n")
    (folder / "passphrase").chmod(0o600)
    with (folder / "ssh" / "user_key.pub").open("a") as accepted:
        accepted.write((folder / "locked.pub").read_text())
    demo_road.server.stop()
    demo_road.server.start()
    demo_road.more |= {"SSH_KEY_FILE": str(folder / "locked"), "SSH_KEY_PASSPHRASE_FILE": str(folder / "passphrase")}
    with demo_road.tunnel(), demo_road.connect() as connection:
        assert connection.execute("select 1").fetchone() == (1,)
        lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
        assert not any(passphrase.encode() in line for line in lines)
