"""A ticket, the moves it may make, and the one place that writes a move down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    select,
    text,
    update,
)

from hall.database import MICROSECOND, Moment, metadata
from hall.errors import Conflict, NotFound
from hall.statements import Prepared
from hall.turn import Turn

WAITING, CALLED, SERVING, HELD = "waiting", "called", "serving", "held"
FINISHED, NO_SHOW, CANCELLED, EXPIRED = "finished", "no_show", "cancelled", "expired"
LIVE = (CALLED, SERVING)
OPEN = (WAITING, CALLED, SERVING, HELD)

WORDS = {
    WAITING: "menunggu",
    CALLED: "dipanggil",
    SERVING: "dilayani",
    HELD: "ditunda",
    FINISHED: "selesai",
    NO_SHOW: "dilewati",
    CANCELLED: "dibatalkan",
    EXPIRED: "kedaluwarsa",
}

# move -> the states it may start from
LEGAL: dict[str, tuple[str, ...]] = {
    "call": (WAITING,),
    "recall": (CALLED,),
    "start": (CALLED,),
    "finish": (SERVING,),
    "no-show": (CALLED,),
    "hold": (CALLED, SERVING),
    "resume": (HELD, NO_SHOW),
    "transfer": (WAITING, CALLED, SERVING, HELD),
    "cancel": (WAITING, CALLED, SERVING, HELD),
    "withdraw": (WAITING,),
    "expire": (WAITING, HELD),
}

tickets = Table(
    "tickets",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("prefix", String(4), nullable=False),
    Column("number", Integer, nullable=False),
    Column("label", String(16), nullable=False),
    Column("secret", String(32), nullable=False),
    Column("service", String(40), nullable=False),
    Column("first_service", String(40), nullable=False),
    Column("agency", String(40), nullable=False),
    Column("priority", String(20)),
    Column("rank", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("counter", String(40)),
    Column("only_counter", String(40)),
    Column("back_service", String(40)),
    Column("back_counter", String(40)),
    Column("recalls", Integer, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("line_since", Moment, nullable=False),
    Column("called_at", Moment),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("waited", BigInteger, nullable=False),
    UniqueConstraint("hall", "business_date", "prefix", "number", name="uq_tickets_number"),
    UniqueConstraint("secret", name="uq_tickets_secret"),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)
# Conditions spelled out: with bound values SQLite cannot use the partial indexes and reads the hall's whole history.
WAITS, IS_HELD = text("tickets.state = 'waiting'"), text("tickets.state = 'held'")
AT_COUNTER = text("tickets.state IN ('called', 'serving')")
_WAITS, _HELD, _AT_COUNTER = text("state = 'waiting'"), text("state = 'held'"), text("state IN ('called', 'serving')")
_SENT = text("state = 'waiting' AND only_counter IS NOT NULL")  # few: without it each call reads everybody who waits
Index(
    "ix_tickets_held",
    tickets.c.hall,
    tickets.c.business_date,
    sqlite_where=_HELD,
    postgresql_where=_HELD,
)
Index(
    "ix_tickets_sent",
    tickets.c.hall,
    tickets.c.only_counter,
    sqlite_where=_SENT,
    postgresql_where=_SENT,
)
Index(
    "uq_tickets_live_at_counter",
    tickets.c.hall,
    tickets.c.counter,
    unique=True,
    sqlite_where=_AT_COUNTER,
    postgresql_where=_AT_COUNTER,
)
Index(
    "ix_tickets_line",
    tickets.c.hall,
    tickets.c.business_date,
    tickets.c.service,
    tickets.c.rank,
    tickets.c.place,
    sqlite_where=_WAITS,
    postgresql_where=_WAITS,
)


@dataclass(frozen=True, slots=True)
class Ticket:
    """One citizen's number. Times are aware UTC; ``waited`` is the microseconds already spent in the line.

    ``place`` orders the line: the journal line of its issue, so that a transferred or resumed ticket keeps the place
    it was issued at; only a ticket resumed after a no-show goes to the end. ``rank`` 0 is the priority class.
    """

    id: str
    hall: str
    business_date: date
    prefix: str
    number: int
    label: str
    secret: str
    service: str
    first_service: str
    agency: str
    priority: str | None
    rank: int
    state: str
    place: int
    counter: str | None
    only_counter: str | None
    back_service: str | None
    back_counter: str | None
    recalls: int
    issued_at: datetime
    line_since: datetime
    called_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    waited: int

    def public(self, tz: tzinfo) -> dict[str, Any]:
        """What anybody at a counter may know of the ticket, as plain values with times in ``tz``; never the secret."""

        def local(moment: datetime | None) -> str | None:
            return moment.astimezone(tz).isoformat() if moment else None

        return {
            "id": self.id,
            "number": self.label,
            "service": self.service,
            "agency": self.agency,
            "business_date": self.business_date.isoformat(),
            "issued_at": local(self.issued_at),
            "state": self.state,
            "priority": self.priority,
            "counter": self.counter,
            "only_counter": self.only_counter,
            "recalls": self.recalls,
            "called_at": local(self.called_at),
            "started_at": local(self.started_at),
            "ended_at": local(self.ended_at),
        }


_by_id = Prepared(select(tickets).where(tickets.c.id == bindparam("b_id")))
_by_secret = Prepared(select(tickets).where(tickets.c.secret == bindparam("b_secret")))
_live_at = Prepared(
    select(tickets).where(
        tickets.c.hall == bindparam("b_hall"), tickets.c.counter == bindparam("b_counter"), AT_COUNTER
    )
)


@lru_cache
def _change(columns: frozenset[str]) -> Prepared:
    """The statement that gives one ticket new values in these columns: one for each kind of move."""
    values = {name: bindparam(f"new_{name}", type_=tickets.c[name].type) for name in columns}
    return Prepared(update(tickets).where(tickets.c.id == bindparam("b_id")).values(values))


def find_ticket(connection: Connection, ticket_id: str) -> Ticket:
    """Raises :class:`NotFound` (``unknown_ticket``)."""
    row = _by_id.first(connection, {"b_id": ticket_id})
    if row is None:
        raise NotFound("unknown_ticket", "Nomor antrean ini tidak dikenal.")
    return Ticket(*row)


def find_by_secret(connection: Connection, secret: str) -> Ticket:
    """The ticket behind a citizen's own link. Raises :class:`NotFound` (``unknown_ticket``)."""
    row = _by_secret.first(connection, {"b_secret": secret})
    if row is None:
        raise NotFound("unknown_ticket", "Nomor antrean ini tidak dikenal.")
    return Ticket(*row)


def live_at(connection: Connection, hall: str, counter: str) -> Ticket | None:
    """The ticket that is called to or served at a counter now, or None."""
    row = _live_at.first(connection, {"b_hall": hall, "b_counter": counter})
    return None if row is None else Ticket(*row)


def of_hall(t: Turn, ticket_id: str) -> Ticket:
    """The ticket, if it belongs to the hall whose turn it is. Raises :class:`NotFound` (``unknown_ticket``)."""
    ticket = find_ticket(t.connection, ticket_id)
    if ticket.hall != t.hall:
        raise NotFound("unknown_ticket", "Nomor antrean ini tidak dikenal.")
    return ticket


def must_be_legal(ticket: Ticket, move: str) -> None:
    """Raises :class:`Conflict` (``illegal_move``) when the ticket's state does not allow the move."""
    if ticket.state not in LEGAL[move]:
        raise Conflict(
            "illegal_move",
            f"Nomor {ticket.label} sedang {WORDS[ticket.state]}; langkah {move!r} tidak dapat dilakukan.",
            state=ticket.state,
            move=move,
        )


def change(t: Turn, ticket: Ticket, **values: Any) -> Ticket:
    """Writes new values of a ticket, keeps what is remembered of the line true, and returns the ticket as it is now."""
    # also when a waiting ticket is transferred: it stays in a line, but the new one counts from now
    leaves = values.get("state", WAITING) != WAITING or "line_since" in values
    if ticket.state == WAITING and leaves and "waited" not in values:
        elapsed = t.now - ticket.line_since
        values["waited"] = ticket.waited + max(0, elapsed // MICROSECOND)
    new = {f"new_{name}": value for name, value in values.items()}
    _change(frozenset(values)).run(t.connection, new | {"b_id": ticket.id})
    changed = replace(ticket, **values)
    t.touched = True
    line = t.memory.get("line")  # a queueing.line.Line, which is built on this module
    if line is not None:
        line.ticket_changed(ticket, changed)
    return changed
