"""Which tickets the officer at a counter may move: the one there, and those not at any counter, of the same agency."""

from __future__ import annotations

from hall.errors import Denied
from hall.places import Places
from queueing.tickets import LIVE, Ticket


def within_reach(hall: Places, ticket: Ticket, counter: str) -> bool:
    """Whether the officer at ``counter`` may move ``ticket``.

    A ticket that is called or served belongs to the counter it stands at and to nobody else. Any other one (waiting,
    held, missed) belongs to every officer of an agency that serves it: the agency of its service, of a counter that
    takes the service, of the counter it was sent to, or of the counter where it was set aside.
    """
    if ticket.state in LIVE or ticket.counter == counter:
        return ticket.counter == counter
    here = hall.counters.get(counter)
    if here is None:
        return False
    codes = {*hall.counters_of.get(ticket.service, ()), ticket.only_counter, ticket.counter}
    agencies = {hall.counters[code].agency for code in codes if code in hall.counters}
    return here.agency in agencies | {ticket.agency}


def must_be_within_reach(hall: Places, ticket: Ticket, counter: str | None) -> None:
    """Raises :class:`Denied` (``other_counter``) for a ticket out of reach; ``counter`` None reaches everything."""
    if counter is not None and not within_reach(hall, ticket, counter):
        raise Denied("other_counter", f"Nomor {ticket.label} bukan urusan loket ini.", counter=ticket.counter)
