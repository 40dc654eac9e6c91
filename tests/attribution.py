"""Whether every statement that the suite makes the product run is of a checked-in file, or of a kind named here.

Owns the question to pg_stat_statements, and the lists. A query file's statement has a tag with the file's digest. Any
other must be a text that stands in the product's own .sql and .py files. Each server is asked just before it is
stopped, and before a test resets its counts. Tests work as the superuser, who is not asked about. A test that must
write a statement as one of the product's roles marks it with ``/* by hand */`` behind the first word, or uses the
cursor :class:`ByHand`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg.abc import Params, Query
from psycopg.rows import tuple_row

import workouts_api
from workouts_api.dba.statements import TAG
from workouts_api.host.cluster import Cluster
from workouts_api.sql.loaded import CATALOGUE

# Only the migration runner works as the owner or the migrator, and what it runs are migrations, many of them written by
# tests. The ledger ties each of them to its file by digest. So these two roles are not asked about.
ROLES = ("workouts_app", "workouts_dba")
OF_NO_FILE: Mapping[str, str] = {
    "ends of transactions": r"\w+: (begin|start transaction|commit|rollback|savepoint|release)\b",
    "settings of a session": r"\w+: ((set|reset|discard|deallocate)\b|select set_config ?\()",
    "procrastinate's own": r"workouts_app: (.*\bprocrastinate_|(un)?listen )",
    "a query file that `workouts sql` has prepared": r"\w+: (explain \(.*\) )?execute workouts_query\b",
    "samples of parameters, which heads of files give as SQL": r"\w+: select \(.+\)::text$",
    "copies for developers, by the rule of each column": (
        r"workouts_dba: (copy \(select .+\) to stdout|select distinct \(.+\)::bigint from \w+ as s where)"
    ),
    "pg_dump's own, in upper case as nothing else": (
        r"(workouts_dba: (?-i:[A-Z]{4,}) |workouts_app: (?-i:SELECT .*\bpg_|LOCK TABLE ))"
    ),
    "what `workouts db statistics` asks of each index, which the server writes from its definition": (
        r"workouts_dba: (explain \(format json\) select from \w+\.\w+( where .+)? order by "
        r"|select min\(\w+\)::text, max\(\w+\)::text from \w+\.\w+$)"
    ),
    "its statistics of columns, with those of ranges where the server has them": (
        r"workouts_dba: with columns as \( select a\.attrelid, .+ from pg_stats as s join columns as o "
    ),
    "what a test writes by hand": r"\w+: \w+ /\* by hand \*/",
}
"""What has no file: what it is, and how its line begins, with single blanks: the role, and the text."""
OTHER_TEXTS: Mapping[str, str] = {
    "numbers.count_up": "tests/spine/test_database_edges.py",
    "users.get_user": "tests/spine/test_swapping.py",
    "sessions.patch_session": "tests/sql/test_swap.py",
    "sessions.list_sessions": "tests/sql/test_seeded_faults.py",
    "sessions.delete_session": "tests/sql/test_seeded_faults.py",
    "account.list_logins": "tests/sql/test_seeded_faults.py",
    "auth.create_login": "tests/sql/test_seeded_faults.py",
    "exercises.list_exercises": "tests/sql/test_seeded_faults.py",
    "sessions.start_session": "tests/house/test_last_release.py",
}
"""Query files of which a test runs texts that are not checked in, and the test. Other files have one digest."""

_ASKED = """
select r.rolname, s.query
from {schema}.pg_stat_statements as s
join pg_roles as r on r.oid = s.userid
where s.toplevel and r.rolname = any(%s)
"""
_DROPPED = "select i.dealloc from {schema}.pg_stat_statements_info as i"
_FORGET = """
select {schema}.pg_stat_statements_reset(dbid => d.oid) from pg_database as d where d.datname = current_database()
"""
_PLACE = """
select e.extnamespace::regnamespace::text from pg_extension as e where e.extname = 'pg_stat_statements'
"""


class Statement(NamedTuple):
    """A text as pg_stat_statements has it, with ``$1`` for each constant, and the role that ran it."""

    role: str
    text: str

    @property
    def line(self) -> str:
        return f"{self.role}: {' '.join(self.text.split())}"


_SEEN: set[Statement] = set()
"""What the servers that this process asked have run."""


class ByHand(psycopg.Cursor[Any]):
    """Marks what a test writes as one of the product's roles."""

    def execute(self, query: Query, params: Params | None = None, **kwargs: Any) -> ByHand:
        text = query if isinstance(query, str) else bytes(query).decode()
        # Behind the first word: PostgreSQL 18 leaves out a comment before it.
        super().execute(re.sub(r"^\s*\w+", r"\g<0> /* by hand */", text, count=1).encode(), params, **kwargs)
        return self


@contextmanager
def asking() -> Iterator[set[Statement]]:
    """Asks each server that this process stops meanwhile, the suite's and the product's own. Gives what they ran."""
    stop = Cluster._stop_server

    def ask_and_stop(server: Cluster) -> None:
        ask(server.dsn())
        stop(server)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cluster, "_stop_server", ask_and_stop)
        yield _SEEN


def ask(conninfo: str) -> None:
    """Keeps what the server has run in any of its databases. One that does not answer was broken by its test."""
    with suppress(psycopg.OperationalError), psycopg.connect(conninfo, autocommit=True, connect_timeout=5) as conn:
        _keep(conn)


def forget_statements(conn: psycopg.Connection[Any]) -> None:
    """Resets the counts of the connection's database. Other databases are those of tests that run at the same time."""
    _keep(conn)
    leave_out(conn)


def leave_out(conn: psycopg.Connection[Any]) -> None:
    """Forgets what its database has run: a changed copy of the project worked there, with files of its own."""
    conn.execute(_FORGET.format(schema=_place(conn)).encode())


def _place(conn: psycopg.Connection[Any]) -> str | None:
    row = _cursor(conn).execute(_PLACE).fetchone()
    return None if row is None else str(row[0])


def _keep(conn: psycopg.Connection[Any]) -> None:
    schema = _place(conn)
    if schema is None:  # nor are there the product's roles: deploy/roles.sql makes both
        return
    _SEEN.update(Statement(*row) for row in _cursor(conn).execute(_ASKED.format(schema=schema).encode(), [list(ROLES)]))
    dropped = _cursor(conn).execute(_DROPPED.format(schema=schema).encode()).fetchone()
    assert dropped == (0,), f"pg_stat_statements was full {dropped} times and has dropped texts"


def _cursor(conn: psycopg.Connection[Any]) -> psycopg.Cursor[tuple[Any, ...]]:
    """A usual one, whatever kind the test has chosen for its connection."""
    return psycopg.Cursor(conn, row_factory=tuple_row)


def unattributed(statements: Collection[Statement]) -> list[str]:
    """Those of no file and of no kind that is listed, a line each: the role, and the text."""
    return sorted({statement.line for statement in statements if not _is_attributed(statement)})


def _is_attributed(statement: Statement) -> bool:
    tag = TAG.search(statement.text)
    if tag:
        return (tag["file"], tag["digest"]) in _checked_in() or tag["file"] in OTHER_TEXTS
    bare = _bare(statement.text)
    return bool(_of_no_file().match(statement.line)) or _stands_in_the_code(bare) or _is_an_expression(bare)


@cache
def _checked_in() -> frozenset[tuple[str, str]]:
    return frozenset((file.full_name, file.digest) for file in CATALOGUE.files())


@cache
def _of_no_file() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in OF_NO_FILE.values()), re.IGNORECASE)


# Constants as PostgreSQL takes them, and what drivers write for parameters. HOLE is what the code fills in itself.
_HOLE = "\0"
_TELLING = 3  # words beside holes: `select … :: text` would be anybody's
_TOKENS = re.compile(
    r"""
    (?P<left_out> --[^\n]* | /\*.*?\*/ | - | ;)
    | (?P<constant> (?:\b[eu]&?)?'(?:[^']|'')*' | \$(?P<tag>[a-z_]*)\$.*?\$(?P=tag)\$ | \$\d+ | %s | %\(\w+\)s
      | \b\d+(?:\.\d+)?\b | \b(?:true|false|null)\b )
    | (?P<other> "[^"]*" | \w+ | \S )
    """,
    re.VERBOSE | re.DOTALL,
)
_BODY = re.compile(r"\$\$\n(.*?)\$\$", re.DOTALL)
_KEYWORDS = "select|with|insert|update|delete|truncate|explain|execute|copy|lock|analyze|vacuum|show|table|load|grant"
_SQL = re.compile(rf"\s*(?:--[^\n]*\n\s*)*(?:{_KEYWORDS}|create|alter|drop)\b", re.IGNORECASE)


def _bare(text: str) -> str:
    """The text without comments, with a question mark for a constant, or for a list of them."""
    found: list[str] = []
    for token in _TOKENS.finditer(text.lower()):
        if token["left_out"]:
            continue
        is_constant = token["constant"] or found[-2:] == ["extract", "("]  # the parser makes a constant of the unit
        word = "?" if is_constant else token[0].strip('"')
        if word == "?" and found[-2:] == ["?", ","]:
            found.pop()
        elif word == "?" and found[-1:] == ["?"]:  # one text, in parts on several lines
            pass
        else:
            found.append(word)
    return " ".join(found)


def _stands_in_the_code(bare: str) -> bool:
    whole, templates = _of_code()
    return bare in whole or bool(templates.fullmatch(bare))


def _is_an_expression(bare: str) -> bool:
    """Whether it is a part of a function's body that no client can send, such as ``n + 1``: PL/pgSQL may run it."""
    return not _SQL.match(bare) and f" {bare} " in _of_bodies()


@cache
def _of_bodies() -> str:
    return " ".join(["", *map(_bare, _bodies()), ""])


def _bodies() -> Iterator[str]:
    for path in sorted((Path(workouts_api.__file__).parents[1] / "migrations" / "repeatable").glob("*.sql")):
        yield from _BODY.findall(path.read_text(encoding="utf-8"))


@cache
def _of_code() -> tuple[frozenset[str], re.Pattern[str]]:
    """The texts in the product's files, and a pattern of those that have holes."""
    bare = {_bare(text) for text in _texts()}
    # Names and values fill a hole, and no clause of another statement.
    filled = r"(?:(?!\b(?:select|from|where|join|set|values)\b).)+"
    with_holes = (
        "".join(filled if part == _HOLE else re.escape(part) for part in re.split(f"({_HOLE})", text))
        for text in bare
        if _HOLE in text and len(re.findall(r"\w+", text)) >= _TELLING
    )
    return frozenset(text for text in bare if _HOLE not in text), re.compile("|".join(with_holes))


def _texts() -> Iterator[str]:
    package = Path(workouts_api.__file__).parent
    yield from _bodies()  # the planner runs an immutable function, and its body counts as a statement of its own
    for path in sorted(package.rglob("*.sql")):
        if path.relative_to(package).parts[0] != "queries":
            yield path.read_text(encoding="utf-8")
    for path in sorted(package.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "psycopg" in source or "select" in source:
            yield from filter(_SQL.match, _strings(ast.parse(source)))


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else _HOLE for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            text = node.value if isinstance(node.value, str) else node.value.decode(errors="replace")
            yield re.sub(r"\{\w*\}", _HOLE, text).replace("%%", "%")
