"""docs/CLIENTS.md names what there is: its sections, the routes, the scopes of API keys, and what browsers may ask."""

from __future__ import annotations

import re
from pathlib import Path

from tests.routes import PAGES, ROUTES, demands, openapi_path
from workouts_api.web.scopes import SCOPES

PAGE = (Path(__file__).parents[2] / "docs" / "CLIENTS.md").read_text(encoding="utf-8")
NOT_FOR_CLIENTS = {"/metrics/database": "for operators: docs/OPERATIONS.md", "/health/details": "likewise"}
"""Addresses that this page need not name, with the reason."""


def bare(text: str) -> str:
    """Addresses without the API's beginning, and with {} in place of each id."""
    text = re.sub(r"\$API\b|(?<![\w/])/api/v1(?=/)", "", text)
    return re.sub(r"\{\w*\}|\$\w+|(?<=/)\d+", "{}", text)


def test_the_list_of_contents_is_the_list_of_sections() -> None:
    contents = re.findall(r"^- \[(.+)\]\(#(.+)\)$", PAGE, re.MULTILINE)
    sections = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert [title for title, _ in contents] == sections
    assert [link for _, link in contents] == [re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in sections]


def test_every_address_of_the_api_is_named() -> None:
    addresses = {openapi_path(rule) for _, rule in ROUTES if rule not in PAGES}
    text = bare(PAGE)
    assert NOT_FOR_CLIENTS.keys() <= {bare(one) for one in addresses}
    lacking = [one for one in sorted(addresses) if bare(one) not in NOT_FOR_CLIENTS and not is_named(bare(one), text)]
    assert [f"docs/CLIENTS.md does not name {one}" for one in lacking] == []


def is_named(address: str, text: str) -> bool:
    return re.search(rf"(?<![\w/}}.]){re.escape(address)}(?![\w{{-]|/[\w{{])", text) is not None


def test_the_table_of_scopes_has_each_scope_and_the_chapters_that_it_opens() -> None:
    table = dict(re.findall(r"^\| ((?:`[a-z]+:[a-z]+`(?:, )?)+) \| (.+) \|$", PAGE, re.MULTILINE))
    opens = {scope: said for scopes, said in table.items() for scope in re.findall(r"[a-z]+:[a-z]+", scopes)}
    assert opens.keys() == SCOPES.keys()
    for method, rule in ROUTES:
        demanded = demands((method, rule))
        if demanded is None or demanded.scope is None or rule in NOT_FOR_CLIENTS or bare(rule) in NOT_FOR_CLIENTS:
            continue
        parts = [part for part in rule.removeprefix("/api/v1/").split("/") if not part.startswith("<")]
        chapter = parts[1] if parts[0] == "sessions" and parts[-1] in ("doubts", "comments") else parts[0]
        named = "administration" if chapter == "users" and demanded.superuser else chapter
        assert named in opens[demanded.scope], (method, rule)
