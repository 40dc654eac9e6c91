"""Each step of "Add a field to a resource" that is left out fails a check, which names the place and the field.

The steps are those of the recipe's example, and those of other_fields.py for a text of athletes and a quantity of sets.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest

from tests.house.fields import forgotten
from tests.house.other_fields import A_QUANTITY_OF_SETS, A_TEXT_OF_ATHLETES, Edit
from tests.house.recipes import Step, read_recipe
from tests.house.test_claims import TEXT, columns_left_out
from tests.house.test_fields import RESOURCES, module_of
from tests.spine.test_constraints import NAMES, NOT_VALIDATED
from tests.spine.test_read_back import RESOURCES as READ_BACK
from tests.spine.test_read_back import new_in_put
from tests.spine.test_units import without_imperial
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

[SETS] = (resource for resource in RESOURCES if resource.table == "sets")
FUNCTIONS = "migrations/repeatable/session_json.sql"
SCHEMAS = "workouts_api/api/sessions/schemas.py"
CONSTRAINTS = "workouts_api/database/constraints.py"
FIELDS, READ = "tests/house/test_fields.py", "tests/spine/written.py"
OVERLOADED = """
select p.proname::text
from pg_proc as p
where p.pronamespace = 'workouts'::regnamespace
group by 1
having count(*) > 1
"""


class MigrationFailureError(Exception):
    """`workouts db migrate` fails, and names the file and the line; the message has what stands there."""


class Checkout:
    """What the steps touch, and a database in which each try is undone."""

    def __init__(
        self,
        folder: Path,
        database: psycopg.Connection[Any],
        table: str = "sessions",
        steps: Sequence[Step | Edit] = STEPS,
    ) -> None:
        self.folder, self.database, self.table = folder, database, table
        for name in {FIELDS, *(step.path for step in steps)}:
            for path in ROOT.glob(name):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, folder / name)
        shutil.copytree(ROOT / "queries", folder / "queries", dirs_exist_ok=True)
        (folder / "migrations").mkdir(exist_ok=True)

    def problems(self, steps: Sequence[Step | Edit]) -> list[str]:
        """What is wrong when these steps are done: the first error of the database, else all that the checks name."""
        for number, step in enumerate(steps):
            if isinstance(step, Step) and step.how == "file":
                (self.folder / step.path.replace("*", f"{number:04}")).touch()
            step.write(self.folder)
        with self.database.transaction(force_rollback=True):
            known = self._overloaded()
            try:
                self._migrate()
            except MigrationFailureError as problem:
                return [str(problem)]
            double = [f"{FUNCTIONS}: there are two of {name}()" for name in self._overloaded() - known]
            return [
                *double,
                *self._fields(),
                *self._claims(),
                *self._units(),
                *self._put(),
                *self._statements(),
                *self._sentences(),
            ]

    def _overloaded(self) -> set[str]:
        """As `make check` does with a database of the last release: functions whose old form is left over."""
        return {name for (name,) in self.database.execute(OVERLOADED).fetchall()}

    def _migrate(self) -> None:
        numbered = sorted((self.folder / "migrations").glob("[0-9]*.sql"))
        for path in [*numbered, *sorted((self.folder / "migrations").glob("repeatable/*.sql"))]:
            up = path.read_text().partition("-- migrate:down")[0]
            try:
                self.database.execute(up.encode())
            except psycopg.Error as error:
                line = up.count("\n", 0, int(error.diag.statement_position or 1))
                raise MigrationFailureError(f"{path.name}: {up.splitlines()[line].strip()}") from error

    def _fields(self) -> list[str]:
        [resource] = (one for one in self._module(FIELDS).RESOURCES if one.table == self.table)
        return forgotten(resource, self.database, self.folder / "queries", self._module)

    def _claims(self) -> list[str]:
        [text] = self.database.execute(TEXT).fetchone() or [""]
        return columns_left_out(self.database, str(text))

    def _units(self) -> list[str]:
        if not (self.folder / SCHEMAS).exists():
            return []
        return [f"{SCHEMAS}: {line}" for line in without_imperial(self._module(SCHEMAS).Session())]

    def _put(self) -> list[str]:
        if not (self.folder / SCHEMAS).exists():
            return []
        new = new_in_put(READ_BACK["session"].one, self._module(SCHEMAS).ReplacedSession())
        return [f"{READ}: {name} is not in CAME_LATER" for name in new - self._module(READ).CAME_LATER]

    def _statements(self) -> list[str]:
        """As `workouts sql check` does: each statement of sessions is prepared."""
        problems = []
        catalogue = load_catalogue(self.folder / "queries")
        for file in (*catalogue["sessions"].values(), *catalogue["athletes"].values()):
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
        there = self.folder / path
        spec = importlib.util.spec_from_file_location("copied", there if there.exists() else ROOT / path)
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
    "what old clients do not know": (of("tests/spine/written"), f"{READ}: location is not in CAME_LATER"),
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


NAMED_OTHERWISE = {
    "migrations/9001_add_a_column.sql": "9002_validate_it.sql: ",
    "migrations/9002_validate_it.sql": "is not validated",
    FIELDS: "queries/imports/add_imported_sets.sql: inserts no chain_kg into sets",
}
"""What is said of a step that its own file is not named for."""
OTHERS: dict[str, Sequence[Step | Edit]] = {"athletes": A_TEXT_OF_ATHLETES, "sets": A_QUANTITY_OF_SETS}


@pytest.mark.parametrize("table", OTHERS)
def test_with_all_steps_for_another_resource_nothing_is_forgotten(
    database: psycopg.Connection[Any], tmp_path: Path, table: str
) -> None:
    steps = OTHERS[table]
    assert Checkout(tmp_path, database, table, steps).problems(steps) == []
    assert len({step.path for step in steps if not step.path.startswith("tests/")}) <= 9


@pytest.mark.sweep
@pytest.mark.parametrize("table", OTHERS)
def test_what_is_left_out_of_another_resource_is_named(
    database: psycopg.Connection[Any], tmp_path: Path, table: str
) -> None:
    unnamed = []
    for number, step in enumerate(OTHERS[table]):
        checkout = Checkout(tmp_path / str(number), database, table, OTHERS[table])
        problems = checkout.problems([other for other in OTHERS[table] if other is not step])
        said = NAMED_OTHERWISE.get(step.path, Path(step.path).name)
        if not any(said in problem for problem in problems):
            unnamed.append(f"{step.path}: {step.text}: {problems}")
    assert unnamed == []


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
    with database.transaction(force_rollback=True):  # other tests use this database after it
        database.execute("drop function workouts.write_sets(bigint, text, json)")
        database.execute(made.encode())
        found = forgotten(SETS, database, QUERIES, module_of)
    assert found == [f"migrations/repeatable/session_sets.sql: {said}"]
