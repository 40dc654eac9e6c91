"""No part of the house imports one that stands above it; the few that do are named, here and in ARCHITECTURE.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import workouts_api

HOUSE = Path(workouts_api.__file__).parent
ARCHITECTURE = HOUSE.parent / "docs" / "ARCHITECTURE.md"

# From the top down; what stands in one line doesn't import each other but as ALLOWED says.
LAYERS = (
    ("cli", "serve", "application", "tasks"),
    ("admin", "doctor"),
    ("pages",),
    ("api",),
    ("mail", "demo", "dba", "smoke", "backup"),
    ("web", "jobs", "migrate"),
    ("database",),
    ("sql",),
    ("metrics",),
    ("tunnel", "host"),
    ("logs", "activity"),
    ("config", "errors"),
)
# (importing module, imported part): each with its reason in ARCHITECTURE.md
ALLOWED = {
    ("workouts_api", "application"),
    ("jobs.commands", "tasks"),
}
# Of the chapters: what others may use of one. All else of a chapter is its own.
SHARED = {"auth", "users.schemas"}


@cache
def modules() -> list[tuple[str, ast.Module]]:
    return [
        (
            ".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix("__init__").rstrip("."),
            ast.parse(path.read_text(encoding="utf-8")),
        )
        for path in sorted(HOUSE.rglob("*.py"))
    ]


def imports(tree: ast.AST, name: str) -> Iterator[str]:
    """What a module imports of the house at run time, in functions too: dotted names below ``workouts_api``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("workouts_api."))
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                package = f"workouts_api.{name}".split(".")
                module = ".".join([*package[: len(package) - node.level], *filter(None, [module])])
            if module.startswith("workouts_api"):
                yield from (f"{module}.{alias.name}" for alias in node.names)
        yield from imports(node, name)


def part_of(dotted: str) -> str:
    return dotted.partition(".")[0]


def layer_of(part: str) -> int:
    return next(number for number, parts in enumerate(LAYERS) if part in parts)


@cache
def relations() -> list[tuple[str, str]]:
    """Every (importing module, imported name) between two parts of the house; "" is the package itself."""
    parts = {part for layer in LAYERS for part in layer}
    named = ((name, dotted.removeprefix("workouts_api.")) for name, tree in modules() for dotted in imports(tree, name))
    return [(name, imported) for name, imported in named if part_of(imported) in parts]


def test_every_part_of_the_house_has_its_layer():
    parts = {path.name.removesuffix(".py") for path in HOUSE.iterdir() if path.suffix == ".py" or path.is_dir()}
    with_code = {part for part in parts if (HOUSE / part).is_dir() and any((HOUSE / part).glob("*.py"))}
    with_code |= {part for part in parts if (HOUSE / f"{part}.py").is_file()} - {"__init__"}
    assert with_code == {part for layer in LAYERS for part in layer}


def test_no_module_imports_one_of_a_higher_layer():
    upwards = {
        (importer or "workouts_api", part_of(imported))
        for importer, imported in relations()
        if not importer or layer_of(part_of(importer)) > layer_of(part_of(imported))
    }
    assert upwards == ALLOWED


def test_parts_of_one_layer_are_in_no_circle():
    beside = {
        (part_of(importer), part_of(imported))
        for importer, imported in relations()
        if importer and part_of(importer) != part_of(imported)
        if layer_of(part_of(importer)) == layer_of(part_of(imported))
    }
    assert {pair for pair in beside if pair[::-1] in beside} == set()


def test_chapters_share_nothing_but_signing_in_and_what_a_user_looks_like():
    wrong = {
        (importer, imported)
        for importer, imported in relations()
        if part_of(importer) == part_of(imported) == "api" and importer.count(".") and imported.count(".")
        if importer.split(".")[1] != imported.split(".")[1]
        and not any(imported.startswith(f"api.{shared}") for shared in SHARED)
        and importer.split(".")[1] != "docs"
    }
    assert wrong == set()


def test_every_exception_has_its_reason_in_the_architecture():
    text = ARCHITECTURE.read_text(encoding="utf-8")
    for importer, imported in ALLOWED:
        assert f"`{importer}` imports `{imported}`" in text, (importer, imported)
