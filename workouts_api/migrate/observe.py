"""What a statement does to tables, watched from inside its transaction: locks, rewrites, scans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .session import Connection

# From weakest to strongest, with what each holds up (PostgreSQL's documentation, "Explicit Locking").
LOCK_MODES = {
    "AccessShareLock": "blocks nothing",
    "RowShareLock": "blocks nothing",
    "RowExclusiveLock": "blocks nothing",
    "ShareUpdateExclusiveLock": "blocks other DDL and vacuum",
    "ShareLock": "blocks writes",
    "ShareRowExclusiveLock": "blocks writes",
    "ExclusiveLock": "blocks writes",
    "AccessExclusiveLock": "blocks reads and writes",
}
_STRENGTH = {mode: number for number, mode in enumerate(LOCK_MODES)}


@dataclass(frozen=True)
class Table:
    """A table as it is at one moment: its file, how often it was scanned, the locks that this session has on it."""

    name: str
    filenode: int
    scans: int
    locks: frozenset[str]


@dataclass(frozen=True)
class Effect:
    """What happened to one table between two moments; ``lock`` is the strongest held, if stronger than before."""

    table: str
    lock: str | None
    rewritten: bool
    scanned: bool
    dropped: bool = False

    @property
    def holds_up_the_application(self) -> bool:
        """Whether reads or writes of the application wait for the lock."""
        return self.lock is not None and LOCK_MODES[self.lock] in ("blocks writes", "blocks reads and writes")


def look(conn: Connection) -> dict[int, Table]:
    """Every table and materialised view of the schema by its OID, as this transaction sees it."""
    rows = conn.execute(
        """
        select c.oid::bigint, c.oid::regclass::text, coalesce(pg_relation_filenode(c.oid), 0)::bigint,
          (coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0))::bigint,
          array(
            select l.mode
            from pg_locks as l
            where l.locktype = 'relation'
              and l.pid = pg_backend_pid()
              and l.relation = c.oid
              and l.granted
          )
        from pg_class as c
        left join pg_stat_xact_user_tables as s on s.relid = c.oid
        where c.relkind in ('r', 'p', 'm')
          and c.relnamespace = to_regnamespace('workouts')
          and c.relname not in ('schema_migrations', 'schema_repeatables', 'schema_unfinished')
        """
    ).fetchall()
    return {
        int(str(oid)): Table(str(name), int(str(filenode)), int(str(scans)), frozenset(_modes(locks)))
        for oid, name, filenode, scans, locks in rows
    }


def _modes(locks: object) -> list[str]:
    return [str(mode) for mode in locks] if isinstance(locks, list) else []


def _strongest(modes: frozenset[str]) -> str | None:
    return max(modes, key=_STRENGTH.__getitem__, default=None)


def compare(before: dict[int, Table], after: dict[int, Table], *, known: Mapping[int, str]) -> list[Effect]:
    """What changed for the tables that were there before the plan began, by the names that they had then."""
    effects = []
    for oid in sorted(known.keys() & before.keys(), key=known.__getitem__):
        old, new = before[oid], after.get(oid)
        if new is None:
            effects.append(Effect(known[oid], "AccessExclusiveLock", rewritten=False, scanned=False, dropped=True))
            continue
        had, has = _strongest(old.locks), _strongest(new.locks)
        lock = has if has and _STRENGTH[has] > _STRENGTH.get(had or "", -1) else None
        effect = Effect(known[oid], lock, new.filenode != old.filenode, scanned=new.scans > old.scans)
        if effect.lock or effect.rewritten or effect.scanned:
            effects.append(effect)
    return effects
