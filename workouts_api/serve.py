"""``workouts serve``: starts everything that one host runs, with one command.

Owns the order of the start: without DATABASE_URL the embedded database with an SSH server in front of it; then the
tunnel, the embedded database's migrations, gunicorn and the worker of background jobs; on the first start also the demo
athlete.
"""

from __future__ import annotations

import errno
import http.client
import importlib.util
import json
import os
import resource
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import click
import psycopg

from workouts_api.config import Settings, load_settings
from workouts_api.demo.account import Account, curl_lines, kept_account
from workouts_api.host import bare_machine
from workouts_api.host.bare_machine import BareMachineError
from workouts_api.host.embedded import EmbeddedError, EmbeddedPostgres
from workouts_api.host.supervisor import KILL_TIME, Child, Ended, Supervisor
from workouts_api.tunnel.demo_server import DemoSshServer

APPLICATION = "workouts_api:create_app()"
FAR_END = ("localhost", 5432)  # the tunnel's target; the demo's SSH server leads it to the embedded database
TUNNEL_WAIT = 10.0  # s that the workers' start waits for the tunnel; afterwards /health/ready reports it
BASTION_WAIT = 20.0
READY_WAIT, READY_PAUSE = 60.0, 0.25
KNOCK_WAIT = 5.0
# Limits of the starting shell: bytes per process (each thread reserves dozens of MB), and open files.
_LEAST = ((resource.RLIMIT_AS, "-v", 1000 * 2**20), (resource.RLIMIT_NOFILE, "-n", 256))
WORKER_GRACE = 20.0  # s for running jobs when the worker is told to stop, and for its last messages
_OWN = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 – how one's own address is written where one listens on all


@dataclass
class Road:
    """Values for the child processes: their settings, and the paths of files and folders."""

    settings: Settings
    environ: dict[str, str]
    data: Path
    run: Path
    listener: socket.socket
    database: EmbeddedPostgres | None = None
    bastion: DemoSshServer | None = None
    demo: Account | None = field(default=None)

    @property
    def url(self) -> str:
        host, port = self.listener.getsockname()[:2]
        host = _OWN.get(host, host)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@click.command()
@click.option("--reload", is_flag=True, help="Start the workers anew when Python or SQL changes.")
@click.option("--app", default=APPLICATION, show_default=True, help="The WSGI application.")
def serve(reload: bool, app: str) -> None:
    """Serve the API. Starts the database and the tunnel, if the settings ask for them, and the workers.

    Exit code: 0 after SIGTERM, SIGINT or Ctrl-C; 1 when another server runs here or a part has failed.
    """
    try:
        with ExitStack() as stack:
            road = stack.enter_context(_road(dict(os.environ)))
            supervisor = stack.enter_context(Supervisor(_say))
            _serve(road, supervisor, app, reload=reload)
    except Ended as ended:
        if ended.code:
            raise click.ClickException(str(ended)) from None
    except KeyboardInterrupt:
        return
    except (BareMachineError, EmbeddedError, psycopg.Error, OSError) as error:
        raise click.ClickException(str(error).strip()) from None


def _say(text: str) -> None:
    click.echo(text)
    sys.stdout.flush()


# ── checks before anything is started ───────────────────────────────────────────────────────────────────────


@contextmanager
def _road(environ: dict[str, str]) -> Iterator[Road]:
    settings, variables = bare_machine.settings_with_secret(environ)
    _tell_of_limits()
    data = bare_machine.data_folder(settings)
    with ExitStack() as stack:
        told = stack.enter_context(bare_machine.served_from(data))
        listener = stack.enter_context(_listen(settings.host, settings.port))
        _knock(*listener.getsockname()[:2])
        run = bare_machine.socket_folder(data)
        if not run.is_relative_to(data):
            stack.callback(shutil.rmtree, run, ignore_errors=True)  # leave nothing in /tmp
        variables.setdefault("TUNNEL_DIR", str(settings.tunnel_dir or run / "tunnel"))
        settings = load_settings(variables, dotenv=Path(".env"))
        road = Road(settings, variables, data, run, listener)
        told.write_text(json.dumps({"pid": os.getpid(), "url": road.url}), encoding="utf-8")
        if settings.database_url is None:
            _refuse_half_a_machine()
            _say("Starting the embedded database …")
            road.database = stack.enter_context(bare_machine.embedded_database(data))
            road.demo = kept_account(data)
            port = stack.enter_context(_reserve_port())
            shutil.rmtree(run / "ssh", ignore_errors=True)  # fresh keys
            near = road.database.socket_dir / f".s.PGSQL.{road.database.port}"
            road.bastion = DemoSshServer(run / "ssh", permitted=FAR_END, socket_path=near, port=port)
        yield road


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. It is opened before anything is started and passed on, so no other process can take it.

    :raises BareMachineError: naming the address.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(2048)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        why = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
        raise BareMachineError(f"cannot listen on {host}, port {port}: {why}; set HOST and PORT") from None
    return listener


def _knock(host: str, port: int) -> None:
    """Connects once to our own socket. If this fails, clients could not connect either.

    :raises BareMachineError: when the connection is not accepted.
    """
    try:
        socket.create_connection((_OWN.get(host, host), port), KNOCK_WAIT).close()
    except OSError as error:
        raise BareMachineError(
            f"this machine cannot reach itself at {host}, port {port} ({error.strerror or error}): "
            "is the loopback interface up (`ip link set lo up`)?"
        ) from None


def _tell_of_limits() -> None:
    """Warns if a limit of this shell is too low. Later errors would not name the limit."""
    for what, option, least in _LEAST:
        allowed, _ = resource.getrlimit(what)
        if allowed != resource.RLIM_INFINITY and allowed < least:
            unit = 1024 if what == resource.RLIMIT_AS else 1
            _say(
                f"Warning: `ulimit {option}` is {allowed // unit}, too little for what is started now: "
                f"expected at least {least // unit}."
            )


def _refuse_half_a_machine() -> None:
    """:raises BareMachineError: when the SSH programs in front of the embedded database are not installed."""
    if importlib.util.find_spec("asyncssh") is None:
        raise BareMachineError(
            "the demo's SSH server needs asyncssh: install workouts-api[embedded] (or requirements-run.lock); "
            "or set DATABASE_URL"
        )


@contextmanager
def _reserve_port() -> Iterator[int]:
    """Reserves a free loopback port: it is bound but not listening. With SO_REUSEADDR a child can listen on it."""
    with socket.socket() as reservation:
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reservation.bind(("127.0.0.1", 0))
        yield reservation.getsockname()[1]


# ── the order ───────────────────────────────────────────────────────────────────────────────────────────────


def _serve(road: Road, supervisor: Supervisor, app: str, *, reload: bool) -> None:
    if road.bastion is not None:
        supervisor.start(_keeper(road))
        _put_bastion_in_front(road, road.bastion, supervisor)
    if road.settings.ssh_host:
        supervisor.start(_tunnel(road))
    if road.database is not None:
        _migrate(road, road.database, supervisor)
    if road.settings.ssh_host:
        supervisor.wait_until(_tunnel_is_up(road), TUNNEL_WAIT)
    if road.database is None:
        _tell_of_schema(road)
    supervisor.start(_gunicorn(road, app, reload=reload))
    if road.settings.worker_threads:
        supervisor.start(_worker(road))
    if supervisor.wait_until(_is_ready(road), READY_WAIT, every=READY_PAUSE):
        _make_demo(road, supervisor)
        _say(_welcome(road))
    else:
        _say(f"It has been started, but is not ready after {READY_WAIT:g} s: {road.url}/health/ready says why.")
    supervisor.run()


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
    url = f"postgresql://{bare_machine.APPLICATION}@{host}:{port}/{bare_machine.DATABASE}"
    road.environ |= {"DATABASE_URL": url, **bastion.environment}
    road.settings = load_settings(road.environ, dotenv=Path(".env"))


def _bastion_command(bastion: DemoSshServer) -> list[str]:
    return [
        *(sys.executable, "-m", "workouts_api.tunnel.demo_server", str(bastion.folder)),
        *("--permit", ":".join(map(str, bastion.permitted)), "--socket", str(bastion.socket_path)),
        *("--port", str(bastion.port)),
    ]


def _tunnel(road: Road) -> Child:
    return Child("tunnel", _workouts("tunnel", "run"), road.environ, restart=True)


def _gunicorn(road: Road, app: str, *, reload: bool) -> Child:
    fd = road.listener.fileno()
    command = [
        *(sys.executable, "-m", "gunicorn", "--config", "python:workouts_api.web.gunicorn_config"),
        *("--bind", f"fd://{fd}"),
        *("--control-socket", str(road.run / "gunicorn.ctl")),
    ]
    if reload:
        queries = (Path(__file__).parent / "queries").resolve()
        command += ["--reload", "--reload-extra-file", f"{queries}/**/*.sql"]
    grace = road.settings.request_timeout + 10  # longer than gunicorn waits for running requests
    return Child("server (gunicorn)", [*command, app], road.environ, grace=grace, takes_hup=True, fds=(fd,))


def _worker(road: Road) -> Child:
    """The worker of background jobs. Mails need the API's address, which only this process knows if PORT is 0."""
    environ = {**road.environ, "PUBLIC_URL": road.settings.public_url or road.url}
    return Child("worker", _workouts("worker"), environ, restart=True, grace=WORKER_GRACE + KILL_TIME)


def _workouts(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "workouts_api.cli", *arguments]


def _migrate(road: Road, database: EmbeddedPostgres, supervisor: Supervisor) -> None:
    """Migrates as the migrator role, and not through the tunnel: only the workers use the tunnel."""
    host, user = quote(str(database.socket_dir), safe=""), bare_machine.MIGRATOR
    environ = {
        **{name: value for name, value in road.environ.items() if not name.startswith("SSH_")},
        "DATABASE_URL": f"postgresql://{user}@/{bare_machine.DATABASE}?host={host}&port={database.port}",
    }
    output = road.data / "migrate.log"
    if supervisor.finish(Child("migration", _workouts("db", "migrate"), environ, output=output)):
        said = output.read_text(encoding="utf-8", errors="replace").strip()
        raise Ended(1, f"the embedded database could not be migrated:\n{said}")


def _tell_of_schema(road: Road) -> None:
    """Says whether the schema must be migrated. The application never migrates a database of the operator's."""
    from workouts_api.migrate import MigrationError, status
    from workouts_api.tunnel import TunnelError, connection_info

    via = f"through the SSH tunnel by {road.settings.ssh_host}" if road.settings.ssh_host else "directly, without SSH"
    _say(f"Database: DATABASE_URL, {via}.")
    try:
        found = status(connection_info(road.settings))
    except (MigrationError, TunnelError, psycopg.Error) as error:
        _say(f"It does not answer yet ({str(error).splitlines()[0]}); /health/ready tells when it does.")
        return
    if not found.is_current:
        _say(f"Its schema is at version {found.current}, needed is {found.required}: run `workouts db migrate`.")


def _tunnel_is_up(road: Road) -> Callable[[], bool]:
    from workouts_api.tunnel import read_status

    def look() -> bool:
        status = read_status(road.settings.tunnel_folder)
        return status is not None and status.is_up

    return look


def _is_ready(road: Road) -> Callable[[], bool]:
    host = road.settings.allowed_hosts[0] if road.settings.allowed_hosts else ""
    place = road.url.removeprefix("http://")

    def ask() -> bool:
        connection = http.client.HTTPConnection(place, timeout=2)
        try:
            connection.request("GET", "/health/ready", headers={"Host": host} if host else {})
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ask


# ── messages at the terminal ─────────────────────────────────────────────────────────────────────────────────


def _make_demo(road: Road, supervisor: Supervisor) -> None:
    if road.demo is None or road.demo.is_made:
        return
    _say("First start: uploading a year of training for the demo athlete …")
    command = [sys.executable, "-m", "workouts_api.demo.account", road.url, str(road.data)]
    supervisor.finish(Child("demo", command, road.environ))
    road.demo = kept_account(road.data)


def _welcome(road: Road) -> str:
    lines = ["", f"API        {road.url}/api/v1", f"Docs       {road.url}/docs"]
    if road.database is not None:
        lines.append(f"Database   PostgreSQL {road.database.binaries.version} in {road.database.home}, by SSH tunnel")
    if road.demo is not None and road.demo.is_made:
        lines.append(f"Sign in    {road.demo.username} / {road.demo.password}")
    password = road.demo if road.demo is not None and road.demo.is_made else None
    lines += ["", "Try:", *(f"  {line}" for line in curl_lines(road.url, password)), ""]
    width = shutil.get_terminal_size().columns
    return "\n".join([*lines, "Ctrl-C ends everything that this command has started."[:width]])
