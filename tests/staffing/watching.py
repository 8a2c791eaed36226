"""What the tests of the watch do over and over: a hall's settings, a look at its flags, its messages, its journal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from hall import places
from hall.database import Database
from hall.journal import Line, since
from hall.turn import turn
from staffing import presence
from staffing.flags import Flag, open_flags, past_flags
from staffing.outbox import Message, messages, report_message, take_message
from staffing.watch import watch
from tests.cast import CONSOLE, TUESDAY, Person, wib
from tests.staffing.tuesday import at

HALL = "contoh"
STAGES: tuple[dict[str, Any], ...] = (
    {"stage": "coordinator", "after_minutes": 0, "channels": ["koordinator"]},
    {"stage": "head", "after_minutes": 15, "channels": ["kadis"]},
    {"stage": "head", "after_minutes": 15, "agency": "samsat", "channels": ["samsat"]},
    {"stage": "sekda", "after_minutes": 45, "channels": ["sekda"]},
    {"stage": "regent", "after_minutes": 90, "channels": ["bupati"], "always": True},
)


def set_stages(db: Database, *rows: dict[str, Any]) -> None:
    """Gives the hall these stages."""
    with turn(db, HALL, at("06:40")) as t:
        t.connection.execute(places.escalations.delete().where(places.escalations.c.hall == HALL))
        for nr, row in enumerate(rows, 1):
            values = {"agency": None, "always": False, "channels": []} | row
            t.connection.execute(places.escalations.insert().values(hall=HALL, nr=nr, **values))
        t.set_up_changed()


def set_options(db: Database, **options: object) -> None:
    """Changes options of the hall."""
    with turn(db, HALL, at("06:41")) as t:
        stored = t.connection.execute(select(places.halls.c.options).where(places.halls.c.code == HALL)).scalar_one()
        t.connection.execute(update(places.halls).where(places.halls.c.code == HALL).values(options=stored | options))
        t.set_up_changed()


def sit(db: Database, clock: str, person: Person, counter: str = "") -> None:
    """Signs in, at the usual counter or another one."""
    place = counter or person.counter
    presence.sign_in(db, HALL, place, person.nip, actor=CONSOLE, now=at(clock), beats=False)


def leave(db: Database, clock: str, counter: str) -> None:
    """Signs out."""
    presence.sign_out(db, HALL, counter, actor=CONSOLE, now=at(clock))


def look(db: Database, clock: str) -> dict[str, Flag]:
    """A look of the watch at that time, and the flags that are up afterwards."""
    watch(db, HALL, now=at(clock))
    with db.reading() as connection:
        return open_flags(connection, HALL)


def past(db: Database) -> list[Flag]:
    """The flags of the Tuesday that came down."""
    day = wib(TUESDAY, "09:00").date()
    with db.reading() as connection:
        return past_flags(connection, HALL, day, day)


def told(db: Database, counter: str = "1") -> list[tuple[str, str, str]]:
    """(event, channel, state) of every message about a counter, oldest first."""
    with db.reading() as connection:
        mine = {f.id for f in [*open_flags(connection, HALL).values(), *past(db)] if f.counter == counter}
        query = select(messages).where(messages.c.flag.in_(mine)).order_by(messages.c.id)
        return [(row.event, row.channel, row.state) for row in connection.execute(query)]


def take_all(db: Database, moment: datetime) -> list[Message]:
    """Takes everything that may be sent at that moment."""
    taken = []
    while (message := take_message(db, HALL, now=moment)) is not None:
        taken.append(message)
    return taken


def send_all(db: Database, clock: str, state: str = "sent") -> list[tuple[str, str]]:
    """Takes and reports everything that may be sent at that time; returns (stage, channel)."""
    taken = take_all(db, at(clock))
    for message in taken:
        report_message(db, message, state, now=at(clock))
    return [(m.event, m.channel) for m in taken]


def lines(db: Database, prefix: str, counter: str = "1") -> list[Line]:
    """The journal's lines of a kind about one counter."""
    with db.reading() as connection:
        mine = {f.id for f in [*open_flags(connection, HALL).values(), *past(db)] if f.counter == counter}
        return [ln for ln in since(connection, HALL, 0) if ln.kind.startswith(prefix) and ln.subject in mine]
