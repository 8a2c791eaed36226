"""Callers who line up behind a turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hall.database import Database
from tests.hall.lineup import Queue


@pytest.fixture
def queue(contoh: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    """A line of callers, in a hall whose group waits for the slowest machine."""
    monkeypatch.setattr("hall.together.LONGEST", 60.0)
    line = Queue(contoh)
    yield line
    line.close()


@pytest.fixture
def queue_on_each(contoh_on_each: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    """The same once on SQLite and once on PostgreSQL."""
    monkeypatch.setattr("hall.together.LONGEST", 60.0)
    line = Queue(contoh_on_each)
    yield line
    line.close()
