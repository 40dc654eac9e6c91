"""The recipe "Add a field to a resource" for athletes and sets, whose files differ from those of its example.

Two migrations and a sentence in ``CONSTRAINTS`` are alike for all: they are made from the constraint.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.house.recipes import Step

CONSTRAINTS = "workouts_api/database/constraints.py"
SESSION_JSON, SESSION_SETS = "migrations/repeatable/session_json.sql", "migrations/repeatable/session_sets.sql"
TEAM_JSON, CLAIM = "migrations/repeatable/team_json.sql", "migrations/repeatable/claim_athlete.sql"
CREATE, REPLACE = "queries/sessions/create_session.sql", "queries/sessions/replace_session.sql"
OF_SESSIONS, OF_ATHLETES = "workouts_api/api/sessions/schemas.py", "workouts_api/api/athletes/schemas.py"


@dataclass(frozen=True)
class Edit:
    """Puts ``text`` behind ``old``, at its first place after ``behind``."""

    path: str
    behind: str
    old: str
    text: str

    def write(self, checkout: Path) -> None:
        path = checkout / self.path
        before, begin, rest = path.read_text(encoding="utf-8").partition(self.behind)
        head, old, tail = rest.partition(self.old)
        assert begin == self.behind, f"{self.path}: {self.behind}"
        assert old == self.old, f"{self.path}: {self.old}"
        path.write_text(f"{before}{begin}{head}{old}{self.text}{tail}", encoding="utf-8")


def column(table: str, definition: str, constraint: str, check: str, field: str) -> list[Step]:
    """The first two steps, with a migration of the number 9001 and one of 9002."""
    add = f"alter table {table} add column {definition};\n"
    limit = f"alter table {table} add constraint {constraint} check ({check}) not valid;\n"
    files = {
        "migrations/9001_add_a_column.sql": f"-- A column.\n-- migrate:up\n{add}{limit}",
        "migrations/9002_validate_it.sql": (
            f"-- Its check.\n-- migrate:up\nalter table {table} validate constraint {constraint};\n"
        ),
    }
    sentence = f'    "{constraint}": _invalid("{field}", "It is out of range."),\n'
    return [
        *(Step("file", path, "", text) for path, text in files.items()),
        Step("into", CONSTRAINTS, "CONSTRAINTS", sentence),
    ]


A_TEXT_OF_ATHLETES: list[Edit | Step] = [
    *column("athletes", "club text not null default ''", "athletes_club_is_short", "length(club) <= 200", "club"),
    Edit(TEAM_JSON, "create function workouts.athlete_columns(", "sex text,", " club text,"),
    Edit(TEAM_JSON, "create function workouts.athlete_columns(", "athlete.sex,", " athlete.club,"),
    Edit(TEAM_JSON, "create function workouts.given_athlete(", "sex text,", " club text,"),
    Edit(TEAM_JSON, "from json_to_record(athlete) as g (", "sex text,", " club text,"),
    Edit(TEAM_JSON, "function workouts.athlete_json(", "'sex', athlete.sex,", " 'club', athlete.club,"),
    Edit(CLAIM, "update workouts.athletes", "coalesce(kept.sex, own.sex),", "\n      club = kept.club,"),
    Edit("queries/athletes/create_athlete.sql", "insert into athletes as a (", "sex,", " club,"),
    Edit("queries/athletes/create_athlete.sql", "insert into athletes as a (", "g.sex,", " coalesce(g.club, ''),"),
    Edit(
        "queries/athletes/patch_athlete.sql",
        "update athletes as a",
        "p.sex else a.sex end,",
        "\n      club = case when p.given ? 'club' then coalesce(p.club, '') else a.club end,",
    ),
    Edit(
        OF_ATHLETES,
        "class AthleteSummary(Schema):",
        'born_on = PastDay(load_default=None, allow_none=True, metadata={"example": "2001-12-09"})',
        '\n    club = Text(max_length=200, load_default="")',
    ),
    Edit(
        OF_ATHLETES,
        "class AthletePatch(Schema):",
        "zone = Zone()",
        "\n    club = Text(max_length=200, allow_none=True)",
    ),
]

A_QUANTITY_OF_SETS: list[Edit | Step] = [
    *column(
        "sets", "chain_kg float8", "sets_chain_in_range", "chain_kg = 0 or chain_kg between 0.0001 and 500", "chain_kg"
    ),
    Edit(
        SESSION_JSON,
        "drop function if exists workouts.set_json(\n",
        ");\n",
        'drop function if exists workouts.set_json(\n  smallint, smallint, "char", smallint, float8, float8, integer, '
        "float8, smallint, text, text, text, smallint, timestamptz\n);\n",
    ),
    Edit(SESSION_JSON, "create or replace function workouts.set_json(", "done_at timestamptz", ", chain_kg float8"),
    Edit(SESSION_JSON, "create or replace function workouts.set_json(", "rfc3339(done_at)", ", 'chain_kg', chain_kg"),
    Edit(SESSION_JSON, "function workouts.stored_set_json(", "stored.done_at", ", stored.chain_kg"),
    Edit(SESSION_JSON, "create function workouts.given_sets(", "done_at timestamptz,", " chain_kg float8,"),
    Edit(SESSION_JSON, "create function workouts.given_sets(", "t.done_at,", " t.chain_kg,"),
    Edit(SESSION_JSON, "create function workouts.given_sets(", "t.tempo, t.drop_of, t.done_at", ", t.chain_kg"),
    Edit(SESSION_JSON, "from json_to_recordset(sets) as t (", "done_at timestamptz", ", chain_kg float8"),
    Edit(CREATE, "made_sets as (", "drop_of, done_at", ", chain_kg"),
    Edit(CREATE, "made_sets as (", "t.done_at", ", t.chain_kg"),
    Edit(REPLACE, "kept_sets as (", "drop_of, done_at", ", chain_kg"),
    Edit(REPLACE, "kept_sets as (", "g.done_at", ", g.chain_kg"),
    Edit(REPLACE, "kept_sets as (", "done_at = excluded.done_at", ", chain_kg = excluded.chain_kg"),
    Edit(REPLACE, "kept_sets as (", "t.drop_of, t.done_at", ", t.chain_kg"),
    Edit(REPLACE, "is distinct from (\n        excluded.exercise_id,", "excluded.done_at", ", excluded.chain_kg"),
    Edit(SESSION_SETS, "kept_sets as (", "drop_of, done_at", ", chain_kg"),
    Edit(SESSION_SETS, "kept_sets as (", "k.done_at", ", k.chain_kg"),
    Edit(SESSION_SETS, "kept_sets as (", "done_at = excluded.done_at", ", chain_kg = excluded.chain_kg"),
    Edit("tests/house/test_fields.py", '"imports/add_imported_sets"', '"done_at"', ', "chain_kg"'),
    Edit(
        OF_SESSIONS,
        "class WorkoutSet(Schema):",
        'reps = Whole(0, 9999, allow_none=True, metadata={"example": 5})',
        "\n    chain_kg = Number(0, 500, decimals=KG_DECIMALS, allow_none=True)",
    ),
    Edit(
        OF_SESSIONS,
        "class WorkoutSet(Schema):",
        'reps = Whole(0, 9999, allow_none=True, metadata={"example": 5})',
        "\n    chain_lb = Number(0, 1102.3113, decimals=LB_DECIMALS, allow_none=True, load_only=True)",
    ),
]
