"""The documents for authors of clients, as pages. They are rendered from the Markdown files in ``docs/``."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token

_FOLDER = Path(__file__).parent / "texts"  # links to docs/ in a checkout, the files themselves in a wheel
TEXTS = {"clients": "CLIENTS.md", "formulas": "FORMULAS.md"}
_TEXT = re.compile(r"(?P<name>[A-Z]+\.md)(?P<anchor>#.*)?")


def read_texts() -> dict[str, str]:
    """The Markdown of each of TEXTS. Called at the start: a new release may replace the files of a running server."""
    return {name: (_FOLDER / file).read_text(encoding="utf-8") for name, file in TEXTS.items()}


@cache
def render(source: str) -> tuple[str, str]:
    """The title and body of a text, in HTML. A text is rendered at its first request and then cached."""
    from markdown_it import MarkdownIt  # imported at the first request for a document

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(source)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", _anchor(inline.content))
    for token in tokens:
        token.children = _lead_to_pages(token.children or [])
    title = source.partition("\n")[0].removeprefix("# ")
    return title, markdown.renderer.render(tokens, markdown.options, {})


def _anchor(heading: str) -> str:
    """The anchor of a heading, formed as on GitHub, so one link works in both places: lower case, joined by hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _lead_to_pages(tokens: list[Token]) -> list[Token]:
    """Turns links to other texts into links to their pages. A link to a file that is not served becomes plain words."""
    kept: list[Token] = []
    is_dropped = False
    for token in tokens:
        if token.type == "link_open":
            page = _page_of(str(token.attrs["href"]))
            is_dropped = page is None
            token.attrs["href"] = page or ""
        if not (is_dropped and token.type in ("link_open", "link_close")):
            kept.append(token)
    return kept


def _page_of(link: str) -> str | None:
    """The address on the API's pages that a text's link leads to, or None."""
    if link.startswith(("#", "https://", "http://")):
        return link
    pages = {file: page for page, file in TEXTS.items()}
    text = _TEXT.fullmatch(link)
    return f"/docs/{pages[text['name']]}{text['anchor'] or ''}" if text and text["name"] in pages else None
