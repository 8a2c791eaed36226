"""Doing a thing once: what a person or machine asked before is answered again, not done again."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Index, String, Table, bindparam, select

from hall.database import Database, Json, Moment, canonical, metadata
from hall.errors import Invalid
from hall.statements import Prepared
from hall.turn import Turn

KEPT = timedelta(days=7)

answers = Table(
    "answers",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("asked", String(64), nullable=False),
    Column("answer", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_answers_at", "at"),
)

_find = Prepared(
    select(answers.c.asked, answers.c.answer).where(
        answers.c.hall == bindparam("b_hall"), answers.c.key == bindparam("b_key")
    )
)
_insert = Prepared(answers.insert())


def check_key(key: str | None) -> str | None:
    """An idempotency key as sent, or None. Refuses (``bad_key``) what is not 1 to 128 printable ASCII characters."""
    if key is None:
        return None
    if not 1 <= len(key) <= 128 or not key.isascii() or not key.isprintable():
        raise Invalid("bad_key", "Idempotency-Key harus 1 sampai 128 karakter ASCII.")
    return key


def fingerprint(asked: Any) -> str:
    """A hash of what was asked, the same for the same content."""
    return hashlib.sha256(canonical(asked).encode()).hexdigest()


def answered(t: Turn, key: str | None, asked: Any) -> Any | None:
    """The stored answer to ``key`` or None. Refuses ``bad_key`` and ``key_reused``: it came with another question."""
    return _answer(t.connection, t.hall, key, asked)


def answered_before(db: Database, hall: str, key: str | None, asked: Any) -> Any | None:
    """The same before any turn, for who works out first what the turn is to do from facts that change.

    Without it a repeat is refused over what has changed since the first. The turn asks again: two may come at once.
    """
    if key is None:
        return None
    with db.reading() as connection:
        return _answer(connection, hall, key, asked)


def _answer(connection: Connection, hall: str, key: str | None, asked: Any) -> Any | None:
    if check_key(key) is None:
        return None
    row = _find.first(connection, {"b_hall": hall, "b_key": key})
    if row is None:
        return None
    question, answer = row
    if question != fingerprint(asked):
        raise Invalid("key_reused", "Idempotency-Key ini sudah dipakai untuk permintaan yang lain.")
    return answer


def forget_old(db: Database, now: datetime) -> int:
    """Forgets answers older than a week, when nobody asks again any more; returns how many. Not a turn: no line."""
    old = answers.c.at < now - KEPT
    with db.reading() as connection:
        if connection.execute(select(answers.c.key).where(old).limit(1)).first() is None:
            return 0
    with db.writing() as connection:
        return connection.execute(answers.delete().where(old)).rowcount


def remember(t: Turn, key: str | None, asked: Any, answer: Any) -> None:
    """Stores the answer in the same transaction as the thing done."""
    if key is not None:
        row = {"hall": t.hall, "key": key, "asked": fingerprint(asked), "answer": answer, "at": t.now}
        _insert.run(t.connection, row)
