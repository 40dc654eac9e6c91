"""What operators do while clients ask: migrations, also killed ones; reloads of good and bad releases; imports."""

from __future__ import annotations

import http.client
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.faults.fault import CUT, Fault
from tests.faults.load import NO_ANSWER
from tests.faults.stage import NAME, Stage, kill
from tests.road.served import BOUNDARY, Api
from tests.routes import HEVY
from workouts_api.host.reloads import ReloadError, ask_for_reload
from workouts_api.migrate import MIGRATIONS, migrate, status

PATIENCE = 60.0  # s for a reload, or a migration
_MIGRATION = "-- A fault.\n-- migrate:up\n{up}\n-- migrate:down\nselect 1;\n"


@contextmanager
def one_more(stage: Stage, up: str) -> Iterator[Path]:
    """A folder of migrations with one that has not run yet. What it made is dropped at the end, and forgotten."""
    folder = stage.folder / f"migrations-{time.monotonic_ns()}"
    shutil.copytree(MIGRATIONS, folder)
    number = max(int(path.name[:4]) for path in folder.glob("[0-9]*.sql")) + 1
    (folder / f"{number:04}_add_fault.sql").write_text(_MIGRATION.format(up=up))
    try:
        yield folder
    finally:
        with stage.superuser() as admin:
            admin.execute("alter table workouts.sessions drop column if exists fault")
            admin.execute("drop table if exists workouts.faults")
            for table in ("schema_migrations", "schema_unfinished"):
                admin.execute(f"delete from workouts.{table} where version = {number}")


def owner(stage: Stage) -> str:
    return stage.cluster.dsn(NAME, "workouts_migrator")


@contextmanager
def waiting_migration(stage: Stage) -> Iterator[None]:
    """It wants a table that a long transaction reads; meanwhile it must hold up nobody for long."""
    with one_more(stage, "alter table sessions add column fault integer;") as folder, ThreadPoolExecutor(1) as pool:
        with stage.superuser() as reader, reader.transaction():
            reader.execute("select count(*) from workouts.sessions")
            running = pool.submit(migrate, owner(stage), migrations=folder)
            yield
        running.result(PATIENCE)
        if not status(owner(stage), migrations=folder).is_current:
            stage.found.append("the migration that had to wait has not run")


@contextmanager
def two_migrators(stage: Stage) -> Iterator[None]:
    with one_more(stage, "create table faults (id bigint primary key);") as folder, ThreadPoolExecutor(2) as pool:
        both = [pool.submit(migrate, owner(stage), migrations=folder) for _ in range(2)]
        ran = [len(one.result(PATIENCE)) for one in both]
        stage.told.append(f"two migrators ran {sorted(ran)} files")
        if sorted(ran) != [0, 1] or not status(owner(stage), migrations=folder).is_current:
            stage.found.append(f"two migrators ran {ran} files")
        yield


_MIGRATE = (
    "import sys, pathlib, workouts_api.migrate as m; m.migrate(sys.argv[1], migrations=pathlib.Path(sys.argv[2]))"
)


@contextmanager
def killed_migration(stage: Stage) -> Iterator[None]:
    """Killed in the middle of its file; the next one begins where nothing of it has stayed."""
    up = "create table faults (id bigint primary key);\nselect pg_sleep(3);"
    with one_more(stage, up) as folder:
        command = [sys.executable, "-c", _MIGRATE, owner(stage), str(folder)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _until_running(stage, "pg_sleep")
        process.send_signal(signal.SIGKILL)
        process.wait()
        yield
        ran = migrate(owner(stage), migrations=folder)
        with stage.superuser() as admin:
            row = admin.execute("select to_regclass('workouts.faults')").fetchone()
        if len(ran) != 1 or row is None or row[0] is None:
            stage.found.append(f"after a killed migration the next one ran {ran}")


def _until_running(stage: Stage, text: str) -> None:
    query = "select 1 from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like %s"
    deadline = time.monotonic() + PATIENCE
    with stage.superuser() as admin:
        while not admin.execute(query, [f"%{text}%"]).fetchone():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{text} was never running")
            time.sleep(0.02)


@contextmanager
def killed_import(stage: Stage) -> Iterator[None]:
    """The worker that imports a file is killed. Sent again under its key, the file is imported once."""
    api, key = stage.newcomer(), {"Idempotency-Key": str(uuid.uuid4())}
    answers: list[int] = []
    with stage.superuser() as admin, ThreadPoolExecutor(1) as pool:
        with admin.transaction():
            admin.execute("lock table workouts.sessions in exclusive mode")  # so that it is in its middle
            sent = pool.submit(_upload, api, HEVY, key)
            time.sleep(1)
            kill(stage.workers())
        answers.append(sent.result(PATIENCE))
        deadline = time.monotonic() + PATIENCE
        while answers[-1] != 201 and time.monotonic() < deadline:
            time.sleep(0.2)
            answers.append(_upload(api, HEVY, key))
        first = len(api.get("/api/v1/sessions?limit=200").json["items"])
        _upload(api, HEVY, {"Idempotency-Key": str(uuid.uuid4())})
        if not first or len(api.get("/api/v1/sessions?limit=200").json["items"]) != first:
            stage.found.append(f"a killed import was answered {answers}, and left {first} sessions")
    stage.told.append(f"the import was answered {answers} and made {first} sessions")
    yield


def _upload(api: Api, content: str, key: dict[str, str]) -> int:
    """The status; 0: no answer."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    form = f"{head}{content}\r\n--{BOUNDARY}--\r\n"
    headers = {**key, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    try:
        return api.request("POST", "/api/v1/imports", form.encode(), headers).status
    except (OSError, http.client.HTTPException):
        return NO_ANSWER


@contextmanager
def good_reload(stage: Stage) -> Iterator[None]:
    stage.told.append(ask_for_reload(stage.folder, PATIENCE))
    yield


@contextmanager
def bad_release(stage: Stage) -> Iterator[None]:
    """A query file, and then a module, that cannot be loaded: refused, and nobody notices."""
    package = stage.folder / "release" / "workouts_api"
    for place in ("queries/users/get_user.sql", "web/frame.py"):
        path = package / place
        before = path.read_text(encoding="utf-8")
        path.write_text("this is neither\n" + before, encoding="utf-8")
        try:
            ask_for_reload(stage.folder, PATIENCE)
        except ReloadError as refused:
            stage.told.append(str(refused))
        else:
            stage.found.append(f"a release with a broken {place} was taken")
        finally:
            path.write_text(before, encoding="utf-8")
    yield


@contextmanager
def upgrade(stage: Stage) -> Iterator[None]:
    """The next release: its files take the place of the old ones, the schema goes a step ahead, and it is reloaded."""
    package = stage.folder / "release" / "workouts_api"
    migrations = package / "migrations"
    number = max(int(path.name[:4]) for path in migrations.glob("[0-9]*.sql")) + 1
    up = "alter table sessions add column fault integer;"
    (migrations / f"{number:04}_add_fault.sql").write_text(_MIGRATION.format(up=up), encoding="utf-8")
    routes = package / "api" / "health" / "routes.py"
    routes.write_text(routes.read_text(encoding="utf-8").replace('{"status": "ok"}', '{"status": "new"}', 1))
    migrate(owner(stage), migrations=migrations)
    stage.told.append(ask_for_reload(stage.folder, PATIENCE))
    if stage.api.get("/health/live").json != {"status": "new"}:
        stage.found.append("the next release was installed, and the one before still serves")
    yield


FAULTS = (
    Fault("A migration waits for a table under load", waiting_migration, idle=False, seconds=4),
    Fault("Two migrators at once", two_migrators, idle=False, seconds=0),
    Fault("A migration is killed half-way", killed_migration, idle=False, seconds=1),
    Fault("The workers are killed during an import", killed_import, CUT, idle=False, seconds=0),
    Fault("A release is reloaded", good_reload, idle=False, seconds=0),
    Fault("A release that cannot be loaded is reloaded", bad_release, road="release", idle=False, seconds=0),
    Fault(
        "The next release is installed, with a migration, and reloaded", upgrade, road="release", idle=False, seconds=0
    ),
)
