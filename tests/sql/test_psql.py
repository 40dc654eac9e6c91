"""What ``workouts sql show --psql`` prints runs in psql as printed, and ``workouts sql psql`` keeps its secrets."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from workouts_api.dba.server import sample_as_sql, typed_literal
from workouts_api.dba.show import as_psql, psql_command, run_psql
from workouts_api.host.embedded import find_binaries
from workouts_api.sql.files import Parameter, QueryFile

from .conftest import OLDEST

Read = Callable[..., QueryFile]


def run(script: str, conninfo: str) -> str:
    """psql's output; stops at the first error, which fails the test."""
    psql = OLDEST / "psql" if "sql-oldest" in conninfo else find_binaries().bin_dir / "psql"
    done = subprocess.run(
        [psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", conninfo],
        input="set search_path = workouts;\n" + script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.rstrip("\n")


VALUES = [
    ("int", "1", "1"),
    ("int", "-1", "-1"),
    ("bigint", "9223372036854775807", "9223372036854775807"),
    ("text", "'it''s'", "it's"),
    ("text", r"'a\b'", r"a\b"),
    ("text", r"E'a\'b\\n'", "a'b\\n"),
    ("text", "'a :one; $1 -- \"x\" `date`'", 'a :one; $1 -- "x" `date`'),
    ("text", "$$it's$$", "it's"),
    ("text", "'Größe × 2'", "Größe × 2"),
    ("text", "'a' || 'b'", "ab"),
    ("text?", "null", ""),
    ("float8", "82.5", "82.5"),
    ("date", "'2026-01-05'", "2026-01-05"),
    ("date", "date '2026-01-05' + 1", "2026-01-06"),
    ("bigint[]", "'{1,2}'", "{1,2}"),
    ("int[]", "array[1, 2]", "{1,2}"),
    ("text[]", "array['a', 'b c']", '{a,"b c"}'),
    ("json", """'{"a": [1, "x\\n"]}'""", '{"a": [1, "x\\n"]}'),
    ("boolean", "true", "t"),
    ("bytea", r"'\x00ff'", r"\x00ff"),
    ("timestamptz", "'infinity'", "infinity"),
]


@pytest.mark.parametrize(("type_name", "sample", "shown"), VALUES)
def test_a_sample_reaches_the_server_as_it_is_meant(
    read: Read, any_dsn: str, type_name: str, sample: str, shown: str
) -> None:
    file = read(f"-- One.\n-- @param a {type_name} = {sample}\n-- @returns value\n-- @readonly\nselect :a as a")
    assert run(as_psql(file), any_dsn) == shown


A, B, LIST = "@param a int = 2", "@param b int = -1", "@param list int[] = array[8, 9]"
STATEMENTS = [
    ([A, B], "select :a-:b as c", "3"),
    ([B], "select -:b as c -- and that is all", "1"),
    ([B], "select 2^:b as c", "0.5"),
    ([A, LIST], "select :list[:a - 1] as c", "8"),
    ([LIST], "select (:list)[1:n] as c from (values (1)) as t (n)", "{8}"),
    ([LIST], "select (:list)[:n] as c from (values (1)) as t (n)", "{8}"),
    ([A, LIST], "select (:list)[:a:n] as c from (values (2)) as t (n)", "{9}"),
    ([A, B], "select array[:a, :b]::text || ':a' || E'\\':a' as c /* :a */", "{2,-1}:a':a"),
    ([A], "select /* ; */ ';' || $$;$$ || :a::text as c", ";;2"),
    ([A], "insert into athletes (name) values (:a::text) returning name", "2"),
    ([], "copy sets from stdin", ""),
    ([A], "select 1 as \"a ; 'b\" where 5 % :a = 1 and '[1]'::jsonb @> '1' and '{\"b\":1}'::jsonb ? 'b'", "1"),
]


@pytest.mark.parametrize(("keys", "statement", "shown"), STATEMENTS)
def test_a_file_runs_in_psql_as_printed(read: Read, any_dsn: str, keys: list[str], statement: str, shown: str) -> None:
    returns = "copy" if statement.startswith("copy") else "one"
    head = "".join(f"-- {key}\n" for key in keys)
    file = read(f"-- One.\n{head}-- @returns {returns}\n-- @writes\n{statement}\n")
    assert run(f"begin;\n{as_psql(file)}rollback;\n", any_dsn) == shown


def test_the_tag_is_printed_too_so_that_runs_by_hand_are_recognised(read: Read) -> None:
    file = read("-- One.\n-- @param a int = 1\n-- @returns value\n-- @readonly\nselect :a as a;\n")
    assert as_psql(file) == f"\\set a '(1::bigint)'\nselect {file.tag} :a as a;\n"


@pytest.mark.parametrize(
    ("value", "literal"),
    [(None, "null::text"), ("a", "'a'::text"), ("it's", "'it''s'::text"), ("a\\'b", "E'a\\\\''b'::text")],
)
def test_a_value_is_quoted_with_its_type(value: str | None, literal: str) -> None:
    assert typed_literal(value, Parameter("a", "varchar", True, "null")) == literal


def test_a_sample_that_is_an_expression_is_put_in_brackets() -> None:
    assert sample_as_sql(Parameter("a", "date", False, "current_date - 1")) == "((current_date - 1)::date)"
    assert sample_as_sql(Parameter("a", "int", False, "-1")) == "((-1)::bigint)"
    assert sample_as_sql(Parameter("a", "text", False, "'a' || 'b'")) == "(('a' || 'b')::text)"


# ── workouts sql psql ───────────────────────────────────────────────────────────────────────────────────────


def test_a_password_is_in_the_environment_and_not_among_the_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGOPTIONS", raising=False)
    url = "postgresql://me:s%20cret@db.example:6543/workouts?sslmode=require&options=-c%20jit%3Doff"
    arguments, environment = psql_command(url, None)
    assert "cret" not in " ".join(arguments)
    assert environment["PGPASSWORD"] == "s cret"
    assert arguments[1] == "user=me dbname=workouts host=db.example port=6543 sslmode=require"
    assert environment["PGOPTIONS"] == "-c jit=off -c search_path=workouts,extensions,pg_temp"


def test_psql_opens_with_the_samples_and_runs_the_file_itself(
    read: Read, any_dsn: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file = read(
        "-- One.\n-- @param a text = 'it''s'\n-- @returns many\n-- @readonly\n"
        "select :a || name as b from athletes limit 1\n"
    )
    arguments, environment = psql_command(any_dsn, file)
    assert run_psql([*arguments, "-X", "-A", "-t", "-f", str(file.path)], environment) == 0
    assert capfd.readouterr().out == "it'sathlete 1\n"


def test_without_psql_on_the_path_that_of_the_embedded_server_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert psql_command("host=x", None)[0][0] == str(find_binaries().bin_dir / "psql")


def test_without_any_psql_that_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from workouts_api.host import embedded

    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(embedded, "find_binaries", lambda: embedded.Binaries(tmp_path, 18))
    with pytest.raises(FileNotFoundError, match="there is no psql: expected it on the PATH"):
        psql_command("host=x", None)

    def none() -> embedded.Binaries:
        raise embedded.EmbeddedError("no PostgreSQL was found")

    monkeypatch.setattr(embedded, "find_binaries", none)
    with pytest.raises(FileNotFoundError, match="there is no psql: no PostgreSQL was found"):
        psql_command("host=x", None)
