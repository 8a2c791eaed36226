"""The stage and the real browser that the console's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright

from hall.database import Database
from tests.browser import launch, let_in_between
from tests.counter.stage import Stage


@pytest.fixture
def stage(blora: Database, tmp_path: Path) -> Stage:
    """The hall of Blora on an ordinary Tuesday at nine, nobody seated, nobody waiting."""
    return Stage(blora, tmp_path)


@pytest.fixture
def served(stage: Stage) -> Iterator[str]:
    """The address of the stage on a real socket."""
    with stage.served() as address:
        yield address


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A real browser."""
    started = launch(playwright)
    yield started
    started.close()


@pytest.fixture
def page(chromium: Browser, served: str) -> Iterator[Page]:
    """A console's screen at its real size, its faults collected; a fault in a script fails the test."""
    context = let_in_between(chromium.new_context(viewport={"width": 1366, "height": 768}, base_url=served))
    context.set_default_timeout(10_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    yield page
    context.close()
    assert faults == []
