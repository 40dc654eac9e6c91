"""Looks at the backups of this host, where it makes any."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from workouts_api.config import Settings
from workouts_api.doctor.finding import Finding, fine, warning, wrong
from workouts_api.host.backups import backups_in

LATE = dt.timedelta(hours=26)  # one of each night is made and proved every 24


def look_at_backups(settings: Settings) -> Iterator[Finding]:
    """The newest backup has to be of last night, and proved."""
    found = backups_in(settings.backup_folder)
    if not found:
        todo = "enable workouts-backup.timer, or see to it that another host or tool makes backups"
        yield warning("backups", f"none in {settings.backup_folder}", todo)
        return
    newest, now = found[0], dt.datetime.now(dt.UTC)
    age = now - newest.made_at
    if newest.proved_at is None:
        why = newest.proof.get("why") or "it was not restored yet"
        yield wrong("backups", f"{newest.name} is not proved: {why}", f"run `workouts backup verify {newest.name}`")
    elif age > LATE:
        todo = "look at `systemctl status workouts-backup.timer workouts-backup.service`"
        yield wrong("backups", f"the newest is {age.total_seconds() / 3600:.0f} h old", todo)
    else:
        hours = (now - newest.proved_at).total_seconds() / 3600
        yield fine("backups", f"{newest.name} was proved {hours:.0f} h ago; there are {len(found)}")
