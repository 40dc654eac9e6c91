"""/docs and /redoc as a person meets them."""

from __future__ import annotations

import hashlib
import json
import re
import urllib.request
from http.client import HTTPResponse
from urllib.parse import urljoin

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions as shown
from selenium.webdriver.support.wait import WebDriverWait

from tests.conftest import PASSWORD
from tests.docs.conftest import PATIENCE

pytestmark = pytest.mark.processes

PATH = ".opblock-{method} .opblock-summary-path[data-path='{path}']"


def _find(browser: WebDriver | WebElement, css: str) -> WebElement:
    waiting = WebDriverWait(browser, PATIENCE, poll_frequency=0.05)
    return waiting.until(lambda found: found.find_element(By.CSS_SELECTOR, css))


def _press(browser: WebDriver, button: WebElement) -> None:
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    WebDriverWait(browser, PATIENCE).until(shown.element_to_be_clickable(button)).click()


def _open(browser: WebDriver, method: str, path: str) -> WebElement:
    """The opened operation."""
    summary = _find(browser, PATH.format(method=method, path=path))
    _press(browser, summary)
    operation: WebElement = summary.find_element(By.XPATH, "ancestor::div[contains(@class, 'opblock ')]")
    _find(operation, ".execute")
    return operation


def _execute(browser: WebDriver, operation: WebElement) -> tuple[str, str]:
    """Presses Execute; the status and the body that the page then shows."""
    _press(browser, operation.find_element(By.CSS_SELECTOR, ".execute"))
    status = _find(operation, ".live-responses-table .response .response-col_status")
    return status.text.split()[0], _find(operation, ".live-responses-table .highlight-code").text


def _write_body(operation: WebElement, body: dict[str, str]) -> None:
    box = operation.find_element(By.CSS_SELECTOR, ".body-param__text")
    box.send_keys(Keys.CONTROL, "a")
    box.send_keys(Keys.DELETE)
    box.send_keys(json.dumps(body))


def test_try_it_out_signs_the_whole_page_in(browser, address, owner):
    browser.get(address + "/docs")
    login = _open(browser, "post", "/api/v1/auth/login")
    assert json.loads(login.find_element(By.CSS_SELECTOR, ".body-param__text").text)["username"]
    _write_body(login, {"username": owner.username, "password": PASSWORD})
    status, body = _execute(browser, login)
    assert (status, "access_token" in body) == ("200", True)
    status, body = _execute(browser, _open(browser, "get", "/api/v1/users/me"))
    assert (status, f'"id": {owner.user_id}' in body) == ("200", True)


def test_what_stands_in_the_box_can_be_sent_as_it_is(browser, address, owner):
    browser.get(address + "/docs")
    _find(browser, ".opblock")  # before the document is there, nothing can be authorised
    browser.execute_script("window.ui.preauthorizeApiKey('bearer', arguments[0])", owner.token)
    status, body = _execute(browser, _open(browser, "post", "/api/v1/sessions"))
    assert (status, '"volume_kg"' in body) == ("201", True)


def test_redoc_shows_the_chapters_and_an_operation(browser, address):
    document = json.loads(_read(address + "/openapi.json").read())
    browser.get(address + "/redoc")
    assert _find(browser, "redoc h1").text.startswith("Workouts API")
    for chapter in document["tags"]:
        assert _find(browser, f"a[href='#/{chapter['name']}']").text == chapter["name"]
    browser.get(address + "/redoc#/sessions/list_sessions")
    summary = document["paths"]["/api/v1/sessions"]["get"]["summary"]
    WebDriverWait(browser, PATIENCE).until(lambda page: summary in _find(page, "redoc").text)


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/clients", "/docs/formulas"])
def test_a_page_has_no_inline_script_and_its_policy_allows_none(address, path):
    reply = _read(address + path)
    policy = dict(part.strip().split(" ", 1) for part in reply.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    page = reply.read().decode()
    assert re.findall(r"<script(?![^>]*\ssrc=\"/)", page) == []
    assert re.findall(r"\son\w+=|javascript:", page) == []


def test_the_page_at_the_bare_address_fits_a_phone(browser, address):
    browser.set_window_size(390, 844)
    browser.get(address)
    assert _find(browser, "h1").text == "Workouts API"
    assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    _find(browser, "a[href='/docs/clients']").click()
    assert _find(browser, "h1").text == "For authors of clients"


def test_redoc_tells_nobody_who_reads(address):
    """Else it reports to its makers some seconds later, which the policy forbids, and the page complains."""
    assert 'disable-telemetry="true"' in _read(address + "/redoc").read().decode()


def _read(url: str) -> HTTPResponse:
    reply: HTTPResponse = urllib.request.urlopen(url, timeout=PATIENCE)  # noqa: S310 – our own http URL
    return reply


def test_every_link_of_the_greeting_and_of_the_texts_leads_somewhere(address):
    links = json.loads(_read(address + "/").read())["links"]
    assert links == json.loads(_read(address + "/api/v1").read())["links"]
    for name, link in links.items():
        if name != "api":
            assert _read(address + link.removeprefix(address)).status == 200, name
    for text in ("clients", "formulas"):
        page = _read(f"{address}/docs/{text}").read().decode()
        assert {f"#{name}" for name in re.findall(r'id="([^"]+)"', page)} >= set(re.findall(r'href="(#[^"]+)"', page))
        for link in re.findall(r'(?:href|src)="([^"#]+)', page):
            assert link.startswith("https://") or _read(urljoin(f"{address}/docs/{text}", link)).status == 200
    document = _read(address + "/openapi.json").read().decode()
    assert re.findall(r"[\w/]+\.(?:md|py|sql)\b", document) == []  # nobody who reads it has the project's files


def test_a_text_for_clients_can_be_read(browser, address):
    browser.get(address + "/docs/clients")
    assert _find(browser, "h1").text == "For authors of clients"
    assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture
def phone(browser):
    before = browser.get_window_size()
    browser.set_window_size(390, 844)
    yield browser
    browser.set_window_size(before["width"], before["height"])


SQUEEZED = """
const box = cell => cell.getBoundingClientRect();
return [...document.querySelectorAll('td')]
    .filter(cell => box(cell).right > window.innerWidth && box(cell).height > 100 && box(cell).width < 250)
    .filter(cell => cell.cellIndex > 1 && cell === cell.parentElement.lastElementChild)
    .map(cell => cell.innerText);
"""


@pytest.mark.parametrize("text", ["clients", "formulas"])
def test_on_a_phone_a_column_of_sentences_that_is_out_of_sight_is_not_squeezed(phone, address, text):
    """It would make its rows tall, and what is in sight mostly empty."""
    phone.get(f"{address}/docs/{text}")
    _find(phone, "tbody tr")
    assert phone.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    assert phone.execute_script(SQUEEZED) == []


def test_redoc_is_the_release_that_it_says(address):
    """Redocly's redoc 3.0.1, bundles/redoc.standalone.js: whoever brings another changes the digest with it."""
    script = _read(address + "/docs/redoc.standalone.js").read()
    assert b"Version: 3.0.1" in script[:500]
    digest = "8c70c2de83d33e33a75b225e573d6d9fe851f066f824b44b1637d831d52d7543"
    assert hashlib.sha256(script).hexdigest() == digest
