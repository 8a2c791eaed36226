"""Absences as people enter them: recorded with document and dates, corrected or withdrawn with a reason, never lost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from hall.clock import midnight_after
from hall.database import Database, new_id
from hall.errors import Conflict, Invalid, NotFound
from hall.once import answered, remember
from hall.people import officers
from hall.places import Places
from hall.turn import Turn, turn
from staffing.books import standing
from staffing.facts import ABSENCES, absences
from staffing.privacy import Asker, must_reach_officer

DAY = timedelta(days=1)
LONGEST = timedelta(days=6 * 366)  # the longest study leave; beyond it a year was mistyped
_c = absences.c


@dataclass(frozen=True, slots=True)
class Away:
    """A recorded absence in [start, end) (aware UTC). ``withdrawn`` None: it stands."""

    id: str
    officer: str
    name: str
    agency: str
    kind: str
    start: datetime
    end: datetime
    document: str
    recorded: datetime
    recorded_by: str | None
    replaces: str | None
    withdrawn: datetime | None
    withdrawn_by: str | None
    withdrawn_reason: str | None

    @property
    def needs_document(self) -> bool:
        """Whether the letter that says so has still to be handed in."""
        return not self.document.strip()


def whole_days(place: Places, first: date, last: date) -> tuple[datetime, datetime]:
    """From the midnight that begins ``first`` to the one that ends ``last`` in the hall's zone."""
    return midnight_after(first - DAY, place.zone), midnight_after(last, place.zone)


def hours_of(place: Places, day: date, start: time, end: time) -> tuple[datetime, datetime]:
    """[start, end) of one day by the hall's clock."""
    return datetime.combine(day, start, tzinfo=place.tz), datetime.combine(day, end, tzinfo=place.tz)


def enter_absence(
    db: Database,
    hall: str,
    officer: str,
    kind: str,
    start: datetime,
    end: datetime,
    document: str,
    *,
    by: Asker,
    now: datetime,
    key: str | None = None,
) -> str:
    """Records that an officer is away in [start, end) (aware) for a reason; returns the absence's id.

    ``document`` is the number of the letter, or empty while it is still to come. Only the kind is kept, never a
    diagnosis (UU 27/2022). The same ``key`` again gives the same answer. Raises :class:`Invalid` (``unknown_kind``,
    ``bad_period``, ``bad_text``, ``key_reused``), :class:`NotFound` (``unknown_officer``), :class:`Denied`
    (``other_agency``, kept in the list of looks) and :class:`Conflict` (``already_recorded``).
    """
    document = check_absence(kind, start, end, document)
    must_reach_officer(db, hall, by, officer, "absences", now)
    asked = [officer, kind, start.isoformat(), end.isoformat(), document]
    with turn(db, hall, now) as t:
        if (before := answered(t, key, asked)) is not None:
            return str(before)
        fact = write_absence(t, officer, kind, start, end, document, actor=by.actor)
        t.write("absence_recorded", officer, plain(fact, kind, start, end, document), actor=by.actor)
        remember(t, key, asked, fact)
        return fact


def correct_absence(
    db: Database,
    hall: str,
    absence: str,
    *,
    kind: str,
    start: datetime,
    end: datetime,
    document: str,
    reason: str,
    by: Asker,
    now: datetime,
    key: str | None = None,
) -> str:
    """Puts another absence of the same officer in place of one: the old one is withdrawn with the reason and stays.

    Returns the new absence's id. Raises what :func:`enter_absence` raises and :class:`NotFound`
    (``unknown_absence``), :class:`Conflict` (``already_withdrawn``), :class:`Invalid` (``reason_needed``).
    """
    document, reason = check_absence(kind, start, end, document), check_reason(reason)
    officer = _officer_of(db, hall, absence)
    must_reach_officer(db, hall, by, officer, "absences", now)
    asked = [absence, kind, start.isoformat(), end.isoformat(), document, reason]
    with turn(db, hall, now) as t:
        if (before := answered(t, key, asked)) is not None:
            return str(before)
        take_back(t, absence, reason, by.actor)
        fact = write_absence(t, officer, kind, start, end, document, actor=by.actor, replaces=absence)
        data = plain(fact, kind, start, end, document) | {"replaces": absence, "reason": reason}
        t.write("absence_corrected", officer, data, actor=by.actor)
        remember(t, key, asked, fact)
        return fact


def withdraw_absence(db: Database, hall: str, absence: str, reason: str, *, by: Asker, now: datetime) -> None:
    """Withdraws an absence for a stated reason. The row stays, with when and by whom.

    Raises :class:`NotFound` (``unknown_absence``), :class:`Conflict` (``already_withdrawn``), :class:`Invalid`
    (``reason_needed``) and :class:`Denied` (``other_agency``).
    """
    reason = check_reason(reason)
    officer = _officer_of(db, hall, absence)
    must_reach_officer(db, hall, by, officer, "absences", now)
    with turn(db, hall, now) as t:
        take_back(t, absence, reason, by.actor)
        t.write("absence_withdrawn", officer, {"absence": absence, "reason": reason}, actor=by.actor)


def check_absence(kind: str, start: datetime, end: datetime, document: str) -> str:
    """The document's number without blanks around it. Raises :class:`Invalid` for what cannot be an absence."""
    if kind not in ABSENCES:
        raise Invalid("unknown_kind", f"Jenis ketidakhadiran {kind!r:.40} tidak dikenal.", allowed=list(ABSENCES))
    if start.tzinfo is None or end.tzinfo is None or end <= start:
        raise Invalid("bad_period", "Waktu selesai harus sesudah waktu mulai, keduanya dengan zona.")
    if end - start > LONGEST:
        raise Invalid("bad_period", "Ketidakhadiran paling lama enam tahun; periksa tahunnya.")
    return check_text(document, 100, "Nomor surat")


def check_text(text: str, longest: int, what: str) -> str:
    """A short text of one line without blanks around it. Raises :class:`Invalid` (``bad_text``)."""
    text = text.strip()
    if len(text) > longest or not text.isprintable():
        raise Invalid("bad_text", f"{what} paling panjang {longest} karakter, dalam satu baris.")
    return text


def check_reason(reason: str) -> str:
    """A reason that says something. Raises :class:`Invalid` (``reason_needed``, ``bad_text``)."""
    reason = check_text(reason, 200, "Alasan")
    if not reason:
        raise Invalid("reason_needed", "Alasan harus diisi.")
    return reason


def write_absence(
    t: Turn,
    officer: str,
    kind: str,
    start: datetime,
    end: datetime,
    document: str,
    *,
    actor: str,
    replaces: str | None = None,
) -> str:
    """Puts the row into an open turn and returns its id. Raises :class:`Conflict` (``already_recorded``)."""
    same = select(_c.id).where(
        _c.hall == t.hall,
        _c.officer == officer,
        _c.kind == kind,
        _c.start == start,
        _c.end == end,
        standing(absences),
    )
    if (found := t.connection.execute(same).first()) is not None:
        raise Conflict("already_recorded", "Ketidakhadiran yang sama sudah tercatat.", id=found.id)
    fact = new_id()
    row: dict[str, Any] = {"id": fact, "hall": t.hall, "officer": officer, "kind": kind, "start": start, "end": end}
    row |= {"document": document, "recorded": t.now, "recorded_by": actor[:80], "replaces": replaces}
    t.connection.execute(absences.insert().values(**row))
    return fact


def take_back(t: Turn, absence: str, reason: str, actor: str) -> None:
    """Withdraws the row in an open turn. Raises :class:`Conflict` (``already_withdrawn``)."""
    mine = (_c.hall == t.hall) & (_c.id == absence) & _c.withdrawn.is_(None)
    gone = {"withdrawn": t.now, "withdrawn_by": actor[:80], "withdrawn_reason": reason}
    if t.connection.execute(update(absences).where(mine).values(**gone)).rowcount == 0:
        raise Conflict("already_withdrawn", "Catatan ini sudah ditarik sebelumnya.")


def plain(fact: str, kind: str, start: datetime, end: datetime, document: str) -> dict[str, Any]:
    """What the journal's line says of an absence."""
    return {"id": fact, "kind": kind, "from": start.isoformat(), "to": end.isoformat(), "document": document}


def _officer_of(db: Database, hall: str, absence: str) -> str:
    with db.reading() as connection:
        row = connection.execute(select(_c.officer).where(_c.hall == hall, _c.id == absence)).first()
    if row is None:
        raise NotFound("unknown_absence", "Catatan ketidakhadiran ini tidak ada.")
    return str(row.officer)


def absences_in(
    connection: Connection,
    hall: str,
    agencies: Collection[str],
    start: datetime,
    end: datetime,
    *,
    withdrawn: bool = False,
    officer: str | None = None,
) -> list[Away]:
    """The absences of those agencies' officers that touch [start, end), earliest first; withdrawn ones if asked."""
    o = officers.c
    query = (
        select(
            _c.id, _c.officer, o.name, o.agency, _c.kind, _c.start, _c.end, _c.document, _c.recorded, _c.recorded_by,
            _c.replaces, _c.withdrawn, _c.withdrawn_by, _c.withdrawn_reason,
        )
        .join(officers, (o.hall == _c.hall) & (o.nip == _c.officer))
        .where(_c.hall == hall, o.agency.in_(sorted(agencies)), _c.start < end, _c.end > start)
        .order_by(_c.start, o.name, _c.recorded, _c.id)
    )  # fmt: skip
    if not withdrawn:
        query = query.where(standing(absences))
    if officer is not None:
        query = query.where(_c.officer == officer)
    return [Away(**dict(row._mapping)) for row in connection.execute(query)]
