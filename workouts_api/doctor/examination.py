"""All looks, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from workouts_api.config import Settings
from workouts_api.doctor import host
from workouts_api.doctor.backups import look_at_backups
from workouts_api.doctor.certificates import look_at_certificates
from workouts_api.doctor.console import look_at_console
from workouts_api.doctor.database import look_at_database, look_at_replica
from workouts_api.doctor.finding import Finding, wrong
from workouts_api.doctor.services import look_at_mail, look_at_redis
from workouts_api.doctor.swaps import look_at_swaps


def examine(settings: Settings, hosts: int) -> Iterator[Finding]:
    """Findings as they are made, the quick ones first.

    :param hosts: how many hosts serve the API with these settings.
    """
    for part, look in (
        ("rules", lambda: host.look_at_rules(settings, hosts)),
        ("versions", lambda: host.look_at_versions(settings)),
        ("folders", lambda: host.look_at_folders(settings)),
        ("disk", lambda: host.look_at_disk(settings)),
        ("memory", lambda: host.look_at_memory(settings)),
        ("workers", lambda: host.look_at_workers(settings)),
        ("queries", lambda: look_at_swaps(settings)),
        ("tunnel", lambda: host.look_at_tunnel(settings)),
        ("database", lambda: look_at_database(settings, hosts)),
        ("console", lambda: look_at_console(settings)),
        ("replica", lambda: look_at_replica(settings)),
        ("backups", lambda: look_at_backups(settings)),
        ("redis", lambda: look_at_redis(settings)),
        ("mail", lambda: look_at_mail(settings)),
        ("certificates", lambda: look_at_certificates(settings)),
    ):
        yield from _whatever_happens(part, look)


def _whatever_happens(part: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """A look that fails is a finding, and the others are still made: the doctor is called where things are broken."""
    try:
        yield from look()
    except Exception as error:
        said = f"cannot be looked at: {type(error).__name__}: {' '.join(str(error).split())}"
        yield wrong(part, said, "install the release again; if that does not help, report it")
