"""What sources told, whose it is, and the punches it makes: the ground of attendance, inside a turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Index, String, Table, delete, insert, select, tuple_, update

from hall.database import Moment, metadata, new_id
from hall.people import officers
from hall.places import Places
from hall.turn import Turn
from staffing.facts import punches

AT_ONCE = 400  # values in one IN list

readings = Table(
    "readings",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("source", String(40), primary_key=True),
    Column("machine", String(40), primary_key=True),
    Column("who", String(40), primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("officer", String(18)),
    Column("recorded", Moment, nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_readings_officer", "hall", "officer", "at"),
)
pins = Table(
    "pins",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("source", String(40), primary_key=True),
    Column("machine", String(40), primary_key=True),
    Column("pin", String(40), primary_key=True),
    Column("officer", String(18), nullable=False),
    Column("assigned", Moment, nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)


def owners_of(t: Turn, source: str, machine: str, who: set[str]) -> dict[str, str]:
    """PIN or NIP -> officer: what somebody assigned, else the number itself if it is an officer's."""
    owners = {nip: nip for nip in officers_among(t, who)}
    query = select(pins.c.pin, pins.c.officer).where(told_by(pins, t.hall, source, machine))
    return owners | {row.pin: row.officer for row in t.connection.execute(query) if row.pin in who}


def officers_among(t: Turn, numbers: Iterable[str]) -> set[str]:
    """Those of the numbers that are officers of the hall; also retired ones: their past is still told."""
    wanted: list[str] = sorted(numbers)
    found: set[str] = set()
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        query = select(officers.c.nip).where(officers.c.hall == t.hall, officers.c.nip.in_(part))
        found.update(t.connection.execute(query).scalars())
    return found


def punch(t: Turn, place: Places, source: str, wanted: list[tuple[str, datetime]], actor: str) -> None:
    """Records punches that are not there yet, and writes one line for each business date they belong to."""
    if not wanted:
        return
    first, last = min(at for _, at in wanted), max(at for _, at in wanted)
    query = select(punches.c.officer, punches.c.at).where(
        punches.c.hall == t.hall, punches.c.source == source, punches.c.at.between(first, last)
    )
    fresh = sorted(set(wanted) - {(row.officer, row.at) for row in t.connection.execute(query)}, key=lambda p: p[::-1])
    if fresh:
        rows = [{"id": new_id(), "hall": t.hall, "source": source, "officer": who, "at": at, "recorded": t.now}
                for who, at in fresh]  # fmt: skip
        t.connection.execute(insert(punches), rows)
        _write_days(t, place, "punches_recorded", source, fresh, actor)


def _write_days(
    t: Turn, place: Places, kind: str, source: str, changed: list[tuple[str, datetime]], actor: str
) -> None:
    """A line a day, at the time of its first punch: whoever keeps answers about a day sees that it changed."""
    days: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for who, at in sorted(changed, key=lambda one: one[::-1]):
        days[place.date(at).isoformat()].append((who, at))
    for day, of_day in days.items():
        told: list[Any] = [[who, at.isoformat()] for who, at in of_day]
        t.write(kind, source, {"source": source, "date": day, "punches": told}, actor=actor, at=of_day[0][1])


def attribute(t: Turn, place: Places, source: str, machine: str, who: str, owner: str | None, actor: str) -> int:
    """Makes ``owner`` the one of whom all readings of ``who`` speak; punches follow."""
    mine = told_by(readings, t.hall, source, machine) & (readings.c.who == who)
    other = readings.c.officer.is_not(None) if owner is None else readings.c.officer.is_distinct_from(owner)
    found = list(t.connection.execute(select(readings.c.officer, readings.c.at).where(mine, other)))
    if not found:
        return 0
    t.connection.execute(update(readings).where(mine, other).values(officer=owner))
    _withdraw(t, place, source, [(row.officer, row.at) for row in found if row.officer is not None], actor)
    if owner is not None:
        punch(t, place, source, [(owner, row.at) for row in found], actor)
    return len(found)


def _withdraw(t: Turn, place: Places, source: str, wrong: list[tuple[str, datetime]], actor: str) -> None:
    """Takes punches from an officer who had been given them by mistake, unless another reading tells them too."""
    gone = []
    for start in range(0, len(wrong), AT_ONCE):
        part = wrong[start : start + AT_ONCE]
        query = select(readings.c.officer, readings.c.at).where(
            readings.c.hall == t.hall, readings.c.source == source, tuple_(readings.c.officer, readings.c.at).in_(part)
        )
        still = {(row.officer, row.at) for row in t.connection.execute(query)}
        gone += [one for one in part if one not in still]
    for officer, at in gone:
        t.connection.execute(
            delete(punches).where(
                punches.c.hall == t.hall, punches.c.source == source, punches.c.officer == officer, punches.c.at == at
            )
        )
    if gone:
        _write_days(t, place, "punches_withdrawn", source, gone, actor)


def told_by(table: Table, hall: str, source: str, machine: str) -> Any:
    """The rows of ``readings`` or ``pins`` that are about one machine, or the lists of one source (machine empty)."""
    return (table.c.hall == hall) & (table.c.source == source) & (table.c.machine == machine)
