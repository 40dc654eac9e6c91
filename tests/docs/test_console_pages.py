"""The console in a browser, without JavaScript: a light desktop and a dark phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.by import By

from tests.conftest import PASSWORD, Client
from workouts_api.admin.listener import admin_listener
from workouts_api.config import load_settings

pytestmark = pytest.mark.processes


@pytest.fixture
def console(environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("console")
    settings = load_settings({**environ, "PORT": "0", "WORKOUTS_DATA_DIR": str(folder)})
    with admin_listener(settings, lambda: settings, lambda: 0.0) as (url, _):
        yield f"{url}/console"


@pytest.fixture
def plain(browser) -> Iterator:
    """The browser, in which no script of a page runs."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    yield browser
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def show(browser, *, width: int, is_dark: bool) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def lightness(browser) -> int:
    colour = browser.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    return sum(int(part) for part in colour.partition("(")[2].rstrip(")").split(",")[:3])


def test_a_superuser_signs_in_and_reads_every_page_on_both_screens(plain, console: str, admin: Client) -> None:
    admin.get("/api/v1/users/me")
    plain.get(console)
    plain.find_element(By.ID, "name").send_keys(admin.username)
    plain.find_element(By.ID, "password").send_keys(PASSWORD)
    plain.find_element(By.CSS_SELECTOR, "main button").click()
    for width, is_dark in ((1280, False), (390, True)):
        show(plain, width=width, is_dark=is_dark)
        for page, told in (
            ("", "users.get_user"),
            ("/query?name=users.get_user", "at most 6 pages"),
            ("/live?all=1", "On the server"),
            ("/tables", "sessions_pkey"),
            ("/server", "The connection is direct."),
        ):
            plain.get(f"{console}{page}")
            body = plain.find_element(By.TAG_NAME, "body")
            assert told in body.text, (page, width)
            assert (lightness(plain) < 200) is is_dark, (page, width)
            # Wide tables scroll inside their frames; the page itself does not.
            assert plain.find_element(By.TAG_NAME, "main").size["width"] <= width, (page, width)
    plain.find_element(By.CSS_SELECTOR, "header button").click()
    plain.get(console)
    assert plain.find_element(By.TAG_NAME, "h1").text == "Sign in"
