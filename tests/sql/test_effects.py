"""@readonly and @writes: the word in a file's head, proved against the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import psycopg
import pytest

from workouts_api.dba.check import check_files
from workouts_api.dba.effects import HARMLESS, Effects, words_of
from workouts_api.dba.server import Session, session
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.sql.files import QueryFile
from workouts_api.sql.loaded import CATALOGUE

from .test_check import query

Read = Callable[..., QueryFile]

FUNCTIONS = """
create function workouts.count_sets() returns bigint language sql volatile as $$ select count(*) from workouts.sets $$;
create function workouts.log_quietly(note text) returns bigint language plpgsql stable
as $$ begin perform workouts.log_set(note); return 1; end $$;
create function workouts.log_atomic(note text) returns void language sql stable
begin atomic select workouts.log_set(note); end;
create function workouts.run_text(command text) returns text language plpgsql stable
as $$ declare said text; begin execute command into said; return said; end $$;
create function workouts.log_row(a workouts.athletes) returns bigint language sql volatile
as $$ insert into workouts.sets (athlete_id, set_no) values (a.id, 0) returning 1 $$;
create function workouts.log_step(state bigint, note text) returns bigint language plpgsql volatile
as $$ begin perform workouts.log_set(note); return state + 1; end $$;
create aggregate workouts.log_all(text) (sfunc = workouts.log_step, stype = bigint, initcond = 0);
create procedure workouts.tidy_up() language sql as $$ delete from workouts.sets where set_no = 0 $$;
create view workouts.logged as select workouts.log_quietly('seen') as n;
create function workouts.refuse() returns bigint language plpgsql volatile
as $$ begin raise exception using errcode = 'WK422'; end $$;
"""

WRITES = {
    "a plain write": "insert into athletes (name) values ('x')",
    "a merge": "merge into sets as s using athletes as a on a.id = s.athlete_id when matched then delete",
    "a write in a common table expression": "with g as (delete from sets returning 1) select count(*) as n from g",
    "a lock for update": "select s.reps from sets as s limit 1 for update",
    "a lock for key share": "select a.name from athletes as a limit 1 for key share",
    "a lock under a condition that the sample rules out": (
        "select x.name from (select a.name from athletes as a for no key update) as x where :on limit 1"
    ),
    "a sequence": "select nextval('athletes_id_seq') as id",
    "a lock by number": "select pg_advisory_xact_lock(1) as locked",
    "a notification": "select pg_notify('a', 'b') as told",
    "a function that writes": "select log_set('x') as done",
    "a function, whatever its capitals and blanks": "select Log_Set /* x */ ('x') as done",
    "a function, quoted and qualified": "select workouts.\"log_set\"('x') as done",
    "a function that calls one that writes": "select log_twice('x') as done",
    "a volatile function nobody vouched for": "select count_sets() as n",
    "a stable function that calls one that writes": "select log_quietly('x') as n",
    "a stable function with an SQL body that calls one that writes": "select log_atomic('x') as n",
    "a stable function that builds SQL": "select run_text('delete from sets') as n",
    "a function called as if it were a column": "select a.log_row as n from athletes as a limit 1",
    "an aggregate that calls one that writes": "select log_all(a.name) as n from athletes as a",
    "a view that calls one that writes": "select l.n from logged as l limit 1",
    "a function in a branch that the sample does not take": (
        "select case when :on then pg_notify('a', 'b')::text end as told"
    ),
    "a procedure": "call tidy_up()",
    "copy from": "copy sets from stdin",
    "copy of what a write returns": "copy (delete from sets returning reps) to stdout",
}
READS = {
    "a plain read": "select s.reps from sets as s limit 1",
    "a read whose strings and comments name writes": (
        "select 'insert', 'log_set()' as a -- delete from sets; nextval()\nfrom sets as s limit 1"
    ),
    "a stable function": "select now() as at",
    "a function that only raises": "select case when s.reps < 0 then refuse() end as n from sets as s limit 1",
    "copy of a query": "copy (select reps from sets) to stdout",
    "copy of a table": "copy sets (athlete_id, reps) to stdout",
    "columns and aliases of writing words": 'select 1 as "update", true as share, 2 as lock',
}


@pytest.fixture(scope="module")
def dsn(newest_dsn: str) -> str:
    with psycopg.connect(newest_dsn, autocommit=True) as conn:
        conn.execute(FUNCTIONS)
    return newest_dsn


def problems(read: Read, dsn: str, statement: str, effect: str) -> list[str]:
    """What is said of the word alone."""
    keys = [f"@{effect}", *(["@param on boolean = false"] if ":on" in statement else [])]
    returns = "copy" if statement.startswith("copy") else "one"
    with session(dsn, read_only=True) as server:
        found = check_files(server, [read(query(statement, *keys, returns=returns))])
    return [problem for problem in found if "queries/training/get_set.sql:3: @" in problem]


@pytest.mark.parametrize("what", WRITES)
def test_what_writes_is_not_readonly(read: Read, dsn: str, what: str) -> None:
    found = problems(read, dsn, WRITES[what], "readonly")
    assert found
    assert all("@readonly, but" in problem and "expected @writes" in problem for problem in found)
    assert problems(read, dsn, WRITES[what], "writes") == []


@pytest.mark.parametrize("what", READS)
def test_what_reads_does_not_write(read: Read, dsn: str, what: str) -> None:
    found = problems(read, dsn, READS[what], "writes")
    assert found == ["queries/training/get_set.sql:3: @writes, but nothing in it writes: expected @readonly"]
    assert problems(read, dsn, READS[what], "readonly") == []


def test_what_no_name_shows_a_readonly_transaction_refuses(read: Read, dsn: str) -> None:
    """An operator's function has no name in the statement; it is found because the samples are run."""
    with psycopg.connect(dsn) as conn:
        conn.execute(
            "create function workouts.log_sum(a bigint, b text) returns bigint language plpgsql volatile"
            " as $$ begin perform workouts.log_set(b); return a; end $$;"
            "create operator workouts.|@| (leftarg = bigint, rightarg = text, function = workouts.log_sum)"
        )
    found = problems(read, dsn, "select 1::bigint |@| 'x'::text as n", "readonly")
    assert found == [
        "queries/training/get_set.sql:3: @readonly, but a read-only transaction refuses it, expected @writes: "
        "cannot execute INSERT in a read-only transaction"
    ]


def test_names_are_found_where_they_are_code() -> None:
    assert words_of("select A.b, \"C\", 'd', $$e$$ /* f */ -- g\n, h1$x") == {"select", "a", "b", "c", "h1$x"}


# ── the project's own ───────────────────────────────────────────────────────────────────────────────────────

FILES = list(CATALOGUE.files())


@pytest.fixture(scope="module")
def project(cluster: EmbeddedPostgres, database_name: str) -> Iterator[Session]:
    with session(cluster.dsn(database_name, "workouts_app"), read_only=True) as opened:
        yield opened


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.full_name)
def test_the_other_word_would_be_told(project: Session, file: QueryFile) -> None:
    other = replace(file, writes=not file.writes)
    line = file.lines[file.effect]
    other = replace(other, lines={**file.lines, other.effect: line})
    found = [problem for problem in check_files(project, [other]) if f":{line}: @{other.effect}, but" in problem]
    assert found, "check lets this file say the opposite"


@pytest.mark.parametrize("name", HARMLESS)
def test_whatever_is_called_harmless_changes_nothing_and_is_needed(
    project: Session, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    effects = Effects(project)
    assert effects.changing_words(name) == set()
    monkeypatch.setattr(
        "workouts_api.dba.effects.HARMLESS", {other: why for other, why in HARMLESS.items() if other != name}
    )
    assert any(effects.writers(file.body) for file in FILES if not file.writes), "no file needs it: take it out"
