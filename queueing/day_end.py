"""The end of a business day: closed by the manager before its time, or by midnight."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from hall.database import Database
from hall.places import places
from hall.turn import turn
from queueing import tickets as tk
from queueing.line import end_days_before, expire, left_behind, line_of

_c = tk.tickets.c


def close_day(db: Database, hall: str, *, actor: str, now: datetime) -> int:
    """The manager closes the business day early: who still waits or is held expires now. Returns how many."""
    with turn(db, hall, now) as t:
        line = line_of(t)
        query = select(tk.tickets).where(
            _c.hall == hall, _c.business_date == line.date, _c.state.in_((tk.WAITING, tk.HELD))
        )
        left = [tk.Ticket(*row) for row in t.connection.execute(query.order_by(_c.place))]
        for ticket in left:
            expire(t, line.places, ticket)
        t.write("day_closed", line.date.isoformat(), {"expired": len(left)}, actor=actor)
        return len(left)


def end_old_days(db: Database, hall: str, *, now: datetime) -> int:
    """Ends what earlier business dates left waiting.

    The couriers call it after midnight; it is harmless at any time.
    """
    with db.reading() as connection:
        place = places(db, connection, hall)
        if not left_behind(connection, hall, place.date(now)):
            return 0
    with turn(db, hall, now) as t:
        now = t.now
        return end_days_before(t, place, place.date(now))
