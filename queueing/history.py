"""Replays the journal's lines of a business date into the tickets as they stood at any moment: pure, and one reader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from hall.clock import midnight_after
from hall.database import MICROSECOND
from hall.journal import Line, journal
from queueing import tickets as tk

DAY = timedelta(days=1)
ENDS = {
    "ticket_finished": tk.FINISHED,
    "ticket_missed": tk.NO_SHOW,
    "ticket_cancelled": tk.CANCELLED,
    "ticket_expired": tk.EXPIRED,
}
INTO_LINE = ("ticket_resumed", "ticket_transferred", "ticket_returned")
KINDS = ("ticket_issued", "ticket_called", "ticket_recalled", "ticket_started", "ticket_held", *INTO_LINE, *ENDS)


@dataclass(slots=True)
class Standing:
    """A ticket as it stands at some moment, with the meanings of :class:`queueing.tickets.Ticket`.

    It holds what the journal and the tickets table both know, so that the two can be compared.
    """

    id: str
    label: str
    service: str
    first_service: str
    agency: str
    state: str
    counter: str | None
    only_counter: str | None
    issued_at: datetime
    line_since: datetime
    called_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    waited: int  # microseconds


@dataclass(frozen=True, slots=True)
class Call:
    """One first call of a ticket to a counter (not a recall); ``at`` aware UTC."""

    at: datetime
    ticket: str
    service: str
    counter: str


@dataclass(slots=True)
class History:
    """What the journal tells of a day's tickets: how each stands, every call, when each counter was last freed."""

    tickets: dict[str, Standing] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    freed: dict[str, datetime] = field(default_factory=dict)


def replay(lines: Iterable[Line]) -> History:
    """The tickets after all these lines, in order of writing; one whose issue is not among them is left out."""
    past = History()
    for line in lines:
        if line.kind == "ticket_issued":
            past.tickets[line.subject] = _issued(line)
        elif (ticket := past.tickets.get(line.subject)) is not None and line.kind in KINDS:
            _move(past, ticket, line)
    return past


def _issued(line: Line) -> Standing:
    service = line.data["service"]
    return Standing(
        id=line.subject,
        label=line.data["number"],
        service=service,
        first_service=service,
        agency=line.data["agency"],
        state=tk.WAITING,
        counter=None,
        only_counter=None,
        issued_at=line.at,
        line_since=line.at,
        called_at=None,
        started_at=None,
        ended_at=None,
        waited=0,
    )


def _move(past: History, ticket: Standing, line: Line) -> None:
    was, counter = ticket.state, ticket.counter
    if was == tk.WAITING:
        ticket.waited += max(0, (line.at - ticket.line_since) // MICROSECOND)
    if line.kind == "ticket_called":
        ticket.state, ticket.counter, ticket.only_counter = tk.CALLED, line.data["counter"], None
        ticket.called_at, ticket.started_at = line.at, None
        past.calls.append(Call(line.at, ticket.id, ticket.service, line.data["counter"]))
    elif line.kind == "ticket_started":
        ticket.state, ticket.started_at = tk.SERVING, line.at
    elif line.kind == "ticket_held":
        ticket.state = tk.HELD
    elif line.kind in ENDS:
        ticket.state, ticket.ended_at = ENDS[line.kind], line.at
    elif line.kind in INTO_LINE:
        ticket.state, ticket.counter, ticket.line_since = tk.WAITING, None, line.at
        ticket.called_at = ticket.started_at = ticket.ended_at = None
        ticket.service, ticket.agency = line.data["service"], line.data["agency"]
        if line.kind != "ticket_resumed":
            ticket.only_counter = line.data["to_counter"]
    if was in tk.LIVE and ticket.state not in tk.LIVE and counter is not None:
        past.freed[counter] = line.at


def lines_of_day(
    connection: Connection, hall: str, zone: str, day: date, *, until: datetime | None = None
) -> list[Line]:
    """Every line about the tickets issued on a business date, in order of writing; those up to ``until``, if given.

    What became of a ticket after midnight belongs to its day too.
    """
    start, end = midnight_after(day - DAY, zone), midnight_after(day, zone)
    issued = select(journal.c.subject).where(
        journal.c.hall == hall, journal.c.kind == "ticket_issued", journal.c.at >= start, journal.c.at < end
    )
    # no bound on the time and no order: SQLite then finds the lines by their subjects, not by reading the whole journal
    query = select(journal).where(journal.c.hall == hall, journal.c.kind.in_(KINDS), journal.c.subject.in_(issued))
    lines = (Line(*row) for row in connection.execute(query))
    return sorted((line for line in lines if until is None or line.at <= until), key=lambda line: line.seq)


def happened_after(connection: Connection, hall: str, at: datetime) -> bool:
    """Whether any ticket moved after ``at``: then the tickets table no longer shows that moment."""
    query = select(journal.c.seq).where(journal.c.hall == hall, journal.c.at > at, journal.c.kind.in_(KINDS)).limit(1)
    return connection.execute(query).first() is not None
