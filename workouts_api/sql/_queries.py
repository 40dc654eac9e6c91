"""The callables behind ``queries``. Their names, parameters and rows are in the generated stub beside this file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import orjson

from workouts_api.sql import running
from workouts_api.sql.files import QueryFile
from workouts_api.sql.loaded import CATALOGUE

Json = orjson.Fragment


def _run(name: str, /, **values: Any) -> Any:
    return running.current().run(name, values)


def _stream(name: str, /, **values: Any) -> Any:
    return running.current().stream(name, values)


def _copy(name: str) -> Any:
    return running.current().copy(name)


_WAYS: dict[str, Callable[..., Any]] = {"stream": _stream, "copy": _copy}


class _Chapter:
    """The queries of one folder, as attributes."""

    def __init__(self, files: Mapping[str, QueryFile]) -> None:
        for name, file in files.items():
            setattr(self, name, partial(_WAYS.get(file.returns, _run), file.full_name))


class _Queries:
    """The folders, as attributes."""

    def __init__(self) -> None:
        for chapter, files in CATALOGUE.items():
            setattr(self, chapter, _Chapter(files))


queries = _Queries()
