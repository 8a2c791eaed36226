"""A day in numbers: how many came, were served or left unserved, how long they waited: from tickets or journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from math import ceil
from statistics import fmean, median

from sqlalchemy import Connection, select

from hall.clock import midnight_after
from hall.database import Database
from hall.journal import between
from hall.places import Places, places
from queueing import tickets as tk
from queueing.history import DAY, Call, Standing, lines_of_day, replay


@dataclass(frozen=True, slots=True)
class Numbers:
    """Counts of tickets by what became of them, minutes (decimal; None: nobody), and the first call (aware UTC).

    Whoever came is ``issued`` where the number was taken; everything else counts where the ticket is now, so that after
    a transfer the service that finished it has served it. ``called`` are those whose last stay in the line ended with a
    call; the waits are theirs, all stays together. ``handling_mean`` is start to finish. A counter issues nothing.
    """

    issued: int | None
    called: int
    served: int
    no_show: int
    cancelled: int
    expired: int
    waiting: int
    held: int
    at_counter: int
    wait_mean: float | None
    wait_median: float | None
    wait_p90: float | None
    handling_mean: float | None
    first_call: datetime | None


@dataclass(frozen=True, slots=True)
class DayNumbers:
    """One business date of one hall: in all, and by service, agency and counter (codes; only those with a ticket)."""

    hall: str
    date: date
    total: Numbers
    services: dict[str, Numbers]
    agencies: dict[str, Numbers]
    counters: dict[str, Numbers]


def day_numbers(db: Database, hall: str, day: date) -> DayNumbers:
    """The day from the tickets table. Raises :class:`NotFound` (``unknown_hall``)."""
    with db.reading() as connection:
        place = places(db, connection, hall)
        standing = read_tickets(connection, hall, day)
        known = {ticket.id for ticket in standing}
        start, end = midnight_after(day - DAY, place.zone), midnight_after(day + DAY, place.zone)
        # a ticket that went back into the line forgets its call: only the journal remembers the first one
        lines = between(connection, hall, start, end, kinds=("ticket_called",))
    calls = [Call(line.at, line.subject, line.data["service"], line.data["counter"]) for line in lines]
    return summarise(place, day, standing, [call for call in calls if call.ticket in known])


def day_numbers_from_journal(db: Database, hall: str, day: date) -> DayNumbers:
    """The same from the journal alone. Raises :class:`NotFound` (``unknown_hall``)."""
    with db.reading() as connection:
        place = places(db, connection, hall)
        past = replay(lines_of_day(connection, hall, place.zone, day))
    return summarise(place, day, past.tickets.values(), past.calls)


def read_tickets(connection: Connection, hall: str, day: date) -> list[Standing]:
    """The tickets of a business date as the table has them, in order of issue."""
    c = tk.tickets.c
    query = select(*(c[field.name] for field in fields(Standing))).where(c.hall == hall, c.business_date == day)
    return [Standing(*row) for row in connection.execute(query.order_by(c.issued_at, c.label))]


def days_with_tickets(db: Database, hall: str) -> list[date]:
    """Every business date on which the hall issued a number, oldest first."""
    c = tk.tickets.c
    with db.reading() as connection:
        rows = connection.execute(select(c.business_date).where(c.hall == hall).distinct().order_by(c.business_date))
        return [row.business_date for row in rows]


def agree(db: Database, hall: str, day: date) -> list[str]:
    """Every difference between the tickets table and the journal of a business date, as sentences; none is right.

    Raises :class:`NotFound` (``unknown_hall``).
    """
    with db.reading() as connection:
        place = places(db, connection, hall)
        told = replay(lines_of_day(connection, hall, place.zone, day)).tickets
        stored = {ticket.id: ticket for ticket in read_tickets(connection, hall, day)}
    found = []
    for ticket in stored.values():
        other = told.pop(ticket.id, None)
        if other is None:
            found.append(f"{hall} {day}: ticket {ticket.label} ({ticket.id}) stands in the table, not in the journal")
            continue
        for name in (field.name for field in fields(Standing)):
            here, there = getattr(ticket, name), getattr(other, name)
            if here != there:
                what = f"{hall} {day}: ticket {ticket.label} ({ticket.id})"
                found.append(f"{what}: {name} is {here} in the table, {there} by the journal")
    for other in told.values():
        found.append(f"{hall} {day}: ticket {other.label} ({other.id}) was issued by the journal, the table has none")
    return found


def summarise(hall: Places, day: date, tickets: Iterable[Standing], calls: Iterable[Call]) -> DayNumbers:
    """Counts tickets in all and by service, agency and counter: pure."""
    all_tickets, all_calls = list(tickets), list(calls)

    def agency_of(service: str, otherwise: str | None = None) -> str | None:
        known = hall.services.get(service)
        return known.agency if known else otherwise

    def by(
        issued_under: Callable[[Standing], str | None],
        stands_under: Callable[[Standing], str | None],
        called_under: Callable[[Call], str | None],
        order: Iterable[str],
    ) -> dict[str, Numbers]:
        issued: dict[str, list[Standing]] = {}
        stands: dict[str, list[Standing]] = {}
        first: dict[str, datetime] = {}
        for ticket in all_tickets:
            for table, key in ((issued, issued_under(ticket)), (stands, stands_under(ticket))):
                if key is not None:
                    table.setdefault(key, []).append(ticket)
        for call in all_calls:
            key = called_under(call)
            if key is not None:
                first[key] = min(first.get(key, call.at), call.at)
        named = [*order, *sorted({*issued, *stands, *first})]  # what was retired since comes last
        return {
            key: _numbers(len(issued.get(key, ())), stands.get(key, []), first.get(key))
            for key in dict.fromkeys(named)
            if key in issued or key in stands or key in first
        }

    counters = by(lambda t: None, lambda t: t.counter, lambda c: c.counter, hall.counters)
    return DayNumbers(
        hall=hall.code,
        date=day,
        total=_numbers(len(all_tickets), all_tickets, min((c.at for c in all_calls), default=None)),
        services=by(lambda t: t.first_service, lambda t: t.service, lambda c: c.service, hall.services),
        agencies=by(
            lambda t: agency_of(t.first_service, t.agency),
            lambda t: t.agency,
            lambda c: agency_of(c.service),
            hall.agencies,
        ),
        counters={code: _without_issued(numbers) for code, numbers in counters.items()},
    )


def _numbers(issued: int, tickets: list[Standing], first_call: datetime | None) -> Numbers:
    states = [ticket.state for ticket in tickets]
    waits = sorted(ticket.waited / 60e6 for ticket in tickets if ticket.called_at is not None)
    handled = [
        (ticket.ended_at - ticket.started_at).total_seconds() / 60
        for ticket in tickets
        if ticket.state == tk.FINISHED and ticket.started_at is not None and ticket.ended_at is not None
    ]
    return Numbers(
        issued=issued,
        called=len(waits),
        served=states.count(tk.FINISHED),
        no_show=states.count(tk.NO_SHOW),
        cancelled=states.count(tk.CANCELLED),
        expired=states.count(tk.EXPIRED),
        waiting=states.count(tk.WAITING),
        held=states.count(tk.HELD),
        at_counter=sum(states.count(state) for state in tk.LIVE),
        wait_mean=fmean(waits) if waits else None,
        wait_median=median(waits) if waits else None,
        wait_p90=waits[ceil(0.9 * len(waits)) - 1] if waits else None,  # nine of ten waited no longer than this
        handling_mean=fmean(handled) if handled else None,
        first_call=first_call,
    )


def _without_issued(numbers: Numbers) -> Numbers:
    return Numbers(None, *(getattr(numbers, field.name) for field in fields(Numbers)[1:]))
