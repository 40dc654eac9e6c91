"""The folder of the tunnel's socket: private, short, one tunnel at a time."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from workouts_api.tunnel import TunnelError
from workouts_api.tunnel.near_end import claim_near_end


def test_the_folder_is_made_for_its_owner_alone(folder: Path) -> None:
    near_end = claim_near_end(folder / "a" / "b", tls=False)
    assert (folder / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert near_end.address == str(folder / "a" / "b" / ".s.PGSQL.5432")
    near_end.release()


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701])
def test_a_folder_that_others_may_enter_is_refused(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    with pytest.raises(TunnelError, match=f"has mode {mode:04o}: expected 0700"):
        claim_near_end(folder, tls=False)


def test_a_folder_of_somebody_else_is_refused(folder: Path) -> None:
    theirs = folder
    if os.geteuid() == 0:
        os.chown(folder, 65534, -1)
    else:
        theirs = Path("/")
    with pytest.raises(TunnelError, match="belongs to user"):
        claim_near_end(theirs, tls=False)


def test_a_link_or_a_file_in_its_place_is_refused(folder: Path) -> None:
    (folder / "real").mkdir(mode=0o700)
    (folder / "link").symlink_to(folder / "real")
    (folder / "file").touch()
    with pytest.raises(TunnelError, match="is a link or a file"):
        claim_near_end(folder / "link", tls=False)
    with pytest.raises(TunnelError, match="cannot be made"):
        claim_near_end(folder / "file", tls=False)


def test_a_path_of_100_bytes_is_refused_and_one_of_99_works(folder: Path) -> None:
    room = 99 - len(os.fsencode(folder / "x" / ".s.PGSQL.5432")) + 1
    near_end = claim_near_end(folder / ("x" * room), tls=False)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(near_end.address))
    near_end.release()
    with pytest.raises(TunnelError, match="100 bytes long: expected fewer than 100"):
        claim_near_end(folder / ("x" * (room + 1)), tls=False)
    assert not (folder / ("x" * (room + 1))).exists()


def test_a_stale_socket_is_removed(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / ".s.PGSQL.5432"))
    near_end = claim_near_end(folder, tls=False)
    assert not (folder / ".s.PGSQL.5432").exists()
    near_end.release()


def test_with_tls_a_port_is_held_on_which_nobody_listens_yet(folder: Path) -> None:
    near_end = claim_near_end(folder, tls=True)
    assert not near_end.is_socket
    with pytest.raises(ConnectionRefusedError):
        near_end.connect(1)
    with pytest.raises(OSError, match="in use"), socket.socket() as other:
        other.bind(tuple(near_end.address))
    near_end.release()


def test_one_claim_at_a_time(folder: Path) -> None:
    near_end = claim_near_end(folder, tls=False)
    with pytest.raises(TunnelError, match="another tunnel uses TUNNEL_DIR"):
        claim_near_end(folder, tls=False)
    near_end.release()
    claim_near_end(folder, tls=False).release()


def test_a_folder_that_was_removed_is_claimed_again(folder: Path) -> None:
    near_end = claim_near_end(folder / "lost", tls=False)
    assert not near_end.is_folder_lost()
    shutil.rmtree(folder / "lost")
    assert near_end.is_folder_lost()
    near_end.claim_again()
    assert not near_end.is_folder_lost()
    with pytest.raises(TunnelError, match="another tunnel uses TUNNEL_DIR"):
        claim_near_end(folder / "lost", tls=False)
    near_end.release()


def test_another_tunnels_folder_is_not_taken_from_it(folder: Path) -> None:
    near_end = claim_near_end(folder / "lost", tls=False)
    shutil.rmtree(folder / "lost")
    another = claim_near_end(folder / "lost", tls=False)
    with pytest.raises(TunnelError, match="another tunnel uses TUNNEL_DIR"):
        near_end.claim_again()
    another.release()
    near_end.release()
