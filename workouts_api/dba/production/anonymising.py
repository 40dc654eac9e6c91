"""A copy of a database for development: its shapes, and no text of anybody.

Owns what becomes of each column. A text of which only the length is limited becomes made-up words, and a code that a
check constraint lists stays. Any other column that may hold words and is named nowhere here is an error: so a new one
must be decided on. The source is read in one read-only transaction; rows go straight to the target.

Texts become made-up words, the same word always the same one, so that searches find as much as they did. Days and times
of an athlete move back by the same number of weeks, and what was measured shrinks by the same share: order, ties,
weekdays and progress stay. Both come from a number that is drawn for each copy and kept nowhere. Days of an athlete who
has some in the first weeks that the schema takes stay where they are: two of them would become one.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from workouts_api.dba.production.taking import NUMBERS_AND_TIMES

# What holds secrets, mails under way, or files being read: none of it is needed for plans, and it empties by itself.
LEFT_OUT = frozenset(
    (
        *("email_changes", "erasures", "idempotency_keys", "import_exercises", "import_sessions", "registrations"),
        *("schema_as_migrated", "schema_migrations", "schema_repeatables", "schema_unfinished"),
        *("throttles", "user_tokens"),
    )
)
# Codes that only migrations write, or of a table of codes, and lists of numbers. Codes that a check constraint lists
# need no line.
KEPT = frozenset(
    (
        *("api_keys.scopes", "audit_events.role", "audit_events.table_name", "day_values.kind"),
        *("exercise_merges.exercise_nos", "exercise_merges.session_ids", "exercise_muscle_shares.code"),
        *("imported_sessions.source", "muscle_codes.code", "muscle_codes.muscle", "muscles.name"),
        *("value_kinds.code", "value_kinds.instrument", "value_kinds.unit"),
    )
)
_ALIAS_END = "substr(md5({salt} || s.exercise_id || lower(s.alias)), 1, 8)"
# What the others become, in terms of the row s. A text of which only the length is limited needs no line: it becomes
# made-up words.
REPLACED = {
    "api_keys.secret_sha256": "{digest}",
    "api_keys.secret_start": "'none'",
    "athletes.name": "{name} || ' ' || s.id",
    "athletes.zone": "'UTC'",
    "audit_events.changes": "{empty}",
    "audit_events.request_id": "{hash}",
    "audit_events.row_key": "case when s.row_key ~ '^[0-9]+$' then s.row_key else {hash} end",
    "deleted_client_keys.client_key": "{hash}::uuid",
    "doubts.before": "{empty}",
    "exercise_aliases.alias": (
        "case when exists (select from exercises as x where x.id = s.exercise_id and x.athlete_id is null)"
        f" and s.source in ('any', 'search') then s.alias else {{name}} || ' ' || {_ALIAS_END} end"
    ),
    "exercises.former_names": "case when s.athlete_id is null then s.former_names else '{{}}'::text[] end",
    "exercises.name": "case when s.athlete_id is null then s.name else {name} || ' ' || s.id end",
    "imported_sessions.row_digest": "{digest}",
    "imported_sessions.source_key": "{hash}",
    "imports.exercises": "{empty}",
    "imports.file_name": "case when s.file_name <> '' then 'file ' || s.id else '' end",
    "imports.file_sha256": "{digest}",
    "imports.notices": "{empty}",
    "imports.rejected": "{empty}",
    "imports.zone": "'UTC'",
    "invitations.code_sha256": "{digest}",
    "invitations.email": "'invited' || s.id || '@example.com'",
    "logins.address": "case when s.address is not null then inet '192.0.2.1' end",
    "logins.device": "case when s.device <> '' then 'device' else '' end",
    "logins.previous_hash": "{digest}",
    "logins.refresh_hash": "{digest}",
    "sessions.client_key": "{hash}::uuid",
    "sessions.lap_durations_s": "null::float8[]",  # as laps_s below: reports read the laps
    "sessions.lap_heart_rates_bpm": "null::float8[]",
    "sessions.zone": "'UTC'",
    "set_edits.device": "case when s.device <> '' then 'device' else '' end",
    "set_edits.seen": "{empty}",
    "sets.tempo": "case when s.tempo is not null then '2-0-2-0' end",
    "team_athletes.athlete_name": "{name} || ' ' || s.athlete_id",
    "teams.name": "left({words}, 80) || ' ' || s.id",
    "users.email": "'user' || s.id || '@example.com'",
    "users.password_hash": "'none'",
    "users.username": "'user' || s.id",
}
# What was measured of an athlete: quantities by the unit that ends their names, with the least that a check lets them
# be. All shrink by one share, so that heart rates, powers and paces stay what they were of their thresholds.
QUANTITIES = {"_kg": "'-infinity'", "_m": "'-infinity'", "_cm": "20.01", "_bpm": "20", "_w": "0.1"}
# Those whose unit stands elsewhere. A pace is slower where a distance is shorter. Scores, shares and numbers stay.
_OF_A_DAY = """(
  select case k.unit when 's/km' then least(k.highest, {slower})
    else greatest({shrunk}, least(s.value, k.lowest)) end
  from value_kinds as k
  where k.code = s.kind and not k.is_whole and k.unit <> '%'
)"""
MEASURED = {
    "sessions.laps_effort": "null::float8",
    "sessions.laps_s": "null::float8",  # not known; mend_copies fills it in
    "day_values.value": f"coalesce({_OF_A_DAY}, s.value)",
    "doubts.usual": "case when s.unit in ('kg', 'bpm') then {shrunk} else s.usual end",
    "doubts.value": "case when s.unit in ('kg', 'bpm') then {shrunk} else s.value end",
}
# Whose days they are. A table with athlete_id or user_id needs no line.
_OF_USER = "coalesce((select x.id from athletes as x where x.user_id = {user}), -{user})"
SUBJECTS = {
    "athletes": "s.id",
    "audit_events": _OF_USER.format(user="s.person_id"),
    "exercise_merges": "(select x.athlete_id from exercises as x where x.id = s.exercise_id)",
    "invitations": _OF_USER.format(user="s.invited_by"),
    "laps": "(select x.athlete_id from sessions as x where x.id = s.session_id)",
    "set_edits": "(select x.athlete_id from sessions as x where x.id = s.session_id)",
    "users": _OF_USER.format(user="s.id"),
}
TIMES_STAY = frozenset(("teams", "user_days"))  # they are nobody's
MOST_WEEKS = 12
_EARLIEST = {"date": "date '1900-01-01'", "timestamptz": "timestamptz '1900-01-01Z'"}
_DONE_AT = "timestamptz '2000-01-01Z'"  # sets_done_at_in_range
_PARTS = {
    # The letters of a digest stand for a word: 12 of them at most, and three even for a shorter one.
    "words": """case when {it} = '' then '' else (
      select left(string_agg(translate(substr(md5({salt} || lower(w.word)), 1, greatest(3, least(length(w.word), 12))),
        '0123456789', 'ghijklmnop'), ' '), greatest(length({it}), 3))
      from regexp_split_to_table({it}, '\\s+') as w (word)
    ) end""",
    "digest": "case when {it} is not null then sha256(convert_to({salt} || encode({it}, 'hex'), 'UTF8')) end",
    "hash": "md5({salt} || {it})",
    "empty": "case jsonb_typeof({it}::jsonb) when 'array' then '[]' when 'object' then '{{}}' end",
}
_LOCK = 7_305_471  # half of an advisory lock; the other half is drawn


class AnonymisingError(Exception):
    """The copy can't be made; the message says why."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is copied: its table, its name, and the name of its type in pg_type.

    A free text is one of which only the length is limited. A code is one of those that a check constraint lists.
    """

    table: str
    name: str
    type: str
    is_free_text: bool = False
    is_code: bool = False

    @property
    def full_name(self) -> str:
        return f"{self.table}.{self.name}"

    @property
    def replacement(self) -> str:
        """What it becomes, in terms of the row s; empty: it is copied."""
        return REPLACED.get(self.full_name, "{words}" if self.is_free_text and self.full_name not in KEPT else "")


def columns(conn: psycopg.Connection[Any]) -> list[Column]:
    """Every stored column of the tables that are copied, in order."""
    found = [Column(*row) for row in conn.execute(_COLUMNS, {"limit": _LENGTH_LIMIT, "listed": _LIST_OF_CODES})]
    return [column for column in found if column.table not in LEFT_OUT]


def copy(source: str, target: str) -> dict[str, int]:
    """Fills the target with what the source has, made anonymous. Returns the rows of each table.

    :param target: an empty, migrated database, under a superuser: foreign keys and triggers rest meanwhile.
    :raises AnonymisingError: when it is the source itself, holds people, or a column is not known here.
    :raises psycopg.Error: when a server refuses.
    """
    with (
        psycopg.connect(source, autocommit=True, options="-c default_transaction_read_only=on") as reading,
        psycopg.connect(target, autocommit=True) as writing,
    ):
        for conn in (reading, writing):
            conn.execute("set search_path = workouts, extensions, pg_temp")
        reading.execute("begin isolation level repeatable read, read only")
        _demand_another_database(reading, writing)
        _demand_empty(reading, writing)
        with writing.transaction():
            return _copy(reading, writing)


def _demand_another_database(reading: psycopg.Connection[Any], writing: psycopg.Connection[Any]) -> None:
    """A lock of one database is seen by whoever is in the same one, by whichever way they came."""
    drawn = secrets.randbelow(2**31)
    reading.execute("select pg_advisory_xact_lock_shared(%s, %s)", [_LOCK, drawn])
    if writing.execute(_HELD, [_LOCK, drawn]).fetchone() == (True,):
        raise AnonymisingError("source and target are the same database")


def _demand_empty(reading: psycopg.Connection[Any], writing: psycopg.Connection[Any]) -> None:
    if writing.execute("select current_setting('is_superuser')").fetchone() != ("on",):
        raise AnonymisingError("foreign keys must rest in the target: sign in to it as a superuser")
    version = "select coalesce(max(version), 0) from schema_migrations"
    have, needed = (conn.execute(version).fetchone() for conn in (writing, reading))
    if have != needed:
        raise AnonymisingError(f"the target is at {(have or [0])[0]:04}, the source at {(needed or [0])[0]:04}")
    if writing.execute("select exists (select from users)").fetchone() == (True,):
        raise AnonymisingError("there are people in the target: expected an empty database, migrated like the source")


def _copy(reading: psycopg.Connection[Any], writing: psycopg.Connection[Any]) -> dict[str, int]:
    known = columns(writing)
    drawn = secrets.token_hex(16)
    tables = dict.fromkeys(column.table for column in known)
    early = sorted({subject for table in tables for subject in _early(reading, table, known)})
    statements = {table: _select(table, known, drawn, early) for table in tables}
    writing.execute("set local session_replication_role = replica")
    names = sql.SQL(", ").join(map(sql.Identifier, statements))
    writing.execute(sql.SQL("truncate {} cascade").format(names))
    rows = {table: _copy_table(reading, writing, table, known, select) for table, select in statements.items()}
    for statement in writing.execute(_SEQUENCES).fetchall():
        writing.execute(statement[0])
    return rows


def _early(reading: psycopg.Connection[Any], table: str, known: list[Column]) -> list[int]:
    """Whose days and times in a table cannot all move back."""
    of_table = [column for column in known if column.table == table]
    times = [
        f"s.\"{column.name}\" < {_earliest(column)} + interval '{MOST_WEEKS} weeks'"
        for column in of_table
        if column.type in _EARLIEST
    ]
    if not times:
        return []
    query = f"select distinct ({_subject(of_table)})::bigint from {table} as s where {' or '.join(times)}"
    return [subject for (subject,) in reading.execute(query.encode()) if subject is not None]


def _earliest(column: Column) -> str:
    return _DONE_AT if column.full_name == "sets.done_at" else _EARLIEST[column.type]


def _copy_table(
    reading: psycopg.Connection[Any],
    writing: psycopg.Connection[Any],
    table: str,
    known: list[Column],
    select: sql.Composed,
) -> int:
    into = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier(table), sql.SQL(", ").join(sql.Identifier(one.name) for one in known if one.table == table)
    )
    out_of = sql.SQL("copy ({}) to stdout (format binary)").format(select)
    cursor = writing.cursor()
    with reading.cursor().copy(out_of) as given, cursor.copy(into) as taken:
        for data in given:
            taken.write(data)
    return cursor.rowcount


def _select(table: str, known: list[Column], drawn: str, early: list[int]) -> sql.Composed:
    of_table = [column for column in known if column.table == table]
    subject = _subject(of_table)
    seed = int(drawn[:8], 16)
    weeks = f"1 + (hashtextextended(p.subject::text, {seed}) & 1023) % {MOST_WEEKS}"
    stay = f"p.subject is null or p.subject = any('{{{','.join(map(str, early))}}}'::bigint[])"
    days = f"(case when {stay} then 0 else 7 * ({weeks}) end)::int"
    share = f"coalesce(0.9 + (hashtextextended(p.subject::text, {seed + 1}) & 1023) / 10240.0, 1.0)::float8"
    expressions = [f"({_expression(column, drawn)})::{_written(column.type)}" for column in of_table]
    text = (
        f"select {', '.join(expressions)} from {table} as s"
        f" cross join lateral (select {subject} as subject) as p"
        f" cross join lateral (select {days} as days, {share} as share) as m"
    )
    return sql.Composed([sql.SQL(text)])


def _written(type_name: str) -> str:
    return '"char"' if type_name == "char" else f"{type_name[1:]}[]" if type_name.startswith("_") else type_name


def _subject(of_table: list[Column]) -> str:
    table, names = of_table[0].table, {column.name for column in of_table}
    if table in SUBJECTS:
        return SUBJECTS[table]
    if "athlete_id" in names:
        return "s.athlete_id"
    if "user_id" in names:
        return _OF_USER.format(user="s.user_id")
    if table not in TIMES_STAY and any(column.type in _EARLIEST for column in of_table):
        raise AnonymisingError(f"{table} has days: whose they are is not known")
    return "null::bigint"


def _expression(column: Column, drawn: str) -> str:
    """
    :raises AnonymisingError: when the column may hold words, and nothing says what becomes of them.
    """
    it, name = f's."{column.name}"', column.full_name
    if column.replacement:
        parts = {key: part.format(it=it, salt=f"'{drawn}'") for key, part in _PARTS.items()}
        return column.replacement.format(salt=f"'{drawn}'", name=f"left({parts['words']}, 180)", **parts)
    if column.type not in NUMBERS_AND_TIMES and name not in KEPT and not column.is_code:
        raise AnonymisingError(f"{name} may hold somebody's words: what becomes of them is not known")
    if column.type in _EARLIEST:
        return f"{it} - m.days" if column.type == "date" else f"{it} - make_interval(days => m.days)"
    shrunk = f"round(({it} * m.share)::numeric, 4)::float8"
    if name in MEASURED:
        return MEASURED[name].format(shrunk=shrunk, slower=f"round(({it} / m.share)::numeric, 4)::float8")
    for unit, least in QUANTITIES.items():
        if column.name.endswith(unit) and column.type == "float8":
            return f"greatest({shrunk}, least({it}, {least}))"
        if column.name.endswith(unit) and column.type == "int2":  # rounded up: a maximum stays above its mean
            return f"greatest(ceil({it} * m.share), least({it}, {least}))"
    return it


def words_of(conn: psycopg.Connection[Any]) -> Iterator[Column]:
    """The copied columns that may hold words: the lists above must name those that are no free texts and no codes."""
    return (column for column in columns(conn) if column.type not in NUMBERS_AND_TIMES)


_LENGTH_LIMIT = r"^CHECK \(+(length\(\w+\) >= 1\) AND \()?length\(\w+\) <= \d\d+\)+( NOT VALID)?$"
_LIST_OF_CODES = r"^CHECK \(+\w+ = ANY \(ARRAY\[[^\]]*\]\)+( NOT VALID)?$"
_COLUMNS = """
with limited as (
  select n.conrelid, u.attnum, bool_and(pg_get_constraintdef(n.oid) ~ %(limit)s) as by_length_alone,
    bool_or(pg_get_constraintdef(n.oid) ~ %(listed)s) as is_listed
  from pg_constraint as n
  cross join unnest(n.conkey) as u (attnum)
  where n.contype in ('c', 'f', 'p', 'u', 'x')
  group by 1, 2
)
select
  c.relname, a.attname, t.typname,
  t.typname = 'text' and coalesce(l.by_length_alone, false) and not exists (
    select
    from pg_depend as d
    join pg_index as i on i.indexrelid = d.objid
    where d.classid = 'pg_class'::regclass
      and (d.refclassid, d.refobjid, d.refobjsubid) = ('pg_class'::regclass, a.attrelid, a.attnum)
      and i.indisunique
  ),
  coalesce(l.is_listed, false)
from pg_class as c
join pg_attribute as a on a.attrelid = c.oid
join pg_type as t on t.oid = a.atttypid
left join limited as l on (l.conrelid, l.attnum) = (c.oid, a.attnum)
where c.relnamespace = 'workouts'::regnamespace
  and c.relkind in ('r', 'p')
  and not c.relispartition
  and a.attnum > 0
  and not a.attisdropped
  and a.attgenerated = ''
order by c.relname, a.attnum
"""
_HELD = """
select exists (
  select from pg_locks as l
  where l.locktype = 'advisory'
    and l.database = (select d.oid from pg_database as d where d.datname = current_database())
    and l.classid = %s
    and l.objid = %s
)
"""
_SEQUENCES = """
select format(
  'select setval(%L, coalesce(max(%I), 0) + 1, false) from %s',
  pg_get_serial_sequence(c.oid::regclass::text, a.attname), a.attname, c.oid::regclass
)
from pg_class as c
join pg_attribute as a on a.attrelid = c.oid
where c.relnamespace = 'workouts'::regnamespace
  and a.attidentity <> ''
"""
