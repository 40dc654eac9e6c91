"""The mutants themselves: none is stale, each changes something, and what is changed still reads."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutants.changes import Mutant, assignments_of, columns_of, columns_of_functions, of_python, of_sql
from tests.mutants.named import NAMED, Named
from tests.mutants.running import try_all
from tests.mutants.survivors import LOOKED_AT
from tests.mutants.targets import MUST_SHOW, of_columns, of_conditions, of_modules

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("named", NAMED, ids=lambda named: named.what)
def test_what_a_named_mutant_changes_is_still_there_and_its_tests_are(named: Named):
    source = (ROOT / named.path).read_text(encoding="utf-8")
    assert named.mutant(ROOT).applied(source) != source
    assert all((ROOT / tests).exists() for tests in named.tests.split())


def test_a_stale_mutant_is_named():
    with pytest.raises(LookupError, match="nothing: 'no such line' stands 0 times"):
        Named("nothing", "Makefile", "no such line", "", "tests").mutant(ROOT)


@pytest.mark.processes
def test_a_change_with_which_the_query_files_do_not_load_is_noticed():
    path = "queries/api_keys/get_api_key.sql"
    source = (ROOT / path).read_text(encoding="utf-8")
    [where] = [mutant for mutant in of_sql(path, source) if mutant.what == "where k.user_id = :viewer_id left out"]
    [outcome] = try_all(ROOT, [(where, "tests/mutants")], 1)
    assert not outcome.survived, outcome.said
    assert "parameter viewer_id is not used" in outcome.said


@pytest.mark.sweep
def test_every_made_mutant_changes_its_file_and_python_still_reads_it():
    made = [mutant for mutant, _ in [*of_modules(ROOT), *of_conditions(ROOT), *of_columns(ROOT)]]
    assert len(made) > 1000
    sources = {mutant.path: (ROOT / mutant.path).read_text(encoding="utf-8") for mutant in made}
    for mutant in made:
        changed = mutant.applied(sources[mutant.path])
        assert changed != sources[mutant.path], mutant.name
        if mutant.path.endswith(".py"):
            ast.parse(changed)


def test_the_columns_that_were_once_forgotten_are_tried_every_time():
    names = [mutant.name for mutant, _ in of_columns(ROOT, MUST_SHOW)]
    assert any("replace_session.sql" in name and "rpe left as it was" in name for name in names)


@pytest.mark.sweep
def test_a_survivor_that_was_looked_at_can_still_be_made():
    made = {(mutant.path, mutant.what) for mutant, _ in [*of_modules(ROOT), *of_conditions(ROOT), *of_columns(ROOT)]}
    assert LOOKED_AT.keys() <= made


def whats(mutants: list[Mutant]) -> list[str]:
    return [mutant.what for mutant in mutants]


def test_what_is_made_of_python():
    source = "def f(a, b):\n    if a < 3 and not b:\n        raise ValueError\n    log.info(a)\n    g(a)\n"
    assert whats(list(of_python("m.py", source))) == [
        "a < 3 and not b → (a < 3 or not b)",
        "a < 3 → (a <= 3)",
        "3 → 4",
        "not b → bool(b)",
        "raise ValueError → pass",
        "g(a) → pass",
    ]
    umlaut = "x = 'ü'; y = 1 == z\n"
    (compared, _) = list(of_python("m.py", umlaut))
    assert compared.applied(umlaut) == "x = 'ü'; y = (1 != z)\n"


def test_what_is_made_of_sql():
    condition = "select 1\nfrom t\nwhere a = 1\n  -- and c\n  and (\n    b\n  )\n"
    (left_out,) = list(of_sql("q.sql", condition))
    assert left_out.applied(condition).splitlines()[2] == "where true"
    listed = "select\n  s.id,\n  f(s.a, 1) as b\nfrom s\n"
    first, second = list(columns_of("q.sql", listed))
    assert first.applied(listed) == "select\n  null as id,\n  f(s.a, 1) as b\nfrom s\n"
    assert second.applied(listed) == "select\n  s.id,\n  null as b\nfrom s\n"
    function = (
        "create function workouts.a_columns(a workouts.t) returns table (\n  id bigint,\n  is_b boolean\n)\n"
        "language sql\nas $$\n  select\n    a.id,\n    f(a.b, 1)\n$$;\n"
    )
    first, second = list(columns_of_functions("q.sql", function))
    assert (first.what, second.what) == ("column id left out", "column is_b left out")
    assert "    nullif(a.id, a.id),\n    f(a.b, 1)\n" in first.applied(function)
    assert "    a.id,\n    nullif(f(a.b, 1), f(a.b, 1))\n" in second.applied(function)
    changed = "update t as t\nset a = 1,\n    b = t.b + 1\nwhere t.id = 1\n"
    assert [mutant.applied(changed).splitlines()[1:3] for mutant in assignments_of("q.sql", changed, "t")] == [
        ["set a = t.a,", "    b = t.b + 1"],
        ["set a = 1,", "    b = t.b"],
    ]
