"""Every package that the code imports is declared in setup.cfg, also where another one would bring it along."""

from __future__ import annotations

import ast
import configparser
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOR_TYPES_ALONE = {"_typeshed"}


def imported() -> dict[str, str]:
    """The packages at the top of what is imported, each with one file that does."""
    found = {}
    for path in (ROOT / "workouts_api").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            found.update({name.partition(".")[0]: str(path.relative_to(ROOT)) for name in names})
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names | FOR_TYPES_ALONE}


def declared() -> set[str]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    extras = {name: text for name, text in config["options.extras_require"].items() if name != "dev"}
    lines = "\n".join([config["options"]["install_requires"], *extras.values()]).splitlines()
    return {normal(re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0]) for line in lines if line.strip()}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_imported_package_is_declared():
    distributions = packages_distributions()
    missing = {
        name: path
        for name, path in imported().items()
        if name != "workouts_api" and not {normal(one) for one in distributions.get(name, [name])} & declared()
    }
    assert missing == {}
