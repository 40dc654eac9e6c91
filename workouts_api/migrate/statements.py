"""The statements of a migration file: where each begins, and what kind of handling it needs.

Cutting a text into statements is ``workouts_api.sql.lexer``'s; what a statement means for a migration is told here,
from its outline: its text with comments, strings and everything in brackets blanked out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from workouts_api.sql.lexer import Token, split_statements, tokenize


class FileError(Exception):
    """Something is wrong with a file, in this line."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


@dataclass(frozen=True)
class Comment:
    text: str
    line: int


@dataclass(frozen=True)
class ConcurrentIndex:
    """An index that a statement builds without blocking writers; ``table`` as written, ``name`` as well."""

    name: str
    table: str


@dataclass(frozen=True)
class Target:
    """What a backfill changes: the table as written, the name that its columns go by, where its ``where`` lies."""

    table: str
    alias: str
    where: tuple[int, int] | None


@dataclass(frozen=True)
class Batches:
    """A backfill in steps of ``size`` rows, in the order of the column ``key``."""

    key: str
    size: int
    target: Target


_NAME = r'(?:"[^"]*"|[a-z_\u0080-\U0010ffff][\w$]*)(?:\s*\.\s*(?:"[^"]*"|[a-z_\u0080-\U0010ffff][\w$]*))*'
_TRANSACTION_CONTROL = re.compile(
    r"(begin|start\s+transaction|commit|end|rollback(?!\s+to)|abort|prepare\s+transaction)\b"
)
_COPY_OVER_THE_WIRE = re.compile(r"copy\b.*\b(from\s+stdin|to\s+stdout)\b", re.DOTALL)
CONCURRENTLY = r"\bconcurrently\b(?!\s+(?:false|off|0)\b)"  # of a reindex, which also takes it as an option
_NOT_IN_A_TRANSACTION = re.compile(
    rf"""  (?: create\s+(?:unique\s+)?index | drop\s+index ) \s+concurrently\b
        | reindex\b .* {CONCURRENTLY}
        | alter\s+table\b .* \bdetach\s+partition\b .* \bconcurrently\b
        | reindex\s* (?:\( .*? \))? \s*(?:schema|database|system)\b
        | vacuum\b | alter\s+system\b | (?:create|drop)\s+(?:database|tablespace)\b
        | cluster\s*(?:verbose|\(\s*\))?\s*$ """,
    re.VERBOSE | re.DOTALL,
)
_CONCURRENT_INDEX = re.compile(
    rf"""create\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?
         (?:(?!on\b)(?P<name>{_NAME})\s+)? on\s+(?:only\s+)?(?P<table>{_NAME})""",
    re.VERBOSE,
)
_BACKFILL = re.compile(
    rf"""(?:update|delete\s+from)\s+(?:only\s+)?(?P<table>{_NAME})(?:\s*\*)?
         (?:\s+(?:as\s+)?(?!(?:set|where|using|returning)\b)(?P<alias>{_NAME}))? \s*(?=\b(?:set|where|using)\b|$)""",
    re.VERBOSE,
)
_WHERE = re.compile(r"\bwhere\b")
_BEYOND_A_BACKFILL = re.compile(r"\breturning\b|\bcurrent\s+of\b")


@dataclass(frozen=True)
class Statement:
    """One statement, without its semicolon; ``line`` is where it begins in the file, counted from 1.

    One that a package brings has the line of the marker that names it.
    """

    text: str
    line: int
    outline: str = field(repr=False, compare=False)
    batches: Batches | None = None
    is_of_package: bool = False

    @property
    def first_line(self) -> str:
        """Its beginning, for a person to recognise it by."""
        return " ".join(self.text.split())[:100]

    @property
    def needs_no_transaction(self) -> bool:
        """Whether the server refuses it inside a transaction."""
        return _NOT_IN_A_TRANSACTION.match(self.outline) is not None

    @property
    def concurrent_index(self) -> ConcurrentIndex | None:
        match = _CONCURRENT_INDEX.match(self.outline)
        return ConcurrentIndex(self._written(match, "name"), self._written(match, "table")) if match else None

    @property
    def target(self) -> Target | None:
        """What an update or delete changes, None for every other statement, or one that is beyond a backfill."""
        match = _BACKFILL.match(self.outline)
        if not match or _BEYOND_A_BACKFILL.search(self.outline):
            return None
        table = self._written(match, "table")
        where = _WHERE.search(self.outline)
        alias = self._written(match, "alias") if match["alias"] else table.rpartition(".")[2].strip()
        return Target(table, alias, where.span() if where else None)

    def in_batches(self, key: str, size: int) -> Statement:
        if self.target is None:
            raise FileError(self.line, "a batch takes an update or a delete of one table, without returning")
        return replace(self, batches=Batches(key, size, self.target))

    def line_of(self, position: str | None) -> int:
        """The line in the file of a position that the server gave: characters from 1, as text."""
        if position is None or self.is_of_package:
            return self.line
        return self.line + self.text.count("\n", 0, int(position) - 1)

    def _written(self, match: re.Match[str], group: str) -> str:
        return self.text[match.start(group) : match.end(group)] if match[group] else ""


def split(text: str) -> Iterator[Statement | Comment]:
    """The statements of a file, and the comments between them, in order.

    A marker of a direction ends a statement even where its semicolon is missing, as it does for dbmate, which
    cuts files by lines.

    :raises FileError: for what can't be run: an open string, a command of psql, ``begin``, ``copy … from stdin``.
    """
    start = 0
    for token in tokenize(text):
        if token.kind == "unterminated":
            raise FileError(_line(text, token.start), "a string, quoted name or comment begins here and never ends")
        if token.kind == "backslash":
            raise FileError(_line(text, token.start), "commands of psql don't work here; expected SQL alone")
        if token.kind == "comment" and re.match(r"--\s*migrate:(up|down)\b", text[token.start : token.end]):
            yield from _split_section(text, start, token.start)
            yield Comment(text[token.start : token.end], _line(text, token.start))
            start = token.end
    yield from _split_section(text, start, len(text))


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _split_section(text: str, start: int, end: int) -> Iterator[Statement | Comment]:
    section = text[start:end]
    done = 0
    for first, last in split_statements(section):
        tokens = list(tokenize(section[first:last]))
        code = next(n for n, token in enumerate(tokens) if not _is_blank(section[first:last], token))
        yield from _comments(text, start + first, tokens[:code])
        yield _statement(text, start + first, tokens[code:])
        done = last
    yield from _comments(text, start + done, list(tokenize(section[done:])))


def _is_blank(text: str, token: Token) -> bool:
    return token.kind == "comment" or not text[token.start : token.end].strip()


def _comments(text: str, offset: int, tokens: list[Token]) -> Iterator[Comment]:
    for token in tokens:
        if token.kind == "comment":
            yield Comment(text[offset + token.start : offset + token.end], _line(text, offset + token.start))


def _statement(text: str, offset: int, tokens: list[Token]) -> Statement:
    for comment in _comments(text, offset, tokens):
        if re.match(r"--\s*migrate:", comment.text):
            raise FileError(comment.line, "a marker inside a statement; is a semicolon missing above it?")
    while _is_blank(text, Token(tokens[-1].kind, offset + tokens[-1].start, offset + tokens[-1].end)):
        tokens.pop()
    whole = text[offset + tokens[0].start : offset + tokens[-1].end]
    blank = len(whole) - len(whole.lstrip())
    outline = _outline(whole, tokens)[blank:].rstrip()
    statement = Statement(whole.strip(), _line(text, offset + tokens[0].start + blank), outline)
    _refuse_what_cannot_run(statement)
    return statement


def _outline(whole: str, tokens: list[Token]) -> str:
    """The statement in small letters, of the same length, with nothing left that could be taken for a keyword.

    Brackets hold keywords in ``reindex`` alone, whose ``concurrently`` may be an option there.
    """
    parts: list[str] = []
    has_options = whole.lstrip()[: len("reindex")].lower() == "reindex"
    depth = 0
    for token in tokens:
        piece = whole[token.start - tokens[0].start : token.end - tokens[0].start]
        if token.kind == "bracket":
            opens = piece in "(["
            depth = depth + 1 if opens else max(0, depth - 1)
            parts.append(piece if depth == (1 if opens else 0) else " ")
        elif (depth and not has_options) or token.kind == "comment":
            parts.append(" " * len(piece))
        elif token.kind == "string":
            parts.append("'" * len(piece))
        elif token.kind == "identifier":
            parts.append('"' + "q" * (len(piece) - 2) + '"')
        else:
            parts.append("".join(letter.lower() if letter.isascii() else letter for letter in piece))
    return "".join(parts)


def _refuse_what_cannot_run(statement: Statement) -> None:
    if control := _TRANSACTION_CONTROL.match(statement.outline):
        words = " ".join(control[0].split())
        raise FileError(statement.line, f"{words}: transactions are the runner's; see migrate:up transaction:false")
    if _COPY_OVER_THE_WIRE.match(statement.outline):
        raise FileError(statement.line, "copy from stdin is psql's; expected insert … values")
    index = statement.concurrent_index
    if index and not index.name:
        raise FileError(statement.line, "an index built concurrently needs a name, so that a failed one can be found")
