"""The stage that the console's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall.database import Database
from tests.counter.stage import Stage


@pytest.fixture
def stage(blora: Database, tmp_path: Path) -> Stage:
    """The hall of Blora on an ordinary Tuesday at nine, nobody seated, nobody waiting."""
    return Stage(blora, tmp_path)
