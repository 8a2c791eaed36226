"""What an officer sees from a counter: who waits, in the order they would be called, and who was set aside today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, or_, select

from hall.places import Counter, Places
from queueing import tickets as tk
from queueing.order import NORMAL, PRIORITY, Head, choose
from queueing.reach import within_reach

_c = tk.tickets.c


@dataclass(frozen=True, slots=True)
class UpNext:
    """How many people wait for a counter, and the first of them in the order in which it would call them."""

    waiting: int
    first: list[tk.Ticket]


def up_next(connection: Connection, hall: Places, counter: Counter, day: date, *, run: int, limit: int = 30) -> UpNext:
    """Looks ahead with the very rule of calling. ``run`` is the counter's count of priority tickets in a row.

    Only who waits on the business date ``day``: yesterday's are called no more, even before that is written down. Other
    counters take from the same line, so only the first of them is certain, and only until somebody else calls.
    """
    here = or_(_c.service.in_(counter.services) & _c.only_counter.is_(None), _c.only_counter == counter.code)
    mine = (_c.hall == hall.code) & (_c.business_date == day) & here
    waiting = connection.execute(select(func.count()).select_from(tk.tickets).where(mine, tk.WAITS)).scalar_one()
    lines: dict[int, list[tk.Ticket]] = {}
    for rank in (PRIORITY, NORMAL):
        query = select(tk.tickets).where(mine, tk.WAITS, _c.rank == rank).order_by(_c.place).limit(limit)
        lines[rank] = [tk.Ticket(*row) for row in connection.execute(query)][::-1]
    first: list[tk.Ticket] = []
    while len(first) < limit:
        heads = [Head(line[-1].id, rank, line[-1].place) for rank, line in lines.items() if line]
        choice = choose(heads, run=run, limit=hall.options.priority_run)
        if choice is None:
            break
        run = choice.run
        first.append(next(line for line in lines.values() if line and line[-1].id == choice.ticket).pop())
    return UpNext(waiting, first)


def set_aside(
    connection: Connection, hall: Places, counter: Counter, day: date, state: str, *, limit: int = 30
) -> list[tk.Ticket]:
    """The held or missed tickets of ``day`` that this counter would resume: held by place, missed newest first."""
    query = select(tk.tickets).where(
        _c.hall == hall.code,
        _c.business_date == day,
        _c.state == state,
        or_(_c.service.in_(counter.services), _c.counter == counter.code),
    )
    query = query.order_by(*([] if state == tk.HELD else [_c.ended_at.desc()]), _c.place).limit(limit)
    found = [tk.Ticket(*row) for row in connection.execute(query)]
    return [ticket for ticket in found if within_reach(hall, ticket, counter.code)]


def ended_today(connection: Connection, hall: str, counter: str, day: date) -> dict[str, int]:
    """How many tickets ended at a counter on a business date: ``finished`` and ``no_show``."""
    query = (
        select(_c.state, func.count().label("people"))
        .where(_c.hall == hall, _c.business_date == day, _c.counter == counter, _c.state.in_((tk.FINISHED, tk.NO_SHOW)))
        .group_by(_c.state)
    )
    counts = {row.state: row.people for row in connection.execute(query)}
    return {tk.FINISHED: counts.get(tk.FINISHED, 0), tk.NO_SHOW: counts.get(tk.NO_SHOW, 0)}
