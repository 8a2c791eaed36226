"""The stage that management's tests share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hall.database import Database, sqlite_url
from hall.schema import migrate
from tests.admin.stage import Stage, furnish
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
