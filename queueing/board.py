"""What a screen in the waiting room shows: who is called now, who was called last, and how many wait where."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hall.journal import Line as JournalLine
from hall.journal import journal
from hall.places import Counter, Places
from queueing import tickets as tk
from queueing.desks import OPEN, PAUSED
from queueing.doorway import REASONS
from queueing.line import Line

SPOKEN = ("ticket_called", "ticket_recalled")
MOST_LINES = 200  # calls since the question; a screen that slept longer catches up with the board itself


def board(connection: Connection, line: Line, area: str | None, now: datetime) -> dict[str, Any]:
    """The board of a hall, or of one area of it, as plain values. Times carry the hall's offset. Nothing personal."""
    hall = line.places
    counters = [c for c in hall.counters.values() if area is None or c.area == area]
    here = {c.code for c in counters}
    live = _live(connection, hall)
    seqs = _call_lines(connection, hall.code, [t.id for t in live])
    calling = [_call(hall, t, seqs.get(t.id, 0)) | _live_words(t) for t in live if t.counter in here]
    return {
        "hall": hall.code,
        "name": hall.name,
        "area": area,
        "calling": sorted(calling, key=lambda c: c["seq"], reverse=True),
        "last_calls": _last_calls(connection, line, here),
        "waiting": _waiting(line, counters),
        "counters": [_counter(line, c, now) for c in counters],
        "running_text": hall.options.running_text,
        "speak_max_age_seconds": hall.options.speak_max_age_seconds,
    }


def spoken_lines(connection: Connection, hall: Places, since: int, area: str | None) -> list[dict[str, Any]]:
    """The calls and recalls after journal line ``since``, in order: what a screen speaks.

    The newest ones when there are too many: a screen that slept long must hear the last minute, not the first.
    """
    j, found = journal.c, []
    query = select(journal).where(j.hall == hall.code, j.seq > since, j.kind.in_(SPOKEN)).order_by(j.seq.desc())
    for line in reversed([JournalLine(*row) for row in connection.execute(query.limit(MOST_LINES))]):
        counter = hall.counters.get(line.data["counter"])
        if counter is None or (area is not None and counter.area != area):
            continue
        found.append(
            {
                "seq": line.seq,
                "at": line.at.astimezone(hall.tz).isoformat(),
                "kind": line.kind,
                "number": line.data["number"],
                "counter": counter.code,
                "counter_name": counter.name,
                "agency": line.data["agency"],
            }
        )
    return found


def _live(connection: Connection, hall: Places) -> list[tk.Ticket]:
    query = select(tk.tickets).where(tk.tickets.c.hall == hall.code, tk.tickets.c.state.in_(tk.LIVE))
    return [tk.Ticket(*row) for row in connection.execute(query)]


def _call_lines(connection: Connection, hall: str, tickets: list[str]) -> dict[str, int]:
    """The journal line of each ticket's newest call."""
    j = journal.c
    query = select(j.subject, j.seq).where(j.hall == hall, j.subject.in_(tickets), j.kind.in_(SPOKEN)).order_by(j.seq)
    return {row.subject: row.seq for row in connection.execute(query)}


def _last_calls(connection: Connection, line: Line, here: set[str]) -> list[dict[str, Any]]:
    c, hall = tk.tickets.c, line.places
    query = (
        select(tk.tickets)
        .where(c.hall == hall.code, c.business_date == line.date, c.called_at.is_not(None), c.state.not_in(tk.LIVE))
        .order_by(c.called_at.desc(), c.place.desc())
        .limit(hall.options.last_calls * (1 if len(here) == len(hall.counters) else 5))
    )
    called = [t for row in connection.execute(query) if (t := tk.Ticket(*row)).counter in here]
    shown = called[: hall.options.last_calls]
    seqs = _call_lines(connection, hall.code, [t.id for t in shown])
    return [_call(hall, t, seqs.get(t.id, 0)) for t in shown]


def _call(hall: Places, ticket: tk.Ticket, seq: int) -> dict[str, Any]:
    counter = hall.counters.get(ticket.counter or "")
    at = (ticket.called_at or ticket.issued_at).astimezone(hall.tz).isoformat()
    return {
        "seq": seq,
        "number": ticket.label,
        "counter": ticket.counter,
        "counter_name": counter.name if counter else ticket.counter,
        "agency": ticket.agency,
        "at": at,
    }


def _live_words(ticket: tk.Ticket) -> dict[str, Any]:
    return {"ticket": ticket.id, "service": ticket.service, "state": ticket.state, "recalls": ticket.recalls}


def _waiting(line: Line, counters: list[Counter]) -> list[dict[str, Any]]:
    """People waiting per agency with a counter here, with the estimate of its busiest service."""
    rows = []
    for agency in line.places.agencies.values():
        mine = [c for c in counters if c.agency == agency.code]
        # a counter may still list a service that is not offered for the time being
        offered = [line.places.services[s] for c in mine for s in c.services if s in line.places.services]
        services = {s.code for s in offered if s.agency == agency.code}
        if not mine or not services:
            continue
        busiest = max(services, key=line.waiting_for)
        expected = line.expect(busiest, line.ahead(busiest, 1))
        rows.append(
            {
                "agency": agency.code,
                "name": agency.name,
                "short": agency.short,
                "waiting": sum(line.waiting_for(s) for s in services),
                "serving_counters": sum(1 for c in mine if line.desks.get(c.code) == OPEN),
                "estimate": {"low": expected[0], "high": expected[1]} if expected else None,
            }
        )
    return rows


def _counter(line: Line, counter: Counter, now: datetime) -> dict[str, Any]:
    """Whether a counter serves now; if not, a word that blames nobody: the schedule, a break, or just not serving.

    ``expected_at`` is when it opens again today by the schedule; of one that should be open nobody can promise that.
    """
    state, text = line.desks.get(counter.code), ""
    piece = line.places.calendar.state_at(counter.agency, counter.code, now)
    if state == PAUSED:
        text = "Istirahat sejenak"
    elif state != OPEN:
        text = "Belum melayani" if piece.due else REASONS.get(piece.reason or "", "Tutup")
    return {
        "counter": counter.code,
        "name": counter.name,
        "agency": counter.agency,
        "open": state == OPEN,
        "due": piece.due,
        "text": text,
        "expected_at": _reopening(line, counter, now) if state not in (OPEN, PAUSED) and not piece.due else None,
    }


def _reopening(line: Line, counter: Counter, now: datetime) -> str | None:
    when = line.places.calendar.next_opening(counter.agency, counter.code, now)
    return when.astimezone(line.places.tz).isoformat() if when and line.places.date(when) == line.date else None
