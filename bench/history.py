"""Fills a hall with finished tickets of past days, rows and journal as the verbs would have left them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from bench.place import CLOCK, HALL, KIOSK, Place
from hall.database import Database, new_id
from hall.once import answers, fingerprint
from hall.places import Places, places
from hall.turn import Turn, turn
from queueing import tickets as tk
from queueing.slips import CONFIRMED, print_jobs

A_DAY = 2_000  # tickets


def fill(place: Place, tickets: int) -> None:
    """Writes ``tickets`` tickets into the days before today, for the services and counters of those who are seated."""
    db = place.open()
    try:
        write_history(db, HALL, tickets, place.services, place.counters)
    finally:
        db.close()


def write_history(db: Database, code: str, tickets: int, services: Sequence[str], counters: Sequence[str]) -> None:
    """Writes ``tickets`` tickets into the days before today, each issued, printed, called, started and finished.

    They are for these services in turn, each served at one of these counters.
    """
    chance = random.Random(1)
    with db.reading() as connection:
        hall = places(db, connection, code)
    days = -(-tickets // A_DAY)
    for back in range(days, 0, -1):
        day = hall.date(CLOCK.now()) - timedelta(days=back)
        many = min(A_DAY, tickets - (days - back) * A_DAY)
        with turn(db, code, CLOCK.now()) as t:
            _fill_day(t, hall, day, [services[nr % len(services)] for nr in range(many)], counters, chance)
    db.checkpoint()


def _fill_day(
    t: Turn, hall: Places, day: date, wanted: list[str], counters: Sequence[str], chance: random.Random
) -> None:
    """One day: people come every few seconds, wait some minutes and are served for some."""
    rows: list[dict[str, Any]] = []
    jobs: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    numbers: dict[str, int] = {}
    opening = datetime(day.year, day.month, day.day, 8, tzinfo=hall.tz)
    free = dict.fromkeys(counters, opening)
    printer = next(iter(hall.printers))
    for nr, code in enumerate(wanted):
        service = hall.services[code]
        number = numbers[service.prefix] = numbers.get(service.prefix, 0) + 1
        label = f"{service.prefix}-{number:0{hall.options.number_digits}d}"
        issued = opening + timedelta(seconds=12 * nr)
        counter = min((c for c in counters if service.code in hall.counters[c].services), key=free.__getitem__)
        called = max(issued + timedelta(seconds=1), free[counter])
        started = called + timedelta(seconds=5)
        ended = free[counter] = started + timedelta(seconds=chance.randint(15, 60))
        ticket, job, said = new_id(), new_id(), {"number": label, "service": service.code, "agency": service.agency}
        place_nr = t.write("ticket_issued", ticket, said | {"priority": None}, actor=f"kiosk:{KIOSK}", at=issued)
        told_of_slip = {"job": job, "printer": printer, "copy": 0}
        t.write("slip_sent", ticket, told_of_slip, actor="system", at=issued)
        t.write("slip_confirmed", ticket, told_of_slip | {"reason": None}, actor=f"kiosk:{KIOSK}", at=issued)
        at_counter = said | {"counter": counter}
        t.write("ticket_called", ticket, at_counter | {"reason": "order"}, actor="console:console-1", at=called)
        t.write("ticket_started", ticket, at_counter, actor="console:console-1", at=started)
        t.write("ticket_finished", ticket, at_counter, actor="console:console-1", at=ended)
        rows.append(
            {
                "id": ticket, "hall": hall.code, "business_date": day, "prefix": service.prefix, "number": number,
                "label": label, "secret": token_urlsafe(12), "service": service.code, "first_service": service.code,
                "agency": service.agency, "priority": None, "rank": 1, "state": tk.FINISHED, "place": place_nr,
                "counter": counter, "recalls": 0, "issued_at": issued, "line_since": issued, "called_at": called,
                "started_at": started, "ended_at": ended, "waited": (called - issued) // timedelta(microseconds=1),
            }
        )  # fmt: skip
        jobs.append(
            {
                "id": job, "hall": hall.code, "ticket": ticket, "printer": printer, "copy": 0, "state": CONFIRMED,
                "facts": {"number": label, "service": service.name}, "created": issued, "sent": issued, "ended": issued,
            }
        )  # fmt: skip
        asked = fingerprint({"service": service.code, "priority": None})
        answer = {"id": ticket, "number": label, "service": service.code, "agency": service.agency}
        told.append({"hall": hall.code, "key": new_id(), "asked": asked, "answer": answer, "at": issued})
    t.touched = True
    t.connection.execute(tk.tickets.insert(), rows)
    t.connection.execute(print_jobs.insert(), jobs)
    t.connection.execute(answers.insert(), told)
