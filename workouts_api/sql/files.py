"""Query files: one statement of SQL each, under a head of comments that says what it takes and gives.

Owns what a file is, what of it is sent to the server, and every complaint that can be made without a server. Whether
the statement is right is ``check``'s question; running it is ``workouts_api.sql``'s.
"""

from __future__ import annotations

import hashlib
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from workouts_api.sql.budgets import PlanBudget, RunBudget
from workouts_api.sql.declared import Column, Parameter
from workouts_api.sql.head import KEY_LINE, Head, Plan, Returns, Waiver
from workouts_api.sql.lexer import Token, tokenize
from workouts_api.sql.samples import SampleSet

__all__ = [
    "Column",
    "Parameter",
    "Plan",
    "PlanBudget",
    "QueryFile",
    "Returns",
    "RunBudget",
    "SampleSet",
    "parse_query_file",
    "read_query_file",
]


@dataclass(frozen=True, slots=True)
class QueryFile:
    """One file. ``statement`` is what is sent, ``order`` names the values of its $1, $2, …"""

    chapter: str
    name: str
    path: Path
    text: str
    summary: str
    parameters: tuple[Parameter, ...]
    returns: Returns
    columns: tuple[Column, ...]
    timeout_s: float | None
    plan: Plan
    writes: bool
    plan_budget: PlanBudget | None
    run_budget: RunBudget | None
    set_budgets: Mapping[str, RunBudget] = field(hash=False)
    old_budgets: Mapping[tuple[str, int], RunBudget] = field(hash=False)
    """By the sample set ("" for the usual samples) and the first version of PostgreSQL for which they do not hold."""
    samples: Mapping[str, SampleSet] = field(hash=False)
    deprecated: str | None
    waivers: Mapping[str, Waiver] = field(hash=False)
    digest: str
    statement: str
    order: tuple[str, ...]
    body_start: int  # text[body_start:body_end] is the statement as it is written
    body_end: int
    keyword_end: int  # where the tag goes
    lines: Mapping[str, int] = field(hash=False)  # key → the line where it stands first; "statement" too

    @property
    def full_name(self) -> str:
        return f"{self.chapter}.{self.name}"

    @property
    def version(self) -> str:
        """The name and the digest: one text of the query."""
        return f"{self.chapter}.{self.name}@{self.digest}"

    @property
    def tag(self) -> str:
        """The comment by which the server's statistics lead back to this file."""
        return f"/* {self.version} */"

    @property
    def effect(self) -> str:
        """The key of the head that says whether it writes."""
        return "writes" if self.writes else "readonly"

    @property
    def body(self) -> str:
        """The statement as it is written, without the head."""
        return self.text[self.body_start : self.body_end]

    @property
    def is_copy(self) -> bool:
        return self.body[:4].lower() == "copy"

    @property
    def place(self) -> str:
        """The path as problems name it: queries/chapter/name.sql."""
        return "/".join(self.path.parts[-3:])

    def line_of(self, key: str) -> int:
        """The line of ``@key`` (or of the statement, for "statement"); the first line if there is none."""
        return self.lines.get(key, 1)

    def budget_of(self, sample: str | None, version: int = 1000) -> RunBudget | None:
        """What a run may take: on the usual samples (None), or on a named set of them.

        :param version: PostgreSQL's; by default one that is newer than all.
        """
        named = self.set_budgets.get(sample or "")
        budget = named.over(self.run_budget) if named else self.run_budget
        for before in sorted((new for name, new in self.old_budgets if name == (sample or "")), reverse=True):
            if version < before:
                budget = self.old_budgets[sample or "", before].over(budget)
        return budget

    def most_buffers(self, version: int = 1000) -> int | None:
        """The pages of the dearest set of samples: calls of everybody that take more on average exceed every budget."""
        budgets = [self.budget_of(sample, version) for sample in (None, *self.samples)]
        limits = [budget.buffers for budget in budgets if budget is not None and budget.buffers is not None]
        return max(limits, default=None)

    def problem(self, line: int, message: str, column: int = 0) -> str:
        """A line that editors and terminals make a link of. ``column`` counts from 1; 0: it is not known."""
        return f"{self.place}:{line}:{f'{column}:' if column else ''} {message}"


_QUERY_NAME = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")
_CHAPTER_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FIRST_WORD = re.compile(r"[A-Za-z]+")


class _Statement:
    """The statement of a file: where it lies, and what of it is sent."""

    def __init__(self, text: str, declared: Mapping[str, Parameter], tag: str) -> None:
        self.problems: list[tuple[int, str]] = []  # line and message
        self.text, self.declared = text, declared
        self.tokens, self.start, self.end = self._find()
        self.line = self._line_at(self.start)
        self.keyword_end = self._keyword_end()
        self.order: tuple[str, ...] = ()
        self.sent = self._translate(tag) if self.keyword_end else ""

    def _complain(self, position: int, message: str) -> None:
        self.problems.append((self._line_at(position), message))

    def _line_at(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1

    def _keyword_end(self) -> int:
        """Where the tag goes: PostgreSQL 18 strips a leading comment, and a trailing one may be cut off."""
        for token in self.tokens:
            if token.kind == "code" and (word := _FIRST_WORD.search(self.text, token.start, token.end)):
                return word.end()
        self._complain(self.start, "no statement: expected one statement of SQL below the head")
        return 0

    def _translate(self, tag: str) -> str:
        """The statement with $1, $2, … in place of the parameters' names, all else as it stands."""
        sent, numbers = list[str](), dict[str, int]()
        for token in self.tokens:
            piece = self.text[token.start : token.end]
            if token.kind in ("parameter", "bound") and self._is_parameter(token, piece[1:]):
                piece = f"${numbers.setdefault(piece[1:], len(numbers) + 1)}"
            if token.start < self.keyword_end <= token.end:
                cut = self.keyword_end - token.start
                piece = f"{piece[:cut]} {tag}{piece[cut:]}"
            sent.append(piece)
        self.order = tuple(numbers)
        for name, parameter in self.declared.items():
            if name not in numbers:
                self.problems.append(
                    (parameter.line, f"parameter {name} is not used: expected :{name} in the statement")
                )
        return "".join(sent)

    def _is_parameter(self, token: Token, name: str) -> bool:
        """In a subscript, :name is a parameter if it is declared, as psql replaces it if it is set; else a slice."""
        if name not in self.declared and token.kind == "parameter":
            self._complain(token.start, f":{name} is not declared: expected -- @param {name} type = sample")
        return token.kind == "parameter" or name in self.declared

    def _find(self) -> tuple[list[Token], int, int]:
        """The tokens of the statement, without the head before and the semicolon behind."""
        text, tokens, start, end, ended = self.text, list[Token](), -1, len(self.text), False
        for token in tokenize(text):
            blank = token.kind == "comment" or (token.kind == "code" and text[token.start : token.end].isspace())
            if token.kind == "comment" and KEY_LINE.match(text, token.start) and start >= 0:
                self._complain(token.start, "a key below the head: expected above the statement")
            if start < 0 and not blank:
                piece = text[token.start : token.end]
                start = token.start + len(piece) - len(piece.lstrip())
                token = token._replace(start=start)
            if start < 0 or (ended and blank):
                continue
            if ended:
                self._complain(token.start, "a second statement: expected one a file")
                break
            if token.kind == "semicolon":
                ended, end = True, token.start
                continue
            self._complain_of_token(token)
            tokens.append(token)
        while tokens and text[tokens[-1].start : tokens[-1].end].isspace():
            end = tokens.pop().start
        if tokens:
            last = tokens[-1]
            end = last.start + len(text[last.start : last.end].rstrip())
            tokens[-1] = last._replace(end=end)
        return tokens, max(start, 0), end

    def _complain_of_token(self, token: Token) -> None:
        piece = self.text[token.start : token.end]
        match token.kind:
            case "positional":
                message = f"{piece}: expected a named parameter, :name"
            case "psql":
                message = f"{piece}: only psql knows this form, expected :name (the value's quoting is not yours to do)"
            case "backslash":
                message = "a backslash outside quotes: it begins a command of psql, expected SQL alone"
            case "unterminated":
                message = f"what begins with {piece[:20].split(chr(10))[0]!r} never ends: expected its closing mark"
            case _:
                return
        self._complain(token.start, message)


def read_query_file(path: Path) -> tuple[QueryFile | None, list[str]]:
    """Reads ``…/<chapter>/<verb_noun>.sql``.

    :returns: the file, None if it has problems, and its problems as ``queries/chapter/name.sql:LINE: message``.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        return None, _shown(path, [(1, f"not readable: {error.strerror}")])
    return parse_query_file(path, raw)


def parse_query_file(path: Path, raw: bytes) -> tuple[QueryFile | None, list[str]]:
    """The same for a text that lies elsewhere: it is read as if it were the content of ``path``."""
    file, problems = _parsed(path, raw)
    return file, list(problems)


@lru_cache(maxsize=512)  # commands read the files that the process has loaded already
def _parsed(path: Path, raw: bytes) -> tuple[QueryFile | None, list[str]]:
    text, digest, problem = _decoded(raw)
    if problem is not None:
        return None, _shown(path, [problem])
    chapter, name = path.parent.name, path.stem
    head = Head(text)
    statement = _Statement(text, head.parameters, f"/* {chapter}.{name}@{digest} */")
    problems = [*_name_problems(chapter, name), *head.problems, *statement.problems]
    if problems:
        return None, _shown(path, problems)
    file = QueryFile(
        chapter=chapter,
        name=name,
        path=path,
        text=text,
        summary=head.summary,
        parameters=tuple(head.parameters.values()),
        returns=head.returns,
        columns=tuple(head.columns.values()),
        timeout_s=head.timeout_s,
        plan=head.plan,
        writes=head.writes,
        plan_budget=head.plan_budget,
        run_budget=head.run_budget,
        set_budgets=head.set_budgets,
        old_budgets=head.old_budgets,
        samples=head.samples,
        deprecated=head.deprecated,
        waivers=head.waivers,
        digest=digest,
        statement=statement.sent,
        order=statement.order,
        body_start=statement.start,
        body_end=statement.end,
        keyword_end=statement.keyword_end,
        lines={**head.lines, "statement": statement.line},
    )
    return file, []


def _decoded(raw: bytes) -> tuple[str, str, tuple[int, str] | None]:
    """The text and its digest, or the problem that keeps it from being read."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line, byte = raw.count(b"\n", 0, error.start) + 1, raw[error.start]
        return "", "", (line, f"not UTF-8: expected text in UTF-8, found the byte 0x{byte:02x}")
    digest = hashlib.sha256(raw).hexdigest()[:8]
    if not text.strip():
        return text, digest, (1, "the file is empty: expected a head and one statement")
    if text.startswith("\ufeff"):
        return text, digest, (1, "a byte-order mark: expected UTF-8 without one, psql stumbles over it")
    if "\0" in text:
        return text, digest, (text.count("\n", 0, text.index("\0")) + 1, "a NUL character: PostgreSQL takes none")
    return text, digest, None


def _name_problems(chapter: str, name: str) -> list[tuple[int, str]]:
    problems = []
    if not _QUERY_NAME.fullmatch(name):
        problems.append((1, f"the name {name!r}: expected verb_noun in snake case, such as list_sessions"))
    if not _CHAPTER_NAME.fullmatch(chapter) or keyword.iskeyword(chapter):
        problems.append((1, f"the chapter {chapter!r}: expected a snake-case name that is no keyword of Python"))
    return problems


def _shown(path: Path, problems: list[tuple[int, str]]) -> list[str]:
    place = "/".join(path.parts[-3:])
    return [f"{place}:{line}: {message}" for line, message in sorted(problems, key=lambda problem: problem[0])]
