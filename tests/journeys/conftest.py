"""A browser for the stories."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright

from tests.browser import HEARD, launch


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A real headless Chromium that may be heard at once."""
    chromium = launch(playwright, HEARD)
    try:
        yield chromium
    finally:
        chromium.close()
