"""A server that is not the bastion gets no byte after the key exchange, however often the tunnel connects to it."""

from __future__ import annotations

import logging
import shutil
import time
from pathlib import Path

import psycopg
import pytest

from tests.tunnel.conftest import Database
from tests.tunnel.road import Road, wait_until
from tests.tunnel.servers import Kind, SshServer, make_key, make_server
from workouts_api.tunnel.credentials import load_credentials
from workouts_api.tunnel.engine import Plan
from workouts_api.tunnel.errors import HostKeyMismatch
from workouts_api.tunnel.supervisor import Backoff

pytestmark = pytest.mark.processes

IMPATIENT = Backoff(not_trusted=0.2)


def _remember_host_key(road: Road) -> None:
    """What the client knows stays as it is now; the demo server writes its file anew at each start."""
    folder = road.folder.parent / "ssh"
    shutil.copy(folder / "known_hosts", folder / "known_before")
    road.more["SSH_KNOWN_HOSTS_FILE"] = str(folder / "known_before")


def _swap_host_key(road: Road) -> None:
    folder = road.folder.parent / "ssh"
    for name in ("host_key", "host_key.pub"):
        (folder / name).unlink()
    make_key(folder / "host_key")


def _attempts(server: SshServer, kind: Kind) -> int:
    log = getattr(server, "folder") / "log"  # noqa: B009 - both kinds have one, the protocol needs none
    words = "connection" if kind == "demo" else "Connection from"
    if not log.exists():
        return 0
    return sum(line.startswith(words) for line in log.read_text().splitlines())


def test_a_wrong_host_key_is_never_signed_in_to(road: Road, kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    road.server.stop()
    _remember_host_key(road)
    _swap_host_key(road)
    road.server.start()
    before = _attempts(road.server, kind)
    with road.tunnel(IMPATIENT) as tunnel:

        def three_attempts() -> bool:
            return _attempts(road.server, kind) >= before + 3

        wait_until(three_attempts)
        # The server tells of an attempt before its end: meanwhile the tunnel is connecting.
        wait_until(lambda: tunnel.status.state == "down")
        assert "SSH_KNOWN_HOSTS_FILE does not have" in str(tunnel.status.last_error)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(host=str(road.folder), port=5432)
    assert road.server.sign_ins() == 0
    loud = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert len(loud) == 1  # said once, not at each attempt
    assert "host key" in loud[0].getMessage()


def test_an_impostor_at_the_address_of_a_bastion_that_has_gone_gets_nothing(road: Road) -> None:
    _remember_host_key(road)
    with road.tunnel(IMPATIENT) as tunnel:
        road.connect().close()
        signed_in = road.server.sign_ins()
        road.server.stop()
        folder = road.folder.parent / "ssh"
        kept = {name: (folder / name).read_bytes() for name in ("host_key", "host_key.pub")}
        _swap_host_key(road)
        road.server.start()

        def is_refused() -> bool:
            return "shows " in str(tunnel.status.last_error)

        wait_until(is_refused)
        time.sleep(0.7)  # several attempts
        assert tunnel.status.state == "down"
        assert road.server.sign_ins() == signed_in
        road.server.stop()
        for name, content in kept.items():
            (folder / name).write_bytes(content)
        road.server.start()
        with road.connect() as connection:
            assert connection.execute("select 1").fetchone() == (1,)


def test_a_key_that_is_written_into_the_file_counts_without_a_restart_and_one_that_is_taken_out_no_more(
    road: Road,
) -> None:
    """As docs/OPERATIONS.md says: the new one is written before the bastion changes it."""
    _remember_host_key(road)
    folder = road.folder.parent / "ssh"
    known = Path(road.more["SSH_KNOWN_HOSTS_FILE"])
    last = {name: (folder / name).read_bytes() for name in ("host_key", "host_key.pub")}
    with road.tunnel(IMPATIENT) as tunnel:
        road.connect().close()
        road.server.stop()
        _swap_host_key(road)
        place = known.read_text().split()[0]
        with known.open("a") as file:
            file.write(f"{place} {(folder / 'host_key.pub').read_text()}")
        road.server.start()
        road.connect().close()
        known.write_text(known.read_text().splitlines(keepends=True)[-1])
        road.server.stop()
        for name, content in last.items():
            (folder / name).write_bytes(content)
        road.server.start()
        wait_until(lambda: "SSH_KNOWN_HOSTS_FILE does not have" in str(tunnel.status.last_error))
        known.chmod(0o666)
        wait_until(lambda: "has mode 0666: expected 0644" in str(tunnel.status.last_error))
        assert tunnel.status.state == "down"


def test_a_host_key_of_an_unknown_type_is_not_taken_for_the_known_one(
    engine: str, folder: Path, database: Database
) -> None:
    """The server has an Ed25519 key; an RSA key is known."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    public = rsa.generate_private_key(65537, 2048).public_key()
    line = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    server = make_server("demo", folder / "ssh", ("localhost", database.port))
    server.start()
    (folder / "known").write_text(f"[127.0.0.1]:{server.environment['SSH_PORT']} {line}\n")
    road = Road(server, folder / "t", database.url, engine, more={"SSH_KNOWN_HOSTS_FILE": str(folder / "known")})
    try:
        with road.tunnel() as tunnel:

            def is_down() -> bool:
                return tunnel.status.state == "down"

            wait_until(is_down)
            assert "host key" in str(tunnel.status.last_error)
        assert server.sign_ins() == 0
    finally:
        server.stop()


def test_a_forwarder_that_met_a_wrong_key_cannot_be_opened_again(
    demo_server: SshServer, folder: Path, database: Database
) -> None:
    """sshtunnel's own start() succeeds the second time, and the wrong server gets what the application sends."""
    from workouts_api.tunnel.engine_sshtunnel import SshtunnelEngine
    from workouts_api.tunnel.near_end import claim_near_end

    road = Road(demo_server, folder / "t", database.url, "sshtunnel")
    demo_server.stop()
    _remember_host_key(road)
    _swap_host_key(road)
    demo_server.start()
    settings = road.settings
    near_end = claim_near_end(road.folder, tls=False)
    from workouts_api.tunnel.addresses import far_end

    plan = Plan(
        "127.0.0.1", settings.ssh_port, "workouts", load_credentials(settings), far_end(database.url), near_end, 1.0
    )
    forwarder = SshtunnelEngine(plan).forwarder(lambda: None)
    with pytest.raises(HostKeyMismatch):
        forwarder.open()
    assert not forwarder.is_open()
    assert not forwarder._transport.is_active()
    with pytest.raises(RuntimeError, match="opened once"):
        forwarder.open()
    near_end.release()
    assert demo_server.sign_ins() == 0


def test_a_refused_key_is_told_and_not_tried_again_soon(steady_demo_road: Road) -> None:
    stranger = steady_demo_road.folder.parent / "stranger"
    make_key(stranger)
    steady_demo_road.more["SSH_KEY_FILE"] = str(stranger)
    with steady_demo_road.tunnel() as tunnel:

        def is_refused() -> bool:
            return "does not accept the key" in str(tunnel.status.last_error)

        wait_until(is_refused)
        tried = steady_demo_road.server.sign_ins()
        time.sleep(1.0)  # an unreachable bastion would have been tried again by now
        assert steady_demo_road.server.sign_ins() == tried
        assert tunnel.status.state == "down"
