"""Where the fields of a resource stand, and each place that one was forgotten at.

A field is a column of the table, a field of the schemas, a column of the functions of migrations/repeatable/ that read
and show it, and a place in the query files that write it. What is right to be missing is said in the list of resources,
with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import marshmallow as ma
import psycopg

from tests.spine.written import is_imperial
from workouts_api.dba.rules import code_of
from workouts_api.sql.files import read_query_file

Why = Mapping[str, str]
"""A field that is missing somewhere, and why that is right."""


@dataclass(frozen=True)
class Resource:
    """A resource: its table, the file of its functions, and the names of its schemas."""

    table: str
    functions: str
    schemas: str
    shown: str
    written: str = ""
    patched: str = ""
    listed: str = ""
    columns: str = ""
    json: str = ""
    given: str = ""
    inserts: Mapping[str, Why] = field(default_factory=dict)
    """The query files that make a row, each with the columns that it leaves out."""
    updates: Mapping[str, Why] = field(default_factory=dict)
    """The query files that change a row, each with the columns that it leaves out."""
    functions_that_write: Mapping[str, Why] = field(default_factory=dict)
    """FILE/FUNCTION of migrations/repeatable/ that make and change a row, each with the columns that it leaves out."""
    hidden: Why = field(default_factory=dict)
    """Columns that no client sees."""
    beside: Why = field(default_factory=dict)
    """Fields of lists that are no column of the table, so that the query file adds them."""
    aside: Why = field(default_factory=dict)
    """Fields that are written but are no column of the table, or are not read from the document."""
    unpatched: Why = field(default_factory=dict)
    """Fields that a patch does not take."""


Places = Callable[[str], ModuleType]
"""The module of a file of schemas."""


def forgotten(resource: Resource, database: psycopg.Connection[Any], queries: Path, places: Places) -> list[str]:
    """Each place at which a field of the resource was forgotten: where, and which field."""
    return list(_forgotten(resource, database, queries, places(resource.schemas)))


def _forgotten(
    resource: Resource, database: psycopg.Connection[Any], queries: Path, schemas: ModuleType
) -> Iterator[str]:
    functions = f"migrations/repeatable/{resource.functions}.sql"
    table = _columns_of(database, f"select * from {resource.table}")
    shown = _answered(schemas, resource.shown)
    json = _keys_of(database, resource.json)
    written = _taken(schemas, resource.written) - resource.aside.keys()
    patched = _taken(schemas, resource.patched) - resource.aside.keys()

    for name in table - json - resource.hidden.keys():
        yield f"{functions}: {resource.json}() lacks {name}, a column of {resource.table}"
    for name in shown - json:
        yield f"{functions}: {resource.json}() lacks {name}, a field of {resource.shown}"
    for name in json - shown:
        yield f"{resource.schemas}: {resource.shown} lacks {name}, which {resource.json}() shows"
    if resource.columns:
        columns = _columns_of(database, f"select * from {_call(database, resource.columns)}")
        listed = _answered(schemas, resource.listed) - resource.beside.keys()
        for name in listed - columns:
            yield f"{functions}: {resource.columns}() lacks {name}, a field of {resource.listed}"
        for name in columns - listed:
            yield f"{resource.schemas}: {resource.listed} lacks {name}, which {resource.columns}() shows"
    if resource.given:
        given = _columns_of(database, f"select * from {_call(database, resource.given)}")
        for name in (written | patched) - given:
            yield f"{functions}: {resource.given}() does not read {name}, which clients write"
        for name in (given & table) - written - patched - resource.aside.keys():
            yield f"{resource.schemas}: clients can't write {name}, which {resource.given}() reads"
    if resource.patched:
        for name in written - patched - resource.unpatched.keys():
            yield f"{resource.schemas}: {resource.patched} lacks {name}, which {resource.written} has"
    stored = (written | patched) & table
    for full_name, left_out in resource.inserts.items():
        for name in stored - _inserted(_code(queries, full_name), resource.table) - left_out.keys():
            yield f"queries/{full_name}.sql: inserts no {name} into {resource.table}"
    for full_name, left_out in resource.updates.items():
        code = _code(queries, full_name)
        for name in stored - _set(code, resource.table) - left_out.keys():
            yield f"queries/{full_name}.sql: does not set {name} of {resource.table}"
        for side in _compared(code, resource.table):
            for name in stored - side - left_out.keys():
                yield f"queries/{full_name}.sql: does not see that {name} of {resource.table} is all that changes"
    for function, left_out in resource.functions_that_write.items():
        file, _, called = function.partition("/")
        code = _body_of(database, called)
        for name in stored - _inserted(code, f"workouts.{resource.table}") - left_out.keys():
            yield f"migrations/repeatable/{file}.sql: {called}() inserts no {name} into {resource.table}"
        for name in stored - _set(code, f"workouts.{resource.table}") - left_out.keys():
            yield f"migrations/repeatable/{file}.sql: {called}() does not set {name} of {resource.table}"


def _answered(schemas: ModuleType, name: str) -> set[str]:
    schema: ma.Schema = getattr(schemas, name)()
    return {str(f.data_key or n) for n, f in schema.fields.items() if not f.load_only}


def _taken(schemas: ModuleType, name: str) -> set[str]:
    if not name:
        return set()
    schema: ma.Schema = getattr(schemas, name)()
    return {str(f.data_key or n) for n, f in schema.fields.items() if not f.dump_only and not is_imperial(f)}


def _columns_of(database: psycopg.Connection[Any], query: str) -> set[str]:
    described = database.execute(f"{query} limit 0".encode()).description
    assert described is not None
    return {column.name for column in described}


def shown_of_a_full_row(resource: Resource, database: psycopg.Connection[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What each function shows of rows of which every column has a value: its name, and the values by name."""
    for function, query in ((resource.columns, "select to_jsonb(c) from {} as c"), (resource.json, "select {}")):
        if function:
            row = database.execute(query.format(_call(database, function, _full)).encode()).fetchone()
            assert row is not None
            yield function, row[0]


VALUES = {
    "bigint": "7", "integer": "6", "smallint": "5", "double precision": "4.5", "numeric": "3.5", "boolean": "true",
    "text": "'UTC'", "date": "'2001-02-03'", "timestamp with time zone": "'2001-02-03T04:05:06Z'",
    "uuid": "'7b0c1a7e-0000-4000-8000-000000000001'", "json": "'[1]'", "jsonb": "'[1]'", "text[]": "'{a}'",
    "double precision[]": "'{1}'",
    '"char"': "'n'", "bytea": "'x'",
}  # fmt: skip


def _full(database: psycopg.Connection[Any], kind: str) -> str:
    """An expression of that type that is not null, nor has a field that is."""
    if kind in VALUES:
        return f"{VALUES[kind]}::{kind}"
    rows = database.execute(
        """
        select format_type(a.atttypid, null)
        from pg_attribute as a
        where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
        order by a.attnum
        """,
        [kind],
    ).fetchall()
    return f"row({', '.join(_full(database, name) for (name,) in rows)})::{kind}"


def _null(_: psycopg.Connection[Any], kind: str) -> str:
    return f"null::{kind}"


def _call(
    database: psycopg.Connection[Any], function: str, value: Callable[[psycopg.Connection[Any], str], str] = _null
) -> str:
    """The function of that name with most parameters, called with such values."""
    found = database.execute(
        """
        select array(select format_type(t, null) from unnest(p.proargtypes) as t)
        from pg_proc as p
        where p.proname = %s and p.pronamespace = 'workouts'::regnamespace
        order by p.pronargs desc
        limit 1
        """,
        [function],
    ).fetchone()
    assert found is not None, f"there is no function {function}()"
    return f"{function}({', '.join(value(database, kind) for kind in found[0])})"


def _keys_of(database: psycopg.Connection[Any], function: str) -> set[str]:
    query = f"select json_object_keys({_call(database, function)})"
    return {name for (name,) in database.execute(query.encode()).fetchall()}


def _code(queries: Path, full_name: str) -> str:
    file, problems = read_query_file(queries / f"{full_name}.sql")
    assert file is not None, problems
    return code_of(file)


def _body_of(database: psycopg.Connection[Any], function: str) -> str:
    query = "select p.prosrc from pg_proc as p where p.proname = %s and p.pronamespace = 'workouts'::regnamespace"
    row = database.execute(query, [function]).fetchone()
    assert row is not None, f"there is no function {function}()"
    return str(row[0])


def _inserted(code: str, table: str) -> set[str]:
    [columns] = re.findall(rf"\binsert\s+into\s+{table}(?:\s+as\s+\w+)?\s*\(([^)]*)\)", code)
    return set(re.findall(r"\w+", columns))


def _set(code: str, table: str) -> set[str]:
    """The columns that an update of the table sets, or an insert into it where the row is there."""
    begins = rf"\b(?:update\s+{table}\b(?:\s+as\s+\w+)?|insert\s+into\s+{table}\b.*?\bdo\s+update)\s+set\b"
    [assigned] = re.findall(rf"{begins}(.*?)\n\s*(?:from|where|returning|\))", code, re.DOTALL)
    return set(re.findall(r"(?:^|,)\s*(\w+)\s*=", assigned, re.MULTILINE))


def _compared(code: str, table: str) -> list[set[str]]:
    """The columns of the row that is there, and of the new one, where they are compared before the row is written."""
    written = rf"\binsert\s+into\s+{table}\b(?:(?!\binsert\s).)*?\bdo\s+update\s+set\b(?:(?!\binsert\s).)*?"
    side = r"\(((?:[^()]|\([^()]*\))*)\)"  # with calls in it
    compared = rf"{written}\bwhere\s+{side}\s+is\s+distinct\s+from\s+{side}"
    return [set(re.findall(r"\w+\.(\w+)", side)) for sides in re.findall(compared, code, re.DOTALL) for side in sides]
