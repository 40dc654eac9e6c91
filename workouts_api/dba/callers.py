"""Which routes and which modules call each query file, read from the project's own Python.

Nothing is imported or run. A name refers to the definitions that its module has or imports; a route calls all files
that its handler refers to, directly or through other definitions. So what is chosen at run time counts as well, such as
the files of a table of orders.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PACKAGE = "workouts_api"
ROOT = Path(__file__).resolve().parents[1]
# These speak of files without calling them: the DBA's tools, and what reads and describes files.
_NO_CALLERS = ("dba.", "sql.")
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
Place = tuple[str, str]  # module, name of the definition; "" for what a module does when it is imported


@dataclass(slots=True)
class _Definition:
    """What one definition refers to: query files, and names of its module."""

    queries: set[str] = field(default_factory=set)
    names: set[tuple[str, str]] = field(default_factory=set)  # a name, and the attribute that is taken from it or ""
    routes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Callers:
    """Who calls one query file."""

    routes: tuple[str, ...]
    modules: tuple[str, ...]


def find_callers(names: frozenset[str], root: Path = ROOT) -> dict[str, Callers]:
    """The callers of each query file, by its name.

    :param names: the full names of the files, "chapter.name".
    :param root: the folder of the package.
    """
    modules = dict(_modules(root))
    definitions: dict[Place, _Definition] = {}
    imports: dict[str, dict[str, Place]] = {}
    for module, tree in modules.items():
        imports[module] = dict(_imports(module, tree, modules))
    own = {module: _prefixes(tree) for module, tree in modules.items()}
    for module, tree in modules.items():
        lent = {name: own.get(source, {}).get(origin, "") for name, (source, origin) in imports[module].items()}
        lent = {name: prefix for name, prefix in lent.items() if prefix}
        definitions |= {(module, name): one for name, one in _definitions(tree, names, lent | own[module]).items()}
    routes: dict[str, set[str]] = {name: set() for name in names}
    where: dict[str, set[str]] = {name: set() for name in names}
    for (module, _), definition in definitions.items():
        for query in definition.queries:
            where[query].add(module)
    for place, definition in definitions.items():
        if definition.routes:
            for query in _reached(place, definitions, imports):
                routes[query] |= set(definition.routes)
    return {name: Callers(tuple(sorted(routes[name])), tuple(sorted(where[name]))) for name in sorted(names)}


def _modules(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(root.rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix("__init__").rstrip(".")
        if not f"{name}.".startswith(_NO_CALLERS):
            yield name, _parsed(path.read_text(encoding="utf-8"))


@cache
def _parsed(text: str) -> ast.Module:
    """A module, which is only read: the console and `sql check` ask more than once."""
    return ast.parse(text)


def _imports(module: str, tree: ast.Module, modules: Mapping[str, ast.Module]) -> Iterator[tuple[str, Place]]:
    """What each imported name stands for: a definition of another module, or the module itself ("")."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        source = _source(module, node)
        if source is None:
            continue
        for alias in node.names:
            inner = f"{source}.{alias.name}".lstrip(".")
            yield alias.asname or alias.name, (inner, "") if inner in modules else (source, alias.name)


def _source(module: str, node: ast.ImportFrom) -> str | None:
    """The module that an import names, below the package; None for one of others."""
    if node.level:
        parts = module.split(".")
        return ".".join([*parts[: len(parts) - node.level], *filter(None, [node.module])])
    name = node.module or ""
    return name.removeprefix(PACKAGE).removeprefix(".") if f"{name}.".startswith(f"{PACKAGE}.") else None


def _definitions(tree: ast.Module, names: frozenset[str], prefixes: Mapping[str, str]) -> dict[str, _Definition]:
    """:param prefixes: the addresses of the module's blueprints, also of those that it imports."""
    found = dict[str, _Definition]()
    for node in tree.body:
        for name in _defined(node):
            one = found.setdefault(name, _Definition())
            one.queries |= set(_queries(node, names))
            one.names |= set(_names(node))
            one.routes += _routes(node, prefixes)
    return found


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)] or [""]


def _queries(node: ast.AST, names: frozenset[str]) -> Iterator[str]:
    """``queries.chapter.name``, and "chapter.name" in quotes."""
    for one in ast.walk(node):
        text = ""
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Attribute):
            owner = one.value.value
            if isinstance(owner, ast.Name) and owner.id == "queries":
                text = f"{one.value.attr}.{one.attr}"
        elif isinstance(one, ast.Constant) and isinstance(one.value, str):
            text = one.value
        if text in names:
            yield text


def _names(node: ast.AST) -> Iterator[tuple[str, str]]:
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name):
            yield one.value.id, one.attr
        elif isinstance(one, ast.Name):
            yield one.id, ""


def _prefixes(tree: ast.Module) -> dict[str, str]:
    """The address of each Blueprint of a module, by the blueprint's name."""
    constants = {
        name: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for name in _defined(node)
    }
    found = dict[str, str]()
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            for keyword in node.value.keywords:
                if keyword.arg == "url_prefix":
                    found |= {name: _text(keyword.value, constants) for name in _defined(node)}
    return found


def _text(node: ast.expr, constants: Mapping[str, str]) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return constants.get(node.id, "?") if isinstance(node, ast.Name) else "?"


def _routes(node: ast.stmt, prefixes: Mapping[str, str]) -> list[str]:
    """The routes of a handler: ``@blp.get("/…")`` gives "GET /prefix/…"."""
    found = []
    for decorator in getattr(node, "decorator_list", ()):
        if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
            continue
        owner, method = decorator.func.value, decorator.func.attr
        if isinstance(owner, ast.Name) and method in _METHODS and decorator.args:
            found.append(f"{method.upper()} {prefixes.get(owner.id, '')}{_text(decorator.args[0], {})}")
    return found


def _reached(
    start: Place, definitions: Mapping[Place, _Definition], imports: Mapping[str, Mapping[str, Place]]
) -> set[str]:
    """The query files that a definition refers to, directly or through others."""
    queries, seen, waiting = set[str](), set[Place](), [start]
    while waiting:
        place = waiting.pop()
        if place in seen or place not in definitions:
            continue
        seen.add(place)
        queries |= definitions[place].queries
        for name, attribute in definitions[place].names:
            imported = imports[place[0]].get(name)
            if imported is None:
                waiting.append((place[0], name))
            elif imported[1]:
                waiting.append(imported)
            else:
                waiting.append((imported[0], attribute))
    return queries
