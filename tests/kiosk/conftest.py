"""The stage and the real browser that the citizen's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from hall.database import Database
from tests.browser import launch
from tests.kiosk.stage import Stage


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
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A real browser."""
    started = launch(playwright)
    yield started
    started.close()
