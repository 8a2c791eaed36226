"""Callers who line up behind a held turn in a known order, then go on together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, event

from hall.database import Database
from hall.together import MOST
from hall.turn import turn
from tests.cast import TUESDAY_MORNING

NOW = TUESDAY_MORNING


class Queue:
    """Holds the turn of the hall while callers line up behind it in a known order, then lets them run together."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.commits: list[int] = []
        self._go = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=MOST + 10)
        event.listen(db.engine, "commit", self._committed)
        self._first = self._pool.submit(self._hold)
        self._wait_for(lambda: bool(db._one_writer._taken))

    def _committed(self, _connection: Connection) -> None:
        self.commits.append(threading.get_ident())

    def _hold(self) -> None:
        with turn(self.db, "contoh", NOW):
            assert self._go.wait(20)

    @staticmethod
    def _wait_for(what: Callable[[], bool]) -> None:
        until = time.monotonic() + 10
        while not what():
            assert time.monotonic() < until
            time.sleep(0.001)

    def behind(self, do: Callable[[], Any]) -> Future[Any]:
        """One more caller, who has reached the next place in the line when this comes back."""
        before = len(self.db._one_writer._waiting)
        asked = self._pool.submit(do)
        self._wait_for(lambda: len(self.db._one_writer._waiting) > before)
        return asked

    def let_go(self) -> None:
        """Lets go whoever holds the turn."""
        self._go.set()

    def run(self) -> None:
        """Lets go whoever holds the turn, and waits until that one is answered."""
        self.let_go()
        self._first.result(20)

    def close(self) -> None:
        """Lets go and waits for everybody."""
        self._go.set()
        self._pool.shutdown()
