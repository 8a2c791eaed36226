"""Only tables of this version of the program are worked on."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall.database import Database, sqlite_url
from hall.errors import Unavailable
from hall.schema import must_be_current, newest, revision_of


def test_a_migrated_database_is_current(db: Database) -> None:
    must_be_current(db)
    assert revision_of(db) == newest()


def test_an_empty_database_is_refused_until_it_is_migrated(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "new.db"))
    try:
        assert revision_of(database) is None
        with pytest.raises(Unavailable) as refused:
            must_be_current(database)
        assert refused.value.code == "not_migrated"
    finally:
        database.close()
