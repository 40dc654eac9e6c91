"""The generated stub: names, parameters, rows, and what may be null."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workouts_api.dba.server import Session, session
from workouts_api.dba.stubs import make_stub
from workouts_api.sql.catalogue import Catalogue, load_catalogue
from workouts_api.sql.declared import TYPES

Write = Callable[..., Path]
Load = Callable[[], Catalogue]


def query(statement: str, *keys: str, returns: str = "one") -> str:
    heads = [f"-- @returns {returns}", *(f"-- {key}" for key in keys), "-- @writes"]
    return "\n".join(["-- One.", *heads, statement, ""])


def rows_of(stub: str) -> dict[str, str]:
    """The fields of the only row type, by name."""
    found = re.search(r"Row\(TypedDict\):\n((?:    .+\n)+)", stub)
    assert found is not None, stub
    return dict(line.strip().split(": ") for line in found[1].splitlines())


def test_a_stub_names_chapters_queries_parameters_and_rows(write: Write, load: Load, any_dsn: str) -> None:
    write(
        query(
            "select s.set_no, s.reps\nfrom sets as s\nwhere s.athlete_id = :id and s.reps = :reps\nlimit 1",
            "@param id bigint = 1",
            "@param reps int? = 1",
            returns="many",
        ),
        "training_log/list_sets",
    )
    write(query("select a.born_on\nfrom athletes as a\nlimit 1", returns="maybe"), "athletes/find_athlete")
    write(query("select 1 as a", '@deprecated use "list_sets"'), "athletes/get_old")
    write(query("select 1.5 as a", "@column a numeric!", returns="value"), "athletes/get_value")
    write(query("select s.reps\nfrom sets as s", returns="stream"), "athletes/stream_sets")
    write(query("delete from sets", returns="rows_affected"), "athletes/delete_sets")
    write(query("copy sets from stdin", returns="copy"), "athletes/copy_sets")
    with session(any_dsn, read_only=True) as server:
        stub = make_stub(server, load())
    assert (
        stub
        == '''# Made by `workouts sql stubs` from queries/**/*.sql and the schema: not to be edited.

import datetime
from collections.abc import Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Final, TypeAlias, TypedDict, final

from orjson import Fragment
from psycopg import Copy
from typing_extensions import deprecated

Json: TypeAlias = Fragment  # leaves as the bytes that PostgreSQL sent

class AthletesFindAthleteRow(TypedDict):
    born_on: datetime.date | None

class AthletesGetOldRow(TypedDict):
    a: int | None

class AthletesStreamSetsRow(TypedDict):
    reps: int | None

class TrainingLogListSetsRow(TypedDict):
    set_no: int
    reps: int | None

@final
class AthletesQueries:
    def copy_sets(self) -> AbstractContextManager[Copy]:
        """One."""
    def delete_sets(self) -> int:
        """One."""
    def find_athlete(self) -> AthletesFindAthleteRow | None:
        """One."""
    @deprecated("use \\"list_sets\\"")
    def get_old(self) -> AthletesGetOldRow:
        """One."""
    def get_value(self) -> Decimal:
        """One."""
    def stream_sets(self) -> Iterator[AthletesStreamSetsRow]:
        """One."""

@final
class TrainingLogQueries:
    def list_sets(self, *, id: int, reps: int | None) -> list[TrainingLogListSetsRow]:
        """One."""

@final
class Queries:
    athletes: Final[AthletesQueries]
    training_log: Final[TrainingLogQueries]

queries: Final[Queries]
'''
    )


@pytest.mark.parametrize(
    ("statement", "not_null"),
    [
        (
            "select s.set_no, s.reps, a.name from sets as s join athletes as a on a.id = s.athlete_id",
            {"set_no", "name"},
        ),
        ("select s.set_no, a.name from sets as s left join athletes as a on a.id = s.athlete_id", {"set_no"}),
        ("select s.set_no, a.name from sets s left outer join workouts.athletes a using (id)", None),
        ("select s.set_no, a.name from sets as s right join athletes as a on a.id = s.athlete_id", set()),
        ("select s.set_no, a.name from sets as s full join athletes as a on a.id = s.athlete_id", set()),
        (
            "select s.set_no, a.name, b.name as other from sets as s join athletes as b on true "
            "left join athletes as a on a.id = s.athlete_id",
            {"set_no"},
        ),
        ("select s.set_no, t.name from sets as s left join (select a.name from athletes as a) as t on true", set()),
        ("select c.* from sets as s cross join lateral set_columns(s) as c", {"number"}),
        (
            "select c.* from athletes as a left join sets as s on s.athlete_id = a.id "
            "cross join lateral set_columns(s) as c",
            set(),
        ),
        (
            "select s.set_no, t.name from sets as s left join lateral (select a.name from athletes as a) t on true",
            set(),
        ),
        (
            "with t as (select a.name from athletes as a) select s.set_no, t.name from sets as s left join t on true",
            set(),
        ),
        (
            "with athletes as (select s.set_no as n from sets as s) select s.set_no, a.n "
            "from sets as s left join athletes as a on true",
            set(),
        ),
        (
            "select s.set_no, a.name, b.set_no as n from sets as s "
            "left join athletes as a join sets as b on true on true",
            set(),
        ),
        ("select s.set_no from sets as s union all select null", set()),
        ("select s.set_no, count(*) as n from sets as s group by rollup (s.set_no)", set()),
        ("select s.set_no + 1 as a, (select b.set_no from sets as b limit 1) as b from sets as s", set()),
        ("select t.set_no from (select s.set_no from sets as s) as t", {"set_no"}),
        ("insert into athletes (name) values ('a') returning id, name, born_on", {"id", "name"}),
        ("select left('a', 1) as a, s.set_no from sets as s", {"set_no"}),
    ],
)
def test_a_column_may_be_null_unless_the_contrary_is_proven(
    write: Write, load: Load, server: Session, statement: str, not_null: set[str] | None
) -> None:
    if not_null is None:
        statement, not_null = statement.replace("using (id)", "on a.id = s.athlete_id"), {"set_no"}
    write(query(statement))
    fields = rows_of(make_stub(server, load()))
    assert {name for name, kind in fields.items() if "None" not in kind} == not_null


def test_what_is_declared_goes_before_what_is_proven(write: Write, load: Load, server: Session) -> None:
    write(query("select s.set_no, s.reps from sets as s", "@column set_no int", "@column reps smallint!"))
    assert rows_of(make_stub(server, load())) == {"set_no": "int | None", "reps": "int"}


def test_a_single_value_may_be_missing_with_its_row(write: Write, load: Load, server: Session) -> None:
    write(query("select s.set_no from sets as s where s.set_no = 0", returns="value"))
    assert "def get_set(self) -> int | None:" in make_stub(server, load())


def test_a_column_called_like_a_keyword_is_possible(write: Write, load: Load, server: Session) -> None:
    write(query('select 1 as "from", 2 as a'))
    stub = make_stub(server, load())
    assert '    "TrainingGetSetRow",\n    {\n        "from": int | None,\n        "a": int | None,\n    },\n' in stub
    ast.parse(stub)


@pytest.mark.parametrize(
    "summary", ['It is "quoted".', 'So is """this""".', "A back\\slash.", "Long " * 40 + "and wrapped.", '"Ends."']
)
def test_any_sentence_can_be_a_docstring(write: Write, load: Load, server: Session, summary: str) -> None:
    summary = summary.removesuffix('"') + "." if summary.endswith('"') else summary
    write(query("select 1 as a").replace("One.", summary))
    stub = make_stub(server, load())
    method = next(node for node in ast.walk(ast.parse(stub)) if isinstance(node, ast.FunctionDef))
    assert " ".join((ast.get_docstring(method) or "").split()) == summary
    assert max(map(len, stub.splitlines())) <= 120


def test_an_empty_folder_has_a_stub_too(load: Load, server: Session) -> None:
    stub = make_stub(server, load())
    ast.parse(stub)
    assert stub.endswith("class Queries:\n    ...\n\nqueries: Final[Queries]\n")


def test_mypy_and_ruff_accept_a_stub_with_every_type(write: Write, load: Load, server: Session, tmp_path: Path) -> None:
    names = [name for name in TYPES if name != "void"]
    for n, name in enumerate(names):
        write(
            query(
                f"select :a as a, :b as b, null::{name} as c, null::{name}[] as d, row(1) as e limit {n}",
                f"@param a {name}? = null",
                f"@param b {name}[]? = null",
                "@column c " + name,
            ),
            f"types/get_type_{n}",
        )
    stub = make_stub(server, load())
    path = tmp_path / "made.pyi"
    path.write_text(stub)
    root = Path(__file__).parents[2]
    for command in (
        ["mypy", "--strict", "--config-file", str(root / "setup.cfg"), str(path)],
        ["ruff", "check", "--config", str(root / "ruff.toml"), str(path)],
        ["ruff", "format", "--check", "--config", str(root / "ruff.toml"), str(path)],
    ):
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False, cwd=root)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_stub_of_the_real_files_does_not_depend_on_their_order(server: Session, write: Write, root: Path) -> None:
    write(query("select 1 as a"), "b/get_b")
    write(query("select 2 as a"), "a/get_a")
    first = make_stub(server, load_catalogue(root))
    assert first == make_stub(server, Catalogue(reversed(list(load_catalogue(root).files()))))
