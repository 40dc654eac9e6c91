"""Processes that are killed, and processes that are stopped by SIGSTOP: of each part of what is served."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.faults.fault import CUT, LATE, REFUSED, Fault
from tests.faults.load import NO_ANSWER
from tests.faults.stage import Stage, kill
from tests.processes import signalled

MOMENT = 0.0  # what a kill needs; all else is recovery
Processes = Callable[[Stage], list[int]]
Cause = Callable[[Stage], AbstractContextManager[None]]


def killed(processes: Processes, mend: Callable[[Stage], None] = lambda _: None) -> Cause:
    """Killed at the beginning. Where nobody of the house starts it again, ``mend`` does so at the end."""

    @contextmanager
    def cause(stage: Stage) -> Iterator[None]:
        kill(processes(stage))
        try:
            yield
        finally:
            mend(stage)

    return cause


def stopped(processes: Processes) -> Cause:
    return lambda stage: signalled(processes(stage))


@contextmanager
def ssh_server_away(stage: Stage) -> Iterator[None]:
    """Ended with all its sessions, and started again at the end."""
    assert stage.bastion is not None
    stage.bastion.stop()
    try:
        yield
    finally:
        stage.bastion.start()


@contextmanager
def ssh_sessions_killed(stage: Stage) -> Iterator[None]:
    assert stage.bastion is not None
    stage.bastion.kill_connections()
    yield


@contextmanager
def ssh_sessions_stopped(stage: Stage) -> Iterator[None]:
    assert stage.bastion is not None
    stage.bastion.freeze()
    try:
        yield
    finally:
        stage.bastion.thaw()


def start_database(stage: Stage) -> None:
    time.sleep(0.1)
    stage.start_database()


def one_worker(stage: Stage) -> list[int]:
    return stage.workers()[:1]


def redis(stage: Stage) -> list[int]:
    assert stage.redis.process is not None
    return [stage.redis.process.pid]


@contextmanager
def redis_killed(stage: Stage) -> Iterator[None]:
    stage.redis.kill()
    try:
        yield
    finally:
        stage.redis.start()


FAULTS = (
    Fault("The tunnel's process is killed", killed(Stage.tunnel), REFUSED, idle=False, seconds=MOMENT),
    Fault("The tunnel's process is stopped", stopped(Stage.tunnel), LATE),
    Fault("The system's ssh is killed", killed(Stage.ssh_child), REFUSED, road="openssh", idle=False, seconds=MOMENT),
    Fault("The system's ssh is stopped", stopped(Stage.ssh_child), LATE, road="openssh"),
    Fault("The SSH server is away", ssh_server_away, REFUSED),
    Fault("The SSH server is away from the system's ssh", ssh_server_away, REFUSED, road="openssh"),
    Fault("The SSH server's sessions are killed", ssh_sessions_killed, REFUSED, idle=False),
    Fault("The SSH server's sessions are stopped", ssh_sessions_stopped, LATE),
    Fault(
        "A process of the database is killed",
        killed(lambda stage: stage.backends()[:1]),
        REFUSED,
        idle=False,
        seconds=MOMENT,
    ),
    Fault("The database's processes for the API are stopped", stopped(Stage.backends), LATE),
    Fault("The database is killed", killed(Stage.postmaster, start_database), REFUSED),
    Fault("The database is stopped with all its processes", stopped(Stage.database_processes), LATE),
    Fault("gunicorn's own process is killed", killed(Stage.master), CUT, idle=False, seconds=MOMENT),
    Fault("gunicorn's own process is stopped", stopped(Stage.master)),
    Fault(
        "`workouts serve` is killed",
        killed(lambda stage: [stage.serve.pid]),
        CUT,
        idle=False,
        seconds=MOMENT,
        admin=False,
    ),
    Fault("`workouts serve` is stopped", stopped(lambda stage: [stage.serve.pid]), idle=False, admin=False),
    Fault("A worker is killed", killed(one_worker), frozenset({NO_ANSWER}), idle=False, seconds=MOMENT),
    Fault("A worker is stopped", stopped(one_worker), frozenset({NO_ANSWER, *LATE})),
    Fault("The job worker is killed", killed(Stage.job_worker), idle=False, seconds=MOMENT),
    Fault("The job worker is stopped", stopped(Stage.job_worker)),
    Fault("Redis is killed", redis_killed),
    Fault("Redis is stopped", stopped(redis)),
)
