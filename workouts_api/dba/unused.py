"""What the project has for nothing: query files that no code calls, and columns that no code names.

Owns the comparison with the project's Python. It is read, not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from workouts_api.dba.callers import ROOT, find_callers
from workouts_api.dba.rules import code_of, place_in
from workouts_api.dba.server import Session, StatementProblemError
from workouts_api.sql.catalogue import Catalogue
from workouts_api.sql.files import QueryFile

_WORD = re.compile(r"\w+")
_NOT_USES = ("dba", "sql")  # folders that speak of columns without using them


def uncalled(catalogue: Catalogue) -> list[str]:
    """Files that no code of the project names. They would be checked, measured and migrated for nothing."""
    callers = find_callers(frozenset(file.full_name for file in catalogue.files()))
    return [
        file.problem(1, "no code calls it: expected a caller, or @deprecated with the reason why it stays")
        for file in catalogue.files()
        if not callers[file.full_name].modules and not file.deprecated and "uncalled" not in file.waivers
    ]


def unused_columns(session: Session, files: Iterable[QueryFile]) -> list[str]:
    """Columns whose names stand nowhere in the project's Python and its mails: each row carries them for nothing.

    In a file that writes, a column that is computed may be there for the effect of a function.
    """
    problems, known = list[str](), names_in_code()
    for file in files:
        if file.returns in ("value", "rows_affected", "copy") or "unused-column" in file.waivers:
            continue
        try:
            columns = session.describe(file).columns
        except StatementProblemError:
            continue  # check_files has told it
        unused = [one.name for one in columns if one.name not in known and (one.table_oid or not file.writes)]
        problems += [_told(file, name) for name in unused]
    return problems


def _told(file: QueryFile, name: str) -> str:
    code = code_of(file)
    places = [found.start() for found in re.finditer(rf"\b{re.escape(name)}\b", code)]
    line, column = place_in(file, code, places[-1]) if places else (file.line_of("returns"), 0)
    return file.problem(line, f"no code names the column {name}: expected a use of it, or no such column", column)


@cache
def names_in_code(root: Path = ROOT) -> frozenset[str]:
    """Every word of the project's Python and of the templates of its mails."""
    paths = [path for path in root.rglob("*.py") if path.relative_to(root).parts[0] not in _NOT_USES]
    paths += (root / "mail" / "templates").glob("*")
    return frozenset(word for path in paths for word in _WORD.findall(path.read_text(encoding="utf-8")))
