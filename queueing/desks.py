"""A counter as the line sees it: closed, open for calling, paused, or lost from sight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, ForeignKeyConstraint, Integer, String, Table, bindparam, select, update

from hall.database import Moment, metadata
from hall.errors import Conflict, Denied
from hall.statements import Prepared
from hall.turn import Turn

CLOSED, OPEN, PAUSED, LOST = "closed", "open", "paused", "lost"

desks = Table(
    "desks",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("counter", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("officer", String(18)),
    Column("since", Moment, nullable=False),
    Column("priority_run", Integer, nullable=False),
    Column("last_call", Moment),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)

_change = update(desks).where(desks.c.hall == bindparam("b_hall"), desks.c.counter == bindparam("b_counter"))
_all = select(desks).where(desks.c.hall == bindparam("b_hall"))
_one = Prepared(select(desks).where(desks.c.hall == bindparam("b_hall"), desks.c.counter == bindparam("b_counter")))


@dataclass(frozen=True, slots=True)
class Desk:
    """State of a counter: since when (aware UTC), which officer, priority tickets called in a row, last call."""

    hall: str
    counter: str
    state: str
    officer: str | None
    since: datetime
    priority_run: int
    last_call: datetime | None


def desk(connection: Connection, hall: str, counter: str) -> Desk | None:
    """The desk as stored, or None when nobody ever sat there."""
    row = _one.first(connection, {"b_hall": hall, "b_counter": counter})
    return None if row is None else Desk(*row)


def all_desks(connection: Connection, hall: str) -> dict[str, Desk]:
    """Every desk of the hall that was ever used, by counter code."""
    return {r.counter: Desk(*r) for r in connection.execute(_all, {"b_hall": hall})}


def must_still_sit(seat: Desk | None, officer: str | None) -> None:
    """Refuses an officer whose seat was given up or taken by another while they waited for the turn.

    ``seat`` is the desk as it is in the turn; ``officer`` None is somebody who needs no seat to act. Raises
    :class:`Conflict` (``not_signed_in``) and :class:`Denied` (``other_counter``).
    """
    if officer is None:
        return
    if seat is None or seat.officer is None:
        raise Conflict("not_signed_in", "Anda belum masuk di loket ini, atau sesi hari sebelumnya sudah berakhir.")
    if seat.officer != officer:
        raise Denied("other_counter", "Loket ini sekarang dipakai petugas lain.", counter=seat.counter)


def change_desk(t: Turn, counter: str, **values: Any) -> None:
    """Writes new values of a desk that is there."""
    t.connection.execute(_change, {"b_hall": t.hall, "b_counter": counter, **values})


def set_desk(t: Turn, counter: str, state: str, officer: str | None, *, at: datetime | None = None) -> None:
    """Opens, pauses or closes a counter for calling. Called by presence, inside its turn."""
    since = at or t.now
    if desk(t.connection, t.hall, counter) is None:
        t.connection.execute(
            desks.insert().values(
                hall=t.hall, counter=counter, state=state, officer=officer, since=since, priority_run=0
            )
        )
    else:
        change_desk(t, counter, state=state, officer=officer, since=since)
    t.touched = True
    line = t.memory.get("line")  # a queueing.line.Line, which is built on this module
    if line is not None:
        line.desk_changed(counter, state)
