"""The page that draws plans: it holds everything, and its policy lets nothing else run."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import workouts_api.dba.picture as picture
from workouts_api.dba.picture import Picture, draw, pictures

STATIC = Path(picture.__file__).parent / "static"
# pev2 1.21.0, vue 3.5.45 and bootstrap 5.3.8 of npm: whoever brings another release changes its digest here.
RELEASES = {
    "pev2.umd.js": "6e376f98c8a2e7c00fc0f05a1f8ffe4e3bd25067c349bcac971acbb3e3b21a3f",
    "pev2.css": "e65d7027fcd247fb56ae867cf3b1eb7bcce291e34d2b2834ef58018683fe2ff6",
    "vue.runtime.global.prod.js": "3decf87d416625675c52bd38e928521ba192277a26c5172ab4545a4e98ffddc3",
    "bootstrap.min.css": "d85327d99c7a3ee1f9b5d0500d1370acea3ad2db39c163c2f51f232baedbdede",
}
EVIL = "select '</script><script>alert(1)</script>' as \"é\""
FOUND = {
    "Plan": {"Node Type": "Result", "Output": [EVIL]},
    "Settings": {"jit": "off"},
    "Nested": [{"In": "f()", "Runs": 1, "Query Text": "select 1", "Plan": {"Node Type": "Result"}}],
}


def page() -> str:
    return draw("a.b@0 <&", "Of <b>", list(pictures("custom plan", EVIL, FOUND)))


def test_the_scripts_and_styles_of_others_are_the_releases_that_are_named():
    assert {name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest() for name in RELEASES} == RELEASES
    assert all((STATIC / f"{name}.LICENSE").is_file() for name in ("pev2", "vue", "bootstrap"))


def test_the_page_fetches_nothing_and_says_what_it_shows():
    text = page()
    assert re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=", text) == []
    assert "<title>a.b@0 &lt;&amp;</title>" in text
    assert "<p>Of &lt;b&gt;</p>" in text
    assert "default-src 'none'; script-src 'sha256-" in text
    assert "unsafe" not in text.partition("</head>")[0].partition("<style>")[0]


def test_a_plan_that_holds_the_end_of_a_script_stays_data():
    (data,) = re.findall(r'<script type="application/json" id="plans">(.*?)</script>', page(), re.DOTALL)
    own, nested = json.loads(data)
    assert own["query"] == EVIL
    assert json.loads(own["source"]) == [{"Plan": FOUND["Plan"], "Settings": FOUND["Settings"]}]
    assert (nested["title"], nested["query"]) == ("custom plan: in f(), run once", "select 1")


def test_without_a_plan_inside_functions_there_is_one_picture():
    assert list(pictures("generic plan", "select 1", {"Plan": {}})) == [
        Picture("generic plan", "select 1", [{"Plan": {}}])
    ]
