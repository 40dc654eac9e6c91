"""Looks at the database as the application reaches it, with a few short statements."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row

from workouts_api.config import Settings
from workouts_api.config.production import TOO_STRONG
from workouts_api.database.pipeline import Connection
from workouts_api.database.schema_version import needed_version
from workouts_api.doctor.finding import Finding, fine, warning, wrong
from workouts_api.doctor.pooler import find_pooler, judge_pooler, look_at_direct
from workouts_api.sql.catalogue import QUERIES
from workouts_api.sql.files import read_query_file
from workouts_api.tunnel import TunnelError, connection_info

OWN = Path(__file__).parent
PATIENCE, DEADLINE = 3, 6.0  # s for connecting, and for all answers
OLDEST, NEWEST = 150000, 190000  # server_version_num that the project is tested with: from, and below
CLOSE, FAR = 1.0, 30.0  # s that two clocks may differ; tokens of a day are refused long after the second
LATE_HOURS = 26.0  # a job of each night comes every 24
FORGOTTEN_HOURS = 24.0 * 14
LATE_BYTES = 64 * 2**20  # of the log, four of its files
WORKER_SPARE, LISTENER = 4, 1  # connections of the job worker beyond its threads, and of the admin listener

Row = dict[str, Any]


@dataclass(frozen=True)
class Clock:
    """The database's instant, and this host's just before and after it was asked."""

    at: dt.datetime
    before: dt.datetime
    after: dt.datetime

    @property
    def apart_s(self) -> float:
        """Seconds by which the database's clock is ahead, as far as the way there lets one know."""
        if self.before <= self.at <= self.after:
            return 0.0
        return (self.at - (self.after if self.at > self.after else self.before)).total_seconds()


def look_at_database(settings: Settings, hosts: int) -> Iterator[Finding]:
    """All that is asked of the database. Where it does not answer, that is the only finding."""
    if settings.database_url is None:
        yield warning("database", "DATABASE_URL is not set: the embedded one is for trying out", "set DATABASE_URL")
        return
    try:
        with connected(connection_info(settings)) as conn:
            yield from _asked(conn, settings, hosts)
    except (psycopg.Error, TunnelError, OSError) as error:
        todo = "try `psql` the same way; docs/OPERATIONS.md has a table, At three in the morning"
        yield wrong("database", " ".join(str(error).split()), todo)


def look_at_replica(settings: Settings) -> Iterator[Finding]:
    """Whether the replica follows this primary; of several, each, and one may be the primary: no read goes there."""
    if not settings.database_replica_url:
        return
    hosts = _each_host(settings.database_replica_url)
    for name, conninfo in hosts:
        who = f"{name} " if len(hosts) > 1 else ""
        try:
            with connected(connection_info(settings)) as primary, connected(conninfo) as replica:
                yield judge_replica(_place(primary), _place(replica), who)
        except (psycopg.Error, TunnelError, OSError) as error:
            todo = "the primary serves all reads until it answers"
            yield warning("replica", who + " ".join(str(error).split()), todo)


def _each_host(url: str) -> list[tuple[str, str]]:
    """The hosts of a URL, as host:port, each with how it alone is connected to."""
    said = conninfo_to_dict(url)
    lists = {key: str(said[key]).split(",") for key in ("host", "hostaddr", "port") if said.get(key)}
    count = max(map(len, lists.values()), default=1)
    found = []
    for i in range(count):
        one = {key: values[i if len(values) > 1 else 0] for key, values in lists.items()}
        alone = make_conninfo(url, **{**one, "target_session_attrs": "any"})
        name = one.get("host") or one.get("hostaddr") or "localhost"
        found.append((f"{name}:{one.get('port') or 5432}", alone))
    return found


def _place(conn: Connection) -> Row:
    """Which database it is a copy of, and where its server's log is."""
    return {**_of_file(conn, "spine", "tell_position"), **_of_file(conn, "spine", "identify_server")}


def judge_replica(primary: Row, replica: Row, who: str = "") -> Finding:
    """:param who: which of several hosts it is, with a space behind it."""
    if not replica["is_standby"] and who:
        return fine("replica", f"{who}is no standby: no read goes there")
    if not replica["is_standby"]:
        return wrong("replica", "is no standby", "make it anew, or take DATABASE_REPLICA_URL away")
    if replica["identity"] != primary["identity"]:
        todo = "let DATABASE_REPLICA_URL name a standby of DATABASE_URL, and the same database"
        return wrong("replica", f"{who}is a copy of another database", todo)
    late = max(0, primary["position_in_log"] - replica["replayed"])
    said = f"{who}follows the primary, {late:,} bytes behind"
    if late < LATE_BYTES:
        return fine("replica", said)
    return warning("replica", said, "look at pg_stat_replication on the primary, and for long reads on the replica")


def connected(conninfo: str) -> Connection:
    """A connection that gives up when the server is frozen."""
    conn = Connection.connect(
        conninfo,
        autocommit=True,
        row_factory=dict_row,
        prepare_threshold=None,
        connect_timeout=PATIENCE,
        application_name="workouts-doctor",
    )
    conn.deadline = time.monotonic() + DEADLINE
    return conn


def _asked(conn: Connection, settings: Settings, hosts: int) -> Iterator[Finding]:
    before = dt.datetime.now(dt.UTC)
    server = rows(conn, OWN / "server.sql")[0]
    clock = Clock(server["at"], before, dt.datetime.now(dt.UTC))
    yield judge_version(server["server_version"])
    yield from judge_connections(settings, hosts, server)
    yield judge_clock(clock)
    yield from judge_pooler(find_pooler(conn, lambda: connected(connection_info(settings))), settings)
    yield from look_at_direct(conn, connected, settings)
    yield judge_encryption(settings, is_encrypted=server["is_encrypted"])
    try:
        yield from judge_schema(settings, _of_file(conn, "health", "get_health"))
        yield from judge_jobs(_of_file(conn, "health", "get_background"), rows(conn, OWN / "nightly.sql"))
    except psycopg.ProgrammingError as error:
        said = error.diag.message_primary or str(error)
        yield wrong("schema", said, "run `workouts db migrate` as the migrator; sign in as workouts_app")


def _of_file(conn: Connection, chapter: str, name: str) -> Row:
    """The row of a query file without parameters. The statement has the file's tag, by which a DBA finds it."""
    file, problems = read_query_file(QUERIES / chapter / f"{name}.sql")
    if file is None:
        raise psycopg.InterfaceError("; ".join(problems))
    row = conn.execute(file.statement.encode()).fetchone()
    if row is None:
        raise psycopg.InterfaceError(f"{file.full_name} gave no row")
    return row


def rows(conn: Connection, path: Path) -> Sequence[Row]:
    """A statement without parameters; its comments are no harm."""
    return conn.execute(path.read_bytes()).fetchall()


def judge_version(number: int) -> Finding:
    said = f"PostgreSQL {number // 10000}.{number % 10000} answers"
    if OLDEST <= number < NEWEST:
        return fine("database", said)
    known = f"{OLDEST // 10000} to {NEWEST // 10000 - 1}"
    return (wrong if number < OLDEST else warning)("database", said, f"the project is tested with {known}")


def judge_connections(settings: Settings, hosts: int, server: Row) -> Iterator[Finding]:
    """The pools of all workers of all hosts against what the server, the database and the role allow."""
    pools = hosts * settings.web_workers * settings.pool_max
    watches = settings.web_workers if settings.database_replica_url else 0
    others = hosts * (LISTENER + watches + (settings.worker_threads + WORKER_SPARE if settings.worker_threads else 0))
    limits = {"max_connections less those reserved": server["max_connections"] - server["reserved"]}
    limits |= {f"the {what}'s limit": server[f"{what}_limit"] for what in ("role", "database")}
    name, room = min(((n, r) for n, r in limits.items() if r >= 0), key=lambda pair: pair[1])
    said = (
        f"{hosts} × WEB_WORKERS {settings.web_workers} × DB_POOL_MAX {settings.pool_max} and {others} others are "
        f"{pools + others}; {name} is {room}, {server['connections']} are open"
    )
    if pools + others > room:
        yield wrong("connections", said, "lower DB_POOL_MAX or WEB_WORKERS, or raise the limit")
    elif pools + pools // hosts + others > room:
        yield warning("connections", said, "during a reload a host has twice its pools: leave room for one host's")
    else:
        yield fine("connections", said)


def judge_clock(clock: Clock) -> Finding:
    apart = clock.apart_s
    said = f"the database's is {abs(apart):.1f} s {'ahead' if apart > 0 else 'behind'}"
    if abs(apart) < CLOSE:
        return fine("clocks", "this host's and the database's agree")
    todo = "let both follow NTP (`timedatectl`): ages of logins and keys come from both clocks"
    return (wrong if abs(apart) >= FAR else warning)("clocks", said, todo)


def judge_encryption(settings: Settings, *, is_encrypted: bool) -> Finding:
    if is_encrypted:
        return fine("encryption", "TLS to the database")
    if settings.ssh_host:
        return fine("encryption", "SSH to the bastion")
    host = str(conninfo_to_dict(settings.database_url or "").get("host") or "")
    if host.startswith(("/", "@")) or host in ("", "localhost", "127.0.0.1", "::1"):
        return fine("encryption", "none is needed: the database is on this host")
    return wrong(
        "encryption", f"none to the database on {host}", "set sslmode=verify-full in DATABASE_URL, or SSH_HOST"
    )


def judge_schema(settings: Settings, health: Row) -> Iterator[Finding]:
    version, needed = health["schema_version"], needed_version()
    if version is None or version < needed:
        todo = "run `workouts db migrate` as the migrator"
        yield wrong("schema", f"is at version {version}, needed is {needed}", todo)
    else:
        yield fine("schema", f"is at version {version}, needed is {needed}")
    if health["is_too_strong"] and not settings.allow_superuser_role:
        yield (wrong if settings.is_production else warning)("role", TOO_STRONG, "sign in as workouts_app")
    if health["is_read_only"]:
        yield wrong(
            "database", "can only be read", "promote it if it is a standby, or point DATABASE_URL at the primary"
        )


def judge_jobs(background: Row, nightly: Sequence[Row]) -> Iterator[Finding]:
    said = f"{background['workers']} workers; {background['due']} jobs due, {background['failed']} failed"
    if not background["workers"]:
        yield wrong("jobs", said, "start `workouts serve` with WORKER_THREADS above 0, or `workouts worker`")
    elif background["failed"]:
        yield warning("jobs", said, "look at them and try them again: docs/OPERATIONS.md, Background jobs")
    else:
        yield fine("jobs", said)
    # A task that was renamed stays in the table; where the others come, nobody waits for it.
    nightly = [row for row in nightly if row["hours"] < FORGOTTEN_HOURS] or nightly
    late = [f"{row['task']} ({row['hours']:.0f} h ago)" for row in nightly if row["hours"] > LATE_HOURS]
    if late:
        yield wrong("nightly jobs", f"came last: {', '.join(late)}", "a worker has to run at 02:07 to 02:37 UTC")
    elif not nightly:
        yield warning("nightly jobs", "none has come yet", "look again after 02:37 UTC")
    else:
        oldest = max(row["hours"] for row in nightly)
        yield fine("nightly jobs", f"all {len(nightly)} came within {oldest:.0f} h")
