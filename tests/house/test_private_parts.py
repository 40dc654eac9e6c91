"""Parts of packages that their makers do not promise to keep: each use is written down, the version is capped."""

from __future__ import annotations

import ast
import configparser
import importlib
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import workouts_api

HOUSE = Path(workouts_api.__file__).parent
ROOT = HOUSE.parent
# marshmallow's documentation names it as the method that fields of one's own override.
# Werkzeug's documentation names the way to the object behind a proxy.
PROMISED = {("marshmallow", "_deserialize"), ("Flask", "_get_current_object")}
_OF_NAMED_TUPLES_AND_OS = {"_replace", "_exit"}
_ROW = re.compile(r"^\| (?P<package>[\w-]+) \| (?P<parts>`.+?`) \| `(?P<file>[\w/.]+)` \| .+ \|$", re.MULTILINE)

distributions = cache(packages_distributions)


class Foreign(NamedTuple):
    """A name that a file imports from another package."""

    package: str
    module: str
    name: str | None
    """What of the module; None for the module itself."""

    def value(self) -> Any:
        module = importlib.import_module(self.module)
        if self.name is None:
            return module
        found = getattr(module, self.name, None)
        return importlib.import_module(f"{self.module}.{self.name}") if found is None else found


class File:
    """A file of ours: what it imports from other packages, and what it names."""

    def __init__(self, path: Path) -> None:
        self.nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        self.foreign = {bound: foreign for node in self.nodes for bound, foreign in _imports(node)}

    def of(self, kind: type[ast.AST]) -> Iterator[Any]:
        return (node for node in self.nodes if isinstance(node, kind))

    def taken(self) -> Iterator[tuple[str, str]]:
        """Private names that are imported, or taken from what is imported; public ones that are replaced in it."""
        for package, module, name in self.foreign.values():
            yield from ((package, part) for part in (*module.split("."), name or "") if private(part))
        for node in self.of(ast.Attribute):
            of = self.foreign.get(node.value.id) if isinstance(node.value, ast.Name) else None
            if of and (private(node.attr) or (isinstance(node.ctx, ast.Store) and is_code(of.value()))):
                yield of.package, node.attr

    def inherited(self) -> Iterator[tuple[str, str]]:
        """Private names of other packages' classes that subclasses of ours override or use."""
        for ours in self.of(ast.ClassDef):
            named = {node.name for node in ours.body if isinstance(node, ast.FunctionDef)}
            named |= {node.attr for node in ast.walk(ours) if isinstance(node, ast.Attribute) and is_self(node.value)}
            for base in ours.bases:
                first, *rest = ast.unparse(base).partition("[")[0].split(".")
                if of := self.foreign.get(first):
                    value = of.value()
                    for part in rest:
                        value = getattr(value, part)
                    yield from ((of.package, name) for name in named & private_names(value))

    def made(self) -> Iterator[str]:
        """Names that are defined here, as functions, classes and attributes of one's own."""
        yield from (node.name for kind in (ast.FunctionDef, ast.ClassDef) for node in self.of(kind))
        for node in self.of(ast.Attribute):
            if isinstance(node.ctx, ast.Store) and is_self(node.value):
                yield node.attr

    def asked_of_objects(self) -> Iterator[str]:
        return (node.attr for node in self.of(ast.Attribute) if private(node.attr) and not is_self(node.value))


def _imports(node: ast.AST) -> Iterator[tuple[str, Foreign]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if package := package_of(alias.name):
                first = alias.name.partition(".")[0]
                yield alias.asname or first, Foreign(package, alias.name if alias.asname else first, None)
    elif isinstance(node, ast.ImportFrom) and not node.level and (package := package_of(node.module or "")):
        yield from (
            (alias.asname or alias.name, Foreign(package, node.module or "", alias.name)) for alias in node.names
        )


def package_of(module: str) -> str | None:
    """The distribution of a module that is not ours; None for the standard library."""
    first = module.partition(".")[0]
    return None if first == "workouts_api" else next(iter(distributions().get(first, [])), None)


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def is_code(value: Any) -> bool:
    """Whether it is a module or class, and no object that is there to be written to, such as flask.g."""
    return issubclass(type(value), type | ModuleType)


def is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def private_names(base: Any) -> set[str]:
    """Those of a class and its bases, and those by which its methods call attributes of its objects."""
    named = set()
    for cls in base.__mro__[:-1] if isinstance(base, type) else ():
        if cls.__module__.startswith("workouts_api."):  # ours, put into the place of theirs
            continue
        named |= vars(cls).keys()
        for method in vars(cls).values():
            named |= set(getattr(getattr(method, "__code__", None), "co_names", ()))
    return set(filter(private, named))


@pytest.fixture(scope="module")
def files() -> list[File]:
    return [File(path) for path in HOUSE.rglob("*.py")]


@pytest.fixture(scope="module")
def written_down() -> dict[tuple[str, str], str]:
    """(package, part) → the file that uses it, by the table in ARCHITECTURE.md."""
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    return {
        (row["package"], part): row["file"]
        for row in _ROW.finditer(text)
        for part in re.findall(r"`([^`]+)`", row["parts"])
    }


def test_every_private_part_that_is_used_is_written_down(files, written_down):
    used = {use for file in files for use in (*file.taken(), *file.inherited())}
    assert used - PROMISED - set(written_down) == set()


def test_every_private_attribute_that_no_file_of_ours_makes_is_written_down(files, written_down):
    ours = {name for file in files for name in file.made()}
    asked = {name for file in files for name in file.asked_of_objects()}
    promised = {part for _, part in PROMISED} | _OF_NAMED_TUPLES_AND_OS
    assert asked - ours - promised - {part for _, part in written_down} == set()


def test_every_part_that_is_written_down_is_used_where_the_table_says(written_down):
    assert written_down
    for (package, part), file in written_down.items():
        assert re.search(rf"\b{part}\b", (HOUSE / file).read_text(encoding="utf-8")), (package, part, file)


def _wanted() -> dict[str, Requirement]:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    return {one.name: one for one in map(Requirement, settings["options"]["install_requires"].split("\n")[1:])}


def test_the_next_paramiko_is_not_tried_by_users():
    """sshtunnel itself takes any."""
    assert [str(one) for one in _wanted()["paramiko"].specifier if one.operator == "<"] == ["<6"]


def test_a_package_whose_private_parts_are_used_is_capped_at_its_next_minor_release(written_down):
    wanted = _wanted()
    for package in {package for package, _ in written_down}:
        bounds = {one.operator: Version(one.version) for one in wanted[package].specifier}
        least = bounds[">="]
        assert bounds.get("<") == Version(f"{least.major}.{least.minor + 1}"), wanted[package]
