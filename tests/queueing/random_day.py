"""A day in the small hall on which people do whatever they may do, by a seeded chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from random import Random

from sqlalchemy import select

from hall.database import Database
from hall.errors import Refusal
from queueing import calling
from queueing import tickets as tk
from queueing.issuing import issue
from staffing import facts, presence
from tests.cast import BIMA, CONSOLE, GALIH, KIOSK, SARI, SYSTEM, Person

HALL = "contoh"


class RandomDay:
    """Tries one verb at a time; a verb that is refused is no part of the day. ``done`` counts those that were done."""

    def __init__(self, db: Database, chance: Random) -> None:
        self.db, self.chance = db, chance
        self.done: Counter[str] = Counter()

    def do_something(self, now: datetime) -> None:
        """A few verbs at one moment."""
        for _ in range(self.chance.randint(1, 4)):
            name = self.chance.choice(list(VERBS))
            try:
                if VERBS[name](self, now):
                    self.done[name] += 1
            except Refusal:
                continue

    def ticket(self, *states: str) -> str | None:
        """Some ticket in one of these states."""
        query = select(tk.tickets.c.id).where(tk.tickets.c.hall == HALL, tk.tickets.c.state.in_(states))
        with self.db.reading() as connection:
            found = [row.id for row in connection.execute(query.order_by(tk.tickets.c.id))]
        return self.chance.choice(found) if found else None

    def somebody(self) -> Person:
        """One of the three officers."""
        return self.chance.choice((SARI, BIMA, GALIH))


def _issue(day: RandomDay, now: datetime) -> bool:
    service = day.chance.choice(("ktp", "ktp", "pkb"))
    priority = "elderly" if day.chance.random() < 0.2 else None
    issue(day.db, HALL, service, actor=KIOSK, now=now, history=True, priority=priority)
    return True


def _call(day: RandomDay, now: datetime) -> bool:
    return calling.call(day.db, HALL, day.somebody().counter, actor=CONSOLE, now=now) is not None


def _move(verb: Callable[..., object], *states: str) -> Callable[[RandomDay, datetime], bool]:
    def move(day: RandomDay, now: datetime) -> bool:
        ticket = day.ticket(*states)
        if ticket is None:
            return False
        verb(day.db, ticket, actor=CONSOLE, now=now)
        return True

    return move


def _transfer(day: RandomDay, now: datetime) -> bool:
    ticket = day.ticket(tk.WAITING, tk.CALLED, tk.SERVING, tk.HELD)
    if ticket is None:
        return False
    back = day.chance.random() < 0.3
    if day.chance.random() < 0.5:
        service = day.chance.choice(("ktp", "pkb"))
        calling.transfer(day.db, ticket, service=service, back=back, actor=CONSOLE, now=now)
    else:
        calling.transfer(day.db, ticket, to_counter=day.somebody().counter, back=back, actor=CONSOLE, now=now)
    return True


def _sign_in(day: RandomDay, now: datetime) -> bool:
    person = day.somebody()
    presence.sign_in(day.db, HALL, person.counter, person.nip, actor=CONSOLE, now=now, beats=False)
    return True


def _sign_out(day: RandomDay, now: datetime) -> bool:
    if day.chance.random() < 0.4:
        presence.sign_out(day.db, HALL, day.somebody().counter, actor=CONSOLE, now=now)
        return True
    return False


def _pause(day: RandomDay, now: datetime) -> bool:
    presence.pause(day.db, HALL, day.somebody().counter, "ke belakang", actor=CONSOLE, now=now)
    return True


def _unpause(day: RandomDay, now: datetime) -> bool:
    presence.unpause(day.db, HALL, day.somebody().counter, actor=CONSOLE, now=now)
    return True


def _outage(day: RandomDay, now: datetime) -> bool:
    if day.chance.random() < 0.2:
        facts.begin_outage(day.db, HALL, day.chance.choice(("hall", "counter:1")), actor=SYSTEM, now=now)
        return True
    return False


def _restore(day: RandomDay, now: datetime) -> bool:
    facts.end_outage(day.db, HALL, day.chance.choice(("hall", "counter:1")), actor=SYSTEM, now=now)
    return True


VERBS: dict[str, Callable[[RandomDay, datetime], bool]] = {
    "issue": _issue,
    "issue again": _issue,
    "call": _call,
    "call again": _call,
    "recall": _move(calling.recall, tk.CALLED),
    "start": _move(calling.start, tk.CALLED),
    "finish": _move(calling.finish, tk.SERVING),
    "no-show": _move(calling.no_show, tk.CALLED),
    "hold": _move(calling.hold, tk.CALLED, tk.SERVING),
    "resume": _move(calling.resume, tk.HELD, tk.NO_SHOW),
    "cancel": _move(calling.cancel, tk.WAITING, tk.HELD),
    "transfer": _transfer,
    "sign-in": _sign_in,
    "sign-out": _sign_out,
    "pause": _pause,
    "unpause": _unpause,
    "down": _outage,
    "up": _restore,
}
