"""Those who write, in order of asking, and the transaction that they share: one commit for all who queued up."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import DBAPIError

from hall.fairness import FairLock, FileLock, LockTimeout
from hall.faults import FAULTS_OF_A_STATEMENT, commit, refusals, unavailable
from hall.together import Group

log = logging.getLogger("antre.database")
NEW_LOG = 1000  # pages: a write-ahead log of at most so many has begun anew
SOON = 20  # turns after which copying it back is tried again


class Writers:
    """One queue. ``forget`` is called when what its members may have left in memory never came to be."""

    def __init__(self, patience: float, forget: Callable[[], None]) -> None:
        self.lock = FairLock(patience, give_back=self._leave)
        self.group: Group | None = None  # the transaction that is open, of interest to whoever works in it
        self._forget = forget

    @contextmanager
    def writing(self, together: bool) -> Iterator[Connection]:
        """See :meth:`hall.database.Database.writing`."""
        with refusals():
            self.lock.acquire(joins=together)
            try:
                group = self._joined(together)
                self.say(group.connection, "SAVEPOINT mine")
                yield group.connection
                self.say(group.connection, "RELEASE SAVEPOINT mine")  # fails if the database undid the work of all
                group.kept = True
            except BaseException as thrown:
                self._undo(thrown)
                raise
            finally:
                self._leave()
            if not group.stored:
                raise unavailable(group.fault or RuntimeError("nobody committed")) from group.fault

    def _joined(self, together: bool) -> Group:
        """The open transaction, or a new one; others may join it if the caller works ``together`` with them."""
        if self.group is None:
            self.group = Group(*self._begin(), together)
        self.group.members += 1
        return self.group

    def _undo(self, thrown: BaseException) -> None:
        """Takes back what one member did. Where the database itself failed, the work of all of them is lost."""
        group = self.group
        if group is None:  # it did not even begin
            return
        try:
            if self._costs_all(thrown):
                group.fault = thrown
            else:
                self.say(group.connection, "ROLLBACK TO SAVEPOINT mine")
                self.say(group.connection, "RELEASE SAVEPOINT mine")
        except BaseException as worse:  # noqa: BLE001  the caller hears of what went wrong first
            group.fault = worse

    def _leave(self) -> None:
        """Hands the transaction on, or ends it; comes back when it is on the disk or known to be lost."""
        group = self.group
        if group is None:
            self.lock.release()
        elif group.open and self.lock.hand_over():
            group.over.wait()
        else:
            self._end(group)

    def _end(self, group: Group) -> None:
        """Commits for all members, tells them and lets the next writer in."""
        self.group = None
        with ExitStack() as after:  # each of these, whatever becomes of the others, or somebody would wait for ever
            after.callback(group.over.set)
            after.callback(self.lock.release)
            self._ends(after)
            try:
                if group.fault is None and group.kept:
                    commit(group.transaction)
                elif group.fault is None:
                    group.transaction.rollback()  # a refusal waits for no sync
                group.stored = group.fault is None
            except BaseException as fault:
                group.fault = fault
                raise
            finally:
                if not group.stored:
                    self._forget()
                self._ended(group)

    def close(self) -> None:
        """Comes back when whoever writes is done. Nobody may write afterwards."""
        try:
            self.lock.acquire()
        except LockTimeout:
            log.warning("the database is closed while somebody still writes")
        self._close()

    # ---- what the engines do differently

    def say(self, connection: Connection, text: str) -> Any:
        """Runs a statement without values; its rows, if it has any."""
        raise NotImplementedError

    def _close(self) -> None:
        """Gives back what was kept from one transaction to the next."""

    def _costs_all(self, thrown: BaseException) -> bool:
        """Whether the work of the members before is lost with that of the one who met this."""
        raise NotImplementedError

    def _begin(self) -> tuple[Connection, RootTransaction]:
        """Opens a transaction."""
        raise NotImplementedError

    def _ends(self, after: ExitStack) -> None:
        """What must be held during the commit, and what is to be done after it whatever happens."""

    def _ended(self, group: Group) -> None:
        """The transaction is committed or lost."""
        raise NotImplementedError


class RowWriters(Writers):
    """The writers of one hall on PostgreSQL. The hall's row keeps other processes out (see :mod:`hall.turn`)."""

    def __init__(self, engine: Engine, patience: float, forget: Callable[[], None]) -> None:
        super().__init__(patience, forget)
        self._engine = engine

    def say(self, connection: Connection, text: str) -> Any:
        return connection.exec_driver_sql(text)

    def _costs_all(self, thrown: BaseException) -> bool:
        return isinstance(thrown, DBAPIError) and thrown.connection_invalidated  # all else a savepoint takes back

    def _begin(self) -> tuple[Connection, RootTransaction]:
        connection = self._engine.connect()
        return connection, connection.begin()

    def _ended(self, group: Group) -> None:
        if not group.stored:
            group.connection.invalidate()  # whatever state it is in: the next turn begins with another one
        group.connection.close()


class FileWriters(Writers):
    """All who write to one SQLite file (it has one writer anyhow), behind a lock shared with other processes.

    SQLite before 3.51.3 may corrupt the file when one connection checkpoints while another commits.
    """

    def __init__(self, engine: Engine, path: Path, patience: float, forget: Callable[[], None]) -> None:
        super().__init__(patience, forget)
        self._engine, self._path = engine, path
        self._file = FileLock(Path(f"{path}.turn"))
        self._writer: Connection | None = None
        self.since_checkpoint = 0

    def say(self, connection: Connection, text: str) -> Any:
        raw: Any = connection.connection.driver_connection
        return raw.execute(text).fetchall()

    def _costs_all(self, thrown: BaseException) -> bool:
        return isinstance(thrown, (DBAPIError, sqlite3.Error)) and not isinstance(thrown, FAULTS_OF_A_STATEMENT)

    def _begin(self) -> tuple[Connection, RootTransaction]:
        with ExitStack() as in_vain:
            in_vain.enter_context(self._file)
            in_vain.callback(self.drop_writer)
            connection = self.writer()
            transaction = connection.begin()
            self.say(connection, "BEGIN IMMEDIATE")  # by hand: an event on the engine slows every statement
            in_vain.pop_all()
        return connection, transaction

    def _ends(self, after: ExitStack) -> None:
        after.push(self._file)

    def _ended(self, group: Group) -> None:
        if group.stored:
            self.checkpoint_sometimes(group.connection, group.members)
        else:
            self.drop_writer()  # whatever state it is in, the next turn begins with a fresh one

    def writer(self) -> Connection:
        """The connection that writes; whoever asks for it has the lock."""
        if self._writer is None or self._writer.closed:
            self._writer = self._engine.connect()
        return self._writer

    def drop_writer(self) -> None:
        """Throws it away."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.invalidate()
            writer.close()

    def checkpoint_sometimes(self, connection: Connection, turns: int) -> None:
        """Copies the write-ahead log back while the file lock is held: every 1,000 turns, about 30 MB of log, and then
        every 20 until it has begun anew. It does so only while nobody reads in it, and a hundred screens nearly
        always do.
        """
        self.since_checkpoint += turns
        if self.since_checkpoint >= 1000:
            self.since_checkpoint = 0
            try:
                [(_, pages, _)] = self.say(connection, "PRAGMA wal_checkpoint(PASSIVE)")
                self.since_checkpoint = 1000 - SOON if pages > NEW_LOG else 0
            except Exception:  # what was to be written is committed: its writer must not hear of a failure
                log.exception("the write-ahead log of %s could not be copied back", self._path)

    def checkpoint(self) -> None:
        """Copies the whole write-ahead log back."""
        with refusals(), self.lock, self._file:
            self.say(self.writer(), "PRAGMA wal_checkpoint(TRUNCATE)")

    def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        self._file.close()
