"""The house-keeper's lease: of all processes that serve one database, one at a time drives printers and keeps house."""

from __future__ import annotations

import logging
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from hall.database import Database
from hall.fairness import FileLock, LockUnusable
from hall.postgres import KEEPING_HOUSE

log = logging.getLogger("antre.lease")

TRIED_EVERY_S = 1.0


def lease_file(db: Database) -> FileLock:
    """The lock that whoever serves a SQLite file holds while it lives; beside the database, for all to meet at."""
    return FileLock(Path(f"{db.path}.serve"))


def is_served(db: Database, patience: float = 10.0) -> bool:
    """Whether a server holds the lease of this SQLite file and does not let go within ``patience`` seconds.

    One that was just killed or told to stop may need a moment.
    """
    lock, until = lease_file(db), time.monotonic() + patience
    try:
        while not lock.take_if_free():
            if time.monotonic() >= until:
                return True
            time.sleep(0.1)
        return False
    finally:
        lock.close()


class Lease:
    """Held by one process at a time, and gone with it: the system or the database takes it from whoever dies.

    On PostgreSQL it is a session's advisory lock on a connection that is kept for nothing else: while that stands, no
    other process has it, and when it breaks the lease is lost at once. On SQLite it is a lock on a file. ``gained`` is
    called in the lease's own thread when it was got, with whether another process may have held it until then, and
    ``lost`` when it is gone or given back; on giving back, before anybody else can have it.
    """

    def __init__(self, db: Database, gained: Callable[[bool], None], lost: Callable[[], None]) -> None:
        self._db, self._gained, self._lost = db, gained, lost
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self._after_another = False
        self.held = False

    def start(self) -> None:
        """Begins to try, at once and then every second."""
        self._thread.start()

    def stop(self) -> None:
        """Gives the lease back."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if self._db.is_sqlite:
                    self._by_file()
                else:
                    with self._db.alone() as raw:
                        self._by_session(raw)
            except (SQLAlchemyError, psycopg.Error, OSError, LockUnusable) as fault:
                log.warning("the house-keeper's lease cannot be held for now: %s", fault)
            except Exception:  # of whoever was told; the lease must not be lost for good by it
                log.exception("taking over the house, or leaving it, failed")
            self._after_another = True
            self._stop.wait(TRIED_EVERY_S)

    def _by_file(self) -> None:
        lock = lease_file(self._db)
        try:
            while not self._stop.is_set():
                if not self.held:
                    self._told(lock.take_if_free())
                self._stop.wait(TRIED_EVERY_S)
        finally:
            self._over()
            lock.close()

    def _by_session(self, raw: Any) -> None:
        unasked = select.poll()
        unasked.register(raw.fileno(), select.POLLIN)
        try:
            while not self._stop.is_set():
                if self.held:
                    raw.execute("SELECT 1")  # a line that broke without a word shows it here
                else:
                    self._told(raw.execute("SELECT pg_try_advisory_lock(%s)", (KEEPING_HOUSE,)).fetchone()[0])
                for _ in range(4):
                    if self._stop.is_set() or unasked.poll(1000 * TRIED_EVERY_S / 4):
                        break  # what it says unasked is most likely farewell
        finally:
            self._over()

    def _told(self, got: bool) -> None:
        if not got:
            self._after_another = True
            return
        self.held = True
        log.info("this process keeps house")
        self._gained(self._after_another)

    def _over(self) -> None:
        if self.held:
            self.held = False
            self._after_another = True
            log.info("this process does not keep house any more")
            self._lost()
