"""Opens the hall's database, SQLite or PostgreSQL, with the promises each engine needs to keep them."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uuid_utils
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Text,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeDecorator, TypeEngine

from hall.errors import Unavailable
from hall.fairness import FairLock, FileLock

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
    """A JSON value kept as canonical text (sorted keys, no spaces), so that hashes over it are stable on every engine."""

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

    ``heard`` is called with (hall, seq, kinds) after a commit that wrote journal lines; the app hangs its sockets there.
    """

    def __init__(self, url: str, *, pool_size: int = 32) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url, pool_size) if self.is_sqlite else _postgres_engine(url, pool_size)
        self.heard: list[Callable[[str, int, frozenset[str]], None]] = []
        self.memory: dict[str, tuple[int, dict[str, Any]]] = {}  # see hall.turn
        self.known: dict[str, Any] = {}  # see hall.places
        self.batch: Any = None
        self._halls: dict[str, FairLock] = {}
        self._guard = threading.Lock()
        self._one_writer = FairLock()
        self._file_lock: FileLock | None = None
        self._writer: Connection | None = None
        self._since_checkpoint = 0
        if self.is_sqlite:
            path = self.path
            self._file_lock = FileLock(Path(f"{path}.turn"))

    @property
    def path(self) -> Path:
        """The SQLite file. Only meaningful on SQLite."""
        return Path(self.url.database or "")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one consistent state. Never waits for a writer and never writes."""
        try:
            connection = self.engine.connect()
        except OperationalError as fault:
            raise unavailable(fault) from fault
        try:
            yield connection
        except OperationalError as fault:
            raise unavailable(fault) from fault
        finally:
            connection.close()

    @contextmanager
    def writing(self, hall: str | None = None) -> Iterator[Connection]:
        """A write transaction in its queue: in order of asking, one at a time.

        On SQLite one queue for the file (it has one writer anyhow), behind a lock shared with other processes, since
        SQLite before 3.51.3 may corrupt the file when one connection checkpoints while another commits. On PostgreSQL
        one queue per hall; the hall's row keeps other processes out (see :mod:`hall.turn`).
        Raises :class:`hall.errors.Unavailable` when the disk is full, broken or locked; nothing is written then.
        """
        if self.is_sqlite:
            with self._one_writer, self._file():
                connection = self._sqlite_writer()
                try:
                    with connection.begin():
                        yield connection
                except OperationalError as fault:
                    self._drop_writer()
                    raise unavailable(fault) from fault
                self._checkpoint_sometimes(connection)
            return
        with self._lock_of(hall or ""):
            try:
                with self.engine.begin() as connection:
                    yield connection
            except OperationalError as fault:
                raise unavailable(fault) from fault

    def _file(self) -> FileLock:
        assert self._file_lock is not None
        return self._file_lock

    def _lock_of(self, hall: str) -> FairLock:
        with self._guard:
            return self._halls.setdefault(hall, FairLock())

    def _sqlite_writer(self) -> Connection:
        if self._writer is None or self._writer.closed:
            self._writer = self.engine.connect().execution_options(antre_begin="BEGIN IMMEDIATE")
        return self._writer

    def _drop_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.invalidate()
            writer.close()

    def _checkpoint_sometimes(self, connection: Connection) -> None:
        """Copies the write-ahead log back while the file lock is held. Every 1,000 transactions: about 8 MB of log."""
        self._since_checkpoint += 1
        if self._since_checkpoint >= 1000:
            self._since_checkpoint = 0
            self._pragma(connection, "PRAGMA wal_checkpoint(PASSIVE)")

    @staticmethod
    def _pragma(connection: Connection, text: str) -> Any:
        raw: Any = connection.connection.driver_connection
        return raw.execute(text).fetchall()

    def checkpoint(self) -> None:
        """Copies the whole write-ahead log back (SQLite; nothing to do on PostgreSQL)."""
        if self.is_sqlite:
            with self._one_writer, self._file():
                self._pragma(self._sqlite_writer(), "PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Closes every connection. The object may not be used afterwards."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        self.engine.dispose()
        if self._file_lock is not None:
            self._file_lock.close()


def unavailable(fault: OperationalError) -> Unavailable:
    """The refusal that tells people what a database fault means for them."""
    text = str(fault.orig).lower()
    if "full" in text:
        return Unavailable("disk_full", "Penyimpanan penuh. Tidak ada yang dicatat; hubungi petugas.")
    if "locked" in text or "busy" in text:
        return Unavailable("database_locked", "Basis data sedang terkunci. Tidak ada yang dicatat; silakan coba lagi.")
    return Unavailable("database_unavailable", "Basis data tidak dapat dipakai. Tidak ada yang dicatat; hubungi petugas.")


def _sqlite_engine(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={"check_same_thread": False, "timeout": 5.0, "isolation_level": None, "cached_statements": 256},
    )

    @event.listens_for(engine, "connect")
    def prepare(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL forgets acknowledged tickets when the power is cut
            "foreign_keys=ON",
            "wal_autocheckpoint=0",  # only the holder of the file lock checkpoints
            "temp_store=MEMORY",
            "cache_size=-16000",
        ):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        try:
            raw.execute(connection.get_execution_options().get("antre_begin", "BEGIN"))
        except sqlite3.OperationalError as fault:
            raise OperationalError("BEGIN", {}, fault) from fault

    return engine


def _postgres_engine(url: str, pool_size: int) -> Engine:
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"), pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True
    )


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"
