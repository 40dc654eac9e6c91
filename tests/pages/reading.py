"""Reads a page as a person does: its tables, its text, its forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "input", "rect", "line", "circle", "path", "br"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    inside: list[Any] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Any:
        for one in self.inside:
            yield from [one] if isinstance(one, str) else one._texts()

    def all(self, tag: str, **attributes: str) -> list[Element]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        found = []
        for one in self.inside:
            if isinstance(one, Element):
                if one.tag == tag and wanted.items() <= one.attributes.items():
                    found.append(one)
                found += one.all(tag, **attributes)
        return found

    def one(self, tag: str, **attributes: str) -> Element:
        (found,) = self.all(tag, **attributes)
        return found

    @property
    def value(self) -> Any:
        """A cell: its number, its day, None for what is unknown, or its text."""
        if names := self.all("bdi"):
            return names[0].text
        numbers = self.all("data")
        if numbers:
            return float(numbers[0].attributes["value"])
        if times := self.all("time"):
            return times[0].attributes["datetime"]
        if any("unknown" in span.attributes.get("class", "") for span in self.all("span")):
            return None
        return self.text


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self._open[-1].inside.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def read(text: str) -> Element:
    """The page as a tree; every element that it opens must be closed."""
    builder = _Builder()
    builder.feed(text)
    builder.close()
    assert builder._open == [builder.root]
    return builder.root


def rows(page: Element, table: str) -> list[list[Any]]:
    """The values of the cells of a table's body."""
    body = page.one("table", id=table).one("tbody")
    return [[cell.value for cell in row.inside if isinstance(cell, Element)] for row in body.all("tr")]
