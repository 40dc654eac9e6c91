"""Erases again who was erased after a backup was made: a restore brings them back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

from workouts_api.host.backups import Backup

_ERASED = "select e.user_id from workouts.erasures as e"
_PRESENT = "select u.id from workouts.users as u where u.id = any (%s) order by u.id"


def erased_according_to(backups: Iterable[Backup], conninfo: str | None) -> set[int]:
    """Ids of all users of whom a backup, or a database that is still there, has the proof of an erasure."""
    found = {int(user_id) for backup in backups for user_id in backup.manifest.get("erased", ())}
    if conninfo is not None:
        with psycopg.connect(conninfo, connect_timeout=10, application_name="workouts-backup") as conn:
            found |= {user_id for (user_id,) in conn.execute(_ERASED)}
    return found


def erase_again(conn: psycopg.Connection[Any], user_ids: set[int]) -> list[int]:
    """Erases those of them who are there, each in a transaction of its own. Returns their ids."""
    present = [user_id for (user_id,) in conn.execute(_PRESENT, [sorted(user_ids)])]
    for user_id in present:
        conn.execute("select workouts.erase_user(%s)", [user_id])
    return present
