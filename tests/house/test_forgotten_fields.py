"""Each step of "Add a field to a resource" that is left out fails a check, which names the place and the field."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest

from tests.house.fields import forgotten
from tests.house.recipes import Step, read_recipe, write
from tests.house.test_fields import RESOURCES, module_of
from tests.spine.test_constraints import NAMES, NOT_VALIDATED
from workouts_api.api.sessions.schemas import Session
from workouts_api.sql.catalogue import QUERIES, load_catalogue

ROOT = Path(__file__).parents[2]
STEPS = [
    step
    for step in read_recipe((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "Add a field to a resource")
    if step.how != "run"
]
# Who follows the recipe for real has the field: then the recipe wants another example.
pytestmark = pytest.mark.skipif("location" in Session().fields, reason="sessions have the example's field already")

SESSIONS, SETS = (next(r for r in RESOURCES if r.table == table) for table in ("sessions", "sets"))
FUNCTIONS = "migrations/repeatable/session_json.sql"
SCHEMAS = "workouts_api/api/sessions/schemas.py"
CONSTRAINTS = "workouts_api/database/constraints.py"


class MigrationFailureError(Exception):
    """`workouts db migrate` fails, and names the file and the line; the message has what stands there."""


class Checkout:
    """What the recipe touches, and a database in which each try is undone."""

    def __init__(self, folder: Path, database: psycopg.Connection[Any]) -> None:
        self.folder, self.database = folder, database
        for step in STEPS:
            for path in ROOT.glob(step.path):
                (folder / step.path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, folder / step.path)
        shutil.copytree(ROOT / "queries", folder / "queries", dirs_exist_ok=True)
        (folder / "migrations").mkdir(exist_ok=True)

    def problems(self, steps: list[Step]) -> list[str]:
        """What is wrong when these steps are done: the first error of the database, else all that the checks name."""
        for number, step in enumerate(steps):
            if step.how == "file":
                (self.folder / step.path.replace("*", f"{number:04}")).touch()
            write(step, self.folder)
        with self.database.transaction(force_rollback=True):
            try:
                self._migrate()
            except MigrationFailureError as problem:
                return [str(problem)]
            return [*self._fields(), *self._statements(), *self._sentences()]

    def _migrate(self) -> None:
        numbered = sorted((self.folder / "migrations").glob("[0-9]*.sql"))
        for path in [*numbered, self.folder / FUNCTIONS]:
            up = path.read_text().partition("-- migrate:down")[0]
            try:
                self.database.execute(up.encode())
            except psycopg.Error as error:
                line = up.count("\n", 0, int(error.diag.statement_position or 1))
                raise MigrationFailureError(f"{path.name}: {up.splitlines()[line].strip()}") from error

    def _fields(self) -> list[str]:
        left_out = self._module("tests/house/test_fields.py").NOT_IMPORTED
        inserts = {**SESSIONS.inserts, "imports/add_imported_sessions": left_out}
        resource = replace(SESSIONS, inserts=inserts)
        return forgotten(resource, self.database, self.folder / "queries", self._module)

    def _statements(self) -> list[str]:
        """As `workouts sql check` does: each statement of sessions is prepared."""
        problems = []
        for file in load_catalogue(self.folder / "queries")["sessions"].values():
            types = {parameter.name: parameter.sent_type for parameter in file.parameters}
            try:
                with self.database.transaction():
                    statement = f"prepare p ({', '.join(types[name] for name in file.order)}) as {file.statement}"
                    self.database.execute(statement.encode())
                    self.database.execute("deallocate p")
            except psycopg.Error as error:
                problems.append(f"{file.place}: {error.diag.message_primary}")
        return problems

    def _sentences(self) -> list[str]:
        there = {name.removeprefix("workouts.") for (name,) in self.database.execute(NAMES).fetchall()}
        said = self._module(CONSTRAINTS).CONSTRAINTS.keys()
        unsure = [name for (name,) in self.database.execute(NOT_VALIDATED).fetchall()]
        return [
            *(f"{CONSTRAINTS}: {name} has no sentence" for name in sorted(there - said)),
            *(f"{CONSTRAINTS}: there is no {name}" for name in sorted(said - there)),
            *(f"{CONSTRAINTS}: {name} is not validated" for name in unsure),
        ]

    def _module(self, path: str) -> ModuleType:
        """A file of the copy, as a module that replaces nothing."""
        spec = importlib.util.spec_from_file_location("copied", self.folder / path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


@pytest.fixture
def checkout(database: psycopg.Connection[Any], tmp_path: Path) -> Checkout:
    return Checkout(tmp_path, database)


def test_with_all_its_steps_nothing_is_forgotten(checkout: Checkout) -> None:
    assert checkout.problems(STEPS) == []
    touched = {step.path for step in STEPS if not step.path.startswith("tests/")}
    assert len(touched) <= 9


def of(path: str, *where: str) -> list[Step]:
    """The steps that write to a file, at places that begin so."""
    return [step for step in STEPS if path in step.path and (not where or step.where.startswith(where))]


LEFT_OUT = {
    "the column": (of("migrations/*"), "session_json.sql: session.location,"),
    "its check's validation": (of("validate_"), f"{CONSTRAINTS}: sessions_location_is_short is not validated"),
    "the sentence": (of(CONSTRAINTS), f"{CONSTRAINTS}: sessions_location_is_short has no sentence"),
    "the columns of reads": (
        of(FUNCTIONS, "create function workouts.session_columns(", "session.notes"),
        f"{FUNCTIONS}: session_columns() lacks location, a field of SessionSummary",
    ),
    "the reply to writes": (
        of(FUNCTIONS, "create or replace function workouts.session_json("),
        f"{FUNCTIONS}: session_json() lacks location, a field of Session",
    ),
    "reading what clients write": (
        of(FUNCTIONS, "create function workouts.given_session(", "from json_to_record(session)"),
        f"{FUNCTIONS}: given_session() does not read location, which clients write",
    ),
    "POST": (of("create_session"), "queries/sessions/create_session.sql: inserts no location into sessions"),
    "PUT": (of("replace_session"), "queries/sessions/replace_session.sql: does not set location of sessions"),
    "PATCH": (of("patch_session"), "queries/sessions/patch_session.sql: does not set location of sessions"),
    "imports": (of("test_fields"), "queries/imports/add_imported_sessions.sql: inserts no location into sessions"),
    "the schema of sessions": (
        of(SCHEMAS, 'notes = Text(max_length=20_000, load_default="",'),
        f"{SCHEMAS}: SessionSummary lacks location, which session_columns() shows",
    ),
    "the schema of patches": (
        of(SCHEMAS, "notes = Text(max_length=20_000, allow_none=True"),
        f"{SCHEMAS}: SessionPatch lacks location, which Session has",
    ),
    "both schemas": (of(SCHEMAS), f"{SCHEMAS}: clients can't write location, which given_session() reads"),
    "all but the schemas": (
        [step for step in STEPS if step.path != SCHEMAS],
        f"{FUNCTIONS}: session_json() lacks location, a field of Session",
    ),
}


@pytest.mark.parametrize("what", LEFT_OUT)
def test_what_is_left_out_is_named(checkout: Checkout, what: str) -> None:
    steps, said = LEFT_OUT[what]
    assert steps
    assert said in checkout.problems([step for step in STEPS if step not in steps])


@pytest.mark.sweep
def test_no_step_is_there_for_nothing(checkout: Checkout, tmp_path: Path) -> None:
    """Each line of the recipe, alone left out, fails some check."""
    assert {id(step) for steps, _ in LEFT_OUT.values() for step in steps} == {id(step) for step in STEPS}
    for number, step in enumerate(STEPS):
        again = Checkout(tmp_path / str(number), checkout.database)
        assert again.problems([other for other in STEPS if other is not step]), f"{step.path}, {step.where}"


def test_a_column_that_put_does_not_compare_is_named(database: psycopg.Connection[Any], tmp_path: Path) -> None:
    """Else a PUT that changes this column alone would be answered with 200 and not be written."""
    shutil.copytree(ROOT / "queries", tmp_path / "queries")
    path = tmp_path / "queries" / "sessions" / "replace_session.sql"
    path.write_text(path.read_text().replace("t.side, t.tempo, t.drop_of", "t.side, t.drop_of"))
    assert forgotten(SETS, database, tmp_path / "queries", module_of) == [
        "queries/sessions/replace_session.sql: does not see that tempo of sets is all that changes"
    ]


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (("tempo = excluded.tempo,",), "write_sets() does not set tempo of sets"),
        ((", tempo", "k.tempo,"), "write_sets() inserts no tempo into sets"),
    ],
)
def test_a_column_that_single_sets_are_written_without_is_named(
    database: psycopg.Connection[Any], left_out: tuple[str, ...], said: str
) -> None:
    text = (ROOT / "migrations/repeatable/session_sets.sql").read_text()
    begin = text.index("create function workouts.write_sets(")
    made = text[begin : text.index("$$;", begin) + 3]
    for words in left_out:
        assert words in made
        made = made.replace(words, "")
    database.execute("drop function workouts.write_sets(bigint, text, json)")
    database.execute(made.encode())
    assert forgotten(SETS, database, QUERIES, module_of) == [f"migrations/repeatable/session_sets.sql: {said}"]
