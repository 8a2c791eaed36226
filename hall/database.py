"""Opens the hall's database, SQLite or PostgreSQL, with the promises each engine needs to keep them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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
    String,
    Text,
    make_url,
)
from sqlalchemy import (
    Connection as Connection,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from hall import postgres, sqlite
from hall.errors import unstorable
from hall.fairness import PATIENCE
from hall.faults import refusals
from hall.writers import FileWriters, RowWriters, Writers

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
        self.file: FileWriters | None = None  # all who write, on SQLite
        self._rows: dict[str | None, RowWriters] = {}  # the same on PostgreSQL, by hall
        self._guard = threading.Lock()
        self._patience = patience
        self._closed = False
        if self.is_sqlite:
            self.file = FileWriters(self.engine, self.path, patience, self._forget)

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
        with refusals(), self._looking.connect() as connection:
            if self.is_sqlite:
                raw: Any = connection.connection.driver_connection
                raw.execute("BEGIN")  # or each statement would see a state of its own
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

    def writing(self, hall: str | None = None, *, together: bool = False) -> AbstractContextManager[Connection]:
        """A write transaction in its queue: in order of asking, one at a time.

        On SQLite one queue for the file, on PostgreSQL one per hall. Who writes ``together`` shares a transaction with
        those who queue up behind: each behind a savepoint, and all are let go when it is on the disk.
        Raises :class:`Unavailable` when the disk is full or broken, or the database locked (``disk_full``,
        ``database_locked``, ``database_unavailable``), and :class:`Invalid` (``unstorable``) for a value that the
        database cannot take; nothing is written then, except that of a commit that failed nobody can tell. The
        sentence says so.
        """
        return self.writers(hall).writing(together)

    def writers(self, hall: str | None = None) -> Writers:
        """The queue of those who write to ``hall``, or to what belongs to no hall."""
        if self.file is not None:
            return self.file
        with self._guard:
            if (queue := self._rows.get(hall)) is None:
                queue = self._rows[hall] = RowWriters(self.engine, self._patience, self._forget)
            return queue

    def _forget(self) -> None:
        self.memory.clear()
        self.known.clear()

    def checkpoint(self) -> None:
        """Copies the whole write-ahead log back (SQLite; nothing to do on PostgreSQL). Raises :class:`Unavailable`."""
        if self.file is not None:
            self.file.checkpoint()

    def close(self) -> None:
        """Closes every connection, once whoever writes is done. The object may not be used afterwards.

        Closing it again does nothing.
        """
        if self._closed:  # or it would wait in its own queue for nobody
            return
        self._closed = True
        for queue in (self.file, *self._rows.values()):
            if queue is not None:
                queue.close()
        self.engine.dispose()


def must_fit(column: Column[Any], value: str | None) -> None:
    """Refuses (``unstorable``) a text that is longer than its column: SQLite would store it, PostgreSQL does not."""
    if value is not None and isinstance(column.type, String) and len(value) > (column.type.length or len(value)):
        raise unstorable()


# readers see one state of the whole database, however many statements they need, as they do on SQLite
_LOOKING: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"
