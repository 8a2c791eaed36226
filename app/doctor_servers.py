"""What ``antre doctor`` and the start look at where several servers could meet on one database."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from app.doctor import Finding
from app.settings import Settings
from hall.database import Database
from hall.lease import is_served

NEWEST_POSTGRES = 18  # of those it was tried with
OF_THEIR_OWN, FOR_COMMANDS = 2, 3  # what each process hears with and keeps house by; commands typed meanwhile


def meeting_findings(db: Database) -> Iterator[Finding]:
    """Whether this server may begin: on SQLite no other may serve the file, and a PostgreSQL must take writes."""
    if db.is_sqlite:
        if is_served(db):
            what = f"Another server already serves {db.path}; several need a PostgreSQL (ANTRE_DATABASE_URL)."
            yield Finding("fault", "database", what)
        return
    with db.writing() as connection:  # a reader is read-only in any case
        if connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on":
            what = "This PostgreSQL takes no writes: it is a standby, or default_transaction_read_only is on."
            yield Finding("fault", "guards", what)


def room_findings(db: Database, settings: Settings) -> Iterator[Finding]:
    """Whether a PostgreSQL lets in all connections that the processes of one ``antre serve`` may open, and its age."""
    if db.is_sqlite:
        return
    with db.reading() as connection:
        version, most, kept = (
            int(connection.execute(text(f"SHOW {name}")).scalar_one())
            for name in ("server_version_num", "max_connections", "superuser_reserved_connections")
        )
    if version // 10000 > NEWEST_POSTGRES:
        what = f"PostgreSQL {version // 10000} is newer than what Antre was tried with (15 to {NEWEST_POSTGRES})."
        yield Finding("warning", "postgresql", what)
    own = settings.processes * (settings.database_connections + OF_THEIR_OWN) + FOR_COMMANDS
    if own > most - kept:
        what = (
            f"{settings.processes} server processes may open {own} connections, but PostgreSQL lets in {most - kept}: "
            "raise its max_connections or lower ANTRE_DATABASE_CONNECTIONS, or people are refused in a rush."
        )
        yield Finding("fault", "connections", what)
    else:
        yield Finding("ok", "connections", f"At most {own} of PostgreSQL's {most - kept} connections are used.")
