"""What the tests of the floor do over and over: sit down, give a number, call, look."""

from __future__ import annotations

from datetime import datetime

from hall.database import Database
from queueing import calling
from queueing.issuing import issue
from staffing import presence
from staffing.floor import CounterNow, floor
from tests.cast import CONSOLE, KIOSK, TUESDAY, WIB, Person, wib


def at(clock: str) -> datetime:
    """That time of the Tuesday."""
    return wib(TUESDAY, clock)


def look(db: Database, clock: str, counter: str) -> CounterNow:
    """One counter at that time of the Tuesday."""
    return next(c for c in floor(db, "contoh", at(clock)).counters if c.counter == counter)


def brief(c: CounterNow) -> tuple[str, str | None, str]:
    """State, cause and since (WIB)."""
    return c.state, c.cause, c.since.astimezone(WIB).strftime("%H:%M")


def sit(db: Database, clock: str, person: Person, *, beats: bool = False) -> None:
    presence.sign_in(db, "contoh", person.counter, person.nip, actor=CONSOLE, now=at(clock), beats=beats)


def give(db: Database, clock: str, service: str = "ktp") -> str:
    answer = issue(db, "contoh", service, actor=KIOSK, now=at(clock), history=True)
    return str(answer["id"])


def call(db: Database, clock: str, counter: str = "1") -> str:
    called = calling.call(db, "contoh", counter, actor=CONSOLE, now=at(clock))
    assert called is not None
    return str(called["id"])
