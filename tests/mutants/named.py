"""Changes that once passed every test, by hand: each must fail one.

``old`` stands exactly once in its file; a test of the suite says so, so that a mutant cannot go stale unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.mutants.changes import Mutant


@dataclass(frozen=True)
class Named:
    """A change in words, and what notices it."""

    what: str
    path: str
    old: str
    new: str
    tests: str

    def mutant(self, root: Path) -> Mutant:
        source = (root / self.path).read_text(encoding="utf-8")
        if source.count(self.old) != 1:
            raise LookupError(f"{self.what}: {self.old!r} stands {source.count(self.old)} times in {self.path}")
        start = source.index(self.old)
        line = source.count("\n", 0, start) + 1
        return Mutant(self.path, start, start + len(self.old), self.new, line, self.what)


SPINE = "tests/spine"
NAMED: tuple[Named, ...] = (
    Named(
        "store_reply without its user clause",
        "queries/spine/store_reply.sql",
        "\n  and user_id is not distinct from acting_user_id()",
        "",
        "tests/spine/test_idempotency.py",
    ),
    Named(
        "the request's digest without path",
        "workouts_api/idempotency.py",
        'f"{request.method} {request.path}"',
        'f"{request.method}"',
        "tests/spine/test_idempotency.py",
    ),
    Named(
        "the request's digest without query string",
        "workouts_api/idempotency.py",
        "    _add(digest, sorted(request.args.items(multi=True)))\n",
        "",
        "tests/spine/test_idempotency.py",
    ),
    Named(
        "the request's digest without an upload's content",
        "workouts_api/idempotency.py",
        "[name, upload.filename, _digest_of_file(upload.stream)]",
        "[name, upload.filename]",
        "tests/spine/test_idempotency.py",
    ),
    Named(
        "the request's digest unkeyed",
        "workouts_api/idempotency.py",
        "f\"idempotency {current_app.config['JWT_SECRET_KEY']}\"",
        'f"idempotency"',
        "tests/spine/test_idempotency.py",
    ),
    Named(
        "a cursor used at another endpoint",
        "workouts_api/schemas.py",
        "f\"cursor {request.endpoint} {current_app.config['JWT_SECRET_KEY']}\"",
        "f\"cursor {current_app.config['JWT_SECRET_KEY']}\"",
        "tests/road/test_bad_input.py tests/spine/test_list_variants.py",
    ),
)
