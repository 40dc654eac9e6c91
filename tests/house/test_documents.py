"""What documents name is there: links, paths, tests. Each decision has a number of its own, a day and a state."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = {".git", ".venv", "build", "dist", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"}
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
# A path or a test in code quotes; what holds a blank, a placeholder or an ellipsis is no path.
QUOTED = re.compile(r"`((?:tests|workouts_api|queries|migrations|docs|deploy|bench|\.ci)/[\w./*-]+)`")
TEST = re.compile(r"`(test_\w+\.py)`")
# A document that code or a setting sends its reader to, with the heading if it names one.
SENT_TO = re.compile(r"\b((?:docs/(?:decisions/)?)?[A-Za-z_]+\.md)(#[\w-]+)?")
DECISION = re.compile(r"^## (\d+)\. .+\n\n(.+)$", re.MULTILINE)
STATE = re.compile(r"(\d{4}-\d\d-\d\d) · (?:in force|replaced by \[(\d+)\]\(\S+\))")


def checked_in(*patterns: str) -> list[Path]:
    """The files of the project that fit one of the patterns, or lie below a folder of that name."""
    return [path for path in _sources() if any(_fits(path, pattern) for pattern in patterns)]


def _fits(path: Path, pattern: str) -> bool:
    return fnmatch(path.name, pattern) or f"/{pattern}/" in f"/{path.relative_to(ROOT).parent}/"


@cache
def _sources() -> list[Path]:
    """Not what was made from them, nor what is git's."""
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in MADE and not name.endswith(".egg-info")]
        found += [Path(folder, name) for name in files]
    return sorted(found)


@cache
def documents() -> list[Path]:
    return [path for path in checked_in("*.md") if not path.is_symlink() and "texts" not in path.parts]


def prose(path: Path) -> str:
    """A document without its blocks of code."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))


@cache
def anchors(path: Path) -> set[str]:
    """What a heading is linked by, as GitHub makes it."""
    found: dict[str, int] = {}
    names = set()
    for heading in re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        name = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        number = found[name] = found.get(name, -1) + 1
        names.add(f"{name}-{number}" if number else name)
    return names


def links() -> Iterator[tuple[Path, str]]:
    for document in documents():
        for link, image in LINK.findall(prose(document)):
            target = link or image
            if not re.match(r"[a-z]+:|//|/", target):
                yield document, target


def leads_somewhere(document: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = (document.parent / name).resolve() if name else document
    return path.exists() and (not anchor or path.suffix != ".md" or anchor in anchors(path))


def test_every_link_of_a_document_leads_somewhere():
    found = list(links())
    assert len(found) > 100
    assert [(str(document.relative_to(ROOT)), to) for document, to in found if not leads_somewhere(document, to)] == []


def test_every_path_and_test_that_a_document_names_is_there():
    tests = {path.name for path in checked_in("tests")}
    missing = []
    for document in documents():
        text = re.sub(r"(?s)\n[\d-]+ · replaced by .*?(?=\n## |\Z)", "", prose(document))  # they name what there was
        if document.name == "CHANGELOG.md":
            continue
        missing += [(document.name, path) for path in QUOTED.findall(text) if not any(ROOT.glob(path.rstrip("/")))]
        missing += [(document.name, test) for test in TEST.findall(text) if test not in tests]
    assert missing == []


def test_every_document_that_code_names_is_there():
    names = {path.name for path in documents()}
    missing = []
    for path in checked_in("*.py", "*.sql", "*.cfg", "*.toml", "Makefile", ".env.example", ".ci", "deploy"):
        for name, anchor in SENT_TO.findall(path.read_text(encoding="utf-8")):
            there = [document for document in documents() if document.name == Path(name).name]
            if Path(name).name not in names or (anchor and not any(anchor[1:] in anchors(one) for one in there)):
                missing.append((str(path.relative_to(ROOT)), name + anchor))
    assert missing == []


def decisions() -> Iterator[tuple[Path, int, str]]:
    for chapter in checked_in("docs/decisions"):
        for number, state in DECISION.findall(chapter.read_text(encoding="utf-8")):
            yield chapter, int(number), state


def test_every_decision_has_a_number_of_its_own_a_day_and_a_state():
    numbers = [number for _, number, _ in decisions()]
    twice = {number for number in numbers if numbers.count(number) > 1}
    assert twice == set(), f"the next free number is {max(numbers) + 1}"
    for chapter, number, state in decisions():
        told = STATE.fullmatch(state)
        assert told, (chapter.name, number, state)
        date.fromisoformat(told[1])
        assert told[2] is None or int(told[2]) in set(numbers) - {number}


def test_every_heading_of_a_decision_is_read_as_one():
    """What stands under a heading in another form would escape the test above."""
    for chapter in checked_in("docs/decisions"):
        headings = re.findall(r"^##+ ", prose(chapter), re.MULTILINE)
        assert len(headings) == len(DECISION.findall(chapter.read_text(encoding="utf-8"))) > 0, chapter.name


def test_every_chapter_stands_in_the_index():
    index = (ROOT / "docs" / "DECISIONS.md").read_text(encoding="utf-8")
    for chapter in checked_in("docs/decisions"):
        title = chapter.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        assert f"[{title}](decisions/{chapter.name})" in index


def test_the_page_of_measurements_is_tables_and_what_is_written_by_hand():
    page = (ROOT / "docs" / "PERFORMANCE.md").read_text(encoding="utf-8")
    assert page.endswith((ROOT / "bench" / "notes.md").read_text(encoding="utf-8"))
    assert page.count("\n") <= 400
    assert "cost=" not in page  # plans go to build/plans.txt
