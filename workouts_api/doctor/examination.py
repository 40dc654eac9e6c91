"""All looks, one after another."""

from __future__ import annotations

from collections.abc import Iterator

from workouts_api.config import Settings
from workouts_api.doctor import host
from workouts_api.doctor.backups import look_at_backups
from workouts_api.doctor.certificates import look_at_certificates
from workouts_api.doctor.database import look_at_database
from workouts_api.doctor.finding import Finding
from workouts_api.doctor.services import look_at_mail, look_at_redis


def examine(settings: Settings, hosts: int) -> Iterator[Finding]:
    """Findings as they are made, the quick ones first.

    :param hosts: how many hosts serve the API with these settings.
    """
    yield from host.look_at_rules(settings, hosts)
    yield from host.look_at_versions(settings)
    yield from host.look_at_folders(settings)
    yield from host.look_at_disk(settings)
    yield from host.look_at_memory(settings)
    yield from host.look_at_workers(settings)
    yield from host.look_at_tunnel(settings)
    yield from look_at_database(settings, hosts)
    yield from look_at_backups(settings)
    yield from look_at_redis(settings)
    yield from look_at_mail(settings)
    yield from look_at_certificates(settings)
