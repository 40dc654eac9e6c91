"""docs/SECURITY.md walks through the whole standard and names tests that exist; and what no other test holds of it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from tests.conftest import Client
from tests.routes import ROUTES, address

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "SECURITY.md"
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
# How many requirements of levels 1 and 2 each section of the standard (5.0) has: they are numbered from 1, and those of
# level 3 come last. Where they do not, the numbers stand here.
SECTIONS: dict[str, int | tuple[int, ...]] = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2,
    "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2,
    "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4,
    "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 11, "6.3": 3, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
    "8.1": 2, "8.2": 3, "8.3": 1, "8.4": (1,),
    "9.1": 3, "9.2": 4,
    "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 3, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4,
    "13.1": (1,), "13.2": 5, "13.3": 2, "13.4": 5,
    "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3,
}  # fmt: skip
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_MODULES = {"subprocess", "pickle", "marshal", "shelve", "yaml", "jinja2", "xml"}
RENDERER = ROOT / "workouts_api/pages/rendering.py"  # its templates are files of the project; a text is only a value
CONNECTING_MODULES = {"urllib.request", "http.client", "requests", "httpx", "aiohttp", "ftplib", "paramiko", "asyncio"}


def rows() -> list[list[str]]:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| \d", line)]


def numbers(cell: str) -> list[str]:
    return [number.strip() for number in cell.split(",")]


def test_every_number_of_both_levels_is_walked_through_once() -> None:
    expected = [
        f"{section}.{number}"
        for section, count in SECTIONS.items()
        for number in (count if isinstance(count, tuple) else range(1, count + 1))
    ]
    found = [number for row in rows() for number in numbers(row[0])]
    assert sorted(found) == sorted(expected)


def test_every_line_names_a_test_or_says_why_there_is_none() -> None:
    for numbered, done, held in rows():
        assert (
            TEST.search(held)
            or "not there" in done
            or "**Does not hold**" in done
            or "operator" in done
            or ("same host" in done)
        ), numbered


def test_every_named_test_is_there() -> None:
    for path, name in TEST.findall(DOCUMENT.read_text(encoding="utf-8")):
        text = (ROOT / path).read_text(encoding="utf-8")
        assert not name or re.search(rf"^def {name}\(", text, re.MULTILINE), f"{path}::{name}"


@cache
def _answering() -> list[tuple[Path, ast.Module]]:
    """The code that runs for requests."""
    folders = ("pages", "api", "web", "database", "sql")
    return [
        (path, ast.parse(path.read_text(encoding="utf-8")))
        for folder in folders
        for path in (ROOT / "workouts_api" / folder).rglob("*.py")
        if path.name != "commands.py"
    ]


def _imported(tree: ast.Module) -> set[str]:
    nodes = list(ast.walk(tree))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def test_what_answers_requests_starts_no_program_and_evaluates_nothing() -> None:
    for path, tree in _answering():
        modules = {name.partition(".")[0] for name in _imported(tree)}
        renders = {"jinja2"} if path == RENDERER else set()
        assert modules & FORBIDDEN_MODULES == renders, path
        called = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & FORBIDDEN_CALLS, path


def test_what_answers_requests_connects_to_no_address_of_a_client() -> None:
    for path, tree in _answering():
        assert not _imported(tree) & CONNECTING_MODULES, path


def test_the_policy_of_a_reply_allows_nothing(anonymous: Client) -> None:
    policy = anonymous.get("/api/v1/users/me").headers["Content-Security-Policy"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts == dict.fromkeys(("default-src", "base-uri", "form-action", "frame-ancestors"), "'none'")


def test_trace_is_not_answered(anonymous: Client) -> None:
    for rule in {rule for _, rule in ROUTES}:
        reply = anonymous.http.open(address(rule), method="TRACE", headers={"X-Echo": "an echo"})
        assert reply.status_code == 405, rule
        assert b"an echo" not in reply.data
