"""Cuts PostgreSQL's SQL into tokens: what is code, what is quoted, and where parameters and statements lie.

Owns the lexical rules alone; what a token means is for its readers (query files, the migration runner). Every
character of a text is in exactly one token, in order, whatever the text is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal[
    "code",  # words, numbers, operators and white space, up to the next token of another kind
    "comment",  # -- … to the end of the line, or /* … */, nested as PostgreSQL nests them
    "string",  # '…', E'…', $tag$…$tag$; of U&'…', B'…', X'…' and N'…' the part in quotes
    "identifier",  # "…"
    "parameter",  # :name
    "bound",  # :name in an array's subscript, where it may also be a slice's end that is a column: x[1:name]
    "positional",  # $1
    "psql",  # :'name', :"name" and :{?name}
    "bracket",  # one of ( ) [ ]
    "semicolon",
    "backslash",  # outside quotes it begins a command of psql
    "unterminated",  # an opened string, identifier or comment that never ends: the rest of the text
]


class Token(NamedTuple):
    """One piece of a text: ``text[start:end]``."""

    kind: Kind
    start: int
    end: int


_LETTER = r"A-Za-z_\u0080-\U0010ffff"  # PostgreSQL takes every character beyond ASCII for a letter
_TAG = rf"\$(?:[{_LETTER}][{_LETTER}0-9]*+)?\$"
_PARAMETER = rf":[{_LETTER}][{_LETTER}0-9]*+"
_PSQL = rf""":(?:'[{_LETTER}0-9]++'|"[{_LETTER}0-9]++"|\{{\?[{_LETTER}0-9]++\}})"""
_ESCAPED = r"'[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*'(?!')"

# One alternation, so that the regex engine does the scanning: a file has some forty tokens, not a thousand
# characters. Nothing here is ever worth going back for, so quantifiers of characters are possessive (++, *+); those of
# groups are not, because Python before 3.11.5 takes too much by them (gh-106052), and a closing quote is none before
# another instead.
_TOKEN = re.compile(
    rf"""
      (?P<comment> --[^\r\n]*+ )
    | (?P<string>
          # Quoted parts with a line break between them are one string, and E holds for all of them.
          [eE]{_ESCAPED}(?:[ \t\f\v]*+(?:--[^\r\n]*+)?[\r\n][ \t\f\v\r\n]*+{_ESCAPED})*
        | '[^']*+(?:''[^']*+)*'(?!')
        | (?P<tag>{_TAG}) .*? (?P=tag)
      )
    | (?P<identifier> "[^"]*+(?:""[^"]*+)*"(?!") )
    | (?P<parameter> {_PARAMETER} )
    | (?P<psql> {_PSQL} )
    | (?P<positional> \$[0-9]++ )
    | (?P<bracket> [()\[\]] )
    | (?P<semicolon> ; )
    | (?P<backslash> \\ )
    | (?P<block> /\* )
    | (?P<unterminated> (?: [eE]?' | " | {_TAG} ) .*+ )
    | (?P<code> (?:
          (?![eE]') [{_LETTER}][{_LETTER}0-9$]*+
        | [0-9][{_LETTER}0-9]*+
        | :: | := | (?!{_PARAMETER}|{_PSQL}) :
        | -(?!-) | /(?!\*)
        | (?!{_TAG}|\$[0-9]) \$
        | [^{_LETTER}0-9:\-/$'"()\[\];\\]++
      )+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_SUBSCRIPT, _CONSTRUCTOR = "[", "array["


def tokenize(text: str) -> Iterator[Token]:
    """Cuts any text into tokens; joined, they are the text again."""
    position, length, match = 0, len(text), _TOKEN.match
    brackets: list[str] = []
    before = ""  # the last code or bracket: tells array[…] from a subscript
    while position < length:
        found: re.Match[str] = match(text, position)  # type: ignore[assignment]  # the alternation takes any character
        kind: Kind = found.lastgroup  # type: ignore[assignment]  # each of its groups is a kind
        end = found.end()
        if kind == "code":
            before = text[position:end].strip() or before
        elif kind == "bracket":
            before = _follow(brackets, text[position], before)
        elif kind == "parameter" and brackets and brackets[-1] == _SUBSCRIPT:
            kind = "bound"
        elif found.lastgroup == "block":
            kind, end = _block_comment(text, end)
        yield Token(kind, position, end)
        position = end


def _follow(brackets: list[str], bracket: str, before: str) -> str:
    """Keeps account of which brackets are open, and of what kind."""
    if bracket in ")]":
        if brackets:
            brackets.pop()
    elif bracket == "(":
        brackets.append(bracket)
    else:
        inner = before in ("[", ",") and brackets[-1:] == [_CONSTRUCTOR]  # array[[1, 2], [3, 4]]
        constructs = inner or (before[-5:].lower() == "array" and not _is_name(before))
        brackets.append(_CONSTRUCTOR if constructs else _SUBSCRIPT)
    return bracket


def _is_name(code: str) -> bool:
    """Whether what ends with "array" is a longer word, or a column: my_array, s.array."""
    return code[-6:-5].isalnum() or code[-6:-5] in ("_", "$", ".")


def _block_comment(text: str, position: int) -> tuple[Kind, int]:
    depth = 1
    for edge in _BLOCK_EDGE.finditer(text, position):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return "comment", edge.end()
    return "unterminated", len(text)


_DEFINES_A_ROUTINE = re.compile(r"\s*create\s+(?:or\s+replace\s+)?(?:function|procedure)\b", re.IGNORECASE)
_BODY_WORD = re.compile(r"(?<![\w$.])(?:begin(?=\s+atomic\b)|case|end)(?![\w$])", re.IGNORECASE)


def split_statements(text: str) -> Iterator[tuple[int, int]]:
    """Finds the statements of a text, as (start, end), without their semicolons.

    Semicolons in brackets and in the ``begin atomic … end`` of a function don't end a statement, as in psql. What
    holds no code, only comments or white space, is no statement; a comment in front of one belongs to it.
    """
    start, depth, body, code = 0, 0, 0, ""
    for token in tokenize(text):
        if token.kind == "bracket":
            depth = max(0, depth + (1 if text[token.start] in "([" else -1))
        if token.kind == "semicolon" and depth == 0 and body == 0:
            if code.strip():
                yield start, token.start
            start, code = token.end, ""
        elif token.kind == "code":
            code += text[token.start : token.end]
            if _DEFINES_A_ROUTINE.match(code):
                body = _body_depth(text[token.start : token.end], body)
        elif token.kind != "comment":
            code += text[token.start] if token.kind != "bracket" else " "
    if code.strip():
        yield start, len(text)


def _body_depth(code: str, depth: int) -> int:
    for word in _BODY_WORD.findall(code):
        if word.lower() == "end":
            depth = max(0, depth - 1)
        elif depth or word.lower() == "begin":
            depth += 1
    return depth
