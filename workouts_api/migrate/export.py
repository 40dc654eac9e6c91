"""The numbered files for tools that send a file to the server as one query, as dbmate does.

The server runs such a query in one transaction, and refuses in it what a file with transaction:false is for. So each
statement of those files gets a file of its own here, and what packages bring stands in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .errors import MigrationError
from .files import Folder, MigrationFile

MOST = 99  # statements of a file without a transaction: each has two digits behind the file's number
_FIRST = "-- migrate:up\ncreate schema if not exists workouts;\n"
_UP = "-- migrate:up\n{}\n"
_UP_ALONE = "-- migrate:up transaction:false\n{}\n"
# Tools want a way back, and would record an empty one as gone.
_DOWN = """
-- migrate:down
do $$ begin raise exception 'go back with `workouts db rollback`, which knows each step'; end $$;
"""


def export(folder: Folder, into: Path) -> list[Path]:
    """Writes the files, in the order of their names, and returns them.

    :param into: an empty or a new folder.
    :raises MigrationError: where it has something in it, or cannot be written.
    """
    try:
        into.mkdir(parents=True, exist_ok=True)
        if any(into.iterdir()):
            raise MigrationError(f"{into} is not empty: expected an empty or a new folder")
        # The runner makes the schema; here a file of its own does, before all others.
        written = [into / "000000_create_schema.sql"]
        written[0].write_text(_FIRST + _DOWN, encoding="utf-8")
        for file in folder.numbered:
            for number, text in _parts(file):
                path = into / f"{file.version:04}{number:02}_{file.name.partition('_')[2]}.sql"
                path.write_text(text + _DOWN, encoding="utf-8")
                written.append(path)
    except OSError as error:
        raise MigrationError(f"{into} cannot be written: {error.strerror}") from error
    return written


def _parts(file: MigrationFile) -> Iterator[tuple[int, str]]:
    statements = [f"{statement.text.rstrip(';')};" for statement in file.up.statements]
    if file.up.transaction:
        yield 0, _UP.format("\n".join(statements))
        return
    if len(statements) > MOST:
        raise MigrationError(f"{file.label} has more than {MOST} statements and no transaction")
    for number, statement in enumerate(statements, 1):
        yield number, _UP_ALONE.format(statement)
