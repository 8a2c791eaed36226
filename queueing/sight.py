"""Where one waiting ticket stands now: how many people are before it and how long it will take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, text

from hall.database import Database
from hall.places import places
from hall.turn import position
from queueing import tickets as tk
from queueing.desks import OPEN
from queueing.estimate import estimate
from queueing.line import Line, count


class Waiter(NamedTuple):
    """One waiting ticket as the line sees it."""

    service: str
    rank: int
    place: int
    only_counter: str | None


@dataclass(frozen=True, slots=True)
class Sight:
    """The line as it stood after journal line ``seq``: may be shared by all who ask until somebody writes."""

    seq: int
    line: Line
    waiters: tuple[Waiter, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """People before the ticket, the wait in minutes (low, high) or None when nobody serves, and the open counters."""

    ahead: int
    estimate: tuple[int, int] | None
    serving_now: int


_c = tk.tickets.c
_waiting = select(_c.service, _c.rank, _c.place, _c.only_counter).where(
    _c.hall == bindparam("b_hall"),
    text("tickets.state = 'waiting'"),  # spelled out: a bound value would leave the line's partial index unused
    _c.business_date == bindparam("b_date"),
)


def look(db: Database, connection: Connection, hall: str, now: datetime, known: Sight | None = None) -> Sight:
    """The line of ``hall`` now; ``known`` again if nobody wrote since and the day is the same.

    Raises :class:`NotFound` (``unknown_hall``).
    """
    seq, config = position(connection, hall)
    here = places(db, connection, hall, config)
    today = here.date(now)
    if known is not None and (known.seq, known.line.date) == (seq, today) and known.line.places is here:
        return known
    rows = connection.execute(_waiting, {"b_hall": hall, "b_date": today})
    return Sight(seq, count(connection, here, today), tuple(Waiter(*row) for row in rows))


def people_before(line: Line, waiters: Iterable[Waiter], ticket: tk.Ticket) -> int:
    """How many waiting people would be called before this waiting ticket, by the rules of the counters that take it.

    Those compete whose service one of its counters serves, or who were sent to one of its counters; whoever was sent
    to another counter alone does not. Of them come first the better class and, inside the class, the older place.
    """
    counters = _counters(line, ticket)
    served = {s for c in counters if c in line.places.counters for s in line.places.counters[c].services}
    if ticket.only_counter is None:
        served.add(ticket.service)
    return sum(
        1
        for w in waiters
        if (w.rank, w.place) < (ticket.rank, ticket.place)
        and (w.service in served if w.only_counter is None else w.only_counter in counters)
    )


def standing(sight: Sight, ticket: tk.Ticket) -> Standing:
    """Where a waiting ticket stands in what was seen of the line."""
    line = sight.line
    ahead = people_before(line, sight.waiters, ticket)
    if ticket.service not in line.places.services:
        return Standing(ahead, None, 0)  # given up by the hall while people wait for it: nothing to reckon with
    if ticket.only_counter is None:
        return Standing(ahead, line.expect(ticket.service, ahead), len(line.open_counters(ticket.service)))
    # sent to one counter: its pace alone counts, and only if somebody serves there
    serving = 1 if line.desks.get(ticket.only_counter) == OPEN else 0
    free = ticket.only_counter not in line.live
    return Standing(ahead, estimate(ahead, serving, line.handling(ticket.service), free=free), serving)


def _counters(line: Line, ticket: tk.Ticket) -> set[str]:
    if ticket.only_counter is not None:
        return {ticket.only_counter}
    return set(line.open_counters(ticket.service) or line.places.counters_of.get(ticket.service, ()))
