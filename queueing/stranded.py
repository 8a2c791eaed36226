"""Who waits where nobody can call them: after a set-up that took their service or counter out of the hall."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from hall.database import Database
from hall.places import places
from queueing import tickets as tk


def out_of_reach(db: Database, hall: str, *, now: datetime) -> list[tk.Ticket]:
    """The waiting tickets of today that no counter of the hall takes any more, oldest first.

    Putting the service or counter back brings them into the line again. Raises :class:`NotFound` (``unknown_hall``).
    """
    c = tk.tickets.c
    with db.reading() as connection:
        here = places(db, connection, hall)
        today = select(tk.tickets).where(c.hall == hall, c.business_date == here.date(now), tk.WAITS)
        waiting = [tk.Ticket(*row) for row in connection.execute(today.order_by(c.place))]
    taken = {service for counter in here.counters.values() for service in counter.services}
    return [
        ticket
        for ticket in waiting
        if (ticket.service not in taken if ticket.only_counter is None else ticket.only_counter not in here.counters)
    ]
