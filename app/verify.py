"""``antre verify``: holds a database against the promises and names every breach."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import Connection, select, text, union

from app.promises import paper, rows, seats
from app.promises.callings import callings_of
from app.promises.found import PROMISES, Breach, Found
from app.promises.story import Story
from hall.database import Database
from hall.errors import NotFound
from hall.journal import journal
from hall.places import halls as hall_table
from hall.turn import turns
from queueing import tickets as tk
from queueing.statistics import agree, days_with_tickets

__all__ = ["PROMISES", "Breach", "verify"]


def verify(db: Database, *, halls: Sequence[str] | None = None) -> list[Breach]:
    """Every breach of every promise in the given halls (all of them by default), in the order of the promises.

    Reads one consistent state, so a server may go on working meanwhile, and never holds more than about a day of it in
    memory. Raises :class:`NotFound` (``unknown_hall``).
    """
    with db.reading() as connection:
        if not db.is_sqlite:  # this state is kept while the days are counted again elsewhere: minutes, for a year
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        zones = _zones(connection)
        for wanted in halls or ():
            if wanted not in zones:
                raise NotFound("unknown_hall", f"Tidak ada balai layanan dengan kode {wanted!r}.")
        return [b for hall in halls or sorted(zones) for b in _verify_hall(db, connection, hall, zones[hall])]


def _verify_hall(db: Database, connection: Connection, hall: str, zone: str | None) -> list[Breach]:
    found = Found(hall)
    if zone is None:
        found.add("I6", "the hall itself is gone; only its records are left")
    rows.no_acknowledged_ticket_is_lost(connection, found)
    rows.no_number_is_given_twice(connection, found)
    odd_days = rows.every_ticket_was_issued(connection, found)
    rows.no_request_has_two_answers(connection, found)
    rows.no_two_tickets_at_a_counter(connection, found)
    rows.the_journal_is_whole(connection, found)
    rows.no_negative_durations(connection, found)
    story = Story(found, zone or "UTC", callings_of(db, connection, hall, found))
    story.read(connection, hall)
    if zone is not None:
        _count_twice(db, found, odd_days | story.troubled)
    paper.no_slip_is_doubled(connection, found)
    seats.presence_is_well_nested(connection, found, story.counted)
    return found.breaches()


def _count_twice(db: Database, found: Found, named_already: Collection[date]) -> None:
    """I9 once more, by the statistics' own account of each day that seems in order."""
    for day in days_with_tickets(db, found.hall):
        if day not in named_already:
            for sentence in agree(db, found.hall, day):
                found.add("I9", sentence)


def _zones(connection: Connection) -> dict[str, str | None]:
    """Every hall that left a trace anywhere, with its zone; None where the hall itself is gone."""
    codes = union(
        select(hall_table.c.code), select(turns.c.hall), select(journal.c.hall), select(tk.tickets.c.hall)
    ).subquery()
    query = select(codes.c.code, hall_table.c.zone).outerjoin(hall_table, hall_table.c.code == codes.c.code)
    return {row.code: row.zone for row in connection.execute(query)}
