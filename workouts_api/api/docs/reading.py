"""The documents for authors of clients as pages: rendered from the Markdown that stands in ``docs/``."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

_FOLDER = Path(__file__).parent / "texts"  # links to docs/ in a checkout, the files themselves in a wheel
TEXTS = {"clients": "CLIENTS.md", "formulas": "FORMULAS.md"}
_LINK = re.compile(r'href="(?P<name>[A-Z]+)\.md')


@cache
def render(name: str) -> tuple[str, str]:
    """Title and body of a text, in HTML; rendered when it is first asked for.

    :param name: one of TEXTS.
    """
    from markdown_it import MarkdownIt  # only who reads a document needs it

    source = (_FOLDER / TEXTS[name]).read_text(encoding="utf-8")
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(source)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", _anchor(inline.content))
    title = source.partition("\n")[0].removeprefix("# ")
    return title, _LINK.sub(_to_page, markdown.renderer.render(tokens, markdown.options, {}))


def _anchor(heading: str) -> str:
    """As GitHub makes them, so that one link serves both: lower case, words joined by hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _to_page(link: re.Match[str]) -> str:
    """A link to another text of these leads to its page; where there is none, it stays as it is."""
    pages = {file.removesuffix(".md"): page for page, file in TEXTS.items()}
    page = pages.get(link["name"])
    return f'href="/docs/{page}' if page else link[0]
