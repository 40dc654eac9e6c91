"""The file of a database's statistics, as it is read back.

It is SQL that psql runs on PostgreSQL 18 as well: one call a line, each of one relation or column. What no call can
restore stands in comments of the form ``-- @key value``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BLOCK = 8192
FIRST_LINES = (
    "-- What the planner of a database knows: sizes, settings and statistics, without its data.",
    "-- Made by `workouts db statistics`, for `workouts sql explain NAME --as-production FILE`.",
    "-- Of columns, numbers, times and the schema's own codes have values here, and nothing that a person wrote.",
)
_KEY = re.compile(r"-- @(?P<key>\w+) (?P<value>.+)")
_CALL = re.compile(r"select pg_restore_(?:relation|attribute)_stats\(.*\);")


class StatisticsFileError(Exception):
    """The file is none; the message says why."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a file holds.

    :param server: the version of the server, as PostgreSQL numbers it.
    :param schema: the number of the newest migration there.
    :param blocks: the size of each table and index, by schema and name with a dot between.
    :param heights: the levels of each b-tree above its leaves, likewise, as far as they are told.
    :param indexes: the definition of each index that belongs to no constraint, by schema and name. Not of one with a
        string in it.
    :param calls_of: how often each query file was called there, as long as the server has counted.
    :param values: what samples that read data were worth there, by their expression.
    :param calls: the statements that restore the statistics.
    """

    server: int
    schema: int
    taken: str
    settings: Mapping[str, str]
    blocks: Mapping[str, int]
    heights: Mapping[str, int]
    indexes: Mapping[str, str]
    calls_of: Mapping[str, int]
    values: Mapping[str, str | None]
    calls: tuple[str, ...]

    @staticmethod
    def told_value(expression: str, value: str) -> str:
        return f"-- @value {json.dumps([expression, value], ensure_ascii=False)}"


def read_statistics(path: Path) -> Statistics:
    """What the file holds.

    :raises StatisticsFileError: when it cannot be read, or `workouts db statistics` did not write it.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StatisticsFileError(
            f"{path} can't be read: {getattr(error, 'strerror', None) or 'it is no text'}"
        ) from error
    keys = [(found["key"], found["value"]) for line in lines if (found := _KEY.fullmatch(line))]
    single = dict(keys)
    try:
        return Statistics(
            server=int(single["server"]),
            schema=int(single["schema"]),
            taken=single["taken"],
            settings=dict(value.split(" = ", 1) for key, value in keys if key == "setting"),
            blocks={name: int(blocks) for name, blocks in (v.rsplit(" ", 1) for k, v in keys if k == "relation")},
            heights={name: int(height) for name, height in (v.split(" ") for k, v in keys if k == "height")},
            indexes=dict(value.split(" ", 1) for key, value in keys if key == "index"),
            calls_of={name: int(calls) for name, calls in (v.split(" ") for k, v in keys if k == "calls")},
            values=dict(json.loads(value) for key, value in keys if key == "value"),
            calls=tuple(line for line in lines if _CALL.fullmatch(line)),
        )
    except KeyError as error:
        raise StatisticsFileError(f"{path} was not written by `workouts db statistics`: no @{error.args[0]}") from error
    except (ValueError, TypeError) as error:
        raise StatisticsFileError(f"{path} was not written by `workouts db statistics`: {error}") from error
