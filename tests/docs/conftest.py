"""A real server, and a real browser in front of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tests.conftest import required
from tests.processes import myself
from tests.serve.conftest import Served

PATIENCE = 20.0  # s; a bound against hanging, not an expectation
# As root there is no sandbox. The other flags stop the browser from using the network by itself.
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1200,900"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"),
)


@pytest.fixture(scope="module")
def address(environ: dict[str, str]) -> Iterator[str]:
    """The address at which ``workouts serve`` serves this worker's database."""
    parent = Path(tempfile.mkdtemp(prefix="wk-"))
    told = {name: value for name, value in environ.items() if name != "WORKOUTS_DATA_DIR"}
    served = Served(myself(), parent / "data", app="workouts_api:create_app()", **told)
    try:
        yield served.until_served().url
    finally:
        served.end()
        shutil.rmtree(parent)


def _program(*names: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    if required("chromium"):
        pytest.fail(f"there is no {names[0]}, and this run must not skip")
    pytest.skip(f"there is no {names[0]}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[webdriver.Chrome]:
    options = Options()
    options.binary_location = _program("chromium", "chromium-browser", "google-chrome")
    driver = _program("chromedriver")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    profile = tempfile.mkdtemp(prefix="wk-chromium-")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    browser = webdriver.Chrome(options, Service(driver))
    browser.set_page_load_timeout(PATIENCE)
    yield browser
    browser.quit()
    shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The browser. An error on a page's console fails the test, for example a breach of the policy."""
    chromium.get_log("browser")
    yield chromium
    complaints: list[dict[str, Any]] = chromium.get_log("browser")
    serious = [entry["message"] for entry in complaints if entry["level"] in ("SEVERE", "WARNING")]
    assert serious == []
