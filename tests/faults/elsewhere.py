"""Another server takes over, or a replica is not there."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.faults.fault import CUT, Fault
from tests.faults.stage import STANDBY_PORT, NotHere, Stage, kill
from tests.road.served import Api
from workouts_api.host.embedded import EmbeddedPostgres

PATIENCE = 60.0


@contextmanager
def failover(stage: Stage) -> Iterator[None]:
    """The primary is killed, and its synchronous standby is promoted two seconds later."""
    made_standby(stage.cluster)
    with stage.superuser() as primary:
        primary.execute("alter system set synchronous_standby_names = '*'")
        primary.execute("select pg_reload_conf()")
        _until(primary, "select 1 from pg_stat_replication where sync_state = 'sync'")
    time.sleep(1)
    kill(stage.postmaster())
    time.sleep(2)
    with psycopg.connect(stage.cluster.dsn(), port=STANDBY_PORT, autocommit=True) as standby:
        standby.execute("select pg_promote()")
    stage.database_at = STANDBY_PORT
    yield


def made_standby(cluster: EmbeddedPostgres) -> None:
    """A copy of the cluster that follows it."""
    folder = cluster.home / "standby"
    _run(
        cluster, "pg_basebackup", "-h", str(cluster.socket_dir), "-U", "postgres", "-D", str(folder), "-R", "-c", "fast"
    )
    with (folder / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write(f"port = {STANDBY_PORT}\n")
    _run(cluster, "pg_ctl", "-D", str(folder), "-w", "-l", str(cluster.home / "standby.log"), "start")


def _run(cluster: EmbeddedPostgres, program: str, *arguments: str) -> None:
    command = [str(cluster.binaries.bin_dir / program), *arguments]
    done = subprocess.run(
        command, cwd="/", check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **cluster.account.identity
    )
    if done.returncode:
        raise NotHere(f"{program} ended with {done.returncode}")


def _until(database: psycopg.Connection[tuple[object, ...]], query: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not database.execute(query.encode()).fetchone():
        if time.monotonic() > deadline:
            raise RuntimeError(f"still nothing: {query}")
        time.sleep(0.05)


@contextmanager
def replica_stopped(stage: Stage) -> Iterator[None]:
    """All processes of the replica are stopped: connections stand, and nothing is answered."""
    assert stage.standby is not None
    with stage.standby.frozen():
        yield
    _tell_share(stage)


@contextmanager
def replica_killed(stage: Stage) -> Iterator[None]:
    assert stage.standby is not None
    stage.standby.kill()
    yield
    stage.standby.start()
    _tell_share(stage)


def _tell_share(stage: Stage) -> None:
    """How many reads the replica has served so far; without any, the fault would show nothing."""
    lines = Api(stage.admin.removeprefix("http://")).get("/metrics").raw.decode().splitlines()
    served = [float(line.split()[-1]) for line in lines if line.startswith("workouts_replica_reads_total")]
    if not sum(served):
        stage.found.append("the replica has served no read")
    stage.told.append(f"the replica has served {sum(served):,.0f} reads")


FAULTS = (
    Fault("A replica that serves reads is stopped", replica_stopped, road="replica", idle=False),
    Fault("A replica that serves reads is killed", replica_killed, road="replica", idle=False),
    Fault("The primary is killed, and a standby promoted", failover, CUT, road="failover", idle=False, seconds=0),
)
