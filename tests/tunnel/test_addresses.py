"""DATABASE_URL as the far end, and what the workers are told to connect to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from workouts_api.config import Settings
from workouts_api.tunnel import TunnelError, connection_info
from workouts_api.tunnel.addresses import far_end


def _settings(folder: Path, url: str | None, ssh_host: str | None = "bastion") -> Settings:
    return Settings(workouts_data_dir=folder, tunnel_dir=folder, database_url=url, ssh_host=ssh_host)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("postgresql://app@db.internal/app", "db.internal", 5432),
        ("postgresql://app:p%40ss@10.0.0.5:6432/app?application_name=x", "10.0.0.5", 6432),
        ("postgresql://app@[fd00::5]:6432/app", "fd00::5", 6432),
        ("postgresql://app@db.example.test/app?hostaddr=10.0.0.5", "10.0.0.5", 5432),
    ],
)
def test_the_far_end_is_what_the_url_names(url: str, host: str, port: int) -> None:
    assert (far_end(url).host, far_end(url).port) == (host, port)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///app",
        "postgresql://a,b/app",
        "postgresql:///app?host=/run/postgresql",
        "postgresql://db:70000/app",
        "postgresql://db:1,2/app",
        "postgresql://db/app?nonsense=1",
        "",
    ],
)
def test_a_url_that_names_no_single_host_is_refused(url: str) -> None:
    with pytest.raises(TunnelError, match="DATABASE_URL") as caught:
        far_end(url)
    assert "\n" not in str(caught.value)


def test_without_a_bastion_the_url_stands_as_it_is(tmp_path: Path) -> None:
    assert connection_info(_settings(tmp_path, "postgresql://a@b/c", None)) == "postgresql://a@b/c"
    with pytest.raises(TunnelError, match="DATABASE_URL is not set"):
        connection_info(_settings(tmp_path, None, None))


def test_through_the_tunnel_everything_but_the_address_is_kept(tmp_path: Path) -> None:
    url = "postgresql://app:p%40ss%27@db:6432/training?application_name=a%20b&hostaddr=10.0.0.5&sslmode=prefer"
    assert conninfo_to_dict(connection_info(_settings(tmp_path, url))) == {
        "user": "app",
        "password": "p@ss'",
        "dbname": "training",
        "application_name": "a b",
        "sslmode": "prefer",
        "host": str(tmp_path),
        "port": "5432",
    }


@pytest.mark.parametrize(
    "options",
    ["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full", "sslrootcert=system", "channel_binding=require"],
)
def test_whoever_demands_tls_is_never_sent_to_a_unix_socket(tmp_path: Path, options: str) -> None:
    with pytest.raises(TunnelError, match="has not said on which port"):
        connection_info(_settings(tmp_path, f"postgresql://app@db/app?{options}"), wait=0.1)


def test_libpqs_own_variables_demand_tls_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert far_end("postgresql://app@db/app").wants_tls
    assert not far_end("postgresql://app@db/app?sslmode=disable").wants_tls


def test_a_worker_needs_neither_paramiko_nor_sshtunnel() -> None:
    """They would cost each worker 20 MB and the start 0.1 s."""
    code = (
        "import sys, workouts_api.tunnel; print([m for m in ('paramiko', 'sshtunnel', 'asyncssh') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
