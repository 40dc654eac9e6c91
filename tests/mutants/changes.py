"""Mutants: one small change each, of a Python module or of a file of SQL, that a test should notice."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ONLY_TELLS = ("log.", "_log.", "logger.", "warnings.")


@dataclass(frozen=True)
class Mutant:
    """A change of one file's text."""

    path: str
    start: int
    end: int
    """The characters that are replaced."""
    text: str
    line: int
    what: str

    @property
    def name(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"

    def applied(self, source: str) -> str:
        return source[: self.start] + self.text + source[self.end :]


# ── Python ──────────────────────────────────────────────────────────────────────────────────────────────────


def of_python(path: str, source: str) -> Iterator[Mutant]:
    """Each comparison turned, each condition negated, each ``and`` an ``or``, each number one more, each call and each
    error left out."""
    tree = ast.parse(source)
    starts = [0]
    for row in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(row))
    lines = source.splitlines()

    def place(row: int, column: int) -> int:
        return starts[row - 1] + len(lines[row - 1].encode()[:column].decode())

    for node in _live(tree):
        for new in _changed(node):
            where = ast.get_source_segment(source, node) or ""
            yield Mutant(
                path,
                place(node.lineno, node.col_offset),
                place(node.end_lineno or node.lineno, node.end_col_offset or 0),
                new,
                node.lineno,
                f"{_short(where)} → {_short(new)}",
            )


def _live(tree: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Everything that runs: no types, no annotations, nothing that only tells a log."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.arg | ast.AnnAssign) and not getattr(child, "value", None):
            continue
        if _only_tells(child):
            continue
        if isinstance(child, ast.expr | ast.stmt):
            yield child
        yield from _live(child)


def _only_tells(node: ast.AST) -> bool:
    is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    return is_call and ast.unparse(node).startswith(_ONLY_TELLS)


def _changed(node: ast.expr | ast.stmt) -> Iterator[str]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _SWAPPED:
            yield f"({ast.unparse(ast.Compare(node.left, [_SWAPPED[type(op)]()], node.comparators))})"
        case ast.BoolOp(op=ast.And()):
            yield f"({ast.unparse(ast.BoolOp(ast.Or(), node.values))})"
        case ast.BoolOp(op=ast.Or()):
            yield f"({ast.unparse(ast.BoolOp(ast.And(), node.values))})"
        case ast.UnaryOp(op=ast.Not()):
            yield f"bool({ast.unparse(node.operand)})"
        case ast.Constant(value=bool()):
            yield repr(not node.value)
        case ast.Constant(value=int()):
            yield repr(node.value + 1)
        case ast.Raise() | ast.Expr(value=ast.Call()):
            yield "pass"


def _short(text: str) -> str:
    told = " ".join(text.split())
    return told if len(told) < 70 else told[:69] + "…"


# ── SQL ─────────────────────────────────────────────────────────────────────────────────────────────────────

_CONJUNCT = re.compile(r"^(?P<lead>\s*(?:where|and)\s+)(?P<condition>\S.*?)$")
_ASSIGNED = re.compile(r"^\s*(?:set )?(?P<name>\w+) = (?P<value>.+?),?$")
_COLUMN_FUNCTION = re.compile(
    r"^create function workouts\.\w+_columns\([^)]*\) returns table \(\n(?P<columns>.*?)^\)"
    r".*?^  select\n(?P<values>.*?)^\$\$",
    re.MULTILINE | re.DOTALL,
)
_COLUMN = re.compile(r"^  (?P<value>\w.*?)(?: as (?P<alias>\w+))?(?P<comma>,?)$")


def of_sql(path: str, source: str) -> Iterator[Mutant]:
    """Each condition left out that stands whole on a line."""
    for number, start, text in _lines(source):
        found = _CONJUNCT.match(text)
        if found and _is_whole(found["condition"]) and not re.search(r"\b(between|case|\()$", found["condition"]):
            end = ";" if text.endswith(";") else ""
            new = f"{found['lead']}true{end}"
            yield Mutant(path, start, start + len(text), new, number, f"{_short(text)} left out")


def columns_of(path: str, source: str) -> Iterator[Mutant]:
    """Each column of a list's outermost select as null: what one of the list's files forgets."""
    rows = list(_lines(source))
    first = max((n for n, (_, _, text) in enumerate(rows) if text == "select"), default=len(rows))
    for number, start, text in rows[first + 1 :]:
        if text.startswith("from "):
            return
        found = _COLUMN.match(text)
        if found and _is_whole(found["value"]):
            shown = found["alias"] or found["value"].rpartition(".")[2]
            new = f"  null as {shown}{found['comma']}"
            yield Mutant(path, start, start + len(text), new, number, f"column {shown} left out")


def columns_of_functions(path: str, source: str) -> Iterator[Mutant]:
    """Each column of each function that gives a resource's columns as null: what all of its reads would forget."""
    for function in _COLUMN_FUNCTION.finditer(source):
        names = re.findall(r"^  (\w+) ", function["columns"], re.MULTILINE)
        start = function.start("values")
        for name, line in zip(names, function["values"].splitlines(keepends=True), strict=True):
            value = line.strip().removesuffix(",")
            at = start + line.index(value)
            number = source.count("\n", 0, at) + 1
            yield Mutant(path, at, at + len(value), f"nullif({value}, {value})", number, f"column {name} left out")
            start += len(line)


def assignments_of(path: str, source: str, table: str) -> Iterator[Mutant]:
    """Each column of the ``set`` of ``update … as <table>`` left as it was: what a change forgets."""
    inside = False
    for number, start, text in _lines(source):
        inside = text.lstrip().startswith("set ") or (inside and not re.match(r"^\s*(from|where|returning)\b", text))
        found = _ASSIGNED.match(text) if inside else None
        if found and _is_whole(found["value"]) and not found["value"].endswith("case"):
            at = start + found.start("value")
            yield Mutant(
                path,
                at,
                at + len(found["value"]),
                f"{table}.{found['name']}",
                number,
                f"{found['name']} left as it was",
            )


def _lines(source: str) -> Iterator[tuple[int, int, str]]:
    """Number, where it starts, and text of each line that is no comment."""
    start = 0
    for number, line in enumerate(source.splitlines(keepends=True), 1):
        if not line.lstrip().startswith("--"):
            yield number, start, line.rstrip("\n")
        start += len(line)


def _is_whole(text: str) -> bool:
    return text.count("(") == text.count(")")
