"""``antre backup`` and ``antre restore``: a whole copy of the database and the way back; when in doubt they refuse."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url, select

from app.promises.found import Found
from app.promises.rows import the_journal_is_whole
from app.settings import Settings
from hall.clock import SystemClock
from hall.database import Database, sqlite_url
from hall.errors import Conflict, Unavailable
from hall.schema import known_revisions, migrate, revision_of
from hall.turn import turns

SEAL = {"user_version": 60, "application_id": 68}  # numbers in the header that SQLite leaves to us, and their offsets
FORGOTTEN_S = 24 * 3600.0  # no copy takes a day
BESIDE = ("-wal", "-shm", "-journal", ".turn")  # what may lie beside a database in use
# the bytes of a SQLite file on which everybody who has it open in WAL mode holds a shared lock
SHARED_FIRST, SHARED_SIZE = 0x40000002, 510


def backup(db: Database, target: Path) -> None:
    """Writes a consistent copy to ``target`` while the server runs: one SQLite file, checked and on disk

    Raises :class:`Conflict` (``not_sqlite``, ``target_exists``) and :class:`Unavailable` (``backup_failed``,
    ``damaged``); an unfinished copy never bears the name.
    """
    if not db.is_sqlite:
        raise Conflict("not_sqlite", _use_postgres("pg_dump --format=custom --file=FILE URL"))
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    try:
        _must_be_free(target)
        _sweep(target.parent, "unfinished")
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # it holds the hashes of PINs
        with db.reading() as connection:
            connection.execute(select(turns.c.seq)).all()  # from here on the reader's state stands still
            source = connection.connection.driver_connection
            assert isinstance(source, sqlite3.Connection)
            try:
                _copy(source, unfinished)
            except sqlite3.Error as fault:  # of the copy, not of the hall's database, which would be told otherwise
                raise _failed(target, fault) from fault
        seal(unfinished)
        _must_be_free(target)
        os.rename(unfinished, target)
        _on_disk(target.parent)
    except OSError as fault:
        raise _failed(target, fault) from fault
    finally:
        _clear(unfinished)


def restore(source: Path, settings: Settings, now: datetime) -> str:
    """Puts the backup ``source`` in place of the database and returns a sentence about what was there.

    That is kept beside it under a name with the time. A backup of an earlier program is migrated.
    Raises :class:`Conflict` (``not_sqlite``, ``same_file``, ``server_running``) and
    :class:`Unavailable` (``damaged``, ``newer_revision``, ``restore_failed``); nothing has changed then.
    """
    url = make_url(settings.url)
    if url.get_backend_name() != "sqlite":
        raise Conflict("not_sqlite", _use_postgres("pg_restore --dbname=URL FILE"))
    target = Path(url.database or "").absolute()
    if source.resolve() == target.resolve():
        raise Conflict("same_file", f"{source} is the database itself.")
    fresh = target.with_name(f".{target.name}.{os.getpid()}.restoring")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target.parent, "restoring")
        with closing(_read_only(source)) as connection:
            _must_be_whole(connection, source)
            _must_be_unchanged(source)
            _copy(connection, fresh)
        _must_be_ours(fresh, source)
        with _nobody_at(target):
            pass
        _fold(target)
        with _nobody_at(target):
            kept = _set_aside(target, now)
            os.rename(fresh, target)
            _on_disk(target.parent)
    except (OSError, sqlite3.OperationalError) as fault:  # no such file, a full disk
        raise Unavailable("restore_failed", f"Restoring {source} failed: {fault}.") from fault
    except sqlite3.DatabaseError as fault:
        raise Unavailable("damaged", f"{source} cannot be read as a database: {fault}.") from fault
    finally:
        _clear(fresh)
    was = f"What was there is kept as {kept}." if kept else "There was none before."
    return f"{source} is now the database {target}. {was} Run 'antre doctor' before serving."


def _failed(target: Path, fault: Exception) -> Unavailable:
    return Unavailable("backup_failed", f"The backup to {target} failed: {fault}.")


def _use_postgres(tool: str) -> str:
    return f"This hall's database is PostgreSQL; use its own tool: {tool} (see docs/operations.md)."


def _must_be_free(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise Conflict("target_exists", f"{target} already exists; a backup never overwrites anything.")


def _copy(source: sqlite3.Connection, target: Path) -> None:
    """A whole, checked copy in one file, on disk."""
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        for place in SEAL:
            copy.execute(f"PRAGMA {place}=0")  # a database that is worked on bears no seal
        _must_be_whole(copy, target)
    target.chmod(0o600)
    _on_disk(target)


def _must_be_whole(connection: sqlite3.Connection, path: Path) -> None:
    told = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
    if told != ["ok"]:
        raise Unavailable("damaged", f"{path} is damaged: {'; '.join(told)}.")


def seal(path: Path) -> None:
    """Writes a checksum of the whole file into its header, where SQLite leaves two numbers to the program.

    SQLite itself notices a flipped bit only in its own structures, not in a name or a number between them.
    """
    digest = _checksum(path)
    with path.open("r+b") as file:
        for offset, part in zip(SEAL.values(), (digest[:4], digest[4:]), strict=True):
            file.seek(offset)
            file.write(part)
    _on_disk(path)


def _must_be_unchanged(path: Path) -> None:
    """Refuses (``damaged``) a backup whose seal does not fit. One from before there were seals bears zeros."""
    with path.open("rb") as file:
        head = file.read(100)
    borne = b"".join(head[offset : offset + 4] for offset in SEAL.values())
    if borne != bytes(8) and borne != _checksum(path):
        raise Unavailable("damaged", f"{path} is not as it was written: its checksum does not fit.")


def _checksum(path: Path) -> bytes:
    """Eight bytes over all of the file but the seal; never all zeros."""
    made = hashlib.sha256()
    with path.open("rb") as file:
        head = bytearray(file.read(100))
        for offset in SEAL.values():
            head[offset : offset + 4] = bytes(4)
        made.update(head)
        while piece := file.read(1 << 20):
            made.update(piece)
    return made.digest()[:7] + b"\x01"


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _must_be_ours(copy: Path, source: Path) -> None:
    """Brings the copy to this program's tables.

    Refuses a database of something else or of a newer program, and one whose journal was changed.
    """
    db = Database(sqlite_url(copy), pool_size=2)
    try:
        revision = revision_of(db)
        if revision is None:
            raise Unavailable("damaged", f"{source} is a database, but not one of Antre.")
        if revision not in known_revisions():
            raise Unavailable(
                "newer_revision", f"{source} is at revision {revision}, of a newer Antre; install that first."
            )
        migrate(db)  # a backup of an earlier program: only the copy, and only this program can read it through
        with db.reading() as connection:
            for hall in connection.execute(select(turns.c.hall)).scalars().all():
                found = Found(hall)
                the_journal_is_whole(connection, found)
                for breach in found.breaches():
                    raise Unavailable("damaged", f"{source} was changed by hand or damaged: {breach.what}.")
        db.checkpoint()  # into the one file that takes the database's name
    finally:
        db.close()
    _on_disk(copy)


@contextmanager
def _nobody_at(target: Path) -> Iterator[None]:
    """Keeps everybody out of the database; refuses (``server_running``) while somebody has it open.

    The server holds the file of its turn only while it writes, but everybody who has a database in WAL mode open holds
    a shared lock on it all the time, even if the file is damaged.
    """
    running = Conflict("server_running", f"{target} is in use; stop the server (and any antre command) first.")
    with open(f"{target}.turn", "a") as turn:
        os.chmod(turn.fileno(), 0o600)
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise running from None
        if not target.exists():
            yield
            return
        with open(target, "r+b") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, SHARED_SIZE, SHARED_FIRST)
            except (BlockingIOError, PermissionError):
                raise running from None
            yield


def _fold(target: Path) -> None:
    """Copies the log of a server that was killed back into its database, so that one file is all there is of it.

    Then a single rename puts the new one in its place, and whoever dies before or after leaves a whole database.
    """
    if not target.exists():
        return
    with open(f"{target}.turn", "a") as turn, suppress(sqlite3.Error):  # damaged: it is set aside as it is
        fcntl.flock(turn, fcntl.LOCK_EX)
        with closing(sqlite3.connect(target, isolation_level=None)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _set_aside(target: Path, now: datetime) -> Path | None:
    """Gives the database that is there, with what was not yet copied into it, another name, and returns that."""
    kept = target.with_name(f"{target.name}.before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    while kept.exists():
        kept = kept.with_name(f"{kept.name}+")
    there, log = target.exists(), Path(f"{target}-wal")
    if there and not (log.exists() and log.stat().st_size):
        os.link(target, kept)  # the old one keeps its place until the new one takes it
    elif there:
        target.rename(kept)
    # also without the file itself: an old log beside a new database would be replayed into it
    if log.exists():
        log.rename(f"{kept}-wal")
    for ending in ("-shm", "-journal"):
        Path(f"{target}{ending}").unlink(missing_ok=True)
    return kept if there else None


def _sweep(folder: Path, kind: str) -> None:
    """Removes what a backup or restore that was killed left unfinished; not what may still be under way."""
    for left in folder.glob(f".*.{kind}*"):
        with suppress(FileNotFoundError):
            if SystemClock().now().timestamp() - left.stat().st_mtime > FORGOTTEN_S:
                left.unlink()


def _on_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _clear(unfinished: Path) -> None:
    for ending in ("", *BESIDE):
        Path(f"{unfinished}{ending}").unlink(missing_ok=True)
