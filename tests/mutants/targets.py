"""What is mutated, and the tests that should notice: the modules and statements that bear security and effects."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from tests.mutants.changes import Mutant, assignments_of, columns_of, columns_of_functions, of_python, of_sql

AUTH = "tests/auth tests/api_keys tests/spine/test_every_route.py tests/access/test_statuses.py"
MODULES: Mapping[str, str] = {
    "workouts_api/api/auth/*.py": AUTH,
    "workouts_api/web/scopes.py": AUTH,
    "workouts_api/web/idempotency.py": "tests/spine",
    "workouts_api/database/access.py": "tests/spine tests/road",
    "workouts_api/database/pipeline.py": "tests/spine tests/road",
    "workouts_api/database/pool.py": "tests/spine tests/road",
    "workouts_api/database/replicas.py": "tests/replicas",
    "workouts_api/database/watching.py": "tests/replicas",
    "workouts_api/database/captures.py": "tests/sql/test_capture.py",
    "workouts_api/database/swap*.py": "tests/spine/test_swapping.py tests/sql/test_swap.py",
    "workouts_api/migrate/runner.py": "tests/migrate",
    "workouts_api/migrate/ledger.py": "tests/migrate",
    "workouts_api/migrate/session.py": "tests/migrate",
    "workouts_api/migrate/executor.py": "tests/migrate",
    "workouts_api/migrate/stepwise.py": "tests/migrate",
    "workouts_api/migrate/batches.py": "tests/migrate",
    "workouts_api/web/limits.py": "tests/limits tests/auth",
    "workouts_api/sql/*.py": "tests/sql",
}
"""Every operator, number, call and error of these."""

CONDITIONS: Mapping[str, str] = {
    "migrations/repeatable/visibility.sql": "tests/teams tests/athletes tests/access tests/sessions tests/reports",
    "migrations/repeatable/guard.sql": "tests/spine tests/auth tests/api_keys tests/access",
    "migrations/repeatable/invitations.sql": "tests/invitations tests/access",
    "queries/auth/*.sql": "tests/auth tests/account",
    "queries/spine/*.sql": "tests/spine",
    "queries/invitations/*.sql": "tests/invitations",
    "queries/sessions/*.sql": "tests/sessions tests/teams tests/access",
    "queries/api_keys/*.sql": "tests/api_keys",
    "queries/account/*.sql": "tests/account",
    "queries/teams/*.sql": "tests/teams tests/access",
    "queries/athletes/*.sql": "tests/athletes tests/teams tests/access",
}
"""Every condition of these: who may see and change what."""

LISTS = ("queries/*/list_*.sql", "queries/*/find_*sessions.sql", "queries/exercises/search_exercises.sql")
FUNCTIONS = "migrations/repeatable/*_json.sql"
SHOWN_BY = "tests/spine/test_list_variants.py"
GUESSES = "tests/sessions/test_guessed_ends.py"  # that an end is one is read-only, and so not read back
CHANGES: Mapping[str, tuple[str, str]] = {
    "queries/sessions/replace_session.sql": ("s", f"tests/spine/test_read_back.py {GUESSES}"),
    "queries/sessions/patch_session.sql": ("s", f"tests/spine/test_read_back.py {GUESSES}"),
    "queries/teams/patch_team.sql": ("t", "tests/spine/test_read_back.py"),
    "queries/athletes/patch_athlete.sql": ("a", "tests/spine/test_read_back.py"),
    "queries/administration/change_user.sql": ("u", "tests/spine/test_read_back.py"),
    "queries/account/patch_account.sql": ("u", "tests/spine/test_read_back.py"),
}
"""Every column that these set, with the alias of the table they change."""


MUST_SHOW = ("queries/sessions/replace_session.sql",)
"""Of these, all columns are tried every time. Those that a resource's functions show are tried by test_columns.py."""


def of_columns(root: Path, only: Collection[str] = ()) -> Iterator[tuple[Mutant, str]]:
    """Each column that a list may forget to show or a change to write."""
    for pattern in LISTS:
        for path, source in _files(root, pattern):
            if not only or path in only:
                yield from ((mutant, SHOWN_BY) for mutant in columns_of(path, source))
    for path, source in _files(root, FUNCTIONS):
        if not only or path in only:
            yield from ((mutant, "tests/house/test_fields.py") for mutant in columns_of_functions(path, source))
    for path, (table, tests) in CHANGES.items():
        if not only or path in only:
            source = (root / path).read_text(encoding="utf-8")
            yield from ((mutant, tests) for mutant in assignments_of(path, source, table))


def of_modules(root: Path) -> Iterator[tuple[Mutant, str]]:
    for pattern, tests in MODULES.items():
        for path, source in _files(root, pattern):
            yield from ((mutant, tests) for mutant in of_python(path, source))


def of_conditions(root: Path) -> Iterator[tuple[Mutant, str]]:
    for pattern, tests in CONDITIONS.items():
        for path, source in _files(root, pattern):
            yield from ((mutant, tests) for mutant in of_sql(path, source))


def _files(root: Path, pattern: str) -> Iterator[tuple[str, str]]:
    for path in sorted(root.glob(pattern)):
        yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
