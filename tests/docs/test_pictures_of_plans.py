"""The page of ``workouts sql explain --html``, as a DBA opens it from disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.docs.conftest import PATIENCE
from workouts_api.dba.picture import draw, pictures

pytestmark = pytest.mark.processes

COSTS = {"Startup Cost": 0.0, "Total Cost": 1.0, "Plan Rows": 1, "Plan Width": 8}
FOUND = {
    "Plan": {"Node Type": "Seq Scan", "Relation Name": "sets", "Alias": "s", "Filter": "(x = '</script>')", **COSTS},
    "Nested": [{"In": "f()", "Runs": 2, "Query Text": "select 2", "Plan": {"Node Type": "WindowAgg", **COSTS}}],
}


def test_both_plans_are_drawn_and_the_policy_refuses_nothing(browser, tmp_path: Path) -> None:
    file = tmp_path / "plan.html"
    file.write_text(draw("sessions.list_sessions@1", "About.", list(pictures("custom plan", "select 1", FOUND))))
    browser.get(file.as_uri())
    shown = browser.find_element(By.ID, "plan")
    WebDriverWait(browser, PATIENCE).until(lambda _: "Seq Scan" in shown.text)
    Select(browser.find_element(By.ID, "choice")).select_by_visible_text("custom plan: in f(), run 2 times")
    WebDriverWait(browser, PATIENCE).until(lambda _: "WindowAgg" in shown.text.replace(" ", ""))
    icons = browser.execute_script(
        "return [...document.querySelectorAll('svg.svg-inline--fa')].map(icon => icon.getBoundingClientRect().height)"
    )
    assert icons
    assert max(icons) < 40  # without its styles an icon fills the page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_has_the_readers_theme_and_on_a_phone_the_picture_has_the_whole_width(
    browser, theme: str, tmp_path: Path
) -> None:
    file = tmp_path / "plan.html"
    file.write_text(draw("sessions.list_sessions@1", "About.", list(pictures("custom plan", "select 1", FOUND))))
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    )
    try:
        browser.get(file.as_uri())
        shown = browser.find_element(By.ID, "plan")
        WebDriverWait(browser, PATIENCE).until(lambda _: "Seq Scan" in shown.text)
        background = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        lightness = sum(int(part) for part in background.removeprefix("rgb(").removesuffix(")").split(","))
        assert (lightness < 3 * 128) == (theme == "dark")
        panes = browser.find_elements(By.CSS_SELECTOR, ".splitpanes__pane")
        assert max(pane.rect["width"] for pane in panes) == 390
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
