"""A query file made ready to be sent, and what its result comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workouts_api.database.adaptation import Dump
from workouts_api.database.pipeline import Command, Connection, Prepared
from workouts_api.errors import NotFound

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

    from workouts_api.sql.files import QueryFile


@dataclass(frozen=True, slots=True)
class Statement:
    """A query file made ready to be sent."""

    file: QueryFile
    prepared: Prepared
    dumps: tuple[tuple[str, Dump], ...]
    timeout_ms: int
    plan_mode: str
    names: frozenset[str]
    name: str
    """As the log has it: the file's name; with its digest, if the text is not the release's."""
    key: tuple[str, str]
    """As the metrics have it: the file's name, and the digest of a text that is not the release's."""
    may_be_replicated: bool = False
    """Whether a replica may run it."""
    revokes: bool = False
    """Whether it takes away a right, which no replica may grant any more."""

    def command(self, values: Mapping[str, Any]) -> Command:
        """The statement with the values of $1, $2, …

        :raises TypeError: for a parameter that the file does not have, or one that is missing.
        """
        if values.keys() != self.names:
            odd = ", ".join(sorted(values.keys() ^ self.names))
            raise TypeError(f"{self.file.full_name} takes {', '.join(sorted(self.names)) or 'nothing'}; look at {odd}")
        return self.prepared, [dump(values[name]) for name, dump in self.dumps]


def value_of(file: QueryFile, connection: Connection, result: PGresult) -> Any:
    """What a call of the file gives, by its ``@returns``.

    :raises NotFound: where it gives one row, and there is none.
    """
    match file.returns:
        case "many":
            return connection.rows(result)
        case "one":
            if not result.ntuples:
                raise NotFound(f"No such {file.name.partition('_')[2].replace('_', ' ')}.")
            return connection.rows(result, 1)[0]
        case "maybe":
            return connection.rows(result, 1)[0] if result.ntuples else None
        case "value":
            return next(iter(connection.rows(result, 1)[0].values())) if result.ntuples else None
        case _:
            return result.command_tuples or 0
