"""The readers of imports: one for each file format, and no other code knows the format."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import workouts_api
from workouts_api.api.imports import readers
from workouts_api.api.imports.schemas import SOURCES

HOUSE = Path(workouts_api.__file__).parent
READERS = Path(readers.__file__).parent
# What a form calls its columns, where nothing else is called so; a reader's name is no secret of it.
FORMS = {"hevy": r"exercise_title|set_index|set_type|superset_id|weight_lbs|distance_miles"}
WRITERS = {"demo/training.py", "smoke/walk.py"}  # what is sent as a client would send it


def test_each_reader_has_its_source_and_is_told_of_here():
    assert {source: reader.source for source, reader in readers.READERS.items()} == {name: name for name in FORMS}
    assert set(readers.READERS) <= set(SOURCES)
    assert readers.USUAL in readers.READERS.values()


@pytest.mark.parametrize("source", FORMS)
def test_nothing_outside_a_reader_knows_its_form(source):
    own = (READERS / source, READERS / f"{source}.py")
    for path in HOUSE.rglob("*.py"):
        if str(path.relative_to(HOUSE)) not in WRITERS and not any(path.is_relative_to(place) for place in own):
            text = path.read_text(encoding="utf-8")
            found = re.search(FORMS[source], text) or re.search(rf"imports\.readers\.{source}|from \.{source}", text)
            assert found is None, (path, found)


@pytest.mark.parametrize("source", FORMS)
def test_a_reader_knows_no_database_and_no_request(source):
    for path in READERS.rglob("*.py"):
        assert not re.search(r"workouts_api\.(sql|database)|flask", path.read_text(encoding="utf-8")), path
