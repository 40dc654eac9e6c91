"""The pages for athletes and coaches in a browser without JavaScript: phone and desktop, light and dark, keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.conftest import PASSWORD, Client
from tests.docs.conftest import PATIENCE
from tests.docs.test_console_pages import lightness, show
from tests.pages.history import TODAY, back, record, train
from tests.teams.people import keep, make_team

pytestmark = pytest.mark.processes

# WCAG 2.2, 1.4.3: texts against what is behind them. The drawings stand on the card of their figure.
FAINT = """
const parts = colour => colour.match(/[\\d.]+/g).map(Number);
const light = colour => parts(colour).slice(0, 3).map(one => one / 255)
    .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, place) => sum + one * [0.2126, 0.7152, 0.0722][place], 0);
const behind = node => {
    const colour = getComputedStyle(node).backgroundColor;
    return parts(colour)[3] === 0 && node.parentElement ? behind(node.parentElement) : colour;
};
return [...document.querySelectorAll('body *')].filter(node =>
    [...node.childNodes].some(one => one.nodeType === 3 && one.textContent.trim()) && node.getClientRects().length
).filter(node => {
    const style = getComputedStyle(node), ink = node.namespaceURI.endsWith('svg') ? style.fill : style.color;
    const [dark, bright] = [light(ink), light(behind(node))].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05) < 4.5;
}).map(node => `${node.tagName} ${node.textContent.trim()}`.slice(0, 60));
"""
WIDE = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
# WCAG 2.2, 2.4.3: what the Tab key reaches next stands beside or below, in each part that is read as lines.
OUT_OF_TURN = """
return ['header', '.period', 'footer'].flatMap(part => {
    const boxes = [...document.querySelectorAll(`${part} :is(a, button, input, select)`)]
        .filter(node => node.type !== 'hidden').map(node => [node.textContent.trim(), node.getBoundingClientRect()]);
    return boxes.slice(1).filter(([, box], n) => {
        const before = boxes[n][1];
        return box.bottom <= before.top || (box.top < before.bottom && box.left < before.left);
    }).map(([name]) => name);
});
"""
UNFOLD = "for (const one of document.querySelectorAll('details')) one.open = true"
REACHED = "const one = document.activeElement; return [one.tagName, one.id || one.textContent.trim()]"


@pytest.fixture
def plain(browser) -> Iterator:
    """The browser, in which no script of a page runs while it is loaded."""
    yield browser
    runs(browser, True)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def runs(browser, scripts: bool) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})


def read(browser, where: str) -> str:
    runs(browser, False)
    browser.get(where)
    runs(browser, True)
    return browser.find_element(By.TAG_NAME, "main").text


def focused(browser) -> tuple[str, str]:
    return tuple(browser.execute_script(REACHED))


def test_an_athlete_signs_in_by_keyboard_and_reads_every_page_on_every_screen(
    plain, address: str, owner: Client
) -> None:
    train(owner)
    record(owner, 4, 100, title="Übung " + "w" * 150)
    team = make_team(owner, "Club " + "m" * 80)
    kept = keep(owner, "Grace")
    owner.post(f"/api/v1/teams/{team}/athletes", json={"athlete_id": kept, "joined_on": back(30).isoformat()})
    for days_ago in range(9):
        day = back(days_ago).isoformat()
        owner.post("/api/v1/days", json={"local_on": day, "values": {"weight_kg": 82 + days_ago / 10, "pain": 2}})
    browser = plain

    read(browser, f"{address}/pages/days")
    assert browser.find_element(By.TAG_NAME, "h1").text == "Sign in"
    browser.find_element(By.ID, "username").send_keys(owner.username, Keys.TAB)
    browser.switch_to.active_element.send_keys(PASSWORD, Keys.ENTER)
    assert browser.current_url == f"{address}/pages/days"

    pages = ("report", "load", "exercises/1", "records", "days", f"teams/{team}")
    for page in pages:
        assert read(browser, f"{address}/pages/{page}"), page
        browser.execute_script(UNFOLD)
        for width, is_dark in ((390, True), (390, False), (1440, False), (1440, True)):
            show(browser, width=width, is_dark=is_dark)
            assert (lightness(browser) < 200) is is_dark, (page, width)
            assert browser.execute_script(WIDE) == 0, (page, width)  # wide tables scroll inside their frames
            assert browser.execute_script(FAINT) == [], (page, width, is_dark)
        for width in (320, 390, 704, 1440):
            show(browser, width=width, is_dark=False)
            assert browser.execute_script(OUT_OF_TURN) == [], (page, width)

    runs(browser, False)
    browser.get(f"data:text/html,<a href='{address}/pages/records'>a mail</a>")  # another site
    browser.find_element(By.TAG_NAME, "a").click()
    assert WebDriverWait(browser, PATIENCE).until(lambda one: one.find_element(By.TAG_NAME, "h1").text == "Records")

    read(browser, f"{address}/pages/report?athlete_id={kept}&to={TODAY}")
    reached = []
    for _ in range(30):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(focused(browser))
    names = [name for _, name in reached]
    assert names[0] == "To the content"
    for wanted in ("Report", "Teams", "Sign out", "show my own instead", "from", "to", "bucket", "Show", "4 weeks"):
        assert wanted in names, names
    browser.find_element(By.CSS_SELECTOR, "header button").send_keys(Keys.ENTER)
    assert browser.find_element(By.TAG_NAME, "h1").text == "Sign in"
