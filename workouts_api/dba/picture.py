"""Plans as one self-contained HTML file, drawn by pev2.

Owns the page and its policy. The page holds all scripts and styles and fetches nothing: its policy names each of them
by its hash and forbids everything else. So a file may be sent to a colleague, and what a plan's texts contain cannot
run.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

_STATIC = Path(__file__).parent / "static"
_STYLES = ("bootstrap.min.css", "pev2.css", "plan.css")
_SCRIPTS = ("settings.js", "vue.runtime.global.prod.js", "pev2.umd.js", "plan.js")  # in the order in which they run
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{styles}
</head>
<body>
<header>
<h1>{title}</h1>
<p>{about}</p>
<label for="choice">Plan</label> <select id="choice"></select>
</header>
<div id="plan"></div>
<noscript><p>The picture needs JavaScript. These are the plans:</p><pre>{plain}</pre></noscript>
<script type="application/json" id="plans">{plans}</script>
{scripts}
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """One plan to draw: what it is called in the list, the statement, and EXPLAIN's JSON."""

    title: str
    statement: str
    plan: Any


def pictures(title: str, statement: str, found: Any) -> Iterable[Picture]:
    """The pictures of one run of ``explain``: the statement's own plan, then those inside its functions."""
    own = {key: value for key, value in found.items() if key != "Nested"}
    yield Picture(title, statement, [own])
    for one in found.get("Nested", ()):
        how_often = "once" if one["Runs"] == 1 else f"{one['Runs']} times"
        yield Picture(f"{title}: in {one['In']}, run {how_often}", one["Query Text"], [{"Plan": one["Plan"]}])


def draw(title: str, about: str, shown: Sequence[Picture]) -> str:
    """The page.

    :param about: one line below the title, such as the database and the samples.
    """
    styles, scripts = [_read(name) for name in _STYLES], [_read(name) for name in _SCRIPTS]
    plans = [
        {"title": one.title, "query": one.statement, "source": json.dumps(one.plan, indent=2, ensure_ascii=False)}
        for one in shown
    ]
    return _PAGE.format(
        policy=_policy(styles, scripts),
        title=escape(title),
        about=escape(about),
        styles="\n".join(f"<style>{style}</style>" for style in styles),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
        plain=escape("\n\n".join(f"{plan['title']}\n{plan['query']}\n{plan['source']}" for plan in plans)),
        plans=json.dumps(plans, ensure_ascii=False).replace("<", "\\u003c"),  # no text of a plan ends the element
    )


def _read(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


def _policy(styles: Iterable[str], scripts: Iterable[str]) -> str:
    """Forbids everything but these styles and scripts. Bootstrap's small pictures are data: addresses."""
    return (
        f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)}; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _hashes(texts: Iterable[str]) -> str:
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts)
