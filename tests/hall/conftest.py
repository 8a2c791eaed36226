"""Callers who line up behind a turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hall.database import Database
from tests.hall.lineup import Queue


@pytest.fixture
def queue(contoh: Database, endless: None) -> Iterator[Queue]:
    """A line of callers."""
    with Queue(contoh) as line:
        yield line


@pytest.fixture
def queue_on_each(contoh_on_each: Database, endless: None) -> Iterator[Queue]:
    """The same once on SQLite and once on PostgreSQL."""
    with Queue(contoh_on_each) as line:
        yield line


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lines up may join, on the slowest machine."""
    monkeypatch.setattr("hall.together.LONGEST", 60.0)
