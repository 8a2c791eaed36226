"""What came in, byte for byte, kept before anybody reads it: so that a fault in reading loses nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    func,
    select,
    tuple_,
    update,
)

from hall.database import Database, Json, Moment, metadata, new_id
from hall.errors import Invalid, NotFound

KEPT = timedelta(days=30)  # a body that was read; after that the facts alone remain
PENDING = timedelta(days=1)  # an uploaded list that nobody confirmed
LARGEST_BATCH = 1024 * 1024  # bytes of one batch of a machine
LARGEST_LIST = 4 * 1024 * 1024  # bytes of one CSV or XLSX file
MOST_BYTES = 200 * 1024 * 1024  # of all bodies of one hall; beyond it the oldest go first

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("source", String(40)),
    Column("machine", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("name", String(200), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("received", Moment, nullable=False),
    Column("times", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(12), nullable=False),
    Column("result", Json),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_deliveries_received", "hall", "received"),
    Index("ix_deliveries_digest", "hall", "digest"),
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A body that came in. ``state``: ``kept`` (not read to the end yet), ``pending`` (awaits a person), ``done``.

    ``times`` counts how often the same bytes came before they were read.
    """

    id: str
    hall: str
    source: str | None
    machine: str
    kind: str
    name: str
    actor: str
    received: datetime
    times: int
    digest: str
    size: int
    body: bytes
    state: str
    result: dict[str, Any] | None


def keep(
    db: Database,
    hall: str,
    kind: str,
    body: bytes,
    *,
    source: str | None = None,
    machine: str = "",
    name: str = "",
    actor: str,
    now: datetime,
    pending: bool = False,
) -> str:
    """Keeps a body as it came, committed before it is read; returns its id. Not a turn: nothing is known yet.

    The same bytes of the same machine that nobody has read yet are kept once and counted: a machine resends every half
    minute while something is wrong here. Raises :class:`Invalid` (``too_much``).
    """
    if len(body) > (LARGEST_LIST if kind == "list" else LARGEST_BATCH):
        raise Invalid("too_much", "Kiriman ini terlalu besar.")
    digest = hashlib.sha256(body).hexdigest()
    state = "pending" if pending else "kept"
    table = deliveries
    same = (table.c.hall == hall) & (table.c.digest == digest) & (table.c.machine == machine) & (table.c.state == state)
    if pending:
        same &= table.c.actor == actor
    with db.writing(hall) as connection:
        old = connection.execute(select(table.c.id).where(same).limit(1)).scalar_one_or_none()
        if old is not None:
            again = {"times": table.c.times + 1, "received": now, "source": source, "name": name[:200]}
            mine = (table.c.id == old) & (table.c.state == state)
            if connection.execute(update(table).where(mine).values(**again)).rowcount:
                return str(old)  # else another process read or forgot it since, and these bytes would be lost
        fresh = new_id()
        connection.execute(
            table.insert().values(
                id=fresh, hall=hall, source=source, machine=machine, kind=kind, name=name[:200], actor=actor,
                received=now, times=1, digest=digest, size=len(body), body=body, state=state,
            )
        )  # fmt: skip
        return fresh


def done(connection: Connection, delivery: str, result: dict[str, Any]) -> None:
    """Marks a body as read, with what came of it, in the transaction that recorded it.

    Of two who read it at once the first is believed: the second found nothing new, and nobody is to be told that.
    """
    mine = (deliveries.c.id == delivery) & (deliveries.c.state != "done")
    connection.execute(update(deliveries).where(mine).values(state="done", result=result))


def emptied(connection: Connection, hall: str, delivery: str, result: dict[str, Any]) -> None:
    """As :func:`done`, but what came of the body is all that stays of it: it said more than is to be kept.

    Raises :class:`NotFound` (``unknown_delivery``) when it was thrown away since.
    """
    mine = (deliveries.c.hall == hall) & (deliveries.c.id == delivery) & (deliveries.c.state != "done")
    nothing = {"body": b"", "size": 0, "digest": "", "name": ""}
    if connection.execute(update(deliveries).where(mine).values(state="done", result=result, **nothing)).rowcount == 0:
        find_delivery(connection, hall, delivery)


def find_delivery(connection: Connection, hall: str, delivery: str) -> Delivery:
    """A body that was kept. Raises :class:`NotFound` (``unknown_delivery``)."""
    query = select(deliveries).where(deliveries.c.hall == hall, deliveries.c.id == delivery)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("unknown_delivery", "Berkas ini tidak ada lagi; silakan unggah sekali lagi.")
    return Delivery(*row)


def unread(connection: Connection, hall: str, before: datetime) -> int:
    """How many bodies came in before ``before`` and were not read to the end: something is wrong with them or here."""
    query = select(func.count()).where(
        deliveries.c.hall == hall, deliveries.c.state == "kept", deliveries.c.received < before
    )
    return int(connection.execute(query).scalar_one())


def discard(db: Database, hall: str, delivery: str) -> None:
    """Throws away an uploaded list that awaits a person; one that was read stays."""
    mine = (deliveries.c.hall == hall) & (deliveries.c.id == delivery) & (deliveries.c.state == "pending")
    with db.writing(hall) as connection:
        connection.execute(deliveries.delete().where(mine))


def forget_old(db: Database, hall: str, now: datetime) -> int:
    """Forgets bodies whose time is over, and the oldest beyond the hall's room; returns how many. Not a turn."""
    table = deliveries
    with db.reading() as connection:
        query = select(table.c.id, table.c.size, table.c.state, table.c.received).where(table.c.hall == hall)
        rows = list(connection.execute(query.order_by(table.c.received.desc())))
    old: list[tuple[str, str, datetime]] = []
    room = MOST_BYTES
    for row in rows:
        room -= row.size
        age = now - row.received
        if room < 0 or age > KEPT or (row.state == "pending" and age > PENDING):
            old.append((row.id, row.state, row.received))
    # as they were seen: one that came again or was read since is not old, and a person may be looking at it
    seen, gone = tuple_(table.c.id, table.c.state, table.c.received), 0
    for start in range(0, len(old), 300):
        with db.writing(hall) as connection:
            gone += connection.execute(table.delete().where(seen.in_(old[start : start + 300]))).rowcount
    return gone
