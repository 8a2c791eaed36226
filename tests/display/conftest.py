"""A real browser and a hall of one page for the tests of the waiting room's screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, ViewportSize

from tests.browser import HEARD, launch
from tests.display.stub_hall import StubHall

WALL: ViewportSize = {"width": 1920, "height": 1080}

OpenPage = Callable[..., Page]


def until(page: Page, what: str | Callable[[], bool], seconds: float = 8) -> None:
    """Let the page run until an expression in it, or a fact of the stub hall, is true.

    Not playwright's own waiting for a function: that one needs `unsafe-eval`, which the pages rightly refuse.
    """
    for _ in range(int(seconds * 50)):
        if page.evaluate(what) if isinstance(what, str) else what():
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"never came true: {what}")


def spoken(page: Page) -> list[int]:
    text = page.evaluate("document.documentElement.dataset.spoken ?? ''")
    return [int(seq) for seq in text.split(",") if seq]


def left_out(page: Page) -> list[int]:
    text = page.evaluate("document.documentElement.dataset.unspoken ?? ''")
    return [int(seq) for seq in text.split(",") if seq]


def ready(page: Page) -> Page:
    """The board is drawn and the page knows whether it may be heard."""
    until(page, "document.getElementById('hero').dataset.kind !== 'loading'")
    page.wait_for_timeout(300)
    return page


def counters(count: int, *, open_: bool = True, text: str = "") -> list[dict[str, object]]:
    return [
        {"counter": str(i), "name": f"Loket {i}", "agency": f"a{i % 13}", "open": open_, "due": open_, "text": text}
        for i in range(1, count + 1)
    ]


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = launch(playwright, HEARD)
    yield started
    started.close()


@pytest.fixture
def hall() -> Iterator[StubHall]:
    stub = StubHall().start()
    yield stub
    stub.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport=WALL)
    yield opened
    opened.close()


@pytest.fixture
def open_page(hall: StubHall, context: BrowserContext) -> Iterator[OpenPage]:
    """Opens a page of the stub hall; a fault in its scripts or a breach of its policy fails the test."""
    faults: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        expected = ("Failed to load resource", "WebSocket", "on purpose")
        if message.type == "error" and not any(text in message.text for text in expected):
            faults.append(message.text)

    def open_(path: str = "/display/contoh") -> Page:
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(hall.url + path)
        return page

    yield open_
    assert faults == []
