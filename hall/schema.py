"""Brings a database's tables to this version of the program, through the one chain of migrations."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from hall.database import Database
from hall.errors import Unavailable
from hall.postgres import MIGRATING


def chain_config() -> Config:
    """Alembic's configuration for this program's chain."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def newest() -> str:
    """The one newest revision of the chain."""
    head = ScriptDirectory.from_config(chain_config()).get_current_head()
    assert head is not None
    return head


@cache
def known_revisions() -> frozenset[str]:
    """Every revision of the chain: what is not among them comes from a newer program."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(chain_config()).walk_revisions())


def migrate(db: Database) -> None:
    """Runs every migration that the database has not seen, in one transaction: all of them, or none. Data stays.

    Several processes may do so at the same moment: the first one migrates, the others find it done.
    Raises :class:`Unavailable` (``newer_revision``) for tables of a newer program.
    """
    with db.writing() as connection:
        if not db.is_sqlite:  # there the whole file is locked; here two would make the same table
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATING})
        found = _revision(connection)
        if found is not None and found not in known_revisions():
            raise Unavailable("newer_revision", _newer(found))
        if found == newest():
            return
        config = chain_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def revision_of(db: Database) -> str | None:
    """The revision the database is at, or None for an empty one."""
    with db.reading() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def must_be_current(db: Database) -> None:
    """Refuses (``not_migrated``) to work on tables of another version."""
    found = revision_of(db)
    if found != newest():
        if found is not None and found not in known_revisions():
            raise Unavailable("not_migrated", _newer(found))
        at = found or "kosong"
        then = "jalankan 'antre init' atau 'antre migrate'"
        raise Unavailable("not_migrated", f"Basis data berada pada versi {at}; {then}.")


def _newer(found: str) -> str:
    return f"Basis data berada pada versi {found}, dari program yang lebih baru; pasang program itu dahulu."
