"""Ways to break each promise in a real database: with a database tool, or as a faulty program would."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from hall.database import Database, new_id
from hall.once import answers
from hall.turn import Turn, batch, turn
from queueing import calling
from queueing import tickets as tk
from queueing.desks import desks
from queueing.issuing import issue
from staffing import facts, presence
from staffing.privacy import note_look
from tests.cast import BIMA, SARI, SYSTEM, TUESDAY_MORNING

NOW = TUESDAY_MORNING
LATER = NOW + timedelta(minutes=30)


def take(db: Database, minute: int, service: str = "ktp", **more: Any) -> dict[str, Any]:
    return issue(db, "contoh", service, actor="kiosk:k", now=NOW + timedelta(minutes=minute), history=True, **more)


def raw(db: Database, *statements: str) -> None:
    """What somebody with a database tool does: no constraint but those in the tables stops them."""
    if not db.is_sqlite:
        with db.engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # foreign keys look away
            for statement in statements:
                connection.exec_driver_sql(statement)
        return
    with closing(sqlite3.connect(db.path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def without_constraints(db: Database, table: str) -> None:
    """The same rows in a table that promises nothing."""
    gone = f"DROP TABLE {table}" + ("" if db.is_sqlite else " CASCADE")
    raw(db, f"CREATE TABLE bare AS SELECT * FROM {table}", gone, f"ALTER TABLE bare RENAME TO {table}")


def shortest(db: Database) -> str:
    """A microsecond, as the engine reckons with moments."""
    return "1" if db.is_sqlite else "interval '1 microsecond'"


@contextmanager
def forging(db: Database, now: datetime = LATER) -> Iterator[Turn]:
    """A turn in which a faulty program writes what it likes, with a journal that stays whole."""
    with turn(db, "contoh", now) as t:
        yield t


def ticket(t: Turn, label: str) -> tk.Ticket:
    return tk.Ticket(*t.connection.execute(select(tk.tickets).where(tk.tickets.c.label == label)).one())


def forge_call(
    t: Turn, label: str, reason: str = "order", counter: str = "1", at: datetime | None = None, **more: Any
) -> None:
    called = ticket(t, label)
    values = {"state": "called", "counter": counter, "called_at": at or t.now, "only_counter": None} | more
    changed = tk.change(t, called, **values)
    data = {"number": label, "service": changed.service, "agency": changed.agency, "reason": reason, "counter": counter}
    t.write("ticket_called", called.id, data, actor=SYSTEM, at=at)


def forge_ticket(t: Turn, like: str, number: int, *, told: bool = True, **more: Any) -> None:
    before = ticket(t, like)
    row = {name: getattr(before, name) for name in tk.Ticket.__dataclass_fields__}
    row |= {"id": new_id(), "secret": new_id()[:30], "number": number, "label": f"A-{number:03d}", "place": t.seq + 1}
    row |= {"issued_at": t.now, "line_since": t.now} | more
    t.connection.execute(tk.tickets.insert().values(**row))
    if told:
        data = {"number": row["label"], "service": "ktp", "agency": "dukcapil", "priority": None}
        t.write("ticket_issued", row["id"], data, actor=SYSTEM)


BREAKS: list[tuple[str, str, Callable[[Database], None]]] = []


def breaking(promise: str, what: str) -> Callable[[Callable[[Database], None]], Callable[[Database], None]]:
    def note(act: Callable[[Database], None]) -> Callable[[Database], None]:
        BREAKS.append((promise, what, act))
        return act

    return note


@breaking("I1", "a ticket that was acknowledged is deleted")
def _(db: Database) -> None:
    raw(db, "DELETE FROM tickets WHERE label = 'A-002'")


@breaking("I1", "a ticket whose answer nobody asked for again is deleted")
def _(db: Database) -> None:
    take(db, 4)
    raw(db, "DELETE FROM tickets WHERE label = 'A-004'")


@breaking("I1", "the citizen's link leads nowhere")
def _(db: Database) -> None:
    raw(db, "UPDATE tickets SET secret = 'another' WHERE label = 'A-002'")


@breaking("I1", "the links of two citizens lead to the same place")
def _(db: Database) -> None:
    without_constraints(db, "tickets")
    with forging(db) as t:
        forge_ticket(t, "A-003", 4, secret=ticket(t, "A-003").secret)


@breaking("I2", "a number is given twice")
def _(db: Database) -> None:
    without_constraints(db, "tickets")
    with forging(db) as t:
        forge_ticket(t, "A-003", 2)


@breaking("I2", "a number is left out")
def _(db: Database) -> None:
    with forging(db) as t:
        forge_ticket(t, "A-003", 5)


@breaking("I2", "a ticket is renumbered")
def _(db: Database) -> None:
    raw(db, "UPDATE tickets SET number = 7, label = 'A-007' WHERE label = 'A-003'", "DELETE FROM answers")


@breaking("I3", "a ticket that no journal line issued")
def _(db: Database) -> None:
    with forging(db) as t:
        forge_ticket(t, "A-003", 4, told=False)


@breaking("I3", "a request is answered twice, with a ticket each")
def _(db: Database) -> None:
    without_constraints(db, "answers")
    with forging(db) as t:
        forge_ticket(t, "A-003", 4)
        answer = {"id": ticket(t, "A-004").id, "number": "A-004"}
        t.connection.execute(answers.insert().values(hall="contoh", key="k2", asked="", answer=answer, at=t.now))


@breaking("I4", "two tickets are called to one counter")
def _(db: Database) -> None:
    calling.call(db, "contoh", "1", actor=SYSTEM, now=LATER)
    raw(db, "DROP INDEX uq_tickets_live_at_counter")
    with forging(db) as t:
        forge_call(t, "A-002")


@breaking("I4", "one ticket is called to two counters")
def _(db: Database) -> None:
    presence.sign_in(db, "contoh", "2", BIMA.nip, actor=SYSTEM, now=LATER, beats=False)
    calling.call(db, "contoh", "1", actor=SYSTEM, now=LATER)
    with forging(db) as t:
        forge_call(t, "A-001", counter="2")


@breaking("I4", "a ticket that ended is moved again")
def _(db: Database) -> None:
    with forging(db) as t:
        first = ticket(t, "A-001").id
    calling.cancel(db, first, actor=SYSTEM, now=LATER)
    with forging(db) as t:
        t.write("ticket_held", first, {"number": "A-001", "service": "ktp", "counter": None}, actor=SYSTEM)


@breaking("I5", "a younger ticket of the same class is called first")
def _(db: Database) -> None:
    with forging(db) as t:
        forge_call(t, "A-002")


@breaking("I5", "a priority ticket is passed over without a reason")
def _(db: Database) -> None:
    take(db, 5, priority="elderly")
    with forging(db) as t:
        forge_call(t, "A-001")


@breaking("I5", "a priority ticket goes first and nobody says why")
def _(db: Database) -> None:
    take(db, 5, priority="elderly")
    with forging(db) as t:
        forge_call(t, "A-004", reason="order")


@breaking("I5", "a fair share is claimed before the priority class had its turns")
def _(db: Database) -> None:
    take(db, 5, priority="elderly")
    with forging(db) as t:
        forge_call(t, "A-001", reason="fair_share")


@breaking("I5", "a reason is given where there was none to give")
def _(db: Database) -> None:
    with forging(db) as t:
        forge_call(t, "A-001", reason="priority")


@breaking("I5", "the others' share is withheld")
def _(db: Database) -> None:
    for minute in (5, 6, 7):
        take(db, minute, priority="elderly")
    for minute in range(3):
        with forging(db, LATER + timedelta(minutes=minute)) as t:
            forge_call(t, f"A-00{4 + minute}", reason="priority")
            here = ticket(t, f"A-00{4 + minute}").id
        calling.no_show(db, here, actor=SYSTEM, now=LATER + timedelta(minutes=minute))


@breaking("I5", "a ticket that was sent to counter 4 is called to counter 1")
def _(db: Database) -> None:
    with forging(db) as t:
        first = ticket(t, "A-001").id
    calling.transfer(db, first, to_counter="4", actor=SYSTEM, now=LATER)
    with forging(db) as t:
        forge_call(t, "A-001")


@breaking("I5", "a counter calls for a service it does not take")
def _(db: Database) -> None:
    take(db, 5, service="pkb")
    with forging(db) as t:
        forge_call(t, "B-001")


@breaking("I6", "a line is changed")
def _(db: Database) -> None:
    raw(db, "UPDATE journal SET actor = 'somebody else' WHERE seq = 3")


@breaking("I6", "a line is taken out")
def _(db: Database) -> None:
    facts.begin_outage(db, "contoh", "hall", actor=SYSTEM, now=LATER)
    take(db, 40)
    raw(db, "DELETE FROM journal WHERE kind = 'outage_began'")


@breaking("I6", "the last line is cut off")
def _(db: Database) -> None:
    facts.begin_outage(db, "contoh", "hall", actor=SYSTEM, now=LATER)
    raw(db, "DELETE FROM journal WHERE kind = 'outage_began'")


@breaking("I6", "a line is added that nobody counted")
def _(db: Database) -> None:
    raw(
        db,
        "INSERT INTO journal SELECT hall, seq + 1, at, recorded, 'outage_began', actor, 'hall', '{}', hash "
        "FROM journal ORDER BY seq DESC LIMIT 1",
    )


@breaking("I6", "a look at somebody's attendance is taken out")
def _(db: Database) -> None:
    for what in ("attendance", "absences", "roster"):
        note_look(db, "contoh", "manager:m", "hall", what, LATER)
    raw(db, "DELETE FROM looks WHERE nr = 2")


@breaking("I6", "a line cannot be read")
def _(db: Database) -> None:
    raw(db, "UPDATE journal SET data = '{oh' WHERE kind = 'signed_in'", "DELETE FROM sessions", "DELETE FROM desks")


@breaking("I6", "a ticket gets a priority without a line in the journal")
def _(db: Database) -> None:
    raw(db, "UPDATE tickets SET priority = 'elderly' WHERE label = 'A-003'")


@breaking("I6", "the hash of a line is changed")
def _(db: Database) -> None:
    raw(db, "UPDATE journal SET hash = '0' || substr(hash, 2, 62) || 'f' WHERE seq = 3")


@breaking("I6", "a ticket moves up in the line without a line in the journal")
def _(db: Database) -> None:
    raw(db, "UPDATE tickets SET place = 1 WHERE label = 'A-003'")


@breaking("I7", "a ticket is called before it was issued")
def _(db: Database) -> None:
    with batch(db, "contoh", NOW):  # history carried in, in the wrong order; a living hall's turn does not go back
        calling.call(db, "contoh", "1", actor=SYSTEM, now=NOW - timedelta(minutes=1))


@breaking("I7", "an absence ends before it begins")
def _(db: Database) -> None:
    until = LATER + timedelta(hours=1)
    facts.record_absence(db, "contoh", BIMA.nip, "sick", LATER, until, "SK 1", actor=SYSTEM, now=LATER)
    raw(db, f'UPDATE absences SET "end" = start - {shortest(db)}')


@breaking("I9", "a wait is made shorter than it was")
def _(db: Database) -> None:
    calling.call(db, "contoh", "1", actor=SYSTEM, now=LATER)
    raw(db, "UPDATE tickets SET waited = waited / 2 WHERE label = 'A-001'")


@breaking("I9", "a ticket is served on paper only")
def _(db: Database) -> None:
    raw(db, "UPDATE tickets SET state = 'finished', ended_at = issued_at WHERE label = 'A-001'")


@breaking("I10", "two sessions at one counter")
def _(db: Database) -> None:
    raw(db, "DROP INDEX uq_sessions_counter")
    with forging(db) as t:
        row = {"id": new_id(), "hall": "contoh", "counter": "1", "officer": BIMA.nip, "start": t.now, "beats": False}
        t.connection.execute(presence.sessions.insert().values(**row))
        t.connection.execute(update(desks).values(officer=BIMA.nip))
        t.write("signed_in", "1", {"officer": BIMA.nip, "beats": False}, actor=SYSTEM)


@breaking("I10", "a session that no journal line began")
def _(db: Database) -> None:
    with forging(db) as t:
        start, end = t.now, t.now + timedelta(minutes=1)
        row = {"id": new_id(), "hall": "contoh", "counter": "2", "officer": BIMA.nip, "beats": False}
        t.connection.execute(presence.sessions.insert().values(**row, start=start, end=end))


@breaking("I10", "a pause outside its session")
def _(db: Database) -> None:
    presence.pause(db, "contoh", "1", "rapat", actor=SYSTEM, now=LATER)
    presence.sign_out(db, "contoh", "1", actor=SYSTEM, now=LATER + timedelta(minutes=5))
    raw(db, f'UPDATE pauses SET "end" = "end" + {shortest(db)}')


@breaking("I10", "a pause inside a pause")
def _(db: Database) -> None:
    presence.pause(db, "contoh", "1", "rapat", actor=SYSTEM, now=LATER)
    raw(db, "DROP INDEX uq_pauses_open")
    with forging(db) as t:
        row = {
            "id": new_id(),
            "hall": "contoh",
            "session": t.connection.execute(select(presence.sessions.c.id)).scalar_one(),
        }
        t.connection.execute(presence.pauses.insert().values(**row, start=t.now, reason="lagi"))
        t.write("paused", "1", {"officer": SARI.nip, "reason": "lagi"}, actor=SYSTEM)


@breaking("I10", "a call from a counter where nobody sits")
def _(db: Database) -> None:
    with forging(db) as t:
        forge_call(t, "A-001", counter="2")


@breaking("I10", "a call from a paused counter")
def _(db: Database) -> None:
    presence.pause(db, "contoh", "1", "rapat", actor=SYSTEM, now=LATER)
    with forging(db) as t:
        forge_call(t, "A-001")


@breaking("I10", "a counter that is open with nobody there")
def _(db: Database) -> None:
    presence.sign_out(db, "contoh", "1", actor=SYSTEM, now=LATER)
    raw(db, "UPDATE desks SET state = 'open'")


@breaking("I10", "a sign-in that was deleted")
def _(db: Database) -> None:
    raw(db, "DELETE FROM sessions", "UPDATE desks SET state = 'closed'")
