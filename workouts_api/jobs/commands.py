"""``workouts worker``: runs background jobs."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING, NoReturn

import click
import psycopg
from procrastinate.exceptions import ConnectorException

from workouts_api.jobs.measuring import Drift, measure
from workouts_api.jobs.worker import WorkerEnded, run_worker
from workouts_api.logs import log, take_over
from workouts_api.metrics import Publisher
from workouts_api.metrics.sources import memory
from workouts_api.tunnel import TunnelError, connection_info

if TYPE_CHECKING:
    from workouts_api.config import Settings

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds before the database is tried again


class NoJobs(Exception):
    """The database has no or an older schema; run: workouts db migrate"""


_AWAY = (psycopg.Error, ConnectorException, TunnelError, NoJobs, WorkerEnded)


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due, then end.")
def worker(once: bool) -> None:
    """Run background jobs: mails, and what is done at night. `workouts serve` starts one.

    Waits for a database that is away. SIGTERM and Ctrl-C let running jobs end first.
    """
    from workouts_api.host.bare_machine import BareMachineError, settings_with_secret
    from workouts_api.host.embedded import EmbeddedError

    signal.signal(signal.SIGTERM, _leave)
    try:
        settings, _ = settings_with_secret(os.environ)
        take_over(settings)
        if once:
            _work(settings, wait=False)
        else:
            _work_for_ever(settings)
    except _AWAY as error:
        raise click.ClickException(_in_words(error)) from None
    except (BareMachineError, EmbeddedError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        return


def _leave(*_: object) -> NoReturn:
    sys.exit(0)


def _work_for_ever(settings: Settings) -> None:
    """Works until it is told to end; the database may come and go."""
    pause = FIRST_PAUSE
    while True:
        started = time.monotonic()
        try:
            return _work(settings, wait=True)
        except _AWAY as error:
            pause = FIRST_PAUSE if time.monotonic() - started > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            log.warning("worker waits for the database", cause=_in_words(error), pause_s=pause)
        time.sleep(pause)


def _work(settings: Settings, *, wait: bool) -> None:
    from workouts_api.database import Database, captures, swapping
    from workouts_api.sql.loaded import CATALOGUE
    from workouts_api.tasks import TASKS

    conninfo = _conninfo(settings)
    with psycopg.connect(conninfo, connect_timeout=3) as connection:  # a pool would try for 30 s, and say little
        if connection.execute("select to_regclass('jobs.procrastinate_jobs')").fetchone() == (None,):
            raise NoJobs
    database = Database(settings, conninfo, CATALOGUE)
    database.open()
    measured = {"jobs": lambda: measure(database), "schema": Drift(conninfo).measure, "memory": memory}
    publisher = Publisher(settings.activity_folder, "jobs", measured)
    watch = captures.Watch(settings.captures_folder, "jobs")
    swaps = swapping.Watch(database)
    if wait:
        publisher.start()
        watch.start()
        swaps.start()
    try:
        run_worker(settings, conninfo, database, TASKS, wait=wait)
    finally:
        publisher.stop()
        watch.stop()
        swaps.stop()
        database.close()


def _conninfo(settings: Settings) -> str:
    if settings.database_url or settings.ssh_host:
        return connection_info(settings.direct())
    from workouts_api.host.bare_machine import application_conninfo

    return application_conninfo(settings)


def _in_words(error: BaseException) -> str:
    said = str(error.__cause__ or error) or type(error).__doc__ or ""
    return " ".join(said.split())
