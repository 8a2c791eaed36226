"""How the whole line stands at a moment: from the tickets table for the present, from the journal for the past."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from hall.clock import midnight_after
from hall.database import MICROSECOND
from hall.journal import between
from hall.places import Counter, Places
from queueing import tickets as tk
from queueing.desks import desks
from queueing.history import DAY, History, happened_after, lines_of_day, replay

FREEING = (
    "ticket_called", "ticket_finished", "ticket_missed", "ticket_cancelled", "ticket_held", "ticket_transferred",
    "ticket_returned",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody in the line: for which service or single counter, since when, and microseconds waited before that."""

    service: str
    only_counter: str | None
    since: datetime
    before: int

    def minutes(self, at: datetime) -> float:
        """Minutes waited in all until ``at``."""
        return self.before / 60e6 + max(0.0, (at - self.since).total_seconds() / 60)

    def comes_to(self, counter: Counter) -> bool:
        """Whether this counter may call them."""
        return self.only_counter == counter.code or (self.only_counter is None and self.service in counter.services)


@dataclass(frozen=True, slots=True)
class AtCounter:
    """The ticket called to or served at a counter."""

    ticket: str
    label: str
    service: str
    state: str
    called_at: datetime


@dataclass(slots=True)
class LineAt:
    """The line of one business date at one moment. Times aware UTC.

    ``served_waits``: service -> microseconds waited by those who no longer wait (their whole wait). ``issued``: service
    -> how many numbers were given (cancelled ones not counted) and when the last one. ``left``: service -> when
    somebody last left its line. ``last_call`` and ``freed``: counter -> last call, and when its last ticket left it.
    """

    date: date
    at: datetime
    waiting: list[Waiter] = field(default_factory=list)
    live: dict[str, AtCounter] = field(default_factory=dict)
    served_waits: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    issued: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    left: dict[str, datetime] = field(default_factory=dict)
    last_call: dict[str, datetime] = field(default_factory=dict)
    freed: dict[str, datetime] = field(default_factory=dict)


def line_at(connection: Connection, hall: Places, at: datetime) -> LineAt:
    """The line of the business date at ``at`` (aware), as it stood at that moment."""
    day = hall.date(at)
    if happened_after(connection, hall.code, at):
        past = replay(lines_of_day(connection, hall.code, hall.zone, day, until=at))
        return from_history(past, day, at)
    return _from_tables(connection, hall, day, at)


def from_history(past: History, day: date, at: datetime) -> LineAt:
    """The line as a replayed journal shows it."""
    line = LineAt(day, at, freed=dict(past.freed))
    for ticket in past.tickets.values():
        if ticket.state == tk.WAITING:
            line.waiting.append(Waiter(ticket.service, ticket.only_counter, ticket.line_since, ticket.waited))
        else:
            line.served_waits[ticket.service] += ticket.waited
            _later(line.left, ticket.service, ticket.ended_at or ticket.called_at)
        if ticket.state in tk.LIVE and ticket.counter is not None and ticket.called_at is not None:
            there = AtCounter(ticket.id, ticket.label, ticket.service, ticket.state, ticket.called_at)
            line.live[ticket.counter] = there
        if ticket.state != tk.CANCELLED:
            _count(line, ticket.first_service, 1, ticket.issued_at)
    for call in past.calls:
        line.last_call[call.counter] = call.at
    return line


def _from_tables(connection: Connection, hall: Places, day: date, at: datetime) -> LineAt:
    line, c = LineAt(day, at), tk.tickets.c
    mine = (c.hall == hall.code) & (c.business_date == day)
    waiting = select(c.service, c.only_counter, c.line_since, c.waited).where(mine, c.state == tk.WAITING)
    line.waiting = [Waiter(*row) for row in connection.execute(waiting)]
    live = select(c.counter, c.id, c.label, c.service, c.state, c.called_at).where(mine, c.state.in_(tk.LIVE))
    line.live = {row[0]: AtCounter(*row[1:]) for row in connection.execute(live)}
    sums = select(
        c.service, c.first_service, c.counter, c.state, func.count(), func.sum(c.waited),
        func.max(c.issued_at), func.max(c.called_at), func.max(c.ended_at),
    ).where(mine).group_by(c.service, c.first_service, c.counter, c.state)  # fmt: skip
    for service, first, counter, state, people, waited, issued, called, ended in connection.execute(sums):
        if state != tk.CANCELLED:
            _count(line, first, people, issued)
        if state != tk.WAITING:
            line.served_waits[service] += int(waited)
            _later(line.left, service, ended or called)
        if state in (tk.FINISHED, tk.NO_SHOW) and counter is not None:
            _later(line.freed, counter, ended)
    midnight = midnight_after(day - DAY, hall.zone)
    mine_today = (desks.c.hall == hall.code) & (desks.c.last_call >= midnight)
    called = connection.execute(select(desks.c.counter, desks.c.last_call).where(mine_today))
    line.last_call = {row.counter: row.last_call for row in called}
    _find_freed(connection, hall.code, line)
    return line


def _find_freed(connection: Connection, hall: str, line: LineAt) -> None:
    """When a counter's last ticket left it by being held, transferred or cancelled, only the journal knows when."""
    unsure = {
        counter: called
        for counter, called in line.last_call.items()
        if counter not in line.live and line.freed.get(counter, called - DAY) < called
    }
    if not unsure:
        return
    there: dict[str, str] = {}
    for entry in between(connection, hall, min(unsure.values()), line.at + MICROSECOND, kinds=FREEING):
        counter = entry.data.get("counter")
        if counter not in unsure:
            continue
        if entry.kind == "ticket_called":
            there[counter] = entry.subject
        elif there.get(counter) == entry.subject:
            line.freed[counter] = entry.at
            del there[counter]


def _later(times: dict[str, datetime], key: str, moment: datetime | None) -> None:
    if moment is not None and (key not in times or moment > times[key]):
        times[key] = moment


def _count(line: LineAt, service: str, people: int, last: datetime) -> None:
    known = line.issued.get(service)
    line.issued[service] = (people, last) if known is None else (known[0] + people, max(known[1], last))
