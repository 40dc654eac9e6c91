"""``workouts sql check``: each rule, by a small file that breaks it."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from workouts_api.dba.budgets import measure, measure_budgets
from workouts_api.dba.check import check_files
from workouts_api.dba.server import Session, session
from workouts_api.sql.catalogue import Catalogue
from workouts_api.sql.files import QueryFile

Read = Callable[..., QueryFile]


def query(statement: str, *keys: str, returns: str = "many") -> str:
    """A file's text; without a word about its effect, it has the one that its first keyword suggests."""
    if not {"@readonly", "@writes"}.intersection(keys):
        keys += ("@writes" if statement.startswith(("insert", "update", "delete", "copy")) else "@readonly",)
    return "\n".join(["-- One.", f"-- @returns {returns}", *(f"-- {key}" for key in keys), statement, ""])


GOOD = query(
    "select s.athlete_id, s.reps, a.born_on\nfrom sets as s\njoin athletes as a on a.id = s.athlete_id\n"
    "where s.athlete_id = :athlete_id\n  and (:reps::int is null or s.reps = :reps)\nlimit :limit",
    "@param athlete_id bigint = 1",
    "@param reps int? = null",
    "@param limit int = 50",
    "@column athlete_id bigint!",
    "@column born_on date",
    "@plan custom",
    "@readonly",
    "@budget plan: no_seqscan(sets) max_cost=1000",
    "@budget run: buffers<=100 rows_removed<=500",
)


def test_a_good_file_has_no_problems_on_any_server(read: Read, any_dsn: str) -> None:
    file = read(GOOD)
    with session(any_dsn, read_only=True) as server:
        assert check_files(server, [file]) == []
    with session(any_dsn, read_only=False) as server:
        assert measure_budgets(server, [file]).problems == []


A = "@param a bigint = 1"
ID = "where s.athlete_id = :a"

RULES = [
    # what the server says of it
    (query("select s.reps\nfrom setz as s\nlimit 1"), 5, 'relation "setz" does not exist'),
    (query("select s.athlete\nfrom sets as s\nlimit 1"), 4, "column s.athlete does not exist (Perhaps you meant"),
    (
        query("select 1 as one\nfrom sets as s\nwhere s.set_no = :b\nlimit 1", "@param b text = 'x'"),
        7,
        "does not exist",
    ),
    (query("select 1 as one\nfrom sets as s\nwhere and\nlimit 1"), 6, 'syntax error at or near "and"'),
    # parameters
    (
        query(f"select s.reps\nfrom sets as s\n{ID}\nlimit 1", "@param a numeric = 1"),
        3,
        "parameter a is declared numeric, the server takes it for bigint",
    ),
    (
        query("select a.name\nfrom athletes as a\nwhere a.born_on = :a::date\nlimit 1", "@param a text = '2026-01-01'"),
        3,
        "parameter a is declared text, the server takes it for date",
    ),
    (
        query("select a.name\nfrom athletes as a\nwhere a.id = any(:a::bigint[])\nlimit 1", "@param a text[] = '{}'"),
        3,
        "parameter a is declared text[], the server takes it for bigint[]",
    ),
    (
        query("select :a as a", "@param a int = 'x'", returns="one"),
        3,
        "the sample of a is no int: invalid input syntax",
    ),
    (query("select :a as a", "@param a int = 1 +", returns="one"), 3, "the sample of a is no int: syntax error"),
    (query("select :a as a", "@param a int = null", returns="one"), 3, "the sample of a is null: expected a value"),
    # its columns and rows
    (query("select s.reps\nfrom sets as s\nlimit 1", "@column rep int"), 3, "gives no column rep: it gives reps"),
    (query("select s.reps\nfrom sets as s\nlimit 1", "@column reps int"), 3, "declared int, the server gives smallint"),
    (query("select 1 as a, 2 as a", returns="one"), 2, "two columns are called a"),
    (query("select 1 + 1", returns="value"), 2, "a column is called '?column?': expected a snake-case name"),
    (query("select 1 as a, 2 as b", returns="value"), 2, "@returns value, but the statement gives 2 columns"),
    (query("select 1 as a", returns="rows_affected"), 2, "@returns rows_affected, but the statement gives 1 columns"),
    (
        query("delete from sets", returns="one"),
        2,
        "@returns one, but the statement gives no rows: expected rows_affected",
    ),
    (query("copy sets from stdin", returns="rows_affected"), 2, "expected copy for a copy statement"),
    (query("delete from sets", returns="copy"), 2, "@returns copy: expected copy for a copy statement"),
    # house rules
    (
        query(f"select s.reps\nfrom sets as s\n{ID}\nlimit 1", "@param a bigint? = 1"),
        3,
        "parameter a may be null: expected @plan custom",
    ),
    (
        query(
            "delete from sets as s\nwhere :a::bigint is null or s.athlete_id = :a",
            "@param a bigint? = 1",
            returns="rows_affected",
        ),
        3,
        "parameter a may be null: expected @plan custom",
    ),
    (
        query(
            "select s.reps\nfrom sets as s\nwhere (:a::int is null or s.reps = :a)\n  and (:b :: int is null)\n"
            "  and (:c::int[] is not null)\n  and (:d::double precision is null)\n  and :e::text is null\nlimit 1",
            *(
                f"@param {n} {t}? = null"
                for n, t in zip("abcde", ("int", "int", "int[]", "float8", "text"), strict=True)
            ),
            "@plan custom",
        ),
        10,
        "5 optional filters (a, b, c, d, e): expected at most 4 a file",
    ),
    (query("select s.reps\nfrom sets as s"), 2, "@returns many without a limit"),
    (query("select s.reps\nfrom sets as s\nlimit all"), 2, "@returns many without a limit"),
    (
        query(
            "select s.set_no\nfrom sets as s\nwhere s.set_no > :after_no + :least\norder by s.set_no\nlimit 5",
            "@param after_no bigint = 0",
            "@param least bigint = 0",
            "@sample many: least = 1",
        ),
        3,
        "no set of samples asks for a later page: expected @sample later_page: after_no = …",
    ),
    (query("select s.reps -- limit 1\nfrom sets as s\nlimit 5\noffset 1"), 7, "offset reads and throws away"),
    (query("select *\nfrom sets as s\nlimit 1"), 4, "*: expected the columns' names"),
    (query("select 1 as a,\n  s.*\nfrom sets as s\nlimit 1"), 5, "s.*: expected the columns' names"),
    (query("select distinct on (s.reps) s.*\nfrom sets as s\nlimit 1"), 4, "s.*: expected"),
    (query("delete from sets\nreturning *"), 5, "*: expected the columns' names"),
    (query("select c.*\nfrom athletes as a\njoin sets as c on c.athlete_id = a.id\nlimit 1"), 4, "c.*: expected"),
    (query("with t as (\n  select s.*\n  from sets as s\n)\nselect t.*\nfrom t\nlimit 1"), 5, "s.*: expected"),
    (
        query("with s as (select 1 as a)\nselect (\n  select x.*\n  from s as x\n) as a, x.*\nfrom sets as x\nlimit 1"),
        8,
        "x.*: expected",
    ),
    # plans
    (
        query("select s.set_no\nfrom sets as s\nwhere s.reps = 1\nlimit 1", "@budget plan: no_seqscan(sets)"),
        3,
        "sets is read from end to end: the budget is no_seqscan(sets)",
    ),
    (
        query("select s.set_no\nfrom sets as s\nlimit 1", "@budget plan: no_seqscan(set)"),
        3,
        "no_seqscan(set): there is no such table",
    ),
    (
        query("select count(*) as n\nfrom sets as s", "@budget plan: max_cost=10", returns="value"),
        3,
        "the budget is max_cost=10",
    ),
]


@pytest.mark.parametrize(("text", "line", "message"), RULES, ids=[message for _, _, message in RULES])
def test_each_broken_rule_is_told_with_its_line(
    read: Read, server: Session, text: str, line: int, message: str
) -> None:
    problems = check_files(server, [read(text)])
    place = f"queries/training/get_set.sql:{line}:"
    assert [problem for problem in problems if problem.startswith(place) and message in problem], problems


FINE = {
    "a column's arithmetic is no star": query("select 2 * s.reps as a, s.reps * 2 as b\nfrom sets as s\nlimit 1"),
    "count(*) is no star": query("select count(*) as n\nfrom sets as s", returns="value"),
    "a common table expression names its columns": query(
        "with t as (select s.reps\nfrom sets as s), u (a) as materialized (select 1)\n"
        "select t.*, u.*\nfrom t, u\nlimit 1"
    ),
    "a function and a sub-select name their columns": query(
        "select c.*, d.*\nfrom sets as s\ncross join lateral unnest(array[s.reps]) as c (n)\n"
        "cross join (select 1 as one) as d\nlimit 1"
    ),
    "an alias is that of its own select": query(
        "with c as (select x.* from unnest(array[1]) as x (n))\n"
        "select c.*\nfrom c\nwhere exists (select from sets as x)\nlimit 1"
    ),
    "a write may store nulls under any plan": query(
        "insert into athletes (name, born_on)\nvalues (:name, :born_on)",
        "@param name text = 'A'",
        "@param born_on date? = null",
        returns="rows_affected",
    ),
    "a write returns what it wrote without a limit": query("delete from sets as s\nreturning s.reps"),
    "a stream has no limit": query("select s.reps\nfrom sets as s", returns="stream"),
    "a set of samples asks for a later page": query(
        "select s.set_no\nfrom sets as s\nwhere s.set_no > :after_no\norder by s.set_no\nlimit 5",
        "@param after_no bigint = 0",
        "@sample later_page: after_no = 7",
    ),
    "fetch first is a limit": query("select s.reps\nfrom sets as s\nfetch first 5 rows only"),
    "offset 0 skips nothing": query("select a.x from (select 1 as x offset 0) as a limit 1"),
    "words in strings and comments break no rule": query("select 'offset 5, *' as a -- offset\nlimit 1"),
    "an int goes where a fraction is wanted": query(
        "select s.reps\nfrom sets as s\nwhere s.weight_kg > :a\nlimit 1", "@param a int = 1"
    ),
    "a sample may be an expression": query("select :a::date as a", "@param a date = current_date - 7", returns="value"),
    "what the server can't infer is told": query(
        "select json_build_object('a', :a) as a", "@param a text = 'x'", returns="value"
    ),
    "copy is not explained": query("copy sets (athlete_id, set_no) from stdin", returns="copy"),
}


@pytest.mark.parametrize("name", FINE)
def test_what_keeps_the_rules_is_let_through(read: Read, server: Session, name: str) -> None:
    assert check_files(server, [read(FINE[name])]) == []


def test_two_files_of_one_query_id_are_an_error(
    write: Callable[..., object], load: Callable[[], Catalogue], any_dsn: str
) -> None:
    write(query("select s.reps from sets as s where s.set_no = 1 limit 1"), "training/get_one")
    write(query("select  s.reps\nfrom sets as s\nwhere s.set_no = 2\nlimit 3"), "training/get_two")
    with session(any_dsn, read_only=True) as server:
        problems = check_files(server, load().files())
    assert problems == [
        "queries/training/get_two.sql:4: has the query id of queries/training/get_one.sql: "
        "in pg_stat_statements the two would be one"
    ]


def test_a_big_table_is_scanned_where_an_index_would_not_pay_and_that_is_told(read: Read, server: Session) -> None:
    """Without looking at the tables' sizes, an index that could serve would be taken for one that does."""
    text = "select s.reps\nfrom sets as s\nwhere s.athlete_id > :a\norder by s.reps\nlimit 5"
    file = read(query(text, "@param a bigint = 1", "@budget plan: no_seqscan(sets)"))
    assert check_files(server, [file]) == []
    server.conn.execute("set default_transaction_read_only = off")
    with server.rolled_back():
        server.conn.execute("update pg_class set relpages = 1000 where relname = 'sets'")
        fresh = Session(server.conn)
        assert fresh.is_large("sets")  # remembered: the check itself ends this transaction
        assert "sets is read from end to end" in check_files(fresh, [file])[0]


def test_nothing_is_run_by_a_check(read: Read, newest_dsn: str) -> None:
    file = read(query("insert into athletes (name) values ('new') returning id", returns="one"))
    with session(newest_dsn, read_only=True) as server:
        assert check_files(server, [file]) == []
        assert server.conn.execute("select count(*) from athletes where name = 'new'").fetchone() == (0,)


def test_a_missing_privilege_is_a_problem(read: Read, newest_dsn: str) -> None:
    file = read(query("select 1 as a from pg_authid limit 1"))
    with session(psycopg.conninfo.make_conninfo(newest_dsn, user="workouts_app"), read_only=True) as server:
        assert check_files(server, [file]) == ["queries/training/get_set.sql:4: permission denied for table pg_authid"]


# ── budgets of runs ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def writable(newest_dsn: str) -> object:
    with session(newest_dsn, read_only=False) as opened:
        yield opened


def test_a_run_over_its_budget_is_told_with_what_it_took(read: Read, writable: Session) -> None:
    file = read(
        query(
            "select s.set_no\nfrom sets as s\nwhere s.athlete_id = 1 and s.weight_kg < 0\nlimit 1",
            "@budget run: buffers<=1 rows_removed<=399",
        )
    )
    taken = measure(writable, file)
    buffers, removed = taken.buffers, taken.rows_removed
    assert removed == 400
    assert 1 < buffers < 1000
    assert measure_budgets(writable, [file]).problems == [
        f"queries/training/get_set.sql:3: buffers {buffers}: the budget is buffers<=1",
        "queries/training/get_set.sql:3: rows_removed 400: the budget is rows_removed<=399",
    ]


def test_a_write_is_measured_and_rolled_back(read: Read, writable: Session) -> None:
    text = "update sets as s\nset reps = 6\nwhere s.athlete_id = 1"
    file = read(query(text, "@budget run: buffers<=100000", returns="rows_affected"))
    assert measure_budgets(writable, [file]).problems == []
    assert writable.conn.execute("select count(*) from sets where reps = 6").fetchone() == (0,)


def test_a_run_that_fails_is_a_problem(read: Read, writable: Session) -> None:
    divides = read(query("select 1 / :a as a", "@param a int = 0", "@budget run: buffers<=1", returns="one"))
    assert measure_budgets(writable, [divides]).problems == [
        "queries/training/get_set.sql:4: it does not run on its samples: division by zero"
    ]
    no_int = read(query("select :a as a", "@param a int = 'x'", "@budget run: buffers<=1", returns="one"))
    assert "the sample of a is no int" in measure_budgets(writable, [no_int]).problems[0]
    without = read(query("select 1 / :a as a", "@param a int = 0", returns="one"))
    assert measure_budgets(writable, [without]).problems == []


HEAVY = query(
    "select s.set_no\nfrom sets as s\nwhere s.athlete_id = :athlete_id and s.weight_kg < :less\nlimit 1",
    "@param athlete_id bigint = 0",
    "@param less int = 0",
    "@sample heavy: athlete_id = (select min(a.id) from athletes as a)",
    "@sample nobody: athlete_id = (select a.id from athletes as a where a.id < 0)",
    "@budget run: buffers<=1000 rows_removed<=0",
    "@budget run(heavy): rows_removed<=300",
)


def test_every_named_sample_is_measured_and_one_that_finds_nobody_is_told_apart(read: Read, writable: Session) -> None:
    verdict = measure_budgets(writable, [read(HEAVY)])
    assert verdict.problems == [
        "queries/training/get_set.sql:8: heavy: rows_removed 400: the budget is rows_removed<=300"
    ]
    assert verdict.without_data == [
        "queries/training/get_set.sql:6: the sample nobody finds no athlete_id in this database"
    ]


def test_a_named_sample_is_checked_like_any_other(read: Read, server: Session) -> None:
    assert check_files(server, [read(HEAVY)]) == []
    wrong = HEAVY.replace("a.id < 0", "a.number < 0")
    assert check_files(server, [read(wrong)]) == [
        "queries/training/get_set.sql:6: the sample nobody of athlete_id is no bigint: column a.number does not exist"
    ]
