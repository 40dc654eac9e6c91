"""Which version of the schema this code needs, told by the names of the migrations beside it.

Workers ask this alone: the migration runner, which checks and runs those files, is not loaded into them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import workouts_api

MIGRATIONS = Path(workouts_api.__file__).parent / "migrations"


@cache
def needed_version() -> int:
    """The number of the newest migration; looked up once a process, whose code does not change while it runs.

    :raises RuntimeError: when the installation is damaged.
    """
    numbers = [int(path.name.partition("_")[0]) for path in MIGRATIONS.glob("[0-9]*_*.sql")]
    if not numbers:
        raise RuntimeError(f"no migrations in {MIGRATIONS}: the installation is damaged")
    return max(numbers)
