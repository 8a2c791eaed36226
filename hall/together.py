"""Several turns in one transaction: they reach the disk with one sync, and nobody is answered before that."""

from __future__ import annotations

import threading
import time

from sqlalchemy import Connection, RootTransaction

MOST = 64  # turns in one transaction
LONGEST = 0.02  # seconds after which a transaction takes nobody else in: its first members wait for their answer


class Group:
    """An open transaction that threads hand on to each other.

    A sync takes as long as several turns. While one transaction is being synced the next callers queue up; each does
    its turn behind a savepoint of its own, and the last of them commits for all. When ``over`` is set, ``stored`` says
    whether it is on the disk, and if not, ``fault`` why.
    """

    def __init__(self, connection: Connection, transaction: RootTransaction, together: bool) -> None:
        self.connection, self.transaction = connection, transaction
        self.members = 0
        self.kept = False  # whether the work of any of them is to be stored
        self.fault: BaseException | None = None
        self.closed = not together
        self.stored = False
        self.over = threading.Event()
        self.begun = time.monotonic()

    def has_the_hall(self) -> None:
        """The first member has the hall's turn. Waiting for other processes is no time in which its members worked:
        counted, nobody could ever join on a PostgreSQL that several processes write to.
        """
        if self.members == 1:
            self.begun = time.monotonic()

    @property
    def open(self) -> bool:
        """Whether one more turn may join. Nobody joins one that was refused alone: on PostgreSQL he has lost the hall's
        row again, and would be told so only after whoever comes next has waited for it.
        """
        full = self.members >= MOST or time.monotonic() - self.begun > LONGEST
        return self.kept and not (self.closed or full or self.fault)
