"""One server and one browser for all tests, and windows whose requests and errors are watched.

Only what needs a browser is tested here: what the script does, how a page looks, what a browser
refuses to do. What the server sends is tested without one.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import searcher
from tests.browser.papers import PAPERS
from tests.conftest import ROOT, SEEDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

_MAX_WAIT_MS = 15_000
_PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

Open = Callable[..., "Page"]
"""Opens a window at a path of the server, with options of playwright's ``new_context``."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of the seeds and the hostile papers, without a slash at its end."""
    folder = tmp_path_factory.mktemp("served")
    searcher.build(folder / "index", [SEEDS], papers=PAPERS)
    with subprocess.Popen(
        [sys.executable, "-m", "searcher", "serve", "--index", folder / "index", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        address = re.search(r"http://[^/ ]+", said)
        if not address:
            process.kill()
            pytest.fail(f"no server: {said}{process.stderr.read()}")
        yield address[0]
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert process.wait() == 0
        assert "Traceback" not in rest, rest


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A headless Chromium, the one that is installed: it is not downloaded."""
    from playwright.sync_api import sync_playwright

    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    path = next(found, None)
    assert path, "there is no Chromium: apt-get install chromium"
    # Root has no sandbox, and containers next to no shared memory.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=[*arguments, "--disable-dev-shm-usage"]
        )
        yield started
        started.close()


@pytest.fixture
def open_page(browser: "Browser", server: str) -> Iterator[Open]:
    """Opens windows; the test fails if one loads from elsewhere or its console shows an error.

    What the Content-Security-Policy refuses is such an error.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def on_request(request: "Request") -> None:
        if not request.url.startswith((f"{server}/", "data:", "blob:")):
            faults.append(f"asked for {request.url}")

    def on_console(message: "ConsoleMessage") -> None:
        place = message.location["url"]
        # That the page itself was answered with an error is no fault.
        is_answer = message.text.startswith("Failed to load") and message.page.url == place
        if message.type in ("error", "warning") and not is_answer:
            faults.append(f"said {message.text} ({place})")

    def opened(path: str = "/", **options: Any) -> "Page":
        context = browser.new_context(base_url=server, **options)
        context.set_default_timeout(_MAX_WAIT_MS)
        contexts.append(context)
        context.on("request", on_request)
        context.on("console", on_console)
        context.on("weberror", lambda raised: faults.append(f"raised {raised.error}"))
        window = context.new_page()
        window.goto(path)
        return window

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def page(open_page: Open) -> "Page":
    """A window of the usual size at the first page."""
    return open_page("/")


@pytest.fixture
def open_on_phone(open_page: Open) -> Open:
    """Opens windows as wide as a phone's."""
    return lambda path="/", **options: open_page(path, **{**_PHONE, **options})
