"""Shared fixtures: the cast of users, a throw-away cluster per run, a migrated template, a database per worker."""

from __future__ import annotations

import email
import email.policy
import fcntl
import gc
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.strategies
import orjson
import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import attribution
from tests.documented import is_documented
from tests.postgres import ROLES, throwaway_cluster
from tests.shared_folders import modes_at_first as modes_at_first
from tests.shared_folders import shared_folders_stay_as_they_are as shared_folders_stay_as_they_are
from workouts_api import create_app, logs
from workouts_api.api.auth import passwords
from workouts_api.api.auth.keys import digest, key_text, new_secret
from workouts_api.api.auth.passwords import hash_password
from workouts_api.api.auth.tokens import new_access_token
from workouts_api.config import Settings, load_settings
from workouts_api.database import Database
from workouts_api.host.accounts import remove_orphans
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.migrate import migrate
from workouts_api.web.replies import dump

# The same examples every time, and no limit on the time of one example, so that no test fails on a busy machine.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis.settings.load_profile("suite")

SECRET = "a secret of the test suite, 32 bytes and more"
PASSWORD = "correct horse battery"
TEMPLATE = "workouts_template"
# High quotas, for tests in which one user makes hundreds of things.
ROOMY = {
    f"MAX_{quota}": str(10**6)
    for quota in ("LOGINS", "TEAMS", "KEPT_ATHLETES", "EXERCISES", "INVITATIONS", "IMPORTS_A_DAY")
}
_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"pid{os.getpid()}")[:12]
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")

# Long files go first. The short ones then fill the rest, so that no worker waits for the other one at the end.
_LONG_FIRST = ("tests/tunnel", "tests/road", "tests/serve", "tests/embedded", "tests/docs", "tests/packaging")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG_FIRST))


def pytest_collection_finish() -> None:
    """Freezes the collected tests. They stay to the end; the garbage collector would spend 8 % of the run on them."""
    _run_hypothesis_once()
    gc.collect()
    gc.freeze()


@hypothesis.given(hypothesis.strategies.none())
def _run_hypothesis_once(_: None) -> None:
    """Runs hypothesis once before the freeze. At its first run it looks for holders of its random numbers, and from
    Python 3.14 on it does not find frozen ones.
    """


def pytest_runtest_teardown() -> None:
    """What a test had for an outage is told no more: a thread would do it a minute later, on the terminal."""
    for outage in list(logs._outages._open.values()):
        outage.count, outage.untold = 1, 0


def pytest_sessionfinish() -> None:
    while _CLEANERS:
        _CLEANERS.popitem()[1].close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the reasons of skipped tests, one line each."""
    reasons = Counter(str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", []))
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count} skipped: {reason.removeprefix('Skipped: ')}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """After a successful run, deletes the run's temporary folder. After a failed one it stays, to find the reason."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    is_a_worker = hasattr(config, "workerinput")
    if is_a_worker or reporter is None or reporter.stats.get("failed") or reporter.stats.get("error"):
        return
    made = getattr(getattr(config, "_tmp_path_factory", None), "_basetemp", None)
    if made is None or config.option.basetemp is not None:
        return
    shutil.rmtree(made, ignore_errors=True)
    remove_orphans()
    current = made.parent / "pytest-current"
    if current.is_symlink() and not current.exists():
        current.unlink()
    with suppress(OSError):  # of other runs
        made.parent.rmdir()


# Every other test begins with it, so it costs as little as it can: one trip, plans that stay, and no triggers, which
# would follow every row by a dozen foreign keys and write audit events. It has a connection of its own: a session that
# changes its role of replication forgets its plans.
_CLEANING = """
set session_replication_role = replica;
create function pg_temp.clean_up() returns void language plpgsql as $function$
declare
  grown text;
  own bigint[];
begin
  -- Truncating takes 110 ms with all indexes.
  if {is_any_large} then
    select string_agg(t.id::text, ', ')
    into grown
    from unnest(array[{truncated}]::regclass[]) as t (id)
    where pg_relation_size(t.id) > 200000;
    execute 'truncate ' || grown || ' cascade';
  end if;
  {deletes}
  select array_agg(x.id)
  into own
  from workouts.exercises as x
  where x.athlete_id is not null
    or x.created_at > (select min(c.created_at) from workouts.exercises as c where c.athlete_id is null);
  if own is not null then
    {deletes_of_own}
    delete from workouts.exercises where id = any(own);
  end if;
end
$function$
"""
# All but what migrations have filled, and the threads of workers, who sign off by themselves.
_EMPTIED = """
select c.oid::regclass::text
from pg_class as c
where c.relkind = 'r'
  and c.relnamespace::regnamespace::text in ('workouts', 'jobs')
  and c.relname !~ '^(schema_.*|exercises?(_aliases|_muscles|_muscle_shares)?|muscles|muscle_codes|value_kinds)$'
  and c.relname !~ '^procrastinate_(workers|periodic_.*)$'
"""
# Of these, what may be truncated: what is kept refers to none of them, for it would be truncated as well.
_TRUNCATED = """
with recursive spared as (
  select c.oid
  from pg_class as c
  where c.relkind = 'r'
    and c.relnamespace::regnamespace::text in ('workouts', 'jobs')
    and c.oid <> all(%(emptied)s::regclass[])
  union
  select k.confrelid
  from pg_constraint as k
  join spared on spared.oid = k.conrelid
  where k.contype = 'f'
)
select e.name
from unnest(%(emptied)s::text[]) as e (name)
where e.name::regclass not in (select s.oid from spared as s)
"""
_OF_EXERCISES = r"""
select format('delete from %s where %I = any(own);', k.conrelid::regclass, a.attname)
from pg_constraint as k
join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
where k.confrelid = 'workouts.exercises'::regclass and k.conrelid::regclass::text like '%exercise\_%'
"""


@pytest.fixture(scope="session", autouse=True)
def every_statement_is_of_a_file() -> Iterator[None]:
    """Fails at the end of the run for what the product has run on any server of the suite, with the texts."""
    with attribution.asking() as seen:
        yield
    strange = attribution.unattributed(seen)
    if strange:
        pytest.fail("statements of no checked-in file, see tests/attribution.py:\n" + "\n".join(strange), pytrace=False)


@contextmanager
def _alone(factory: pytest.TempPathFactory, name: str) -> Iterator[None]:
    """One worker of the run at a time."""
    folder = factory.getbasetemp()
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def roomy_memory() -> Path:
    """A folder in memory: making and dropping hundreds of databases on a disk takes a tenth of the run's time."""
    memory = Path("/dev/shm")  # noqa: S108 – the cluster makes a folder of its own there, for its user alone
    is_roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 * 2**30
    # As root, if PostgreSQL's account cannot enter the checkout, its programs also run from this folder.
    return memory if is_roomy and not os.statvfs(memory).f_flag & os.ST_NOEXEC else Path(tempfile.gettempdir())


@pytest.fixture(scope="session")
def cluster() -> Iterator[EmbeddedPostgres]:
    """The PostgreSQL server of the run. All workers share it."""
    with throwaway_cluster(roomy_memory() / f"workouts-{_RUN}") as server:
        yield server


@pytest.fixture(scope="session")
def template(cluster: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated database to clone."""
    with _alone(tmp_path_factory, "template"), psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        found = admin.execute("select datistemplate from pg_database where datname = %s", [TEMPLATE]).fetchone()
        if found == (True,):
            return TEMPLATE
        create_database(admin, TEMPLATE, "template0")
        migrate(cluster.dsn(TEMPLATE, "workouts_migrator"))
        with psycopg.connect(
            cluster.dsn(TEMPLATE)
        ) as published:  # so every write of the suite shows that it can be replicated
            published.execute("set client_min_messages = error; create publication everything for all tables")
            published.execute(ROLES.read_bytes())
        admin.execute(f"alter database {TEMPLATE} is_template true")
    return TEMPLATE


def create_database(admin: psycopg.Connection[Any], name: str, template: str) -> None:
    """Makes a database of the owner role. A clone costs 8 ms with file_copy on PostgreSQL 18."""
    encoding = "encoding 'UTF8' locale 'C.UTF-8'" if template == "template0" else "strategy file_copy"
    admin.execute(f"drop database if exists {name} with (force)")
    admin.execute(f"create database {name} owner workouts_owner template {template} {encoding}")
    admin.execute(
        f"revoke temporary on database {name} from public"
    )  # as in deploy/roles.sql; a clone does not inherit it


@pytest.fixture(scope="session")
def database_name(cluster: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    name = f"workouts_{_WORKER}"
    with _alone(tmp_path_factory, "clone"), psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        create_database(admin, name, template)
    return name


@pytest.fixture(scope="session")
def environ(cluster: EmbeddedPostgres, database_name: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The application's settings: its role, on this worker's database."""
    return {
        "APP_ENV": "development",
        "DATABASE_URL": url(cluster, database_name, "workouts_app"),
        "JWT_SECRET_KEY": SECRET,
        "LOG_LEVEL": "WARNING",
        "RATE_LIMITS": "false",  # all users have one address here; tests/limits switches them on
        "WORKOUTS_DATA_DIR": str(tmp_path_factory.mktemp("data")),
    }


def url(cluster: EmbeddedPostgres, dbname: str, user: str) -> str:
    return f"postgresql://{user}@/{dbname}?host={cluster.socket_dir}&port={cluster.port}"


@pytest.fixture(scope="session")
def settings(environ: dict[str, str]) -> Settings:
    return load_settings(environ)


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    application = create_app(settings)
    application.testing = False  # errors become replies, as in production
    pool: Database = application.extensions["database"]
    pool.open()
    yield application
    pool.close()


@pytest.fixture(scope="session")
def _superuser(cluster: EmbeddedPostgres, database_name: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(cluster.dsn(database_name), autocommit=True) as connection:
        connection.execute("set search_path = workouts, extensions, pg_temp")
        yield connection


_CLEANERS: dict[str, psycopg.Connection[Any]] = {}


def _cleaner(dsn: str) -> psycopg.Connection[Any]:
    connection = psycopg.connect(dsn, autocommit=True)
    tables = [row[0] for row in connection.execute(_EMPTIED).fetchall()]
    truncated = [row[0] for row in connection.execute(_TRUNCATED, {"emptied": tables}).fetchall()]
    of_own = [row[0] for row in connection.execute(_OF_EXERCISES).fetchall()]
    cleaning = _CLEANING.format(
        truncated=", ".join(f"'{table}'" for table in truncated),
        is_any_large=" or ".join(f"pg_relation_size('{table}') > 200000" for table in truncated),
        deletes=" ".join(f"delete from {table};" for table in tables),
        deletes_of_own=" ".join(of_own),
    )
    connection.execute(cleaning.encode())
    return connection


def emptied(database: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """The database without people and training."""
    dsn = database.info.dsn
    for attempt in (1, 2):
        if dsn not in _CLEANERS:
            _CLEANERS[dsn] = _cleaner(dsn)
        try:
            _CLEANERS[dsn].execute("select pg_temp.clean_up()", prepare=True)
            break
        except psycopg.OperationalError:  # a database of this name was dropped and made again
            _CLEANERS.pop(dsn).close()
            if attempt == 2:
                raise
    return database


@pytest.fixture
def database(_superuser: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """A superuser's connection to this worker's database, emptied of people and training."""
    return emptied(_superuser)


def said(row: Mapping[str, Any]) -> Any:
    """What a statement's reply says."""
    return orjson.loads(dump(row["reply"]))


@dataclass
class Client:
    """A member of the cast, who calls the API."""

    http: FlaskClient
    username: str = ""
    user_id: int = 0
    athlete_id: int = 0
    login_id: int = 0
    token: str = ""

    def request(self, method: str, address: str, **kwargs: Any) -> TestResponse:
        headers = dict(kwargs.pop("headers", None) or {})
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        reply = self.http.open(address, method=method, headers=headers, **kwargs)
        assert is_documented(method, reply.request.path, reply.status_code), f"{method} {address}: {reply.status}"
        return reply

    def get(self, address: str, **kwargs: Any) -> TestResponse:
        return self.request("GET", address, **kwargs)

    def post(self, address: str, **kwargs: Any) -> TestResponse:
        return self.request("POST", address, **kwargs)

    def put(self, address: str, **kwargs: Any) -> TestResponse:
        return self.request("PUT", address, **kwargs)

    def patch(self, address: str, **kwargs: Any) -> TestResponse:
        return self.request("PATCH", address, **kwargs)

    def delete(self, address: str, **kwargs: Any) -> TestResponse:
        return self.request("DELETE", address, **kwargs)


_SIGN_IN = """
with u as (
  insert into workouts.users (email, username, full_name, password_hash, is_superuser)
  values (%(username)s || '@example.com', %(username)s, initcap(%(username)s), %(hash)s, %(is_superuser)s)
  returning id
),
a as (insert into workouts.athletes (user_id, name) select id, %(username)s from u returning id),
l as (
  insert into workouts.logins (user_id, refresh_hash, expires_at)
  select id, sha256('none'), now() + interval '1 day' from u
  returning id
)
select u.id, a.id, l.id from u, a, l
"""


_REAL_HASHER = passwords._HASHER
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=256, parallelism=1)


def hashes_by(hasher: PasswordHasher) -> None:
    passwords._HASHER = hasher
    passwords._decoy.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Passwords are hashed by argon2id in a hundredth of the time, but for tests that ask for ``real_hashes``."""
    hashes_by(QUICK_HASHER)
    yield
    hashes_by(_REAL_HASHER)


@pytest.fixture
def real_hashes(quick_hashes: None) -> Iterator[None]:
    """Passwords are hashed at the cost that the API asks for."""
    quick = passwords._HASHER
    hashes_by(_REAL_HASHER)
    yield
    hashes_by(quick)


@pytest.fixture(scope="session")
def password_hash(quick_hashes: None) -> str:
    return hash_password(PASSWORD)


def signed_up(
    app: Flask, database: psycopg.Connection[Any], username: str, password_hash: str, *, is_superuser: bool = False
) -> Client:
    """A new user with an athlete and a login, who calls the API."""
    row = database.execute(
        _SIGN_IN, {"username": username, "hash": password_hash, "is_superuser": is_superuser}
    ).fetchone()
    assert row is not None
    with app.app_context():
        token = new_access_token(row[0], row[2])
    return Client(app.test_client(), username, *row, token)


@pytest.fixture
def sign_up(app: Flask, database: psycopg.Connection[Any], password_hash: str) -> Any:
    """Makes members of the cast: ``sign_up("ada")``. All have the same password."""

    def make(username: str, *, is_superuser: bool = False) -> Client:
        return signed_up(app, database, username, password_hash, is_superuser=is_superuser)

    return make


@pytest.fixture
def owner(sign_up: Any) -> Client:
    """The user to whom the training belongs."""
    return sign_up("owner")


@pytest.fixture
def coach(sign_up: Any) -> Client:
    return sign_up("coach")


@pytest.fixture
def stranger(sign_up: Any) -> Client:
    return sign_up("stranger")


@pytest.fixture
def admin(sign_up: Any) -> Client:
    return sign_up("admin", is_superuser=True)


def with_key(app: Flask, database: psycopg.Connection[Any], of: Client, scopes: Iterable[str]) -> Client:
    """A client that calls the API with a new API key of a member of the cast."""
    secret = new_secret()
    row = database.execute(
        "insert into workouts.api_keys (user_id, name, scopes, secret_start, secret_sha256)"
        " values (%s, 'a script', %s, %s, %s) returning id",
        [of.user_id, list(scopes), secret[:4], digest(secret)],
    ).fetchone()
    assert row is not None
    return replace(of, http=app.test_client(), login_id=0, token=key_text(of.user_id, row[0], secret))


@pytest.fixture
def key_of(app: Flask, database: psycopg.Connection[Any]) -> Any:
    """Makes a client with an API key of a member of the cast: ``key_of(owner, "sessions:read")``."""
    return lambda of, *scopes: with_key(app, database, of, scopes)


@pytest.fixture
def anonymous(app: Flask, database: psycopg.Connection[Any]) -> Client:
    return Client(app.test_client())


_DUE = "select 1 from jobs.procrastinate_jobs where status = 'todo' and coalesce(scheduled_at, now()) <= now()"


@pytest.fixture
def outbox(app: Flask, settings: Settings, database: psycopg.Connection[Any]) -> Callable[[], list[EmailMessage]]:
    """Runs all due background jobs, and returns the mails sent since the last call."""
    from workouts_api.jobs.worker import run_worker
    from workouts_api.tasks import TASKS

    shutil.rmtree(settings.mail_folder, ignore_errors=True)

    def look() -> list[EmailMessage]:
        # To start a worker and end it takes longer than most jobs.
        if database.execute(_DUE).fetchone():
            run_worker(settings, settings.database_url or "", app.extensions["database"], TASKS, wait=False)
        found = []
        for path in sorted(settings.mail_folder.glob("*.eml")):
            found.append(email.message_from_bytes(path.read_bytes(), policy=email.policy.default))
            path.unlink()
        return found

    return look


def required(what: str) -> bool:
    """Whether this run must fail and not skip if ``what`` is missing: sshd, ssh, data, chromium, redis, nginx."""
    return what in os.environ.get("WORKOUTS_TEST_REQUIRE", "").split(",")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real exports. Tests that need it are skipped if it is absent."""
    named = os.environ.get("WORKOUTS_TEST_DATA")
    folder = Path(named) if named else Path(__file__).parent.parent.parent / "shared" / "data"
    if not folder.is_dir():
        if required("data"):
            pytest.fail(f"no folder of real exports at {folder}, and this run must not skip")
        pytest.skip(f"no folder of real exports at {folder}")
    return folder
