"""Opens the hall's database, SQLite or PostgreSQL, with the promises each engine needs to keep them."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uuid_utils
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    MetaData,
    RootTransaction,
    String,
    Text,
    make_url,
)
from sqlalchemy import (
    Connection as Connection,
)
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.types import TypeDecorator, TypeEngine

from hall import postgres, sqlite
from hall.errors import Unavailable, unstorable
from hall.fairness import PATIENCE, FairLock, FileLock, LockTimeout, LockUnusable
from hall.together import Group

log = logging.getLogger("antre.database")
NEW_LOG = 1000  # pages: a write-ahead log of at most so many has begun anew
SOON = 20  # turns after which copying it back is tried again

AT_THE_COMMIT = "at the commit"
FAULTS_OF_A_STATEMENT = (IntegrityError, ProgrammingError, NotSupportedError, DataError)  # the database itself is well

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware moment: ``timestamptz`` on PostgreSQL, whole microseconds since 1970 UTC on SQLite.

    A naive datetime is refused: guessed zones are how a day rolled over at 07.00 in other systems.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a zone")
        if dialect.name == "postgresql":
            return value.astimezone(UTC)
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "postgresql":
            return value.astimezone(UTC)  # type: ignore[no-any-return]
        return EPOCH + timedelta(microseconds=value)


class Json(TypeDecorator[Any]):
    """A JSON value kept as canonical text (sorted keys, no spaces), so that hashes over it are stable everywhere."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(value: Any) -> str:
    """JSON text of ``value`` in one fixed spelling."""
    return _encode(value)


def new_id() -> str:
    """A fresh UUIDv7 as text: keys of all halls stay apart and sort by time of creation."""
    return str(uuid_utils.uuid7())


class Database:
    """One open database: readers come and go, writers pass through :func:`hall.turn.turn`.

    ``heard`` is called with (hall, seq, kinds) after a commit that wrote journal lines: the way to the screens.
    ``patience`` is how many seconds a writer waits for others, in this process or another, before it is refused.
    On PostgreSQL ``pool_size`` is the most connections that this process opens besides those of :meth:`alone`.
    """

    def __init__(self, url: str, *, pool_size: int = 32, patience: float = PATIENCE) -> None:
        self.url = make_url(url)
        self.name = new_id()  # who wrote, among the processes on one database
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = (sqlite if self.is_sqlite else postgres).open_engine(url, pool_size, patience)
        self._looking = self.engine if self.is_sqlite else self.engine.execution_options(**_LOOKING)
        self.heard: list[Callable[[str, int, frozenset[str]], None]] = []
        self.memory: dict[str, tuple[tuple[int, str, int], dict[str, Any], datetime | None]] = {}  # see hall.turn
        self.known: dict[str, Any] = {}  # see hall.places
        self.batches: dict[str, Any] = {}  # see hall.turn
        self._halls: dict[str, FairLock] = {}
        self._guard = threading.Lock()
        self._patience = patience
        self._one_writer = FairLock(patience, give_back=self._leave)
        self._file_lock: FileLock | None = None
        self._writer: Connection | None = None
        self._since_checkpoint = 0
        self._group: Group | None = None
        self._closed = False
        if self.is_sqlite:
            path = self.path
            self._file_lock = FileLock(Path(f"{path}.turn"))

    @property
    def path(self) -> Path:
        """The SQLite file. Only meaningful on SQLite."""
        return Path(self.url.database or "")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one consistent state. Never waits for a writer and never writes.

        Raises :class:`Unavailable` and :class:`Invalid` (``unstorable``), like :meth:`writing`.
        """
        for together in tuple(self.batches.values()):
            if together.mine():  # what this thread wrote in its batch is not committed: nobody else can see it yet
                yield together.connection
                return
        with _refusals(), self._looking.connect() as connection:
            if self.is_sqlite:
                self._raw(connection, "BEGIN")  # or each statement would see a state of its own
            yield connection
            if not self.is_sqlite:
                connection.commit()  # at a rollback psycopg throws away the statements that it has prepared

    @contextmanager
    def alone(self) -> Iterator[Any]:
        """psycopg's own connection, outside the pool and the caller's alone, each statement its own transaction."""
        with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            raw = connection.connection.driver_connection
            connection.detach()
            yield raw

    @contextmanager
    def writing(self, hall: str | None = None, *, together: bool = False) -> Iterator[Connection]:
        """A write transaction in its queue: in order of asking, one at a time.

        On SQLite one queue for the file (it has one writer anyhow), behind a lock shared with other processes, since
        SQLite before 3.51.3 may corrupt the file when one connection checkpoints while another commits. There, who
        writes ``together`` shares a transaction with those who queue up behind: each behind a savepoint, and all are
        let go when it is on the disk. On PostgreSQL one queue per hall; the hall's row keeps other processes out (see
        :mod:`hall.turn`).
        Raises :class:`Unavailable` when the disk is full or broken, or the database locked (``disk_full``,
        ``database_locked``, ``database_unavailable``), and :class:`Invalid` (``unstorable``) for a value that the
        database cannot take; nothing is written then, except that of a commit that failed nobody can tell. The
        sentence says so.
        """
        if not self.is_sqlite:
            with _refusals(), self._lock_of(hall or ""), self.engine.begin() as connection:
                yield connection
                _commit(connection.get_transaction())
            return
        with _refusals():
            self._one_writer.acquire(joins=together)
            try:
                group = self._joined(together)
                self._raw(group.connection, "SAVEPOINT mine")
                yield group.connection
                self._raw(group.connection, "RELEASE mine")  # fails if a full disk has undone the work of all meanwhile
            except BaseException as thrown:
                self._undo(thrown)
                raise
            finally:
                self._leave()
            if not group.stored:
                raise unavailable(group.fault or RuntimeError("nobody committed")) from group.fault

    @property
    def together(self) -> Group | None:
        """The transaction that the caller, inside :meth:`writing`, shares with others; None on PostgreSQL."""
        return self._group

    def _joined(self, together: bool) -> Group:
        """The open transaction, or a new one; others may join it if the caller works ``together`` with them."""
        if self._group is None:
            with ExitStack() as in_vain:
                in_vain.enter_context(self._file())
                in_vain.callback(self._drop_writer)
                connection = self._sqlite_writer()
                transaction = connection.begin()
                self._raw(connection, "BEGIN IMMEDIATE")  # by hand: an event on the engine slows every statement
                self._group = Group(connection, transaction, together)
                in_vain.pop_all()
        self._group.members += 1
        return self._group

    def _undo(self, thrown: BaseException) -> None:
        """Takes back what one member did. Where the database itself failed, the work of all of them is lost."""
        group = self._group
        if group is None:  # it did not even begin
            return
        try:
            if isinstance(thrown, (DBAPIError, sqlite3.Error)) and not isinstance(thrown, FAULTS_OF_A_STATEMENT):
                group.fault = thrown
            else:
                self._raw(group.connection, "ROLLBACK TO mine")
                self._raw(group.connection, "RELEASE mine")
        except BaseException as worse:  # noqa: BLE001  the caller hears of what went wrong first
            group.fault = worse

    def _leave(self) -> None:
        """Hands the transaction on, or ends it; comes back when it is on the disk or known to be lost."""
        group = self._group
        if group is None:
            self._one_writer.release()
        elif group.open and self._one_writer.hand_over():
            group.over.wait()
        else:
            self._end(group)

    def _end(self, group: Group) -> None:
        """Commits for all members, tells them and lets the next writer in."""
        self._group = None
        with ExitStack() as after:  # each of these, whatever becomes of the others, or somebody would wait for ever
            after.callback(group.over.set)
            after.callback(self._one_writer.release)
            after.push(self._file())
            try:
                if group.fault is None:
                    _commit(group.transaction)
                    group.stored = True
            except BaseException as fault:
                group.fault = fault
                raise
            finally:
                if group.stored:
                    self._checkpoint_sometimes(group.connection, group.members)
                else:
                    self.memory.clear()  # what its members left there never came to be
                    self.known.clear()
                    self._drop_writer()  # whatever state it is in, the next turn begins with a fresh one

    def _file(self) -> FileLock:
        assert self._file_lock is not None
        return self._file_lock

    def _lock_of(self, hall: str) -> FairLock:
        with self._guard:
            return self._halls.setdefault(hall, FairLock(self._patience))

    def _sqlite_writer(self) -> Connection:
        if self._writer is None or self._writer.closed:
            self._writer = self.engine.connect()
        return self._writer

    def _drop_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.invalidate()
            writer.close()

    def _checkpoint_sometimes(self, connection: Connection, turns: int) -> None:
        """Copies the write-ahead log back while the file lock is held: every 1,000 turns, about 30 MB of log, and then
        every 20 until it has begun anew. It does so only while nobody reads in it, and a hundred screens nearly
        always do.
        """
        self._since_checkpoint += turns
        if self._since_checkpoint >= 1000:
            self._since_checkpoint = 0
            try:
                [(_, pages, _)] = self._raw(connection, "PRAGMA wal_checkpoint(PASSIVE)")
                self._since_checkpoint = 1000 - SOON if pages > NEW_LOG else 0
            except Exception:  # what was to be written is committed: its writer must not hear of a failure
                log.exception("the write-ahead log of %s could not be copied back", self.path)

    @staticmethod
    def _raw(connection: Connection, text: str) -> Any:
        raw: Any = connection.connection.driver_connection
        return raw.execute(text).fetchall()

    def checkpoint(self) -> None:
        """Copies the whole write-ahead log back (SQLite; nothing to do on PostgreSQL). Raises :class:`Unavailable`."""
        if self.is_sqlite:
            with _refusals(), self._one_writer, self._file():
                self._raw(self._sqlite_writer(), "PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Closes every connection, once whoever writes is done. The object may not be used afterwards.

        Closing it again does nothing.
        """
        if self._closed:  # or it would wait in its own queue for nobody
            return
        self._closed = True
        try:
            self._one_writer.acquire()
        except LockTimeout:
            log.warning("%s is closed while somebody still writes", self.url.render_as_string())
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        self.engine.dispose()
        if self._file_lock is not None:
            self._file_lock.close()


def must_fit(column: Column[Any], value: str | None) -> None:
    """Refuses (``unstorable``) a text that is longer than its column: SQLite would store it, PostgreSQL does not."""
    if value is not None and isinstance(column.type, String) and len(value) > (column.type.length or len(value)):
        raise unstorable()


@contextmanager
def _refusals() -> Iterator[None]:
    """Turns what a database says when it cannot work into a refusal. Faults of this program pass as they are."""
    try:
        yield
    except (DataError, UnicodeError) as fault:  # a NUL, half a character; on PostgreSQL also longer than its column
        raise unstorable() from fault
    except FAULTS_OF_A_STATEMENT:
        raise
    except (DBAPIError, PoolTimeout, sqlite3.Error, LockTimeout, LockUnusable) as fault:
        raise unavailable(fault) from fault


def _commit(transaction: RootTransaction | None) -> None:
    """Commits; a fault that it meets is marked. What was on its way to the disk may yet be found there after a cut."""
    assert transaction is not None
    try:
        transaction.commit()
    except BaseException as fault:
        fault.add_note(AT_THE_COMMIT)
        raise


def unavailable(fault: BaseException) -> Unavailable:
    """The refusal that tells people what a database fault means for them; the log tells the operator which it was."""
    log.error("the database cannot be used: %s", fault.orig if isinstance(fault, DBAPIError) else fault)
    text = str(fault.orig if isinstance(fault, DBAPIError) else fault).lower()
    if any(word in text for word in ("full", "no space left", "disk quota")):
        code, what = "disk_full", "Penyimpanan penuh. Tidak ada yang dicatat; hubungi petugas."
    elif isinstance(fault, LockTimeout) or any(word in text for word in ("locked", "busy", "lock timeout")):
        code, what = "database_locked", "Basis data sedang terkunci. Tidak ada yang dicatat; silakan coba lagi."
    else:
        code, what = "database_unavailable", "Basis data tidak dapat dipakai. Tidak ada yang dicatat; hubungi petugas."
        if AT_THE_COMMIT in getattr(fault, "__notes__", ()):
            what = "Basis data terganggu saat mencatat. Belum pasti tercatat; silakan coba lagi atau hubungi petugas."
    return Unavailable(code, what)


# readers see one state of the whole database, however many statements they need, as they do on SQLite
_LOOKING: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"
