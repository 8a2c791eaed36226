"""The hall's journal: one line per change, counted without a gap and chained by hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import BigInteger, Column, Connection, Index, String, Table, Text, select, type_coerce

from hall.database import Json, Moment, canonical, metadata

journal = Table(
    "journal",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("recorded", Moment, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("data", Json, nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_journal_hall_at", "hall", "at"),
    Index("ix_journal_hall_subject", "hall", "subject"),
)

FIRST_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal. ``at`` is when it happened, ``recorded`` when it was written; both aware UTC."""

    hall: str
    seq: int
    at: datetime
    recorded: datetime
    kind: str
    actor: str
    subject: str
    data: dict[str, Any]
    hash: str


def chain(
    previous: str, hall: str, seq: int, at: datetime, recorded: datetime, kind: str, actor: str, subject: str, data: Any
) -> str:
    """The hash of a line: SHA-256 over the previous line's hash and this line's content in one fixed spelling.

    Whoever changes or removes a line breaks the chain, which ``antre verify`` finds.
    """
    content = canonical([hall, seq, at.timestamp(), recorded.timestamp(), kind, actor, subject, data])
    return hashlib.sha256(f"{previous}{content}".encode()).hexdigest()


def since(connection: Connection, hall: str, seq: int, *, kinds: tuple[str, ...] = (), limit: int = 1000) -> list[Line]:
    """The lines of ``hall`` after ``seq``, in order, at most ``limit``; of the given kinds only, if any are given."""
    query = select(journal).where(journal.c.hall == hall, journal.c.seq > seq).order_by(journal.c.seq).limit(limit)
    if kinds:
        query = query.where(journal.c.kind.in_(kinds))
    return [Line(*row) for row in connection.execute(query)]


def between(
    connection: Connection, hall: str, start: datetime, end: datetime, *, kinds: tuple[str, ...] = ()
) -> list[Line]:
    """What happened in ``hall`` in [start, end) (aware), in order of happening, then of writing."""
    query = (
        select(journal)
        .where(journal.c.hall == hall, journal.c.at >= start, journal.c.at < end)
        .order_by(journal.c.at, journal.c.seq)
    )
    if kinds:
        query = query.where(journal.c.kind.in_(kinds))
    return [Line(*row) for row in connection.execute(query)]


def broken_links(connection: Connection, hall: str) -> Iterator[str]:
    """Every gap in the counting and every line whose hash does not follow from the one before, as sentences."""
    expected, previous = 1, FIRST_HASH
    # the data as text: a line that is no JSON any more is a broken one, not the end of the search
    columns = [type_coerce(c, Text) if c is journal.c.data else c for c in journal.c]
    query = select(*columns).where(journal.c.hall == hall).order_by(journal.c.seq).execution_options(yield_per=1000)
    for row in connection.execute(query):
        line = Line(*row)
        if line.seq != expected:
            yield f"journal of {hall}: expected line {expected}, found {line.seq}"
            expected = line.seq
        if not _follows(line, previous):
            yield f"journal of {hall}: line {line.seq} ({line.kind}) was changed or follows a line that was"
        expected, previous = expected + 1, line.hash


def _follows(line: Line, previous: str) -> bool:
    """Whether the hash of a line, whose data is still text, follows from the hash before it."""
    try:
        data = json.loads(cast(str, line.data))
    except ValueError:
        return False
    right = chain(previous, line.hall, line.seq, line.at, line.recorded, line.kind, line.actor, line.subject, data)
    return right == line.hash
