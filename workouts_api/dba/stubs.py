"""The stub ``_queries.pyi``: every query's name, parameters and rows, for editors and mypy.

Owns the mapping from PostgreSQL's types to Python's, and the proof that a column is never null. The stub is made from
the files and a migrated database. It is checked in, and the tests compare it.
"""

from __future__ import annotations

import json
import keyword
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from workouts_api.dba.rules import CTE, code_of
from workouts_api.dba.server import Description, ResultColumn, Session
from workouts_api.sql.catalogue import Catalogue
from workouts_api.sql.files import Parameter, QueryFile

LINE_LENGTH = 120
STUB = Path(__file__).parent.parent / "sql" / "_queries.pyi"

# Python types of results. A type that is not listed arrives as text, because psycopg has no loader for it.
_RESULTS = {
    **dict.fromkeys(("bigint", "integer", "smallint", "oid"), "int"),
    **dict.fromkeys(("double precision", "real"), "float"),
    "numeric": "Decimal",
    "boolean": "bool",
    "date": "datetime.date",
    "timestamp with time zone": "datetime.datetime",
    "timestamp without time zone": "datetime.datetime",
    "time without time zone": "datetime.time",
    "interval": "datetime.timedelta",
    "uuid": "uuid.UUID",
    "bytea": "bytes",
    **dict.fromkeys(("json", "jsonb"), "Json"),
    "inet": "IPv4Address | IPv6Address | IPv4Interface | IPv6Interface",
    "cidr": "IPv4Network | IPv6Network",
    "daterange": "Range[datetime.date]",
    "int8range": "Range[int]",
    "tstzrange": "Range[datetime.datetime]",
    "datemultirange": "Multirange[datetime.date]",
    "tstzmultirange": "Multirange[datetime.datetime]",
    "record": "tuple[object, ...]",
    "void": "None",
}
# Types whose parameters are text in PostgreSQL's form: adaptation.dump takes no Python type for them.
_ONLY_TEXT = (
    *("time without time zone", "interval", "uuid", "inet", "cidr"),
    *("daterange", "int8range", "tstzrange", "datemultirange", "tstzmultirange"),
)
# Types whose parameters may also be text, such as 'infinity'.
_ALSO_TEXT = ("date", "timestamp with time zone", "timestamp without time zone")
_PARAMETERS = {
    "json": "list[Any] | Mapping[str, Any] | Json",  # also what another query has sent
    "jsonb": "list[Any] | Mapping[str, Any] | Json",
    **dict.fromkeys(("json[]", "jsonb[]"), "str"),
    "numeric": "int | float",
    **dict.fromkeys(_ONLY_TEXT, "str"),
}

# If a statement has one of these, a not-null column of a table may still be null in the result.
_UNPROVABLE = re.compile(
    r"\b(?:right|full)\s+(?:outer\s+)?join\b|\bnatural\s+left\b|\bunion\b|\bintersect\b|\bexcept\b"
    r"|\brollup\b|\bcube\b|\bgrouping\s+sets\b|(?<![\w.])(?:old|new)\s*\.",
    re.IGNORECASE,
)
_COLUMNS_OF = re.compile(r"\b(\w+_columns)\((\w+(?:, \w+)*)\) as (\w+)")
_JSON = "Json: TypeAlias = Fragment  # leaves as the bytes that PostgreSQL sent\n"
_LEFT_JOIN = re.compile(r"\bleft\s+(?:outer\s+)?join\b", re.IGNORECASE)
# Only the plain form. A left join of a lateral, a bracket or a nested join could make more than one table null.
_PLAIN_LEFT_JOIN = re.compile(
    r"\bleft\s+(?:outer\s+)?join\s+(?:\w+\.)?(\w+)(?:\s+(?:as\s+)?(?!on\b|using\b)\w+)?\s+(?:on|using)\b", re.IGNORECASE
)


def make_stub(session: Session, catalogue: Catalogue) -> str:
    """The stub's text. It is the same for the same files and schema, on every version of the server.

    :raises StatementProblemError: when the server refuses a file.
    """
    functions = _column_functions(session)
    described = {file.full_name: session.describe(_written_out(file, functions)) for file in catalogue.files()}
    not_null = _not_null_columns(session)
    rows, classes = [], []
    for chapter, files in catalogue.items():
        methods = []
        for file in files.values():
            description = described[file.full_name]
            nullable = _nullable_columns(file, description, not_null)
            rows += _row_type(file, description, nullable)
            methods.append(_method(file, description, nullable))
        classes.append(f"@final\nclass {_camel(chapter)}Queries:\n" + "".join(methods))
    attributes = "".join(f"    {chapter}: Final[{_camel(chapter)}Queries]\n" for chapter in catalogue)
    body = "\n".join([_JSON, *rows, *classes, "@final\nclass Queries:\n" + (attributes or "    ...\n")])
    return f"{_imports(body)}\n{body}\nqueries: Final[Queries]\n"


def result_columns(session: Session, file: QueryFile) -> list[tuple[str, str, bool]]:
    """The columns that a file gives, each with its type and whether the stub says that it may be null.

    :raises StatementProblemError: when the server refuses the file.
    """
    described = session.describe(_written_out(file, _column_functions(session)))
    nullable = _nullable_columns(file, described, _not_null_columns(session))
    return [(column.name, column.type, nullable[column.name]) for column in described.columns]


def _imports(body: str) -> str:
    def used(module: str, names: Iterable[str]) -> list[str]:
        found = [name for name in names if re.search(rf"\b{name}\b", re.sub(r'"(?:[^"\\]|\\.)*"', "", body))]
        return [f"from {module} import {', '.join(found)}"] if found else []

    networks = ("IPv4Address", "IPv4Interface", "IPv4Network", "IPv6Address", "IPv6Interface", "IPv6Network")
    lines = [
        "# Made by `workouts sql stubs` from queries/**/*.sql and the schema: not to be edited.",
        *(["import datetime"] if "datetime." in body else []),
        *(["import uuid"] if "uuid.UUID" in body else []),
        *used("collections.abc", ("Iterator", "Mapping")),
        *used("contextlib", ("AbstractContextManager",)),
        *used("decimal", ("Decimal",)),
        *used("ipaddress", networks),
        *used("typing", ("Any", "Final", "TypeAlias", "TypedDict", "final")),
        "",
        "from orjson import Fragment",
        *used("psycopg", ("Copy",)),
        *used("psycopg.types.multirange", ("Multirange",)),
        *used("psycopg.types.range", ("Range",)),
        *used("typing_extensions", ("deprecated",)),
    ]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join([*lines[:1], "", *lines[1:]]))
    return text.rstrip() + "\n"


def _method(file: QueryFile, description: Description, nullable: Mapping[str, bool]) -> str:
    keywords = ", ".join(f"{p.name}: {_parameter_type(p)}" for p in file.parameters)
    lines = [f"    @deprecated({_text(file.deprecated)})"] if file.deprecated else []
    arguments = f"self, *, {keywords}" if keywords else "self"
    signature = f"    def {file.name}({arguments}) -> {_return_type(file, description, nullable)}:"
    if len(signature) > LINE_LENGTH:
        one_a_line = "".join(f"        {p.name}: {_parameter_type(p)},\n" for p in file.parameters)
        head = f"    def {file.name}(\n        self,\n        *,\n{one_a_line}    )"
        signature = f"{head} -> {_return_type(file, description, nullable)}:"
    return "\n".join([*lines, signature, f"        {_docstring(file.summary)}", ""])


def _parameter_type(parameter: Parameter) -> str:
    name = parameter.sent_type
    base = name.removesuffix("[]")
    found = _PARAMETERS.get(name) or _PARAMETERS.get(base) or _result_type(base)
    options = [*([found] if found != "str" else []), *(["str"] if base in _ALSO_TEXT or found == "str" else [])]
    if name != base:
        options = [f"list[{option}]" for option in options]
    return " | ".join([*options, *(["None"] if parameter.nullable else [])])


def _result_type(name: str) -> str:
    if name.endswith("[]"):
        return f"list[{_result_type(name[:-2])}]"
    return _RESULTS.get(name, "str")


def _return_type(file: QueryFile, description: Description, nullable: Mapping[str, bool]) -> str:
    row = f"{_camel(file.chapter)}{_camel(file.name)}Row"
    match file.returns:
        case "one":
            return row
        case "maybe":
            return f"{row} | None"
        case "many":
            return f"list[{row}]"
        case "stream":
            return f"Iterator[{row}]"
        case "value":
            return _column_type(description.columns[0], nullable)
        case "rows_affected":
            return "int"
        case "copy":
            return "AbstractContextManager[Copy]"


def _row_type(file: QueryFile, description: Description, nullable: Mapping[str, bool]) -> list[str]:
    if file.returns in ("value", "rows_affected", "copy"):
        return []
    name = f"{_camel(file.chapter)}{_camel(file.name)}Row"
    if not all(c.name.isidentifier() and not keyword.iskeyword(c.name) for c in description.columns):
        fields = "".join(f"        {_text(c.name)}: {_column_type(c, nullable)},\n" for c in description.columns)
        return [f'{name} = TypedDict(\n    "{name}",\n    {{\n{fields}    }},\n)\n']
    fields = "".join(f"    {c.name}: {_column_type(c, nullable)}\n" for c in description.columns)
    return [f"class {name}(TypedDict):\n{fields}"]


def _column_type(column: ResultColumn, nullable: Mapping[str, bool]) -> str:
    name = _result_type(column.type)
    return f"{name} | None" if nullable[column.name] and name != "None" else name


def _nullable_columns(
    file: QueryFile, description: Description, not_null: Mapping[tuple[int, int], str]
) -> dict[str, bool]:
    """Which columns may be null: all but those declared not null and those copied directly from a not-null column."""
    code = code_of(file)
    joined = [found[1].lower() for found in _PLAIN_LEFT_JOIN.finditer(code)]
    provable = not _UNPROVABLE.search(code) and len(joined) == len(_LEFT_JOIN.findall(code))
    expressions = {found[1].lower() for found in CTE.finditer(code)}  # may have any source
    provable = provable and set(joined) <= set(not_null.values()) - expressions
    declared = {column.name: column.nullable for column in file.columns}
    found = {}
    for column in description.columns:
        table = not_null.get((column.table_oid, column.table_column))
        proven = provable and table is not None and table not in joined and file.returns != "value"  # no row: None
        found[column.name] = declared.get(column.name, not proven)
    return found


def _column_functions(session: Session) -> dict[str, tuple[str, list[str], list[str]]]:
    """The functions that give the columns of a row, each with its body, parameters and columns."""
    rows = session.conn.execute(
        """
        select p.proname::text, p.prosrc, p.proargnames[:p.pronargs], p.proargnames[p.pronargs + 1:]
        from pg_proc as p
        join pg_language as l on l.oid = p.prolang
        where p.proname like '%\\_columns' and p.proretset and l.lanname = 'sql'
        """
    ).fetchall()
    return {name: (body, parameters, columns) for name, body, parameters, columns in rows}


def _written_out(file: QueryFile, functions: Mapping[str, tuple[str, list[str], list[str]]]) -> QueryFile:
    """The file with these functions' bodies in place of their calls, so that the server names each column's table."""

    def body_of(call: re.Match[str]) -> str:
        if call[1] not in functions:
            return call[0]
        body, parameters, columns = functions[call[1]]
        for parameter, alias in zip(parameters, call[2].split(", "), strict=True):
            body = re.sub(rf"\b{parameter}\b", alias, body)
        return f"({body}) as {call[3]} ({', '.join(columns)})"

    return replace(file, statement=_COLUMNS_OF.sub(body_of, file.statement))


def _not_null_columns(session: Session) -> dict[tuple[int, int], str]:
    """For every column that cannot be null: (table's oid, column's number) → the table's name."""
    rows = session.conn.execute(
        """
        select c.oid::bigint, a.attnum, c.relname
        from pg_attribute as a
        join pg_class as c on c.oid = a.attrelid
        where a.attnotnull and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p')
        """
    ).fetchall()
    return {(table, number): name for table, number, name in rows}


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _text(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)


def _docstring(text: str) -> str:
    escaped = text.replace("\\", "\\\\")
    if '"""' in escaped or escaped.endswith('"'):
        escaped = escaped.replace('"', '\\"')
    return "\n        ".join(textwrap.wrap(f'"""{escaped}"""', LINE_LENGTH - 8, break_long_words=False))
