"""Callers who line up behind a held turn in a known order, then go on together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, event, select

from hall.database import Database
from hall.journal import broken_links
from hall.together import MOST
from hall.turn import turn
from queueing.issuing import issue
from queueing.tickets import tickets
from tests.cast import KIOSK, TUESDAY_MORNING

NOW = TUESDAY_MORNING


def commits_of(db: Database) -> list[int]:
    """A list that gets the number of the thread that commits, for each transaction that writes from now on."""
    commits: list[int] = []

    def committed(connection: Connection) -> None:
        if not connection.get_execution_options().get("postgresql_readonly"):
            commits.append(threading.get_ident())

    event.listen(db.engine, "commit", committed)
    return commits


class Queue:
    """Holds the turn of the hall while callers line up behind it in a known order, then lets them run together."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.commits = commits_of(db)
        self._held, self._go = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=MOST + 10)
        self.writers = db.writers("contoh")
        self.lock = self.writers.lock
        self._first = self._pool.submit(self._hold)
        self.wait_for(self._held.is_set)  # not only asked for: on PostgreSQL another process could still be first

    def _hold(self) -> None:
        with turn(self.db, "contoh", NOW):
            self._held.set()
            assert self._go.wait(20)

    @staticmethod
    def wait_for(what: Callable[[], bool]) -> None:
        """Comes back when it is so."""
        until = time.monotonic() + 10
        while not what():
            assert time.monotonic() < until
            time.sleep(0.001)

    def behind(self, do: Callable[[], Any]) -> Future[Any]:
        """One more caller, who has reached the next place in the line when this comes back."""
        before = len(self.lock._waiting)
        asked = self._pool.submit(do)
        self.wait_for(lambda: len(self.lock._waiting) > before)
        return asked

    def let_go(self) -> None:
        """Lets go whoever holds the turn."""
        self._go.set()

    def run(self) -> None:
        """Lets go whoever holds the turn, and waits until that one is answered."""
        self.let_go()
        self._first.result(20)

    def __enter__(self) -> Queue:
        return self

    def __exit__(self, *fault: object) -> None:
        """Lets go and waits for everybody."""
        self._go.set()
        self._pool.shutdown()


def take(db: Database, key: str | None = None) -> Callable[[], str]:
    """Takes a number."""
    return lambda: str(issue(db, "contoh", "ktp", actor=KIOSK, now=NOW, confirm=True, key=key)["number"])


def numbers(db: Database) -> list[str]:
    """Every number stored."""
    with db.reading() as connection:
        assert list(broken_links(connection, "contoh")) == []
        return sorted(connection.execute(select(tickets.c.label)).scalars())
