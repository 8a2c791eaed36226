"""What ``antre doctor`` looks at in the database: where it lies, how it is opened, whether it is whole and current."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, make_url, select, text

from app.doctor import Finding
from app.settings import Settings
from hall.database import Database
from hall.errors import Refusal
from hall.journal import journal
from hall.schema import known_revisions, newest, revision_of
from hall.turn import turns

SAFE_SQLITE = (3, 51, 3)  # from here on a checkpoint and a commit at the same moment are safe without our lock
OLDEST_SQLITE = (3, 35, 0)
OLDEST_POSTGRES = 150000
# on these, locks or shared memory do not work as SQLite needs them: two writers meet and the file is destroyed
NETWORK = {"nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "lustre", "gpfs", "davfs"}
IN_MEMORY = {"tmpfs", "ramfs"}
ASLEEP = timedelta(days=366)  # a hall that wrote nothing for longer: more likely it is the clock that leapt ahead
CLOCK_SLACK = timedelta(seconds=2)  # what a time server may take back without anybody minding
# how SQLite may have been built -> why that will not do
BAD_BUILDS = {
    "THREADSAFE=0": "several threads would destroy the file",
    "OMIT_WAL": "readers and writers would block each other",
    "DISABLE_DIRSYNC": "a new file could be gone after a power cut",
}
# pragma -> the value every connection must have, and what happens without it
GUARDS: dict[str, tuple[Any, str]] = {
    "journal_mode": ("wal", "readers and writers would block each other"),
    "synchronous": (2, "acknowledged tickets would be lost at a power cut"),
    "foreign_keys": (1, "records could point to nothing"),
    "wal_autocheckpoint": (0, "a checkpoint could meet a commit and corrupt the file"),
}


def open_existing(settings: Settings) -> tuple[Database | None, list[Finding]]:
    """The database, if there is one that may be opened, and what is to be said of where it lies. Creates nothing."""
    url = make_url(settings.url)
    if url.get_backend_name() != "sqlite":
        return Database(settings.url, pool_size=2), []
    path = Path(url.database or "").absolute()
    if not path.exists():
        return None, [Finding("fault", "database", f"There is no database at {path}; run 'antre init HALLFILE'.")]
    place = where(path)
    if place.level == "fault" and place.topic == "disk":
        return None, [place]  # not even opened: that alone could break it
    found = [place]
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        what = f"Other users of this machine can read {path}, with the hashes of PINs; run 'chmod 600 {path}'."
        found.append(Finding("warning", "database", what))
    return Database(settings.url, pool_size=2), found


def where(path: Path, mounts: str | None = None) -> Finding:
    """Whether the database lies on a disk of this machine. ``mounts`` is the text of ``/proc/mounts``."""
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return Finding(
                "warning", "disk", f"It cannot be told whether {path} lies on a local disk; make sure it does."
            )
    kind = filesystem_of(path, mounts)
    if kind in NETWORK or kind.startswith("fuse."):
        what = f"The database {path} lies on a network file system ({kind}), which destroys it sooner or later; "
        return Finding("fault", "disk", what + "put it on a disk of this machine.")
    if kind in IN_MEMORY:
        return Finding(
            "fault", "memory", f"The database {path} lies in memory ({kind}): a power cut deletes every ticket."
        )
    return Finding("ok", "disk", f"The database lies on a local file system ({kind or 'unknown'}).")


def filesystem_of(path: Path, mounts: str) -> str:
    """The type of the file system that holds ``path``, by the text of ``/proc/mounts``; empty when it names none."""
    real, best, kind = path.resolve(), -1, ""
    for line in mounts.splitlines():
        words = line.split()
        if len(words) < 3:
            continue
        # blanks and the like are written as octal numbers there
        point = Path(words[1].encode("utf-8", "surrogateescape").decode("unicode_escape"))
        if (point == real or point in real.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), words[2]  # a later mount at the same place covers an earlier one
    return kind


def database_findings(db: Database, now: datetime) -> Iterator[Finding]:
    """The engine, its guards, the migrations, the clock and the wholeness of an opened database."""
    yield from engine_findings(db)
    yield from connection_guards(db)
    found = revision_of(db)
    if found != newest():
        newer = found is not None and found not in known_revisions()
        then = "install that program first" if newer else "run 'antre migrate'"
        what = f"The tables are at revision {found or 'none'}{' of a newer program' if newer else ''}; "
        yield Finding("fault", "migrations", f"{what}this program needs {newest()}: {then}.")
        return
    yield Finding("ok", "migrations", f"The tables are at revision {found}.")
    yield from clock_against_journal(db, now)
    yield from clock_far_ahead(db, now)
    if db.is_sqlite:
        yield from _wholeness(db)


def engine_findings(db: Database) -> Iterator[Finding]:
    """Whether the engine itself, its version and how it was built, can keep the promises."""
    yield from _sqlite_engine(db) if db.is_sqlite else _postgres_engine(db)


def connection_guards(db: Database) -> Iterator[Finding]:
    """Whether the connections that the program opens really have what the promises stand on."""
    if not db.is_sqlite:
        yield from _postgres_guards(db)
        return
    with db.reading() as connection:
        wrong = []
        for name, (wanted, without) in GUARDS.items():
            value = connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            if value != wanted:
                wrong.append(Finding("fault", "guards", f"PRAGMA {name} is {value!r}, not {wanted!r}: {without}."))
    yield from wrong
    if not wrong:
        yield Finding("ok", "guards", "WAL, synchronous=FULL, foreign_keys=ON, no automatic checkpoints.")


def clock_against_journal(db: Database, now: datetime) -> Iterator[Finding]:
    """A clock that stands before what is already written would give yesterday's date and negative waits."""
    try:
        with db.reading() as connection:
            last = select(journal.c.recorded).where(journal.c.hall == turns.c.hall, journal.c.seq == turns.c.seq)
            query = select(turns.c.hall, last.scalar_subquery().label("recorded"))
            rows = connection.execute(query).all()
            latest = select(func.max(journal.c.at))
            moments = {
                r.hall: [
                    m for m in (r.recorded, connection.execute(latest.where(journal.c.hall == r.hall)).scalar()) if m
                ]
                for r in rows
            }
    except Refusal as refusal:
        yield Finding("fault", "clock", str(refusal))
        return
    for hall, known in moments.items():
        newest_line = max(known, default=now)
        if now < newest_line - CLOCK_SLACK:
            what = f"The clock says {now:%Y-%m-%d %H:%M:%S} UTC, but the journal of {hall} was written until "
            yield Finding("fault", "clock", what + f"{newest_line:%Y-%m-%d %H:%M:%S} UTC; set the clock right first.")


def clock_far_ahead(db: Database, now: datetime) -> Iterator[Finding]:
    """A clock that stands years after all that was written: the first turn would end everybody's day, for good."""
    try:
        with db.reading() as connection:
            query = select(turns.c.hall, journal.c.recorded).join(
                journal, (journal.c.hall == turns.c.hall) & (journal.c.seq == turns.c.seq)
            )
            newest_line = max((row.recorded for row in connection.execute(query)), default=now)
    except Refusal as refusal:
        yield Finding("fault", "clock", str(refusal))
        return
    if now > newest_line + ASLEEP:
        what = f"The clock says {now:%Y-%m-%d}, but nothing was written since {newest_line:%Y-%m-%d}: set the clock "
        yield Finding("fault", "clock", what + "right, or if it is, begin with 'antre serve --clock-is-right'.")


def _sqlite_engine(db: Database) -> Iterator[Finding]:
    with db.reading() as connection:
        built = {row[0] for row in connection.exec_driver_sql("PRAGMA compile_options")}
    for option, without in BAD_BUILDS.items():
        if option in built:
            yield Finding("fault", "sqlite", f"This SQLite was built with {option}: {without}.")
    lock = Path(f"{db.path}.turn")
    try:
        if lock.exists():
            os.close(os.open(lock, os.O_RDWR | os.O_CLOEXEC))
        elif not os.access(lock.parent, os.W_OK):
            raise PermissionError(f"{lock.parent} cannot be written")
    except OSError as fault:
        what = f"The lock {lock}, which keeps the server and commands apart, cannot be used by this user: {fault}."
        yield Finding("fault", "sqlite", what)
    version = ".".join(map(str, sqlite3.sqlite_version_info))
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        yield Finding("fault", "sqlite", f"SQLite {version} is too old; Antre needs 3.35 or newer.")
    elif sqlite3.sqlite_version_info < SAFE_SQLITE:
        what = (
            f"SQLite {version} (before 3.51.3): a checkpoint may meet a commit; the lock on the file keeps them apart."
        )
        yield Finding("ok", "sqlite", what)
    else:
        yield Finding("ok", "sqlite", f"SQLite {version}.")


def _wholeness(db: Database) -> Iterator[Finding]:
    with db.reading() as connection:
        told = [row[0] for row in connection.exec_driver_sql("PRAGMA quick_check(5)")]
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(5)
    if told != ["ok"]:
        what = f"The database file is damaged: {'; '.join(told)}. Stop the server and restore the last backup."
        yield Finding("fault", "integrity", what)
    elif orphans:
        tables = ", ".join(sorted({row[0] for row in orphans}))
        yield Finding("fault", "integrity", f"Records of {tables} point to nothing; run 'antre verify'.")
    else:
        yield Finding("ok", "integrity", "The database file is whole.")


def _postgres_engine(db: Database) -> Iterator[Finding]:
    with db.reading() as connection:
        number = int(connection.execute(text("SHOW server_version_num")).scalar_one())
        name = connection.execute(text("SHOW server_version")).scalar_one()
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if number < OLDEST_POSTGRES:
        yield Finding("fault", "postgresql", f"PostgreSQL {name} is too old; Antre needs 15 or newer.")
    else:
        yield Finding("ok", "postgresql", f"PostgreSQL {name}.")
    if encoding != "UTF8":
        yield Finding("fault", "postgresql", f"The database is encoded in {encoding}; create it with UTF8.")


def _postgres_guards(db: Database) -> Iterator[Finding]:
    with db.reading() as connection:
        off = [
            name
            for name in ("fsync", "full_page_writes", "synchronous_commit")
            if connection.execute(text(f"SHOW {name}")).scalar_one() == "off"
        ]
    for name in off:
        yield Finding("fault", "guards", f"PostgreSQL runs with {name}=off: a power cut loses acknowledged tickets.")
    if not off:
        yield Finding("ok", "guards", "fsync, full_page_writes and synchronous_commit are on.")
