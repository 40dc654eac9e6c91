"""Whether a text may take the place of a release's query file while the application runs.

The Python of the release was written and type-checked for the parameters and columns of its file. So these stay as
they are, with the effect. What the text costs, and whether it gives the same rows, is ``check``'s and ``compare``'s.
"""

from __future__ import annotations

from collections.abc import Iterator

from workouts_api.database.swapping import FRAME
from workouts_api.dba.server import Session
from workouts_api.dba.stubs import result_columns
from workouts_api.sql.files import Parameter, QueryFile


def head_differences(released: QueryFile, new: QueryFile) -> Iterator[str]:
    """What forbids the swap, as far as the two heads tell it: a line each."""
    if released.full_name in FRAME:
        yield "it travels with other queries and is a call of a function: change the function, by a migration"
    if released.writes != new.writes:
        yield f"the new text says @{new.effect}, the release's @{released.effect}"
    if released.returns != new.returns:
        yield f"the new text says @returns {new.returns}, the release's @returns {released.returns}"
    old, given = ({one.name: _shown(one) for one in file.parameters} for file in (released, new))
    for name in old.keys() - given.keys():
        yield f"the new text has no parameter {name}"
    for name in given.keys() - old.keys():
        yield f"the new text has a parameter {name}, the release's has none of that name"
    for name in old.keys() & given.keys():
        if old[name] != given[name]:
            yield f"parameter {name} is {given[name]}, in the release {old[name]}"


def _shown(parameter: Parameter) -> str:
    """What callers and ``capture`` know of a parameter."""
    return f"{parameter.type}{'?' if parameter.nullable else ''}{' secret' if parameter.is_secret else ''}"


def column_differences(session: Session, released: QueryFile, new: QueryFile) -> Iterator[str]:
    """What forbids the swap in the columns, as the server describes them: a line each.

    A column may become one that is never null. The reverse would be news to the application and to its clients.

    :raises StatementProblemError: when the server refuses one of the files.
    """
    old, given = result_columns(session, released), result_columns(session, new)
    were, are = [name for name, *_ in old], [name for name, *_ in given]
    for name in were:
        if name not in are:
            yield f"the new text has no column {name}"
    for name in are:
        if name not in were:
            yield f"the new text has a column {name}, the release's has none of that name"
    if sorted(were) != sorted(are):
        return
    for number, (was, now) in enumerate(zip(were, are, strict=True), 1):
        if was != now:
            yield f"the columns are in another order: column {number} is {now}, in the release {was}"
            return
    for (name, of_old, was_null), (_, of_new, is_null) in zip(old, given, strict=True):
        if of_old != of_new:
            yield f"column {name} is {of_new}, in the release {of_old}"
        elif is_null and not was_null:
            yield f"column {name} may be null, in the release never: if it is not, say `-- @column {name} {of_new}!`"
