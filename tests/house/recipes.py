"""Reads a recipe of CONTRIBUTING.md as its reader does: what to write where, and what to run, in the order of the text.

A comment above a block says where its lines go:

- ``file: PATH`` – they are the file; a ``*`` in it stands for what an earlier command chose;
- ``into: PATH, NAME`` – at the end of the dictionary or tuple NAME of that file;
- ``into: PATH`` – of a table in CSV: in the order of the addresses in its second column;
- ``after: PATH, LINE`` – below the one line that reads so;
- ``after: PATH, START … LINE`` – below the first line that reads so behind the one line that begins with START;
- ``end: PATH`` – at the end of that file, after two empty lines.

A block of sh is run. What a recipe only shows has another language.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"^(?P<indent> *)(?:<!-- (?P<how>file|into|after|end): (?P<path>[^,>]+?)(?:, (?P<where>.+?))? -->\n+ *)?"
    r"```(?P<language>\w+)\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Step:
    """One block: lines to write (``how``, ``path``, ``where``), or commands to run."""

    how: str
    path: str
    where: str
    text: str

    def commands(self) -> list[str]:
        """What is typed, without comments."""
        return [line for line in (re.sub(r"\s+#.*", "", line).strip() for line in self.text.splitlines()) if line]

    def write(self, checkout: Path) -> None:
        """Does to the checkout what a block of lines says."""
        write(self, checkout)


def read_recipe(document: str, title: str) -> list[Step]:
    """The steps of the chapter of that title.

    :raises ValueError: when a block neither says where it goes nor is to be run.
    """
    chapter = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", document, re.MULTILINE | re.DOTALL)
    if chapter is None:
        raise ValueError(f"there is no chapter {title}")
    return list(_steps(chapter[1]))


def _steps(chapter: str) -> Iterator[Step]:
    for block in _BLOCK.finditer(chapter):
        text = textwrap.dedent(block["text"]) if block["indent"] else block["text"]
        if block["how"]:
            yield Step(block["how"], block["path"], block["where"] or "", text)
        elif block["language"] == "sh":
            yield Step("run", "", "", text)
        else:
            raise ValueError(f"where do these lines go? {text[:60]!r}")


def is_done(step: Step, checkout: Path) -> bool:
    """Whether the lines stand where the step puts them: somebody has followed the recipe for real."""
    return any(step.text.strip() in path.read_text(encoding="utf-8") for path in checkout.glob(step.path))


def write(step: Step, checkout: Path) -> None:
    """Does to the checkout what a block of lines says."""
    match step.how:
        case "file":
            path = checkout / step.path
            if "*" in step.path:
                [path] = checkout.glob(step.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding="utf-8")
        case "after":
            _insert(checkout / step.path, _line_of(checkout / step.path, step.where), step.text)
        case "end":
            path = checkout / step.path
            path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{step.text}", encoding="utf-8")
        case "into" if step.path.endswith(".csv"):
            for line in step.text.splitlines(keepends=True):
                _insert(checkout / step.path, _place_in_table(checkout / step.path, line), line)
        case _:
            _insert(checkout / step.path, _end_of(checkout / step.path, step.where), step.text)


def _insert(path: Path, after: int, text: str) -> None:
    """Text that begins at the margin gets the indentation of the line above it."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    above = lines[after - 1]
    indent = above[: len(above) - len(above.lstrip())] if text[0] != " " else ""
    path.write_text("".join([*lines[:after], textwrap.indent(text, indent), *lines[after:]]), encoding="utf-8")


def _line_of(path: Path, text: str) -> int:
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    start, _, wanted = text.rpartition(" … ")
    if start:
        [begins] = [number for number, line in enumerate(lines, start=1) if line.startswith(start)]
        return lines.index(wanted, begins) + 1
    [number] = [number for number, line in enumerate(lines, start=1) if line == wanted]
    return number


def _end_of(path: Path, name: str) -> int:
    """The last line inside the literal that is given that name."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            assert node.end_lineno is not None
            return node.end_lineno - 1
    raise ValueError(f"{path.name} has no {name}")


def _place_in_table(path: Path, line: str) -> int:
    """The line below which a row belongs."""
    method, address = line.split(",")[:2]
    rows = path.read_text(encoding="utf-8").splitlines()
    later = (n for n, row in enumerate(rows[1:], start=1) if tuple(row.split(",")[1::-1]) > (address, method))
    return next(later, len(rows))
