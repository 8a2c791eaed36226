"""The migrations make exactly the tables that the program believes in, on both engines, along one chain."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

import hall
import queueing
import staffing
from hall.collation import order_text_by_bytes
from hall.database import Database, metadata
from hall.schema import chain_config, migrate, revision_of

for room in (hall, queueing, staffing):  # every module, so that every table is known
    for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        if ".migrations" not in found.name:
            importlib.import_module(found.name)


def sqlite_shape(connection: Connection) -> dict[str, str]:
    """Indexes with their conditions and each table's constraints, as SQLite keeps them, spelled alike."""
    shape = {}
    for kind, called, table, sql in connection.execute(
        text("select type, name, tbl_name, sql from sqlite_master where name not like 'sqlite_%'")
    ):
        if table == "alembic_version":
            continue
        plain = re.sub(r"[\s\"]+", " ", sql)
        if kind == "table":
            parts = re.findall(r"CONSTRAINT \w+ (?:[^()]|\((?:[^()]|\([^()]*\))*\))*?(?=, CONSTRAINT|\)\s*$)", plain)
            columns = connection.execute(
                text(f"select name, type, \"notnull\", dflt_value, pk from pragma_table_info('{called}')")
            )
            plain = "\n".join(
                sorted(str(tuple(c)) for c in columns) + sorted(re.sub(r"\s+", " ", p).strip() for p in parts)
            )
        shape[f"{kind} {called}"] = plain.strip()
    return shape


def postgres_shape(connection: Connection) -> dict[str, str]:
    """Columns, constraints and indexes as PostgreSQL describes them."""
    columns = connection.execute(
        text(
            "select table_name, column_name, data_type, character_maximum_length, is_nullable, column_default"
            " from information_schema.columns where table_schema = 'public' and table_name <> 'alembic_version'"
        )
    )
    shape = {f"column {c.table_name}.{c.column_name}": str(tuple(c)[2:]) for c in columns}
    constraints = connection.execute(
        text(
            "select conrelid::regclass::text as owner, conname, pg_get_constraintdef(oid) from pg_constraint"
            " where connamespace = 'public'::regnamespace and conrelid <> 0"
        )
    )
    shape |= {f"constraint {c.owner} {c.conname}": c[2] for c in constraints if c.owner != "alembic_version"}
    indexes = connection.execute(
        text("select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'")
    )
    return shape | {f"index {i.indexname}": i.indexdef for i in indexes if i.tablename != "alembic_version"}


def test_the_chain_of_migrations_has_one_head_and_one_root() -> None:
    chain = ScriptDirectory.from_config(chain_config())
    assert len(chain.get_heads()) == 1
    assert len(chain.get_bases()) == 1


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest) -> Database:
    """A database made by the migrations."""
    database: Database = request.getfixturevalue("db" if request.param == "sqlite" else "postgres")
    return database


def shape_of(database: Database) -> dict[str, str]:
    with database.reading() as connection:
        return sqlite_shape(connection) if database.is_sqlite else postgres_shape(connection)


def make_as_the_code_says(database: Database) -> None:
    """Throws all tables away and makes them from the code."""
    with database.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            table.drop(connection)
        metadata.create_all(connection)
        order_text_by_bytes(connection)


def test_the_migrated_database_is_the_one_that_the_code_believes_in(migrated: Database) -> None:
    with migrated.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    # alembic does not look at checks and conditions of indexes; they are promises too
    have = shape_of(migrated)
    make_as_the_code_says(migrated)
    want = shape_of(migrated)
    assert len(want) > 10
    assert have == want


def test_migrating_again_changes_nothing(migrated: Database) -> None:
    before = revision_of(migrated), shape_of(migrated)
    migrate(migrated)
    assert (revision_of(migrated), shape_of(migrated)) == before


def test_text_is_ordered_by_its_bytes_whatever_the_language_of_the_database(postgres: Database) -> None:
    """A migration that adds text calls ``order_text_by_bytes`` at its end."""
    with postgres.writing() as connection:
        assert order_text_by_bytes(connection) == 0
        connection.execute(text("CREATE TABLE later (word text, number integer)"))
        assert order_text_by_bytes(connection) == 1
        assert order_text_by_bytes(connection) == 0


def test_every_table_that_a_hall_writes_carries_its_hall() -> None:
    shared = {"halls"}  # its code is the hall
    without = [t.name for t in metadata.sorted_tables if "hall" not in t.c and t.name not in shared]
    assert without == []
