"""Flags over counters that are due and stand empty beyond the grace time: their rows and reads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    ForeignKeyConstraint,
    Index,
    String,
    Table,
    select,
    text,
)

from hall.database import Moment, metadata
from hall.errors import NotFound

flags = Table(
    "flags",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("counter", String(40), nullable=False),
    Column("agency", String(40), nullable=False),
    Column("day", Date, nullable=False),
    Column("since", Moment, nullable=False),
    Column("raised", Moment, nullable=False),
    Column("cause", String(40)),
    Column("stage", String(20)),
    Column("stage_at", Moment),
    Column("acknowledged", Moment),
    Column("acknowledged_by", String(80)),
    Column("reason", String(300)),
    Column("cleared", Moment),
    Column("cleared_why", String(40)),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_flags_day", "hall", "day"),
)
_OPEN = text("cleared IS NULL")
Index("uq_flags_open", flags.c.hall, flags.c.counter, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag. Times aware UTC; ``since`` is when the counter became empty, ``raised`` when the flag was put up.

    ``cause`` is the first cause of the domain's table that holds now, None where none is known; ``stage`` the highest
    one reached, None before the first; ``cleared_why``: ``staffed``, ``unobserved``, ``counter_retired``, or why the
    counter is not due any more (``break``, ``outside_hours``, ``closure``...).
    """

    id: str
    hall: str
    counter: str
    agency: str
    day: date
    since: datetime
    raised: datetime
    cause: str | None
    stage: str | None
    stage_at: datetime | None
    acknowledged: datetime | None
    acknowledged_by: str | None
    reason: str | None
    cleared: datetime | None
    cleared_why: str | None

    @property
    def rises(self) -> bool:
        """Whether it goes on to the next stage: it is open, and nobody took it on."""
        return self.cleared is None and self.acknowledged is None

    def facts(self) -> dict[str, Any]:
        """What a journal line says of it: where and since when, never who."""
        return {"counter": self.counter, "agency": self.agency, "since": self.since.isoformat(), "cause": self.cause}


def open_flags(connection: Connection, hall: str) -> dict[str, Flag]:
    """Counter -> its open flag."""
    query = select(flags).where(flags.c.hall == hall, flags.c.cleared.is_(None)).order_by(flags.c.since, flags.c.id)
    return {row.counter: Flag(*row) for row in connection.execute(query)}


def past_flags(connection: Connection, hall: str, first: date, last: date) -> list[Flag]:
    """The cleared flags of the business dates ``first`` to ``last``, newest first."""
    query = (
        select(flags)
        .where(flags.c.hall == hall, flags.c.day >= first, flags.c.day <= last, flags.c.cleared.is_not(None))
        .order_by(flags.c.raised.desc(), flags.c.id)
    )
    return [Flag(*row) for row in connection.execute(query)]


def find_flag(connection: Connection, flag: str) -> Flag:
    """Raises :class:`NotFound` (``unknown_flag``)."""
    row = connection.execute(select(flags).where(flags.c.id == flag)).first()
    if row is None:
        raise NotFound("unknown_flag", "Bendera ini tidak ada.")
    return Flag(*row)


def only_of(found: Collection[Flag], agency: str | None) -> list[Flag]:
    """The flags that somebody of an agency may see; None: everybody's."""
    return [f for f in found if agency is None or f.agency == agency]
