"""gunicorn's settings, from ours: ``gunicorn -c python:workouts_api.web.gunicorn_config 'workouts_api:create_app()'``.

Owns how requests reach a worker. A module of plain names, because that is how gunicorn reads it, at the start and at
every HUP.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from workouts_api import activity, logs
from workouts_api.config import load_settings
from workouts_api.database import swapping
from workouts_api.web import standing_by
from workouts_api.web.allocator import give_large_blocks_back
from workouts_api.web.worker_metrics import Seen

_settings = load_settings(dotenv=Path(".env"))
logs.take_over(_settings)

bind = [f"[{_settings.host}]:{_settings.port}" if ":" in _settings.host else f"{_settings.host}:{_settings.port}"]
workers = _settings.web_workers
threads = _settings.web_threads
worker_class = "workouts_api.web.gunicorn_worker.Worker"  # gthread, whose errors are in our envelope

# A worker that hangs as a whole for this long is replaced. A request's own limit is REQUEST_TIMEOUT, which the
# application keeps; a little more here, so that its answer (504) wins.
timeout = int(_settings.request_timeout) + 10
graceful_timeout = int(_settings.request_timeout) + 5  # what is in flight at TERM or HUP may end

# Longer than the 60 s for which nginx keeps idle connections to us: else it sends into one that we are just closing.
# gthread keeps idle ones in its poller, where they cost no thread.
keepalive = 75
# Idle keep-alive connections count: at gunicorn's default of 1,000, 1,000 idle clients kept all others out.
worker_connections = 10_000

# A signed cursor, a token and tracing headers fit; what is larger is a mistake or an attack.
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 16380

# No header sets a variable of the environment: by default SCRIPT_NAME and PATH_INFO do, sent by whoever comes from the
# loopback, as all clients of nginx do. Other names with an underscore are dropped: a-b and a_b would be one variable.
forwarder_headers = ""
header_map = "drop"

# The address of the other side is believed from the loopback alone; behind nginx elsewhere, FORWARDED_ALLOW_IPS says.
logger_class = "workouts_api.web.gunicorn_log.Logger"
control_socket = str(_settings.workouts_data_dir / "gunicorn.ctl")  # the default is one for all of a user's gunicorns
loglevel = "info" if _settings.app_env != "development" or _settings.log_level == "DEBUG" else "warning"
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 – its heartbeat never waits for a disk


def when_ready(_server: Any) -> None:
    """Before the workers are forked. A collection in a worker would write to every object, and copy it."""
    gc.collect()
    gc.freeze()


def post_fork(_server: Any, worker: Any) -> None:
    give_large_blocks_back()
    try:
        activity.join(_settings.activity_folder, threads)
    except OSError as error:
        worker.log.warning("what this worker does will not be seen: %s", error)


def post_worker_init(worker: Any) -> None:
    """Opens the worker's pool: after the fork, because a child would share its parent's sockets."""
    standing_by.wait_for_road(worker)
    if (database := _database(worker)) is not None:
        database.open()
        worker.swaps = swapping.Watch(database)
        worker.swaps.start()
    worker.seen = Seen(worker, _settings)
    worker.seen.start()
    standing_by.stand_by(worker, database, workers)


def worker_exit(_server: Any, worker: Any) -> None:
    """Closes it, so that the server sees its connections end rather than break."""
    if (database := _database(worker)) is not None:
        database.close()
    if (follower := getattr(worker, "swaps", None)) is not None:
        follower.stop()
    if (seen := getattr(worker, "seen", None)) is not None:
        seen.stop()
    activity.leave()


def _database(worker: Any) -> Any:
    application = getattr(worker, "wsgi", None)  # None: it failed to load
    return getattr(application, "extensions", {}).get("database")
