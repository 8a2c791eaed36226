"""Puts together what a console shows: the ticket there, who waits, who was set aside, the pause, the printers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hall.database import Connection
from hall.places import Counter, Places
from queueing import tickets as tk
from queueing.desks import CLOSED, LOST, OPEN, PAUSED, all_desks, desk
from queueing.slips import printers_now
from queueing.upnext import ended_today, set_aside, up_next
from staffing.presence import open_pause, open_sessions, session_at


def desk_view(connection: Connection, hall: Places, counter: Counter, *, seq: int, now: datetime) -> dict[str, Any]:
    """Everything a console shows of its counter, as plain values; times carry the hall's offset, waits are seconds.

    No secret of a ticket and no name of a person: whoever sits there knows who they are.
    """
    seat = desk(connection, hall.code, counter.code)
    live = tk.live_at(connection, hall.code, counter.code)
    today = hall.date(now)
    coming = up_next(connection, hall, counter, today, run=seat.priority_run if seat else 0)
    held, missed = (set_aside(connection, hall, counter, today, state) for state in (tk.HELD, tk.NO_SHOW))
    return {
        "hall": hall.code,
        "seq": seq,
        "now": now.astimezone(hall.tz).isoformat(),
        "zone": hall.zone,
        "lines": [],
        "counter": place(hall, counter),
        "session": session_view(connection, hall, counter),
        "ticket": ticket_view(hall, live, now) if live else None,
        "waiting": coming.waiting,
        "next": [ticket_view(hall, ticket, now) for ticket in coming.first],
        "held": [ticket_view(hall, ticket, now) for ticket in held],
        "missed": [ticket_view(hall, ticket, now) for ticket in missed],
        "today": ended_today(connection, hall.code, counter.code, today),
        "printers": printer_faults(connection, hall, now),
        "options": {
            "pause_minutes": hall.options.pause_minutes,
            "no_show_after_recalls": hall.options.no_show_after_recalls,
            "beat_seconds": hall.options.beat_seconds,
        },
    }


def place(hall: Places, counter: Counter) -> dict[str, Any]:
    """A counter as its console names it."""
    agency = hall.agencies[counter.agency]
    return {
        "code": counter.code,
        "name": counter.name,
        "area": counter.area,
        "agency": agency.code,
        "agency_name": agency.name,
        "agency_short": agency.short,
        "services": [
            {"code": code, "name": hall.services[code].name} for code in counter.services if code in hall.services
        ],
    }


def session_view(connection: Connection, hall: Places, counter: Counter) -> dict[str, Any]:
    """State of a counter (``open``, ``paused``, ``lost``, ``closed``), since when, and its pause."""
    session = session_at(connection, hall.code, counter.code)
    if session is None:
        return {"counter": counter.code, "state": CLOSED, "since": None, "pause": None}
    seat, pause = desk(connection, hall.code, counter.code), open_pause(connection, session.id)
    lost = seat is not None and seat.state == LOST
    return {
        "counter": counter.code,
        "state": LOST if lost else PAUSED if pause else OPEN,
        "since": _local(session.start, hall),
        "pause": {"since": _local(pause[0], hall), "reason": pause[1]} if pause else None,
    }


def ticket_view(hall: Places, ticket: tk.Ticket, now: datetime) -> dict[str, Any]:
    """A ticket as an officer sees it: never its secret. ``waited_seconds`` is its time in the line up to now."""
    waited = ticket.waited / 1_000_000
    if ticket.state == tk.WAITING:
        waited += max(0.0, (now - ticket.line_since).total_seconds())
    service, back = hall.services.get(ticket.service), hall.counters.get(ticket.back_counter or "")
    first = hall.services.get(ticket.first_service)
    return ticket.public(hall.tz) | {
        "service_name": service.name if service else ticket.service,
        "waited_seconds": round(waited),
        "came_for": first.name if first and ticket.first_service != ticket.service else None,
        "returns_to": back.name if back else None,
    }


def printer_faults(connection: Connection, hall: Places, now: datetime) -> list[dict[str, Any]]:
    """The hall's slip printers that need somebody to look after them, with what they said and since when."""
    told = printers_now(connection, hall.code, now)
    return [
        {
            "code": code,
            "kiosk": printer.kiosk,
            "state": told[code]["state"],
            "reason": told[code]["reason"],
            "since": _local(told[code]["since"], hall),
        }
        for code, printer in hall.printers.items()
        if code in told and told[code]["state"] != "ready"
    ]


def counter_list(connection: Connection, hall: Places) -> dict[str, Any]:
    """The counters for whoever signs in or transfers: taken or free, and what they serve. No names of people."""
    taken = {session.counter for session in open_sessions(connection, hall.code)}
    seats = all_desks(connection, hall.code)
    counters = []
    for counter in hall.counters.values():
        state = seats[counter.code].state if counter.code in taken and counter.code in seats else CLOSED
        counters.append(place(hall, counter) | {"taken": counter.code in taken, "state": state})
    services = [
        {"code": s.code, "name": s.name, "agency": s.agency, "agency_short": hall.agencies[s.agency].short}
        for s in hall.services.values()
    ]
    return {"hall": hall.code, "counters": counters, "services": services}


def _local(moment: datetime, hall: Places) -> str:
    return moment.astimezone(hall.tz).isoformat()
