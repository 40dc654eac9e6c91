"""The lexer: what is code, what is quoted, where parameters and statements lie."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workouts_api.sql.lexer import split_statements, tokenize

QUOTES = ("'", "''", '"', "$$", "$t$", "E'", "e'", "U&", "--", "/*", "*/")
SIGNS = ("$1", ":a", "::", ":=", ":", "$", "-", "/", "?", "%", ",", ";", "\\", "[", "]", "(", ")")
WORDS = ("array", "x", "a$b", "1e", "×", "é", " ", "\n", "\r")
PIECES = st.sampled_from(QUOTES + SIGNS + WORDS)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, text[token.start : token.end]) for token in tokenize(text)]


def only(kind: str, text: str) -> list[str]:
    return [piece for found, piece in kinds(text) if found == kind]


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
@example("/* /* */")
@example("E'\\'")
@example("$a$ $b$ $a")
def test_every_character_is_in_exactly_one_token_whatever_the_text_is(text: str) -> None:
    tokens = list(tokenize(text))
    assert "".join(text[token.start : token.end] for token in tokens) == text
    assert all(token.start < token.end for token in tokens)
    assert [token.end for token in tokens[:-1]] == [token.start for token in tokens[1:]]


@pytest.mark.parametrize(
    "quoted",
    [
        "'a :x'",
        "'it''s :x; $1'",
        r"'a\'",
        r"E'it\'s :x; '",
        r"e'\\'",
        "E'a'\n  'b\\' :x'",
        "E'a' -- more\n 'b\\' :x'",
        "$$ :x ; ' $1 $$",
        "$tag$ $$ :x $other$ ; $tag$",
        "$größe$ :x $größe$",
    ],
)
def test_nothing_in_a_string_is_a_parameter_or_ends_a_statement(quoted: str) -> None:
    assert kinds(f"select {quoted} :y") == [
        ("code", "select "),
        ("string", quoted),
        ("code", " "),
        ("parameter", ":y"),
    ]


@pytest.mark.parametrize("prefix", ["U&", "B", "X", "N", "u&", "tableE", "1E"])
def test_a_prefix_other_than_e_leaves_backslashes_alone(prefix: str) -> None:
    assert only("string", f"select {prefix}'a\\' || :x") == ["'a\\'"]


@pytest.mark.parametrize("comment", ["-- :x ; ' $$", "/* :x ; ' */", "/* /* nested */ :x */", "/**/", "/***/"])
def test_nothing_in_a_comment_counts(comment: str) -> None:
    assert kinds(f"a {comment}\n:y")[1:] == [("comment", comment), ("code", "\n"), ("parameter", ":y")]


@pytest.mark.parametrize(
    "code",
    ["a::date", "f(a := 1)", "a like b || c % d", "x ? y ?| z ?& q", "a$b$c", "5 - -5 / 2", "a : b", "$ a", "a:1"],
)
def test_operators_and_casts_are_code(code: str) -> None:
    assert {kind for kind, _ in kinds(code)} <= {"code", "bracket"}


def test_a_parameter_may_follow_an_operator_or_a_cast_at_once() -> None:
    assert only("parameter", "a=:b and c::d@>:e-:f ?|:g :=:h :::i") == [":b", ":e", ":f", ":g", ":h", ":i"]


def test_quoted_names_hide_what_they_hold() -> None:
    assert kinds('"a ""b"" :x;"') == [("identifier", '"a ""b"" :x;"')]


@pytest.mark.parametrize("text", [":'x'", ':"x"', ":{?x}"])
def test_forms_that_only_psql_knows_are_told_apart(text: str) -> None:
    assert kinds(text) == [("psql", text)]


def test_positional_parameters_and_backslashes_are_told_apart() -> None:
    assert kinds("$1 \\g") == [("positional", "$1"), ("code", " "), ("backslash", "\\"), ("code", "g")]


@pytest.mark.parametrize("text", ["'a", '"a', "E'a\\'", "$$ a", "$a$ b $$", "/* a /* */"])
def test_what_never_ends_is_one_token_to_the_end(text: str) -> None:
    assert kinds(f"x {text}") == [("code", "x "), ("unterminated", text)]


def test_a_colon_in_a_subscript_may_be_a_slice_and_in_a_constructor_never_is() -> None:
    assert only("bound", "x[1:a], x[:b], x[:c::int], (y)[f(1):d], array_of[1:e], s.array[1:f]") == [
        *(":a", ":b", ":c", ":d", ":e", ":f")
    ]
    assert only("parameter", "array[:a, :b], ARRAY [[:c], [:d]], x[f(:e)]") == [":a", ":b", ":c", ":d", ":e"]


def test_closing_brackets_without_opening_ones_do_no_harm() -> None:
    assert only("parameter", ")]] :a") == [":a"]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("select 1; select 2", ["select 1", " select 2"]),
        ("select ';'; -- ;\n", ["select ';'"]),
        ("; ;-- a\n;", []),
        ("-- a\nselect 1", ["-- a\nselect 1"]),
        ("'a'", ["'a'"]),
        ("create rule r as on insert to t do (delete from a; delete from b); x", None),
        ("create function f() returns int begin atomic select case when a then 1 end; select 2; end; x", None),
        ("create or replace procedure f() begin atomic select 1; end; x", None),
        ("create function f() returns int as $$ begin; end; $$; x", None),
        ("begin; create table t (a int); end", ["begin", " create table t (a int)", " end"]),
        ("select case when a then 1 end; select 2", ["select case when a then 1 end", " select 2"]),
    ],
)
def test_statements_end_where_psql_ends_them(text: str, statements: list[str] | None) -> None:
    whole = statements if statements is not None else [text.removesuffix("; x"), " x"]
    assert [text[start:end] for start, end in split_statements(text)] == whole
