"""Templates: the query files that they generate, and the error about a file that differs from its template."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from workouts_api.dba.commands import sql
from workouts_api.sql.catalogue import QUERIES, load_catalogue
from workouts_api.sql.variants import TemplateError, variants

TEMPLATE = """\
# Two lists.

[list_sets]
order  = by number
key    = s.set_no
filter =

[list_late_sets]
order  = from behind
key    = s.set_no desc
filter =
  and (
    s.set_no > 3
    or s.set_no = 1
  )

----
-- An athlete's sets, {order}.
-- @returns many
-- @readonly
select s.set_no
from sets as s
where s.athlete_id = 1
  {filter}
order by {key}
limit 5
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    chapter = tmp_path / "queries" / "training"
    chapter.mkdir(parents=True)
    (chapter / "list_sets.template").write_text(TEMPLATE)
    return chapter.parent


def run(root: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(sql, [*arguments, "--queries", str(root)])
    return done.exit_code, done.output


def test_each_variant_is_a_file_with_its_places_filled_and_its_source_named(root: Path) -> None:
    assert run(root, "variants")[0] == 0
    first, second = load_catalogue(root).files()
    assert (first.name, second.name) == ("list_late_sets", "list_sets")
    assert second.text.startswith(
        "-- An athlete's sets, by number.\n"
        "-- Made by `workouts sql variants` from list_sets.template: what is changed here is lost.\n-- @returns many\n"
    )
    assert second.body.endswith("where s.athlete_id = 1\norder by s.set_no\nlimit 5")
    assert "= 1\n  and (\n    s.set_no > 3\n    or s.set_no = 1\n  )\norder by s.set_no desc\n" in first.body
    assert run(root, "variants", "--check") == (0, "The files that templates make are up to date.\n")


@pytest.mark.parametrize("command", [("variants", "--check"), ("check",), ("stubs", "--check")])
def test_a_changed_a_missing_and_an_outdated_file_are_named_with_their_source(root: Path, command: tuple[str, ...]):
    run(root, "variants")
    changed, missing = root / "training" / "list_sets.sql", root / "training" / "list_late_sets.sql"
    changed.write_text(changed.read_text().replace("limit 5", "limit 6"))
    missing.unlink()
    code, said = run(root, *command)
    says = ".sql:1: not what list_sets.template makes: change that one, then run `workouts sql variants`"
    assert (code, said) == (1, f"queries/training/list_sets{says}\nqueries/training/list_late_sets{says}\n")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[list_sets]", "[list sets]", ":3: '[list sets]': expected [name], place = value, or # and a remark"),
        ("key    = s.set_no\n", "", ":3: variant list_sets: expected a value for each place, once: key"),
        ("{key}", "{keys}", ":3: variant list_sets: expected a value for each place, once: key, keys"),
        ("{key}", "s.id", ":3: variant list_sets: expected a value for each place, once: key"),
        ("----", "", ":1: expected a line ---- between the variants and the file"),
    ],
)
def test_a_template_that_can_t_be_read_is_told_with_its_line(root: Path, old: str, new: str, said: str) -> None:
    (root / "training" / "list_sets.template").write_text(TEMPLATE.replace(old, new))
    with pytest.raises(TemplateError) as raised:
        list(variants(root))
    assert str(raised.value) == f"queries/training/list_sets.template{said}"
    assert run(root, "check")[0] == 1


def test_the_project_s_own_files_are_what_their_templates_make() -> None:
    assert [variant.place for variant in variants(QUERIES) if variant.is_stale] == []
