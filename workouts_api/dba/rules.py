"""The house rules about the text of a query file. ``workouts sql check`` checks them without a server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from workouts_api.sql.files import QueryFile
from workouts_api.sql.lexer import tokenize

MAX_OPTIONAL_FILTERS = 4  # each doubles the number of plans that one text needs
_HIDDEN = re.compile(r"[^\n]")

_OPTIONAL = re.compile(r":(\w+)\s*(?:::\s*[\w ]+?\s*(?:\[\s*\])?)?\s+is\s+(?:not\s+)?null\b", re.IGNORECASE)
_LIMIT = re.compile(r"\blimit\s+(?!all\b|null\b)|\bfetch\s+(?:first|next)\b", re.IGNORECASE)
# `offset 0` is allowed. It skips no rows; it stops the planner from merging a sub-select into the outer query.
_OFFSET = re.compile(r"(?<![\w.:])offset(?![\w(])(?!\s+0\b)", re.IGNORECASE)
_STAR = re.compile(r"(?:\bselect|\bdistinct|\bon\s*\([^()]*\)|\breturning|,)\s*((?:\w+\.)?\*)", re.IGNORECASE)
CTE = re.compile(r"(\w+)\s*(?:\([\w\s,]*\)\s*)?\bas\s+(?:(?:not\s+)?materialized\s*)?\(", re.IGNORECASE)
# A sub-select or a function in a from clause: `(…) as alias`, `name(…) as alias`.
_IN_BRACKETS = re.compile(r"\)\s*(?:with\s+ordinality\s+)?as\s+(\w+)", re.IGNORECASE)
# A table, a view or a common table expression in a from clause, under an alias or its own name.
_NAMED = re.compile(
    r"(?:\b(?:from|join|using|update|into)\s|,)\s*(?:only\s+)?(?:\w+\.)?(\w+)\b(?!\s*[.(])(?:\s+as\s+(\w+))?",
    re.IGNORECASE,
)
_CHANGES = re.compile(r"(?<![\w.$])(?:insert\s+into|update|delete\s+from|merge\s+into)\s", re.IGNORECASE)

Found = Iterator[tuple[int, int, str]]  # line, column or 0, message
OTHER_RULES = frozenset({"uncalled", "unused-column"})  # which need more than the file; see workouts_api.dba.unused


def code_of(file: QueryFile) -> str:
    """The statement with blanks in place of comments, strings and quoted names. All other text keeps its place."""
    hidden = ("comment", "string", "identifier")
    body = file.body
    pieces = (
        _HIDDEN.sub("x" if t.kind == "identifier" else " ", body[t.start : t.end])
        if t.kind in hidden
        else body[t.start : t.end]
        for t in tokenize(body)
    )
    return "".join(pieces)


def text_problems(file: QueryFile) -> list[str]:
    """Every broken rule, as ``queries/chapter/name.sql:LINE:COLUMN: message``; and every waiver without an effect."""
    code = code_of(file)
    problems = []
    for name, rule in _RULES.items():
        found = list(rule(file, code))
        if name not in file.waivers:
            problems += [file.problem(line, message, column) for line, column, message in found]
        elif not found:
            problems.append(
                file.problem(file.waivers[name].line, f"@waive {name}: nothing breaks this rule: expected no waiver")
            )
    for name in file.waivers.keys() - _RULES.keys() - OTHER_RULES:
        known = ", ".join(sorted({*_RULES, *OTHER_RULES}))
        problems.append(file.problem(file.waivers[name].line, f"@waive {name}: expected one of {known}"))
    return problems


def place_in(file: QueryFile, code: str, position: int) -> tuple[int, int]:
    """The line of the file and the column, of a position in the statement."""
    begins = code.rfind("\n", 0, position) + 1
    indent = 0 if begins else file.body_start - (file.text.rfind("\n", 0, file.body_start) + 1)
    return file.line_of("statement") + code.count("\n", 0, position), position - begins + indent + 1


def _nullable_parameters_want_custom_plans(file: QueryFile, code: str) -> Found:
    """A file with optional filters must say ``@plan custom``. Measured: list-50 takes 0.66 ms with it, 2.09 ms without.

    A nullable parameter of a write is a value to store, unless the statement tests it for null.
    """
    asked = {found[1] for found in _OPTIONAL.finditer(code)}
    for parameter in file.parameters:
        if parameter.nullable and file.plan != "custom" and (not file.writes or parameter.name in asked):
            yield parameter.line, 0, f"parameter {parameter.name} may be null: expected @plan custom"


def _few_optional_filters(file: QueryFile, code: str) -> Found:
    names = list(dict.fromkeys(found[1] for found in _OPTIONAL.finditer(code)))
    if len(names) > MAX_OPTIONAL_FILTERS:
        message = f"{len(names)} optional filters ({', '.join(names)}): expected at most {MAX_OPTIONAL_FILTERS} a file"
        yield file.line_of("statement"), 0, message


def _many_has_a_limit(file: QueryFile, code: str) -> Found:
    if file.returns == "many" and not _LIMIT.search(code) and not _CHANGES.search(code):
        yield file.line_of("returns"), 0, "@returns many without a limit: expected `limit :limit`, or @returns stream"


def _a_later_page_is_tried(file: QueryFile, code: str) -> Found:
    """A rewrite may keep the first page and read everything for the next ones: only a sample with a cursor tells."""
    cursor = [parameter for parameter in file.parameters if re.match(r"(after|before)(_|$)", parameter.name)]
    if file.returns != "many" or not cursor or not _LIMIT.search(code):
        return
    if not any(parameter.name in sample.values for sample in file.samples.values() for parameter in cursor):
        message = f"no set of samples asks for a later page: expected @sample later_page: {cursor[0].name} = …"
        yield cursor[0].line, 0, message


def _no_offset(file: QueryFile, code: str) -> Found:
    for found in _OFFSET.finditer(code):
        yield (
            *place_in(file, code, found.start()),
            "offset reads and throws away every earlier page: expected a row comparison, (a, b) < (:a, :b)",
        )


def _no_star(file: QueryFile, code: str) -> Found:
    """Allows alias.* only if our SQL lists the columns: in the same file, or in a function's definition.

    No file lists the columns of a table: when a migration added one, it would appear in replies.
    """
    expressions = {found[1].lower() for found in CTE.finditer(code)}
    for found in _STAR.finditer(code):
        alias = found[1].removesuffix("*").removesuffix(".").lower()
        if not alias or alias not in _named_in_sql_of_ours(_surroundings(code, found.start()), expressions):
            yield *place_in(file, code, found.start(1)), f"{found[1]}: expected the columns' names"


def _named_in_sql_of_ours(select: str, expressions: set[str]) -> set[str]:
    """The aliases under which a select reads sub-selects, functions and common table expressions."""
    named = {(found[2] or found[1]).lower(): found[1].lower() for found in _NAMED.finditer(select)}
    return {found[1].lower() for found in _IN_BRACKETS.finditer(select)} - named.keys() | {
        alias for alias, relation in named.items() if relation in expressions
    }


def _surroundings(code: str, position: int) -> str:
    """The select around a position, up to its enclosing brackets, without the parts in brackets inside it."""
    start, depth = position, 0
    while start > 0 and depth >= 0:
        start -= 1
        depth += {")": 1, "(": -1}.get(code[start], 0)
    inside = start + 1 if depth < 0 else start
    kept, depth = list[str](), 0
    for character in code[inside:]:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
        kept.append(character if depth == 0 or (depth == 1 and character == "(") else " ")
    return "".join(kept)


_RULES: Mapping[str, Callable[[QueryFile, str], Found]] = {
    "custom-plan": _nullable_parameters_want_custom_plans,
    "few-filters": _few_optional_filters,
    "later-page": _a_later_page_is_tried,
    "limit": _many_has_a_limit,
    "no-offset": _no_offset,
    "no-star": _no_star,
}
