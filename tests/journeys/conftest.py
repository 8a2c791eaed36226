"""A browser for the stories."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A real headless Chromium; ``CHROMIUM`` names another one than the distribution's."""
    path = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
    chromium = playwright.chromium.launch(executable_path=path if Path(path).exists() else None, args=list(FLAGS))
    try:
        yield chromium
    finally:
        chromium.close()
