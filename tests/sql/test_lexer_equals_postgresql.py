"""The lexer reads what PostgreSQL's own reads: strings, names in quotes, comments, parameters, brackets, semicolons.

PostgreSQL's scanner is that of libpg_query. It does not know ``:name``, so made-up texts have no colon in front of a
name; those of the project's files are left out of the comparison.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pglast.parser import ParseError, scan

from tests.sql.test_lexer import QUOTES, WORDS
from workouts_api.sql.lexer import tokenize

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("queries/*/*.sql"), *ROOT.glob("migrations/**/*.sql"), ROOT / "deploy" / "roles.sql"])
SIGNS = ("$1", "::", "$", "-", "/", "?", "%", ",", ";", "[", "]", "(", ")", "\\'", "B'", "X'", "N'", 'u&"', "\t", "2")
TEXTS = st.text(st.characters(exclude_characters="\0:", exclude_categories=["Cs"]))
PIECES = st.lists(st.sampled_from([*QUOTES, *SIGNS, *WORDS])).map("".join)
KINDS = {
    **dict.fromkeys(("SCONST", "USCONST", "BCONST", "XCONST"), "string"),
    **dict.fromkeys(("C_COMMENT", "SQL_COMMENT"), "comment"),
    **dict.fromkeys(("ASCII_40", "ASCII_41", "ASCII_91", "ASCII_93"), "bracket"),
    "PARAM": "positional",
    "ASCII_59": "semicolon",
    "ASCII_92": "backslash",
}
A_PREFIX = re.compile(r"(?:u&|[bx])(?=['\"])", re.IGNORECASE)


def as_postgresql_reads(text: str) -> list[str]:
    """The kind of each character. The prefixes of strings other than E are code, as they are for our lexer."""
    kinds = ["code"] * len(text)
    for token in scan(text):
        piece = text[token.start : token.end + 1]
        prefix = A_PREFIX.match(piece)
        quoted = token.name in ("IDENT", "UIDENT") and '"' in piece[:3]
        kind = "identifier" if quoted else KINDS.get(token.name, "code")
        start = token.start + (prefix.end() if prefix else 0)
        kinds[start : token.end + 1] = [kind] * (token.end + 1 - start)
    return kinds


def as_we_read(text: str) -> list[str]:
    return [token.kind for token in tokenize(text) for _ in range(token.start, token.end)]


def differences(text: str) -> list[tuple[int, str, str]]:
    """Where the two differ. What stands between two parts of one string belongs to it only for PostgreSQL."""
    theirs, ours = as_postgresql_reads(text), as_we_read(text)
    return [
        (number, their, our)
        for number, (their, our) in enumerate(zip(theirs, ours, strict=True))
        if their != our and not (their == "string" and (our == "comment" or text[number].isspace()))
    ]


@given(st.one_of(TEXTS, PIECES))
@example("select 'a' -- 'x\n'b' \"c\"")
@example("$é$ $1 $é$ $1")
@example("E'\\' -- ' ;")
def test_a_text_that_postgresql_reads_is_read_in_the_same_way(text: str) -> None:
    try:
        assert differences(text) == []
    except ParseError as error:
        if "unterminated" in str(error):
            assert "unterminated" in as_we_read(text)
    else:
        assert "unterminated" not in as_we_read(text)


@pytest.mark.parametrize("folder", ["queries", "migrations", "deploy"])
def test_the_projects_files_are_read_as_postgresql_reads_them(folder: str) -> None:
    wrong = {}
    for path in (path for path in FILES if path.relative_to(ROOT).parts[0] == folder):
        text = path.read_text(encoding="utf-8")
        found = [one for one in differences(text) if one[2] not in ("parameter", "bound")]
        if found:
            wrong[path.name] = found[:3]
    assert wrong == {}
