"""Several turns in one transaction: they reach the disk with one sync, and nobody is answered before that."""

from __future__ import annotations

import threading
import time
from typing import Any

from sqlalchemy import Connection, RootTransaction

MOST = 64  # turns in one transaction
LONGEST = 0.02  # seconds after which a transaction takes nobody else in: its first members wait for their answer


class Group:
    """An open transaction that threads hand on to each other, and those who wait until it is on the disk.

    A sync takes as long as several turns. While one transaction is being synced the next callers queue up; each does
    its turn behind a savepoint of its own, and the last of them commits for all.
    """

    def __init__(self, connection: Connection, transaction: RootTransaction) -> None:
        self.connection, self.transaction = connection, transaction
        self.members = 0
        self.fault: BaseException | None = None
        self.closed = False
        self.to_write: dict[str, Any] = {}  # hall -> what its turns leave to be written once, before the commit
        self._begun = time.monotonic()
        self._waiting: list[threading.Lock] = []

    @property
    def open(self) -> bool:
        """Whether one more turn may join."""
        full = self.members >= MOST or time.monotonic() - self._begun > LONGEST
        return not (self.closed or full or self.fault)

    def commit(self) -> None:
        """Writes what the members left to be written, and commits."""
        for pages in self.to_write.values():
            pages.write(self.connection)
        self.transaction.commit()

    def expect(self) -> threading.Lock:
        """What a member waits on; called while it still holds the writers' lock."""
        mine = threading.Lock()
        mine.acquire()
        self._waiting.append(mine)
        return mine

    def forget(self) -> None:
        """The member stays after all: nobody was there to hand the transaction to."""
        self._waiting.pop()

    def done(self) -> None:
        """Lets everybody go who waited for the commit; ``fault`` says whether it failed."""
        for waiting in self._waiting:
            waiting.release()
