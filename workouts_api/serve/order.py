"""The order of the start, and the children that are started."""

from __future__ import annotations

import http
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg

from workouts_api.config import Settings, load_settings
from workouts_api.demo.account import curl_lines, kept_account
from workouts_api.host import bare_machine
from workouts_api.host.supervisor import KILL_TIME, Child, Ended, Supervisor
from workouts_api.serve.road import FAR_END, Road
from workouts_api.serve.servers import USERS, Servers, server_grace
from workouts_api.tunnel.demo_server import DemoSshServer

TUNNEL_WAIT = 10.0  # s that the workers' start waits for the tunnel; afterwards /health/ready reports it
BASTION_WAIT = 20.0
READY_WAIT, READY_PAUSE = 60.0, 0.25
WORKER_GRACE = 20.0  # s for running jobs when the worker is told to stop, and for its last messages
ROAD = 1  # the level of the tunnel: it ends after those who use the database, and before what it leads to
USAGE_ERROR = 2  # the exit code of a command whose settings are wrong, such as a key that others can read


def serve(road: Road, supervisor: Supervisor, app: str, *, watch: bool) -> None:
    """Starts everything and supervises it. :raises Ended: always."""
    servers = Servers(road, supervisor, app, watch=watch)
    supervisor.on_hup = servers.reload
    supervisor.on_end = lambda: _stop_listening(road)
    if road.bastion is not None:
        supervisor.start(_keeper(road))
        _put_bastion_in_front(road, road.bastion, supervisor)
    if road.settings.ssh_host:
        supervisor.start(_tunnel(road))
    server = servers.start()  # it loads what it needs while the road is being built
    if road.database is not None and (why := _migrate(road, supervisor)):
        raise Ended(1, f"the embedded database could not be migrated: {why}")
    if road.settings.ssh_host:
        supervisor.wait_until(_tunnel_is_up(road), TUNNEL_WAIT)
    servers.open_road()
    if road.database is None:
        _tell_of_schema(road)
    else:
        servers.prepare = lambda: _migrate(road, supervisor)
    _tell_of_swaps(road)
    worker = supervisor.start(_worker(road)) if road.settings.worker_threads else None
    servers.after = lambda: _follow(road, supervisor, worker)
    supervisor.wait_until(server.is_decided, READY_WAIT)
    road.systemd.ready(f"Serving at {road.url}")
    if supervisor.wait_until(_is_ready(road), READY_WAIT, every=READY_PAUSE):
        _make_demo(road, supervisor)
        road.say(_welcome(road))
    else:
        road.say(f"It has been started, but is not ready after {READY_WAIT:g} s: {road.url}/health/ready says why.")
    supervisor.run()


def _follow(road: Road, supervisor: Supervisor, worker: Child | None) -> None:
    """What else takes over a new release when the server has."""
    if worker is not None:
        supervisor.renew(worker)
    if road.probe is not None:
        road.probe.renew()


def stop_seconds(settings: Settings) -> float:
    """The longest that a stop takes where the database is another host's. systemd must not kill before that."""
    users = max(server_grace(settings.request_timeout), WORKER_GRACE + KILL_TIME if settings.worker_threads else 0.0)
    road = KILL_TIME if settings.ssh_host else 0.0
    return sum(grace + KILL_TIME for grace in (users, road) if grace)


def _stop_listening(road: Road) -> None:
    """The first of an end: gunicorn closes the sockets as well, and then new clients are refused at once."""
    road.systemd.stopping()
    road.listener.close()


def _keeper(road: Road) -> Child:
    """A process that also holds the database. If this process is killed, the keeper is told and stops the server."""
    command = [sys.executable, "-m", "workouts_api.host.embedded", str(road.data / "postgres")]
    return Child("database's keeper", command, road.environ, restart=True)


def _put_bastion_in_front(road: Road, bastion: DemoSshServer, supervisor: Supervisor) -> None:
    """Starts the demo's SSH server, and sets the variables that an operator would set to use it."""
    output = road.data / "ssh-server.log"
    command = _bastion_command(bastion)
    supervisor.start(Child("demo's SSH server", command, road.environ, restart=True, output=output))
    known_hosts = bastion.known_hosts_file
    if not supervisor.wait_until(
        lambda: known_hosts.exists() and known_hosts.read_bytes().endswith(b"\n"), BASTION_WAIT
    ):
        said = output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise Ended(
            1, f"the demo's SSH server did not start within {BASTION_WAIT:g} s, see {output}: {''.join(said[-1:])}"
        )
    host, port = FAR_END
    url, console = (
        f"postgresql://{role}@{host}:{port}/{bare_machine.DATABASE}"
        for role in (bare_machine.APPLICATION, bare_machine.DBA)
    )
    road.environ |= {"DATABASE_URL": url, "CONSOLE_DATABASE_URL": console, **bastion.environment}
    road.settings = load_settings(road.environ, dotenv=Path(".env"))


def _bastion_command(bastion: DemoSshServer) -> list[str]:
    return [
        *(sys.executable, "-m", "workouts_api.tunnel.demo_server", str(bastion.folder)),
        *("--permit", ":".join(map(str, bastion.permitted)), "--socket", str(bastion.socket_path)),
        *("--port", str(bastion.port)),
    ]


def _tunnel(road: Road) -> Child:
    command = _workouts("tunnel", "run")
    child = Child("tunnel", command, road.environ, restart=True, refused=frozenset({USAGE_ERROR}), level=ROAD)
    if log := road.settings.log_file:  # whoever reads this on a terminal or in the journal does not see that line
        child.why = lambda: f"the last line of today's {log.with_name(f'{log.stem}-errors-*{log.suffix}')} says why"
    return child


def _worker(road: Road) -> Child:
    """The worker of background jobs. Mails need the API's address, which only this process knows if PORT is 0."""
    environ = {**road.environ, "PUBLIC_URL": road.settings.public_url or road.url}
    return Child("worker", _workouts("worker"), environ, restart=True, grace=WORKER_GRACE + KILL_TIME, level=USERS)


def _workouts(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "workouts_api.cli", *arguments]


def _migrate(road: Road, supervisor: Supervisor) -> str:
    """Migrates the embedded database as the migrator role, and not through the tunnel: only the workers use the tunnel.

    Returns why it could not be migrated; nothing: it is.
    """
    database = road.database
    if database is None:
        return ""
    host, user = quote(str(database.socket_dir), safe=""), bare_machine.MIGRATOR
    environ = {
        **{name: value for name, value in road.environ.items() if not name.startswith("SSH_")},
        "DATABASE_URL": f"postgresql://{user}@/{bare_machine.DATABASE}?host={host}&port={database.port}",
    }
    output = road.data / "migrate.log"
    if not supervisor.finish(Child("migration", _workouts("db", "migrate"), environ, output=output)):
        return ""
    said = output.read_text(encoding="utf-8", errors="replace").split("\n")
    return "; ".join(line.strip() for line in said if line.strip())


def _tell_of_schema(road: Road) -> None:
    """Says whether the schema must be migrated. The application never migrates a database of the operator's."""
    from workouts_api.migrate import MigrationError, status
    from workouts_api.tunnel import TunnelError, connection_info

    via = f"through the SSH tunnel by {road.settings.ssh_host}" if road.settings.ssh_host else "directly, without SSH"
    road.say(f"Database: DATABASE_URL, {via}.")
    try:
        found = status(connection_info(road.settings))
    except (MigrationError, TunnelError, psycopg.Error) as error:
        road.say(f"It does not answer yet ({str(error).splitlines()[0]}); /health/ready tells when it does.")
        return
    if not found.is_current:
        road.say(f"Its schema is at version {found.current}, needed is {found.required}: run `workouts db migrate`.")


def _tell_of_swaps(road: Road) -> None:
    """Names the query files that are swapped on this host, and the swaps that no longer apply."""
    if not road.settings.swaps_folder.is_dir():
        return
    from workouts_api.database.swapping import swaps_in
    from workouts_api.sql.catalogue import QueryFileError, load_catalogue

    try:
        found = swaps_in(road.settings.swaps_folder, load_catalogue())
    except QueryFileError:
        return  # the workers' start fails of it, and says so
    for one in found:
        if one.state == "in force" and one.swap is not None:
            road.say(f"{one.query} is swapped, by {one.swap.by}: `workouts sql swap --list`.")
        else:
            road.say(f"Warning: the swap of {one.query} is {one.state} and not used: {one.why}.")


def _tunnel_is_up(road: Road) -> Callable[[], bool]:
    from workouts_api.tunnel import read_status

    def look() -> bool:
        status = read_status(road.settings.tunnel_folder)
        return status is not None and status.is_up

    return look


def _is_ready(road: Road) -> Callable[[], bool]:
    host = _listed_host(road)
    return lambda: road.listener.ask("/health/ready", host) == http.HTTPStatus.OK


def _listed_host(road: Road) -> str:
    """A host that the API answers to; none where it answers to all. What begins with a dot is no host but a domain."""
    hosts = road.settings.allowed_hosts
    return hosts[0].removeprefix(".") if hosts else ""


# ── messages at the terminal ─────────────────────────────────────────────────────────────────────────────────


def _make_demo(road: Road, supervisor: Supervisor) -> None:
    if road.demo is None or road.demo.is_made or not road.listener.is_tcp:
        return
    road.say("First start: uploading a year of training for the demo athlete …")
    command = [sys.executable, "-m", "workouts_api.demo.account", road.url, str(road.data), _listed_host(road)]
    supervisor.finish(Child("demo", command, road.environ))
    road.demo = kept_account(road.data)


def _welcome(road: Road) -> str:
    lines = ["", f"API        {road.url}/api/v1", f"Docs       {road.url}/docs", f"Pages      {road.url}/pages"]
    if road.admin_url is not None:
        lines.append(f"Admin      {road.admin_url}: /console, /live, /ready, /metrics, /threads")
    if road.database is not None:
        lines.append(f"Database   PostgreSQL {road.database.binaries.version} in {road.database.home}, by SSH tunnel")
    if road.demo is not None and road.demo.is_made:
        lines.append(f"Sign in    {road.demo.username} / {road.demo.password}")
    password = road.demo if road.demo is not None and road.demo.is_made else None
    if road.listener.is_tcp:
        lines += ["", "Try:", *(f"  {line}" for line in curl_lines(road.url, password)), ""]
    width = shutil.get_terminal_size().columns
    return "\n".join([*lines, "Ctrl-C ends everything that this command has started."[:width]])
