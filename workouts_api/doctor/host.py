"""Looks at this host: versions, folders, disk, memory, workers, the tunnel."""

from __future__ import annotations

import os
import platform
import shutil
import stat
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from workouts_api import activity
from workouts_api.config import Settings
from workouts_api.config.private_files import belongs_to_another
from workouts_api.doctor.finding import Finding, fine, warning, wrong
from workouts_api.host.processes import state_of
from workouts_api.tunnel import read_status
from workouts_api.web.frame import is_host_of, plain_host

MIB, GIB = 2**20, 2**30
# Measured: a worker has 58 MB after 200 sign-ins; the parent, gunicorn's master, the job worker and the tunnel have as
# much together as three workers.
WORKER_MEMORY, PARTS_MEMORY = 64 * MIB, 200 * MIB
SIGN_IN_MEMORY = 19 * MIB  # of argon2; a quarter of a worker's threads may sign people in at a time
LITTLE_SPACE, NO_SPACE = (0.10, GIB), (0.02, 200 * MIB)  # shares and bytes that should be free
FEW_INODES = 0.05


def look_at_rules(settings: Settings, hosts: int) -> Iterator[Finding]:
    """What is valid and seldom meant."""
    if not settings.is_production:
        todo = "where users are served, set APP_ENV=production, which refuses weak settings"
        yield warning("settings", f"APP_ENV holds {settings.app_env}", todo)
    if settings.is_production and not settings.trusted_proxies:
        todo = "behind nginx set TRUSTED_PROXIES=1, otherwise all clients share the limits of one address"
        yield warning("settings", "TRUSTED_PROXIES holds 0", todo)
    if hosts > 1 and not settings.redis_url:
        yield warning(
            "settings", f"{hosts} hosts without REDIS_URL", "set it, so that all hosts count requests together"
        )
    name = urlsplit(settings.public_url or "").hostname
    if name and settings.allowed_hosts and not is_host_of([*map(plain_host, settings.allowed_hosts)], name):
        todo = "add it, unless a proxy in front changes the Host header"
        yield warning("settings", f"ALLOWED_HOSTS lacks PUBLIC_URL's host, {name}: its requests get 400", todo)
    yield fine("settings", "are valid")


def look_at_versions(settings: Settings) -> Iterator[Finding]:
    yield fine("versions", f"workouts-api {version('workouts-api')}, Python {platform.python_version()}")
    if settings.ssh_host and settings.ssh_engine == "openssh" and not shutil.which("ssh"):
        yield wrong("versions", "SSH_ENGINE holds openssh, and there is no ssh", "install openssh-client")


def look_at_folders(settings: Settings) -> Iterator[Finding]:
    """Owner and mode of the folders that the service writes. Files of secrets were checked with the settings."""
    for name, folder in folders(settings).items():
        if not folder.exists():
            yield warning("folders", f"{name}: {folder} does not exist", f"make it with mode 0700 for {_me()}")
            continue
        found = folder.stat()
        mode = stat.S_IMODE(found.st_mode)
        if belongs_to_another(found) or not os.access(folder, os.W_OK | os.X_OK):
            yield wrong("folders", f"{name}: {folder} cannot be written by {_me()}", "give it to the service's user")
        elif mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            yield wrong("folders", f"{name}: {folder} has mode {mode:04o}: others may change it", "set mode 0700")
        else:
            yield fine("folders", f"{name}: {folder} has mode {mode:04o}")


def folders(settings: Settings) -> dict[str, Path]:
    """The folders that the service writes, by what they hold."""
    found = {"data": settings.workouts_data_dir}
    if settings.log_file is not None:
        found["log"] = settings.log_file.parent
    if settings.ssh_host:
        found["tunnel"] = settings.tunnel_folder
    if settings.backup_folder.exists():
        found["backups"] = settings.backup_folder
    if not settings.smtp_host and settings.mail_folder.exists():  # the first mail makes it
        found["mails"] = settings.mail_folder
    return found


def look_at_disk(settings: Settings) -> Iterator[Finding]:
    """Room on each file system that the service writes to."""
    seen = set()
    for folder in folders(settings).values():
        if not folder.exists() or (device := folder.stat().st_dev) in seen:
            continue
        seen.add(device)
        yield judge_disk(folder, os.statvfs(folder))


def judge_disk(folder: Path, found: os.statvfs_result) -> Finding:
    free, share = found.f_bavail * found.f_frsize, found.f_bavail / max(found.f_blocks, 1)
    said = f"{free / GIB:.1f} GiB ({share:.0%}) free for {folder}"
    if share < NO_SPACE[0] or free < NO_SPACE[1]:
        return wrong("disk", said, "make room: logs, imports and the tunnel's status fail when it is full")
    if share < LITTLE_SPACE[0] or free < LITTLE_SPACE[1]:
        return warning("disk", said, "make room, or lower LOG_DAYS")
    if found.f_files and found.f_favail / found.f_files < FEW_INODES:
        return warning("disk", f"{found.f_favail} of {found.f_files} inodes free for {folder}", "delete small files")
    return fine("disk", said)


def look_at_memory(settings: Settings) -> Iterator[Finding]:
    yield judge_memory(settings, memory())


def memory() -> int | None:
    """Bytes that this host or its container has; None where the system doesn't tell."""
    try:
        physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        limit = ""
    return min(physical, int(limit)) if limit.isdigit() else physical


def judge_memory(settings: Settings, total: int | None) -> Finding:
    """Whether the workers that are set fit, also twice, as during a reload."""
    if total is None:
        return warning("memory", "the system does not tell how much there is", "compare docs/OPERATIONS.md, Sizing")
    worker = WORKER_MEMORY + SIGN_IN_MEMORY * max(settings.web_threads // 4, 1)
    usual, reload = (PARTS_MEMORY + times * settings.web_workers * worker for times in (1, 2))
    said = f"{settings.web_workers} workers need {usual // MIB} MiB, {reload // MIB} MiB during a reload"
    said += f"; there are {total // MIB} MiB"
    if usual > total:
        return wrong("memory", said, "lower WEB_WORKERS, or give the host more memory")
    if reload > total:
        return warning("memory", said, "restart in place of a reload, or lower WEB_WORKERS")
    return fine("memory", said)


def look_at_workers(settings: Settings) -> Iterator[Finding]:
    workers = activity.read(settings.activity_folder)
    stopped = [str(worker.pid) for worker in workers if state_of(worker.pid) == "stopped"]
    live = len(workers)
    said = f"{live} of {settings.web_workers} live"
    if stopped:
        said += f"; stopped by a signal, so that they do nothing: {', '.join(stopped)}"
        yield wrong("workers", said, f"continue them: kill -CONT {' '.join(stopped)}")
    elif live == 0:
        yield warning("workers", said, "start the service, or set its WORKOUTS_DATA_DIR for this command")
    elif live < settings.web_workers:
        yield warning("workers", said, "look for `Worker` in the log: a worker may be starting again and again")
    else:
        yield fine("workers", said)


def look_at_tunnel(settings: Settings) -> Iterator[Finding]:
    if not settings.ssh_host:
        return
    status = read_status(settings.tunnel_folder)
    if status is None:
        todo = "start `workouts serve` or `workouts tunnel run`, or set its TUNNEL_DIR for this command"
        yield wrong("tunnel", f"none has run in {settings.tunnel_folder}", todo)
    elif not status.is_up:
        yield wrong(
            "tunnel", f"{status.state}: {status.last_error}", "docs/TUNNEL.md has a table of what it looks like"
        )
    else:
        said = f"up by {status.engine}, confirmed {status.age_s:g} s ago, reconnected {status.reconnects} times"
        yield fine("tunnel", said)


def _me() -> str:
    return f"user {os.geteuid()}"
