"""The chain of migrations, on both engines."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import hall
import queueing
import staffing
from hall.database import Database, metadata, sqlite_url
from hall.errors import Unavailable
from hall.schema import chain_config, migrate, must_be_current, newest, revision_of


@pytest.mark.parametrize("fresh", ["db", "postgres"])
def test_the_migrations_make_exactly_the_tables_that_the_code_speaks_of(
    fresh: str, request: pytest.FixtureRequest
) -> None:
    for room in (hall, queueing, staffing):
        for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)  # its tables count, whoever else uses them or not
    database: Database = request.getfixturevalue(fresh)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_chain_has_one_head_and_no_branches() -> None:
    script = ScriptDirectory.from_config(chain_config())
    assert script.get_heads() == [newest()]
    assert all(len(r.nextrev) <= 1 for r in script.walk_revisions())


def test_migrating_again_changes_nothing(contoh: Database) -> None:
    migrate(contoh)
    must_be_current(contoh)
    assert revision_of(contoh) == newest()


def test_an_empty_database_is_refused_until_it_is_migrated(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "new.db"))
    try:
        assert revision_of(database) is None
        with pytest.raises(Unavailable) as refused:
            must_be_current(database)
        assert refused.value.code == "not_migrated"
    finally:
        database.close()
