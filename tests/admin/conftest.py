"""The stage that management's tests share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright

from hall.database import Database, sqlite_url
from hall.schema import migrate
from tests.admin.stage import PIN, Stage, furnish
from tests.browser import launch, let_in_between
from tests.cast import BLORA_FILE
from tests.conftest import load


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the morning in it, made once; each test works on its own copy."""
    path = tmp_path_factory.mktemp("morning") / "antre.db"
    database = Database(sqlite_url(path))
    try:
        migrate(database)
        furnish(load(database, BLORA_FILE))
        database.checkpoint()
    finally:
        database.close()
    return path


@pytest.fixture
def stage(furnished: Path, tmp_path: Path) -> Iterator[Stage]:
    """The hall of Blora at 09.45 on its Tuesday."""
    database = Database(sqlite_url(Path(shutil.copy(furnished, tmp_path))))
    try:
        yield Stage(database, tmp_path)
    finally:
        database.close()


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A real browser, started once for a file of tests."""
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture
def address(stage: Stage) -> Iterator[str]:
    """Where the stage's app is served."""
    with stage.served() as address:
        yield address


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A laptop on which the manager has signed in by the form. A fault in a script fails the test."""
    context = let_in_between(chromium.new_context(viewport={"width": 1366, "height": 768}, locale="id-ID"))
    page = context.new_page()
    page.set_default_timeout(15_000)
    faults: list[str] = []

    def note(fault: Error) -> None:
        faults.append(str(fault))

    page.on("pageerror", note)
    page.goto(f"{address}/admin/")
    page.fill("#login", "wulan")
    page.fill("#pin", PIN)
    page.click("button[type=submit]")
    page.wait_for_selector(".tile")
    yield page
    assert faults == []
    context.close()
