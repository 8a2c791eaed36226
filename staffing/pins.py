"""Whose number a machine or a list tells: PINs that somebody assigned, and people whom the hall does not know yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from hall.database import Database, must_fit
from hall.errors import Invalid, NotFound
from hall.people import officers
from hall.places import Places, places
from hall.turn import Turn, turn
from staffing.attendance import LONGEST_WHO, source_of
from staffing.privacy import Asker, OutOfReach, must_reach_officers
from staffing.readings import attribute, officers_among, pins, readings, told_by


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody unknown to the hall of whom a source tells: how often, first and last time (UTC)."""

    source: str
    machine: str
    who: str
    readings: int
    first: datetime
    last: datetime


def assign_pin(
    db: Database, hall: str, source: str, machine: str, pin: str, officer: str | None, *, actor: str, now: datetime,
    by: Asker | None = None,
) -> int:  # fmt: skip
    """Says who ``pin`` on ``machine`` (or in the lists of ``source``: machine empty) is; None: nobody known.

    Everything that was ever told of this PIN becomes that officer's, also what another officer had been given by
    mistake. Returns how many readings changed hands. Raises :class:`NotFound` (``unknown_officer``,
    ``unknown_source``), :class:`Invalid` (``bad_who``) and, when ``by`` does not reach everybody whose attendance this
    changes, :class:`hall.errors.Denied` (``other_agency``). ``by`` None: the server's own command line.
    """
    if not 1 <= len(pin) <= LONGEST_WHO or not pin.isascii() or not pin.isalnum():
        raise Invalid("bad_who", f"{pin!r:.40} bukan NIP dan bukan PIN.")
    must_fit(pins.c.machine, machine)
    try:
        with turn(db, hall, now) as t:
            return _assign(t, places(db, t.connection, hall, t.config), source, machine, pin, officer, actor, by)
    except OutOfReach as refusal:
        refusal.keep(db, hall, "attendance_list", now)
        raise


def _assign(
    t: Turn, place: Places, source: str, machine: str, pin: str, officer: str | None, actor: str, by: Asker | None
) -> int:
    source_of(place, source)
    if officer is not None and not officers_among(t, [officer]):
        raise NotFound("unknown_officer", f"Petugas dengan NIP {officer} tidak terdaftar di balai ini.")
    mine = told_by(pins, t.hall, source, machine) & (pins.c.pin == pin)
    before = t.connection.execute(select(pins.c.officer).where(mine)).scalar_one_or_none()
    if by is not None:  # in here: asked before the turn, another could give the PIN away in between
        theirs = told_by(readings, t.hall, source, machine) & (readings.c.who == pin)
        told = t.connection.execute(select(readings.c.officer).where(theirs).distinct()).scalars()
        must_reach_officers(t.connection, place, by, filter(None, {officer, before, pin, *told}))
    if before != officer:
        t.connection.execute(delete(pins).where(mine))
        if officer is not None:
            row = {"hall": t.hall, "source": source, "machine": machine, "pin": pin}
            t.connection.execute(insert(pins).values(**row, officer=officer, assigned=t.now))
        data = {"source": source, "machine": machine, "pin": pin, "officer": officer, "before": before}
        t.write("pin_assigned", machine or source, data, actor=actor)
    owner = officer if officer is not None else next(iter(officers_among(t, [pin])), None)
    return attribute(t, place, source, machine, pin, owner, actor)


def adopt_known(db: Database, hall: str, *, actor: str, now: datetime) -> int:
    """Gives what was kept aside to officers whom the hall has come to know by NIP; returns how many readings."""
    with db.reading() as connection:
        if not _adoptable(connection, hall):
            return 0  # the usual case: no turn for nothing
    with turn(db, hall, now) as t:
        place = places(db, t.connection, hall, t.config)
        return sum(
            attribute(t, place, source, machine, who, who, actor)
            for source, machine, who in _adoptable(t.connection, hall)
        )


def _adoptable(connection: Connection, hall: str) -> list[tuple[str, str, str]]:
    known = (officers.c.hall == readings.c.hall) & (officers.c.nip == readings.c.who)
    query = select(readings.c.source, readings.c.machine, readings.c.who).join(officers, known)
    query = query.where(readings.c.hall == hall, readings.c.officer.is_(None)).distinct()
    return [(row.source, row.machine, row.who) for row in connection.execute(query.order_by(*query.selected_columns))]


def strangers(connection: Connection, hall: str) -> list[Stranger]:
    """Everybody unknown to the hall of whom a source tells, most often told first."""
    often = func.count()
    keys = (readings.c.source, readings.c.machine, readings.c.who)
    query = (
        select(*keys, often, func.min(readings.c.at), func.max(readings.c.at))
        .where(readings.c.hall == hall, readings.c.officer.is_(None))
        .group_by(*keys)
        .order_by(often.desc(), *keys)
    )
    return [Stranger(*row) for row in connection.execute(query)]


def pins_of(connection: Connection, hall: str) -> list[tuple[str, str, str, str]]:
    """(source, machine, PIN, officer) of every PIN that somebody assigned."""
    query = select(pins.c.source, pins.c.machine, pins.c.pin, pins.c.officer).where(pins.c.hall == hall)
    return [tuple(row) for row in connection.execute(query.order_by(pins.c.source, pins.c.machine, pins.c.pin))]
