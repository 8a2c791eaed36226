"""A list of absences once it was read: what is new in it, what is known already, and what is wrong, by line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select

from hall.database import Database
from hall.errors import Conflict, Invalid, Refusal
from hall.people import officers
from hall.places import places
from hall.turn import turn
from staffing import deliveries
from staffing.absences import check_absence, hours_of, plain, whole_days, write_absence
from staffing.attendance_list import Asked, ListFault
from staffing.books import standing
from staffing.facts import absences
from staffing.privacy import EVERYBODY, Asker, note_look, reach

MOST = 2_000  # absences in one list: the hall's counters wait for the one turn that takes them


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """A row as it was read: dates inclusive; ``start`` and ``end`` only for some hours of one day."""

    line: int
    officer: str
    kind: str
    first: date
    last: date
    start: time | None
    end: time | None
    document: str


@dataclass(frozen=True, slots=True)
class AbsenceList:
    """A file that was read: its rows, what could not be read, and how it was understood (sentences for a person)."""

    rows: tuple[AbsenceRow, ...]
    faults: tuple[ListFault, ...]
    understood: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """A row that may be recorded: the officer's name and the time in which they are away (aware)."""

    row: AbsenceRow
    name: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """A list held against what is known: ``new`` rows, lines ``known`` already, and all that is wrong, by line."""

    new: tuple[Ready, ...]
    known: tuple[int, ...]
    faults: tuple[ListFault, ...]

    @property
    def unusable(self) -> bool:
        """Whether the file as a whole is wrong, or holds nothing."""
        return any(fault.line == 0 for fault in self.faults) or not (self.new or self.known)


ReadAbsences = Callable[[bytes, Asked], AbsenceList]  # (file, what is stated)


def check_list(db: Database, hall: str, listed: AbsenceList, *, by: Asker, now: datetime) -> Checked:
    """Holds a list against the hall: who is an officer and within the asker's reach, what is recorded already.

    A reach for another agency's officers is a fault of its line, and is written down.
    Raises :class:`NotFound` (``unknown_hall``).
    """
    new: list[Ready] = []
    known: list[int] = []
    faults = list(listed.faults)
    beyond = False
    a, o = absences.c, officers.c
    with db.reading() as connection:
        place = places(db, connection, hall)
        mine = reach(by.role, by.agency, place)
        people = {row.nip: row for row in connection.execute(select(o.nip, o.name, o.agency).where(o.hall == hall))}
        same = select(a.officer, a.kind, a.start, a.end).where(a.hall == hall, standing(absences))
        seen = {tuple(row) for row in connection.execute(same)}
    if len(listed.rows) > MOST:
        return Checked((), (), (ListFault(0, "", f"lebih dari {MOST} baris; bagi menjadi beberapa berkas"),))
    for row in listed.rows:
        person = people.get(row.officer)
        if person is None:
            faults.append(ListFault(row.line, "NIP", f"{row.officer} tidak terdaftar di balai ini"))
            continue
        if person.agency not in mine:
            beyond = True
            faults.append(ListFault(row.line, "NIP", f"{row.officer} bukan petugas dalam kewenangan Anda"))
            continue
        if row.start is not None and row.end is not None:
            start, end = hours_of(place, row.first, row.start, row.end)
        else:
            start, end = whole_days(place, row.first, row.last)
        try:
            check_absence(row.kind, start, end, row.document)
        except Refusal as refusal:
            faults.append(ListFault(row.line, "", refusal.message))
            continue
        if (row.officer, row.kind, start, end) in seen:
            known.append(row.line)
            continue
        seen.add((row.officer, row.kind, start, end))
        new.append(Ready(row, person.name, start, end))
    if beyond:
        note_look(db, hall, by.actor, EVERYBODY, "absences", now, allowed=False)
    return Checked(tuple(new), tuple(known), tuple(sorted(faults, key=lambda fault: fault.line)))


def take_absences(
    db: Database,
    hall: str,
    listed: AbsenceList,
    *,
    good_rows: bool = False,
    by: Asker,
    now: datetime,
    delivery: str | None = None,
) -> Checked:
    """Records what is new in a list in one turn: all of it or, if the person says so (``good_rows``), its sound rows.

    The same list again records nothing. The ``delivery`` that the list came in keeps how many were ``new`` and
    ``known``, and no more. Raises :class:`Invalid` (``list_unreadable``, ``list_has_faults``) and :class:`NotFound`
    (``unknown_delivery``); nothing is recorded then.
    """
    checked = check_list(db, hall, listed, by=by, now=now)
    if checked.unusable:
        raise Invalid(
            "list_unreadable", str(checked.faults[0]) if checked.faults else "Berkas ini tidak berisi apa pun."
        )
    if checked.faults and not good_rows:
        raise Invalid("list_has_faults", f"{len(checked.faults)} baris bermasalah; tidak ada yang diimpor.")
    taken: list[Ready] = []
    known = list(checked.known)
    with turn(db, hall, now) as t:
        for ready in checked.new:
            row = ready.row
            try:
                fact = write_absence(t, row.officer, row.kind, ready.start, ready.end, row.document, actor=by.actor)
            except Conflict:  # somebody recorded it since the list was held against the hall
                known.append(row.line)
                continue
            data = plain(fact, row.kind, ready.start, ready.end, row.document)
            t.write("absence_recorded", row.officer, data | {"line": row.line}, actor=by.actor)
            taken.append(ready)
        if delivery is not None:
            deliveries.emptied(t.connection, hall, delivery, {"new": len(taken), "known": len(known)})
    return Checked(tuple(taken), tuple(known), checked.faults)
