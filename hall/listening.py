"""Follows what other processes write on one PostgreSQL: each turn announces its lines at its commit (LISTEN/NOTIFY)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from hall.database import Database

log = logging.getLogger("antre.listening")

CHANNEL = "antre"
ASKED_EVERY_S = 10.0  # a line that died without a word is found out by asking
AGAIN_S = 1.0  # how long after a lost connection the next is tried

Heard = Callable[[str, int, frozenset[str]], None]


def announcement(db: Database, hall: str, seq: int, kinds: Sequence[str]) -> str:
    """What a turn says of itself: who wrote, the number of its last line, which hall, and the kinds of its lines."""
    return f"{db.name} {seq} {hall} {','.join(sorted(set(kinds)))}"


def announce(db: Database, connection: Connection, hall: str, seq: int, kinds: Sequence[str]) -> None:
    """Inside a transaction: whoever listens hears of it when it is committed, and never otherwise."""
    connection.execute(select(func.pg_notify(CHANNEL, announcement(db, hall, seq, kinds))))


class Listener:
    """A thread with a connection of its own that hears what other processes wrote on this PostgreSQL.

    ``heard`` is called as after a commit of this process, with (hall, seq, kinds); ``missed`` whenever it began to
    listen, since nobody knows what was said before: it should look for itself. A server that restarts is listened to
    again as soon as it is back. On SQLite it does nothing.
    """

    def __init__(self, db: Database, heard: Heard, missed: Callable[[], None]) -> None:
        self._db, self._heard, self._missed = db, heard, missed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self.listening = threading.Event()  # whether news come by themselves just now

    def start(self) -> None:
        """Begins."""
        if not self._db.is_sqlite:
            self._thread.start()

    def stop(self) -> None:
        """Ends within a moment."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=15)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._db.alone() as raw:
                    self._listen(raw)
            except (SQLAlchemyError, psycopg.Error, OSError) as fault:  # the journal is looked at all the same
                log.warning("news of other processes do not come by themselves for now: %s", fault)
            finally:
                self.listening.clear()
            self._stop.wait(AGAIN_S)

    def _listen(self, raw: Any) -> None:
        raw.execute(f"LISTEN {CHANNEL}")
        self.listening.set()
        self._missed()
        silent = 0.0
        while not self._stop.is_set():
            silent += 0.5
            for said in raw.notifies(timeout=0.5, stop_after=1):
                silent = 0.0
                self._hear(said.payload)
            if silent >= ASKED_EVERY_S:
                silent = 0.0
                raw.execute("SELECT 1")

    def _hear(self, payload: str) -> None:
        try:
            who, seq, hall, kinds = payload.split(" ")
            if who != self._db.name:  # this process told itself already
                self._heard(hall, int(seq), frozenset(kinds.split(",")))
        except Exception:  # a word that is not ours, or what whoever hears does wrong, must not end the listening
            log.exception("nothing came of the news %.200r", payload)
