"""Roll call (apel): what a head of office ticked on a phone, perhaps without signal, and delivered with its times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from hall.clock import midnight_after
from hall.database import Database, new_id
from hall.errors import Invalid, NotFound, Refusal
from hall.people import officers
from hall.places import Places, places
from hall.turn import Turn, turn
from staffing.absences import plain, take_back, write_absence
from staffing.books import roll_marks, standing
from staffing.facts import ABSENCES, absences, coverage, punches
from staffing.privacy import Asker, must_reach

ROLLS = ("pagi", "sore")
PRESENT, ABSENT, CLOSE = "present", "absent", "close"
MARKS = (PRESENT, ABSENT, *ABSENCES, CLOSE)
CLOCK_TOLERANCE = timedelta(seconds=30)  # a phone's clock that differs by less is taken at its word
AHEAD = timedelta(minutes=2)  # after the correction a tick may lie this far ahead; then it counts as now
OLDEST = timedelta(days=7)
MOST = 300  # marks in one delivery
DAY = timedelta(days=1)
_m = roll_marks.c


@dataclass(frozen=True, slots=True)
class Mark:
    """One tick. ``key`` is the phone's own, ``at`` the phone's time (aware); ``officer`` None closes the roll call."""

    key: str
    roll: str
    officer: str | None
    mark: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a tick: ``recorded``, ``known`` (delivered before) or ``refused`` with code and sentence.

    ``at`` is the time it counts with, by the server's clock.
    """

    key: str
    state: str
    at: datetime | None = None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """How an officer was last marked at a roll call of a day."""

    officer: str
    roll: str
    mark: str
    at: datetime
    recorded: datetime


def source_of(agency: str) -> str:
    """The attendance source under which an agency's roll calls arrive."""
    return f"apel-{agency}"


def deliver(
    db: Database, hall: str, agency: str, marks: Iterable[Mark], sent_at: datetime, *, by: Asker, now: datetime
) -> tuple[list[Outcome], int]:
    """Takes a phone's ticks in their order, each once whatever is resent; returns the outcomes and the clock's fault.

    ``sent_at`` is the phone's clock at delivery. Where it differs from ``now`` by more than 30 seconds every tick is
    moved by the difference, which is kept beside it (seconds, positive: the phone was behind). A present officer gets
    a punch of the source ``apel-AGENCY``; a kind of absence is recorded for the day, from the tick on where the
    officer was seen earlier that day; a later tick of the same roll call takes the former back. Closing the roll says
    that the source has delivered up to then. One refused tick does not stop the others. Raises :class:`Denied`
    (``other_agency``), :class:`NotFound` (``unknown_hall``, ``unknown_agency``) and :class:`Invalid` (``bad_time``).
    """
    if sent_at.tzinfo is None:
        raise Invalid("bad_time", "Waktu kirim harus memuat zona.")
    must_reach(db, hall, by, agency, "roll_call", now)
    off = now - sent_at
    off = off if abs(off) > CLOCK_TOLERANCE else timedelta()
    if abs(off) > timedelta(days=366 * 30):
        raise Invalid("bad_time", "Jam ponsel jauh berbeda dari jam server.")
    outcomes = []
    for mark in marks:
        try:
            outcomes.append(_take(db, hall, agency, mark, off, by, now))
        except Refusal as refusal:
            outcomes.append(Outcome(mark.key, "refused", None, refusal.code, refusal.message))
    return outcomes, round(off.total_seconds())


def _take(db: Database, hall: str, agency: str, mark: Mark, off: timedelta, by: Asker, now: datetime) -> Outcome:
    at = _time_of(mark, off, now)
    with turn(db, hall, now) as t:
        now = t.now
        known = select(_m.at, _m.agency, _m.roll, _m.officer, _m.mark).where(_m.hall == hall, _m.key == mark.key)
        if (before := t.connection.execute(known).first()) is not None:
            if tuple(before)[1:] != (agency, mark.roll, mark.officer, mark.mark):  # "known" would lose this one
                raise Invalid("key_reused", "Kunci tanda apel ini sudah dipakai untuk tanda yang lain.")
            return Outcome(mark.key, "known", before.at)
        place = places(db, t.connection, hall, t.config)
        day = place.date(at)
        data: dict[str, Any] = {"agency": agency, "roll": mark.roll, "mark": mark.mark}
        if off:
            data["clock_off_seconds"] = round(off.total_seconds())
        absence = None
        if mark.officer is None:
            _cover(t, agency, at)
        else:
            _must_belong(t, agency, mark.officer)
            absence = _note(t, place, agency, mark, day, at, by.actor, data)
        row: dict[str, Any] = {"hall": hall, "key": mark.key, "agency": agency, "day": day, "roll": mark.roll}
        row |= {"officer": mark.officer, "mark": mark.mark, "at": at, "phone_at": mark.at, "absence": absence}
        row |= {"skew_seconds": round(off.total_seconds()), "recorded": now, "recorded_by": by.actor[:80]}
        t.connection.execute(roll_marks.insert().values(**row))
        kind = "roll_closed" if mark.officer is None else "roll_called"
        t.write(kind, mark.officer or source_of(agency), data, actor=by.actor, at=at)
    return Outcome(mark.key, "recorded", at)


def _time_of(mark: Mark, off: timedelta, now: datetime) -> datetime:
    if not 8 <= len(mark.key) <= 64 or not mark.key.isascii() or not mark.key.isprintable():
        raise Invalid("bad_key", "Kunci tanda apel harus 8 sampai 64 karakter ASCII.")
    if mark.roll not in ROLLS or mark.mark not in MARKS or (mark.mark == CLOSE) != (mark.officer is None):
        raise Invalid("unknown_kind", "Tanda apel ini tidak dikenal.", allowed=list(MARKS))
    if mark.at.tzinfo is None:
        raise Invalid("bad_time", "Waktu apel harus memuat zona.")
    at = mark.at + off
    if at > now + AHEAD or at < now - OLDEST:
        raise Invalid("bad_time", "Waktu apel ini belum tiba atau lebih dari tujuh hari yang lalu. Periksa jam ponsel.")
    return min(at, now)


def _must_belong(t: Turn, agency: str, officer: str) -> None:
    o = officers.c
    mine = select(o.nip).where(o.hall == t.hall, o.nip == officer, o.agency == agency, o.active)
    if t.connection.execute(mine).first() is None:
        raise NotFound("unknown_officer", f"Petugas dengan NIP {officer:.20} tidak ada di instansi ini.")


def _note(
    t: Turn, place: Places, agency: str, mark: Mark, day: date, at: datetime, actor: str, data: dict[str, Any]
) -> str | None:
    """Writes what a tick says of an officer, in place of what an earlier tick of the same roll call said."""
    officer = str(mark.officer)
    c = roll_marks.c
    same_roll = select(c.mark, c.at, c.absence).where(
        c.hall == t.hall, c.day == day, c.agency == agency, c.roll == mark.roll, c.officer == officer
    )
    before = t.connection.execute(same_roll.order_by(c.at.desc(), c.recorded.desc(), c.key)).all()
    if before and before[0].at > at:
        return None  # told later, but ticked earlier: the newer tick stands, this one is kept as history
    stands = {a.id for a in t.connection.execute(_own_absences(t.hall, [b.absence for b in before if b.absence]))}
    for earlier in before:
        if earlier.absence in stands:
            take_back(t, earlier.absence, "diganti tanda apel berikutnya", actor)
            data["withdrawn"] = earlier.absence
    if mark.mark == PRESENT:
        _punch(t, agency, officer, at)
        return None
    made_here = [b.at for b in before if b.mark == PRESENT]
    p = punches.c
    mine = (p.hall == t.hall) & (p.source == source_of(agency)) & (p.officer == officer) & p.withdrawn.is_(None)
    if made_here:  # a mistaken tick is no arrival
        t.connection.execute(update(punches).where(mine, p.at.in_(made_here)).values(withdrawn=t.now))
    if mark.mark == ABSENT:
        return None
    midnight = midnight_after(day - DAY, place.zone)
    seen = select(p.at).where(
        p.hall == t.hall, p.officer == officer, p.at >= midnight, p.at < at, p.withdrawn.is_(None)
    )
    start = at if t.connection.execute(seen).first() is not None else midnight
    end = midnight_after(day, place.zone)
    covering = select(absences.c.id).where(
        absences.c.hall == t.hall,
        absences.c.officer == officer,
        absences.c.kind == mark.mark,
        absences.c.start <= start,
        absences.c.end >= end,
        standing(absences),
    )
    if t.connection.execute(covering).first() is not None:
        return None  # known already, with its document
    fact = write_absence(t, officer, mark.mark, start, end, "", actor=actor)
    data["absence"] = plain(fact, mark.mark, start, end, "")
    return fact


def _own_absences(hall: str, found: list[str]) -> Any:
    return select(absences.c.id).where(absences.c.hall == hall, absences.c.id.in_(found), standing(absences))


def _punch(t: Turn, agency: str, officer: str, at: datetime) -> None:
    p, source = punches.c, source_of(agency)
    same = (p.hall == t.hall) & (p.source == source) & (p.officer == officer) & (p.at == at)
    if t.connection.execute(select(p.id).where(same)).first() is not None:
        t.connection.execute(update(punches).where(same).values(withdrawn=None))
        return
    row = {"id": new_id(), "hall": t.hall, "source": source, "officer": officer, "at": at, "recorded": t.now}
    t.connection.execute(punches.insert().values(**row))


def _cover(t: Turn, agency: str, until: datetime) -> None:
    c, source = coverage.c, source_of(agency)
    same = select(c.until).where(c.hall == t.hall, c.source == source, c.until == until)
    if t.connection.execute(same).first() is None:
        t.connection.execute(coverage.insert().values(hall=t.hall, source=source, until=until, recorded=t.now))


def marks_of(connection: Connection, hall: str, agency: str, day: date) -> list[Marked]:
    """How each officer of an agency stands marked at each roll call of a day, in order of time."""
    query = (
        select(_m.officer, _m.roll, _m.mark, _m.at, _m.recorded)
        .where(_m.hall == hall, _m.day == day, _m.agency == agency, _m.officer.is_not(None))
        .order_by(_m.at, _m.recorded, _m.key.desc())
    )
    latest = {(row.officer, row.roll): Marked(*row) for row in connection.execute(query)}
    return sorted(latest.values(), key=lambda m: (m.at, m.officer))


def closed_at(connection: Connection, hall: str, agency: str, day: date) -> dict[str, datetime]:
    """Roll -> when it was closed last on that day."""
    query = select(_m.roll, _m.at).where(_m.hall == hall, _m.day == day, _m.agency == agency, _m.officer.is_(None))
    return {row.roll: row.at for row in connection.execute(query.order_by(_m.at))}
