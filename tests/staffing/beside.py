"""What somebody else does between a look and the turn that follows it, and what the journal says then."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from hall.database import Database
from hall.journal import since


def kinds(db: Database) -> list[str]:
    """The kinds of the journal's lines since contoh was set up."""
    with db.reading() as connection:
        return [line.kind for line in since(connection, "contoh", 0)][1:]


def meanwhile(db: Database, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Lets ``act`` go before the next who writes, who has looked already."""
    real = db.writing

    def writing(*hall: str, **how: Any) -> AbstractContextManager[Any]:
        monkeypatch.setattr(db, "writing", real)
        act()
        return real(*hall, **how)

    monkeypatch.setattr(db, "writing", writing)
