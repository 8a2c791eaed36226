"""The stage and the real browser that the citizen's tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from hall.database import Database
from tests.kiosk.stage import Stage

QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


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
    """The Chromium that ``CHROMIUM`` names, else the distribution's, else the one that playwright installed."""
    own = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    started = playwright.chromium.launch(executable_path=own, args=QUIET)
    yield started
    started.close()
