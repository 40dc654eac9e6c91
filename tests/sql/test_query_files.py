"""What a query file may contain, which part of it is sent, and each error about one."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workouts_api.sql.catalogue import Catalogue, QueryFileError, UnknownQueryError, load_catalogue
from workouts_api.sql.files import Column, Parameter, PlanBudget, QueryFile, RunBudget, read_query_file
from workouts_api.sql.head import Head

Read = Callable[..., QueryFile]
Write = Callable[..., Path]
Load = Callable[[], Catalogue]

FULL = """-- One athlete's sets of a day, newest first.
-- Why it is so: a remark between the keys.
-- @param athlete_id bigint = 1
-- @param day date? = current_date - 1
-- @param marks  double precision[] = '{1.5}'
-- @returns many
-- @column set_no int!
-- @column reps smallint
-- @timeout 500ms
-- @plan custom
-- @readonly
-- @budget plan: no_seqscan(sets, athletes) max_cost=60.5
-- @budget run: buffers<=80 rows_removed<=3
-- @deprecated use list_sets

/* another */
select s.set_no, s.reps -- the rest :stays
from sets as s
where s.athlete_id = :athlete_id and :day::date is null or ':day' = any(:marks::text[])
  and s.athlete_id < :athlete_id + 7 and s.note like '100%' and s.tags[1:n] ? 'a'
limit 5 ;
-- done
"""


def test_a_file_says_everything_about_its_query(read: Read) -> None:
    file = read(FULL)
    assert (file.full_name, file.place) == ("training.get_set", "queries/training/get_set.sql")
    assert file.summary == "One athlete's sets of a day, newest first."
    assert file.parameters == (
        Parameter("athlete_id", "bigint", False, "1", 3),
        Parameter("day", "date", True, "current_date - 1", 4),
        Parameter("marks", "double precision[]", False, "'{1.5}'", 5),
    )
    assert file.columns == (Column("set_no", "int", False, 7), Column("reps", "smallint", True, 8))
    assert (file.returns, file.timeout_s, file.plan, file.effect) == ("many", 0.5, "custom", "readonly")
    assert file.plan_budget == PlanBudget(("sets", "athletes"), 60.5, 12)
    assert file.run_budget == RunBudget(80, 3, 13)
    assert file.deprecated == "use list_sets"
    assert (file.line_of("statement"), file.line_of("plan"), file.line_of("nothing")) == (17, 10, 1)
    assert not file.writes


def test_a_named_sample_holds_what_differs_and_its_budget_what_it_overrides(read: Read) -> None:
    named = """-- @sample heavy: athlete_id = (select max(a.id) from sets as a where a.id in (1, 2)), marks = '{1,2}'
-- @sample old: day = date '1999-01-01'
-- @sample heavy: day = null
-- @budget run(heavy): buffers<=900
"""
    file = read(FULL.replace("-- @deprecated", named + "-- @deprecated"))
    assert {name: samples.values for name, samples in file.samples.items()} == {
        "heavy": {
            "athlete_id": "(select max(a.id) from sets as a where a.id in (1, 2))",
            "marks": "'{1,2}'",
            "day": "null",
        },
        "old": {"day": "date '1999-01-01'"},
    }
    assert file.samples["heavy"].lines == {"athlete_id": 14, "marks": 14, "day": 16}
    assert file.budget_of("heavy") == RunBudget(900, 3, 17)
    assert file.budget_of("old") == file.budget_of(None) == RunBudget(80, 3, 13)
    alone = read(FULL.replace("-- @budget run: buffers<=80 rows_removed<=3\n", named))
    assert (alone.budget_of("heavy"), alone.budget_of(None)) == (RunBudget(900, None, 16), None)


def test_a_budget_may_be_another_one_before_a_version_of_the_server(read: Read) -> None:
    old = """-- @sample heavy: day = null
-- @budget run(heavy): buffers<=900
-- @budget run(heavy) before 17: buffers<=9000
-- @budget run before 16: rows_removed<=5
"""
    file = read(FULL.replace("-- @deprecated", old + "-- @deprecated"))
    assert file.budget_of("heavy", 17) == file.budget_of("heavy") == RunBudget(900, 3, 15)
    assert file.budget_of("heavy", 16) == RunBudget(9000, 3, 16)
    assert file.budget_of(None, 15) == RunBudget(80, 5, 17)
    assert file.budget_of(None, 16) == file.budget_of(None) == RunBudget(80, 3, 13)


def test_what_is_sent_differs_in_placeholders_and_the_tag_alone(read: Read) -> None:
    file = read(FULL)
    assert file.digest == hashlib.sha256(FULL.encode()).hexdigest()[:8]
    assert file.order == ("athlete_id", "day", "marks")
    assert file.statement == (
        f"select /* training.get_set@{file.digest} */ s.set_no, s.reps -- the rest :stays\n"
        "from sets as s\n"
        "where s.athlete_id = $1 and $2::date is null or ':day' = any($3::text[])\n"
        "  and s.athlete_id < $1 + 7 and s.note like '100%' and s.tags[1:n] ? 'a'\n"
        "limit 5"
    )
    assert file.body.startswith("select s.set_no")
    assert file.body.endswith("limit 5")


@pytest.mark.parametrize(
    ("statement", "sent"),
    [
        ("(select 1) union (select 2)", "(select TAG 1) union (select 2)"),
        ("with a as (select 1) select 2", "with TAG a as (select 1) select 2"),
        ("VALUES(1)", "VALUES TAG(1)"),
        ("select 1 -- end", "select TAG 1 -- end"),
        ("select 1 -- end\n;;", None),
        ("select\r\n 1", "select TAG\r\n 1"),
    ],
)
def test_the_tag_stands_after_the_first_keyword(read: Read, statement: str, sent: str | None) -> None:
    if sent is None:
        with pytest.raises(QueryFileError, match="a second statement"):
            read(f"-- One.\n-- @returns value\n-- @readonly\n{statement}")
        return
    file = read(f"-- One.\n-- @returns value\n-- @readonly\n{statement}")
    assert file.statement == sent.replace("TAG", file.tag)


def test_in_a_subscript_a_name_is_a_parameter_only_if_it_is_declared(read: Read) -> None:
    head = "-- One.\n-- @param a int = 1\n-- @returns value\n-- @readonly\n"
    file = read(head + "select x[:a:n], x[n:a], x[: a : n], x[:n], y[:a::int]")
    assert file.statement.partition("*/ ")[2] == "x[$1:n], x[n$1], x[: a : n], x[:n], y[$1::int]"


CODE = st.text(st.characters(exclude_characters=":$'\"\\;-/[]() \r\n", exclude_categories=["C", "Z"]))
QUOTED = st.sampled_from(["'a :b'", "E'\\''", '"a:b"', "$$:x$$", "/* :x */", "::", ":="])


@given(st.lists(st.one_of(CODE, QUOTED, st.just(":one"), st.just(":two")), min_size=1))
def test_text_outside_parameters_is_sent_byte_for_byte(pieces: list[str]) -> None:
    body = " ".join(["select", *pieces, ":one :two"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "queries" / "training" / "get_set.sql"
        path.parent.mkdir(parents=True)
        path.write_bytes(
            f"-- One.\n-- @param one int = 1\n-- @param two int = 1\n-- @returns value\n-- @readonly\n{body}".encode()
        )
        file, problems = read_query_file(path)
    assert file is not None, problems
    number = {f":{name}": f"${position}" for position, name in enumerate(file.order, 1)}
    expected = ["select", file.tag, *(number.get(piece, piece) for piece in (*pieces, ":one", ":two"))]
    assert file.statement == " ".join(expected)


@pytest.mark.parametrize(
    ("declared", "sent"),
    [
        ("int", "bigint"),
        ("smallint", "bigint"),
        ("integer[]", "bigint[]"),
        ("BIGINT", "bigint"),
        ("float4", "double precision"),
        ("double  precision", "double precision"),
        ("timestamptz", "timestamp with time zone"),
        ("varchar", "text"),
        ("bool []", "boolean[]"),
    ],
)
def test_a_parameter_is_sent_as_the_type_that_python_has(declared: str, sent: str) -> None:
    assert Parameter("a", declared, False, "1").sent_type == sent


@pytest.mark.parametrize(("value", "seconds"), [("500ms", 0.5), ("2s", 2.0), ("1.5 min", 90.0), ("60min", 3600.0)])
def test_a_timeout_is_read_in_seconds(value: str, seconds: float) -> None:
    assert Head(f"-- One.\n-- @timeout {value}").timeout_s == seconds


# ── complaints ──────────────────────────────────────────────────────────────────────────────────────────────


def problems_of(load: Load) -> list[str]:
    with pytest.raises(QueryFileError) as caught:
        load()
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize(
    ("lines", "body", "line", "message"),
    [
        ("@parm a int = 1", "select 1", 3, "unknown key @parm: expected one of @param, @returns"),
        ("@param a int", "select :a", 3, "@param 'a int': expected name type = sample"),
        ("@param a int =", "select :a", 3, "expected name type = sample"),
        ("@param a strange = 1", "select :a", 3, "parameter a: unknown type 'strange', expected one of bigint"),
        ("@param A int = 1", "select :A", 3, "parameter 'A': expected a snake-case name"),
        ("@param from int = 1", "select :from", 3, "parameter 'from': expected a snake-case name"),
        ("@param self int = 1", "select :self", 3, "parameter 'self': expected"),
        ("@param a int = 1; select 2", "select :a", 3, "sample of a: ';' doesn't belong there"),
        ("@param a int = :b", "select :a", 3, "sample of a: ':b' doesn't belong there"),
        ("@param a text = 'x", "select :a", 3, "sample of a: \"'x\" doesn't belong there"),
        ("@param a int = 1 -- one", "select :a", 3, "sample of a: '-- one' doesn't belong there"),
        ("@param a int = 1", "select 1", 3, "parameter a is not used: expected :a in the statement"),
        ("@param a int = 1|@param a int = 2", "select :a", 4, "parameter a again: it is declared in line 3"),
        ("@readonly", "select 1\n  + :a", 5, ":a is not declared: expected -- @param a type = sample"),
        ("@returns one", "select 1", 3, "@returns again: expected it once, it stands in line 2"),
        ("@timeout 5 years", "select 1", 3, "@timeout '5 years': expected a time such as 500ms"),
        ("@timeout 61min", "select 1", 3, "@timeout '61min': expected a time"),
        ("@plan quick", "select 1", 3, "@plan 'quick': expected custom or generic"),
        ("@readonly yes", "select 1", 3, "@readonly 'yes': expected nothing behind it"),
        ("@writes yes", "select 1", 3, "@writes 'yes': expected nothing behind it"),
        ("@readonly|@writes", "select 1", 4, "both @readonly and @writes: expected one of them"),
        ("@plan custom", "select 1", 1, "no effect: expected @readonly or @writes"),
        ("@deprecated", "select 1", 3, "@deprecated: expected what to use instead"),
        ("@column a", "select 1", 3, "@column 'a': expected name type"),
        ("@column a odd", "select 1", 3, "column a: unknown type 'odd'"),
        ("@column a int|@column a int!", "select 1", 4, "column a again: it is declared in line 3"),
        ("@waive a: b|@waive a: c", "select 1", 4, "@waive a again: it stands in line 3"),
        ("@budget time: 5ms", "select 1", 3, "@budget 'time: 5ms': expected plan: …, run: … or run(sample): …"),
        ("@budget plan:", "select 1", 3, "expected no_seqscan(table, …) and/or max_cost=N"),
        ("@budget plan: max_cost=1 max_cost=2", "select 1", 3, "expected no_seqscan(table, …) and/or max_cost=N"),
        ("@budget plan: max_cost=1 quick", "select 1", 3, "expected no_seqscan(table, …) and/or max_cost=N"),
        ("@budget plan: max_cost=1|@budget plan: max_cost=1", "select 1", 4, "@budget plan again: it stands in line 3"),
        ("@budget run: buffers<5", "select 1", 3, "expected buffers<=N and/or rows_removed<=N"),
        ("@budget run: buffers<=5 buffers<=6", "select 1", 3, "expected buffers<=N and/or rows_removed<=N"),
        ("@budget run: buffers<=5|@budget run: buffers<=6", "select 1", 4, "@budget run again: it stands in line 3"),
        ("@budget run(big): buffers<=5|@sample small: a = 1", "select 1", 3, "run(big): there is no such @sample, the"),
        ("@sample big", "select 1", 3, "@sample 'big': expected name: parameter = sample, parameter = sample"),
        ("@sample big: 5, 6", "select 1", 3, "@sample 'big: 5, 6': expected name: parameter = sample"),
        ("@param a int = 1|@sample big: b = 2", "select :a", 4, "sample big: there is no parameter b, the file has a"),
        ("@sample big: b = 2", "select 1", 3, "sample big: there is no parameter b, the file has none"),
        ("@param a int = 1|@sample x: a = 2|@sample x: a = 3", "select :a", 5, "a again, it stands in line 4"),
        ("@param a int = 1|@sample x: a = 2; drop", "select :a", 4, "sample x of a: ';' doesn't belong there"),
        ("", "select $1", 4, "$1: expected a named parameter, :name"),
        ("", "select\n :'a'", 5, ":'a': only psql knows this form"),
        ("", 'select :"a"', 4, ':"a": only psql knows this form'),
        ("", "select 1 \\gexec", 4, "a backslash outside quotes: it begins a command of psql"),
        ("", "select 'abc", 4, 'what begins with "\'abc" never ends'),
        ("", "select 1; select 2", 4, "a second statement: expected one a file"),
        ("", "select 1\n-- @plan custom", 5, "a key below the head: expected above the statement"),
        ("", "-- nothing", 1, "no statement: expected one statement of SQL below the head"),
        ("", ";", 4, "no statement"),
        ("", "1 + 1", 4, "no statement"),
    ],
)
def test_each_mistake_has_its_line_and_says_what_was_expected(
    write: Write, load: Load, lines: str, body: str, line: int, message: str
) -> None:
    head = "".join(f"-- {key}\n" for key in lines.split("|"))
    write(f"-- One sentence.\n-- @returns value\n{head}{body}\n")
    place = f"queries/training/get_set.sql:{line}: "
    assert [problem for problem in problems_of(load) if problem.startswith(place) and message in problem]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (b"", 1, "the file is empty"),
        (b" \n ", 1, "the file is empty"),
        (b"-- One.\n-- \xff", 2, "not UTF-8: expected text in UTF-8, found the byte 0xff"),
        (b"\xef\xbb\xbf-- One.\nselect 1", 1, "a byte-order mark"),
        (b"-- One.\nselect '\0'", 2, "a NUL character"),
        (b"select 1", 1, "no summary: expected the first line to be a comment with one plain sentence"),
        (b"-- no full stop\nselect 1", 1, "no summary"),
        (b"-- @returns one.\nselect 1", 1, "no summary"),
        (b"-- One.\nselect 1", 1, "no @returns: expected one of one, maybe, many, value, rows_affected, stream"),
        (b"-- One.\n-- @returns lots\nselect 1", 2, "@returns lots: expected one of one, maybe"),
        (b"-- One.\n-- @returns rows_affected\n-- @column a int\nx", 3, "no rows are returned"),
    ],
)
def test_a_file_that_is_none_says_why(write: Write, load: Load, text: bytes, line: int, message: str) -> None:
    write(text)
    assert [p for p in problems_of(load) if p.startswith(f"queries/training/get_set.sql:{line}: ") and message in p]


GOOD = "-- One.\n-- @returns value\n-- @readonly\nselect 1"


@pytest.mark.parametrize("name", ["set", "GetSet", "get-set", "get_", "_get_set", "get__set", "get set"])
def test_a_name_is_verb_noun_in_snake_case(write: Write, load: Load, name: str) -> None:
    write(GOOD, f"training/{name}")
    assert problems_of(load)[0].endswith("expected verb_noun in snake case, such as list_sessions")


@pytest.mark.parametrize("chapter", ["Training", "import", "9to5", "a-b"])
def test_a_chapter_can_be_an_attribute(write: Write, load: Load, chapter: str) -> None:
    write(GOOD, f"{chapter}/get_set")
    assert "expected a snake-case name that is no keyword of Python" in problems_of(load)[0]


@pytest.mark.parametrize(("name", "depth"), [("get_set", 1), ("a/b/get_set", 3)])
def test_a_file_lies_in_a_chapter(write: Write, load: Load, name: str, depth: int) -> None:
    write(GOOD, name)
    assert problems_of(load) == [
        f"queries/{name}.sql:1: expected queries/<chapter>/<verb_noun>.sql, found a depth of {depth}"
    ]


def test_problems_are_told_from_the_first_line_on(write: Write, load: Load) -> None:
    write("-- One.\n-- @plan none\n-- @param a int = 1\nselect :b\n")
    lines = [int(problem.split(":")[1]) for problem in problems_of(load)]
    assert lines == [1, 1, 2, 3, 4]


def test_two_files_of_one_statement_are_an_error(write: Write, load: Load) -> None:
    write(GOOD, "training/get_one")
    write("-- Two.\n\n-- @returns one\n-- @readonly\nselect 1;\n", "sets/get_two")
    assert problems_of(load) == ["queries/training/get_one.sql:4: the same statement as queries/sets/get_two.sql"]


def test_all_problems_of_all_files_are_listed_at_once(write: Write, load: Load) -> None:
    write("select 1", "training/get_one")
    write("-- @x\nselect :a", "training/get_two")
    write(GOOD, "training/get_three")
    places = [problem.split(":")[0] for problem in problems_of(load)]
    assert set(places) == {"queries/training/get_one.sql", "queries/training/get_two.sql"}
    assert len(places) > 3


def test_a_folder_in_a_files_place_is_a_problem_not_a_crash(root: Path, load: Load) -> None:
    (root / "training" / "get_set.sql").mkdir(parents=True)
    assert problems_of(load) == ["queries/training/get_set.sql:1: not readable: Is a directory"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(QueryFileError, match="nowhere:1: no such folder"):
        load_catalogue(tmp_path / "nowhere")


def test_the_catalogue_knows_chapters_and_names(write: Write, load: Load) -> None:
    write(GOOD, "training/get_one")
    write(GOOD.replace("1", "2"), "sets/get_two")
    write(GOOD.replace("1", "3"), "sets/get_more")
    write("an editor's", "sets/.#get_two").with_name("readme.txt").write_text("no query")
    catalogue = load()
    assert {chapter: list(files) for chapter, files in catalogue.items()} == {
        "sets": ["get_more", "get_two"],
        "training": ["get_one"],
    }
    assert [file.full_name for file in catalogue.files()] == ["sets.get_more", "sets.get_two", "training.get_one"]
    assert len(catalogue) == 2
    for name in ("sets.get_two", "sets/get_two.sql", "queries/sets/get_two.sql", "/a/queries/sets/get_two.sql"):
        assert catalogue.find(name) is catalogue["sets"]["get_two"]
    with pytest.raises(UnknownQueryError, match=r"no query 'sets.get_tow': did you mean sets.get_two"):
        catalogue.find("sets.get_tow")
    with pytest.raises(UnknownQueryError, match=r"expected chapter\.name"):
        catalogue.find("x")


def test_loading_takes_time_in_proportion_to_the_number_of_files(write: Write, root: Path) -> None:
    """100 files took 20 ms when measured, and 10 files a tenth of it."""

    def load_time() -> float:
        started = time.process_time()
        load_catalogue(root)
        return time.process_time() - started

    for n in range(20):
        write(FULL.replace("limit 5", f"limit {n}"), f"training/get_set_{n}")
    few = min(load_time() for _ in range(5))
    for n in range(20, 200):
        write(FULL.replace("limit 5", f"limit {n}"), f"training/get_set_{n}")
    assert min(load_time() for _ in range(5)) < 25 * few
