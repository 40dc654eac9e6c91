"""Which routes call a query file, read from Python; and that each file of the project has a caller."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from tests.routes import SIGNED_IN
from workouts_api.dba.callers import Callers, find_callers
from workouts_api.dba.commands import sql
from workouts_api.dba.unused import uncalled
from workouts_api.sql.loaded import CATALOGUE

NAMES = frozenset(file.full_name for file in CATALOGUE.files())
ROUTES = """
from workouts_api.sql import queries
from workouts_api.web import orders
from .rules import chosen as choice
URL = "/things"
blp = Blueprint("things", __name__, url_prefix=URL)
ORDERS = {"name": queries.things.list_by_name}

@blp.get("")
@signed_in
def list_things(): return ORDERS["name"]()

@blp.post("/<int:thing_id>")
def change_thing():
    from workouts_api.web.orders import late
    return choice(), orders.by_module(), late()

def helper(): return queries.things.nobody()
"""
RULES = '''
def chosen():
    """queries.things.in_words is only spoken of."""
    return inner()
def inner(): return queries.things.get_deep()
'''
ORDERS = """
def by_module(): return run("things.by_text")
def late(): return queries.things.late, by_module
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name, text in (("api/things/routes", ROUTES), ("api/things/rules", RULES), ("web/orders", ORDERS)):
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_route_calls_what_its_handler_reaches_by_tables_imports_and_modules(package: Path) -> None:
    names = ("list_by_name", "get_deep", "by_text", "late", "nobody", "in_words")
    found = find_callers(frozenset(f"things.{name}" for name in names), package)
    changed = ("POST /things/<int:thing_id>",)
    assert found == {
        "things.list_by_name": Callers(("GET /things",), ("api.things.routes",)),
        "things.get_deep": Callers(changed, ("api.things.rules",)),
        "things.by_text": Callers(changed, ("web.orders",)),
        "things.late": Callers(changed, ("web.orders",)),
        "things.nobody": Callers((), ("api.things.routes",)),
        "things.in_words": Callers((), ()),
    }


def test_every_file_of_the_project_has_a_caller_and_every_route_that_is_named_exists(app: Flask) -> None:
    found = find_callers(NAMES)
    assert [name for name, callers in found.items() if not callers.modules] == []
    there = {f"{method} {rule.rule}" for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    assert {route for callers in found.values() for route in callers.routes} - there == set()
    named = {route for callers in found.values() for route in callers.routes}
    assert len(named) > len(SIGNED_IN) / 2


def test_list_says_who_calls_a_file() -> None:
    lines = CliRunner().invoke(sql, ["list"]).output.splitlines()
    (line,) = [line for line in lines if line.startswith("athletes.list_athletes_by_birth ")]
    assert "GET /api/v1/athletes" in line


def test_check_names_a_file_that_nobody_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = {name: Callers((), () if name == "users.get_user" else ("x",)) for name in NAMES}
    monkeypatch.setattr("workouts_api.dba.unused.find_callers", lambda _: nobody)
    assert uncalled(CATALOGUE) == [
        "queries/users/get_user.sql:1: no code calls it: expected a caller, or @deprecated with the reason why it stays"
    ]
