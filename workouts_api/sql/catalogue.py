"""The catalogue: every query file under a folder, read at once, by chapter and name.

Owns the folder's rules (a folder is a chapter, a file is a query) and the error that lists all problems of all files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from workouts_api.sql.files import QueryFile, read_query_file

QUERIES = Path(__file__).resolve().parent.parent / "queries"


class QueryFileError(Exception):
    """Query files have problems; ``problems`` holds one line each: ``file:line: message``."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class UnknownQueryError(Exception):
    """There is no query of that name."""


class Catalogue(Mapping[str, Mapping[str, QueryFile]]):
    """chapter → name → file, both in order of their names."""

    def __init__(self, files: Iterable[QueryFile]) -> None:
        self._chapters: dict[str, dict[str, QueryFile]] = {}
        for file in sorted(files, key=lambda f: (f.chapter, f.name)):
            self._chapters.setdefault(file.chapter, {})[file.name] = file

    def __getitem__(self, chapter: str) -> Mapping[str, QueryFile]:
        return self._chapters[chapter]

    def __iter__(self) -> Iterator[str]:
        return iter(self._chapters)

    def __len__(self) -> int:
        """The number of chapters."""
        return len(self._chapters)

    def files(self) -> Iterator[QueryFile]:
        """Every file of every chapter."""
        for chapter in self._chapters.values():
            yield from chapter.values()

    def find(self, full_name: str) -> QueryFile:
        """The file named "chapter.name"; a path such as queries/chapter/name.sql is understood as well.

        :raises UnknownQueryError: with the nearest names.
        """
        cleaned = full_name.removesuffix(".sql").replace("/", ".").rpartition("queries.")[2]
        chapter, _, name = cleaned.partition(".")
        try:
            return self._chapters[chapter][name]
        except KeyError:
            raise UnknownQueryError(self._suggest(full_name, cleaned)) from None

    def _suggest(self, asked: str, cleaned: str) -> str:
        import difflib

        near = difflib.get_close_matches(cleaned, [file.full_name for file in self.files()], n=3, cutoff=0.5)
        hint = f": did you mean {' or '.join(near)}?" if near else ": expected chapter.name, see `workouts sql list`"
        return f"There is no query {asked!r}{hint}"


def load_catalogue(root: Path = QUERIES) -> Catalogue:
    """Reads every file under ``root``.

    :raises QueryFileError: with every problem of every file.
    """
    if not root.is_dir():
        raise QueryFileError([f"{root}:1: no such folder: expected the folder of query files"])
    files, problems = [], list[str]()
    for path in sorted(root.rglob("[!.]*.sql")):  # .#name.sql and the like are editors'
        depth = len(path.relative_to(root).parts)
        if depth != 2:
            shown = f"{root.name}/{path.relative_to(root).as_posix()}"
            problems.append(f"{shown}:1: expected {root.name}/<chapter>/<verb_noun>.sql, found a depth of {depth}")
            continue
        file, wrong = read_query_file(path)
        problems += wrong
        if file is not None:
            files.append(file)
    problems += _same_statements(files)
    if problems:
        raise QueryFileError(problems)
    return Catalogue(files)


def _same_statements(files: list[QueryFile]) -> list[str]:
    """Two files of one statement would share their lines in every statistic."""
    seen: dict[str, QueryFile] = {}
    problems = []
    for file in files:
        digest = hashlib.sha256(file.statement.replace(file.tag, "", 1).encode()).hexdigest()
        first = seen.setdefault(digest, file)
        if first is not file:
            problems.append(file.problem(file.line_of("statement"), f"the same statement as {first.place}"))
    return problems
