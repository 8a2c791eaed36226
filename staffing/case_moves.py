"""The moves of a case once opened: accept, assign, meet, draft, answer, note, close, reopen; each a turn and a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from hall.database import Database, must_fit
from hall.errors import Conflict, Invalid
from hall.people import officers
from hall.places import places
from hall.turn import Turn, turn
from staffing.cases import (
    Case,
    Now,
    Taken,
    case_letters,
    case_pieces,
    cases,
    find_case,
    now_to_plain,
    put_pieces,
    put_step,
)
from staffing.followups import RESULTS, follows

LONGEST_NOTE = 2000
LONGEST_NAME = 200
LIVE = ("open", "in_progress")
SYSTEM = "system"


def accept(db: Database, case_id: str, note: str = "", *, actor: str, now: datetime) -> None:
    """Takes up what was only asked for. Raises :class:`Conflict` (``illegal_step``)."""
    with _case(db, case_id, now, ("requested",)) as (t, case):
        _change(t, case, "accepted", note, {}, actor, {"state": "open"})


def assign(db: Database, case_id: str, responsible: str, due: date | None, *, actor: str, now: datetime) -> None:
    """Says who answers for the case and until when. Raises :class:`Invalid` (``bad_due``, ``responsible_needed``)."""
    if not responsible.strip():
        raise Invalid("responsible_needed", "Isi siapa yang bertanggung jawab.")
    check_short(responsible)
    with _case(db, case_id, now, LIVE) as (t, case):
        if due != case.due:  # a date that has passed since may stay
            check_due(due, places(db, t.connection, case.hall, t.config).date(now))
        data = {"responsible": responsible.strip(), "due": due.isoformat() if due else None}
        # the name goes to the timeline only: the journal is for ever
        values = {"responsible": responsible.strip(), "due": due}
        _change(t, case, "assigned", "", data, actor, values, told={"due": data["due"]})


def set_meeting(
    db: Database, case_id: str, at: datetime, place: str, note: str = "", *, actor: str, now: datetime
) -> None:
    """Fixes when (aware) and where people meet. Raises :class:`Invalid` (``meeting_in_the_past``, ``place_needed``)."""
    if at.tzinfo is None or at <= now:
        raise Invalid("meeting_in_the_past", "Waktu rapat harus sesudah sekarang.")
    if not place.strip():
        raise Invalid("place_needed", "Isi tempat rapat.")
    check_short(place)
    with _case(db, case_id, now, LIVE) as (t, case):
        data = {"at": at.isoformat(), "place": place.strip()}
        values = {"meeting_at": at, "meeting_place": place.strip(), "state": "in_progress"}
        _change(t, case, "meeting_set", note, data, actor, values)


def keep_draft(
    db: Database, case_id: str, kind: str, content: Mapping[str, Any], names: bool, *, actor: str, now: datetime
) -> int:
    """Keeps a drafted letter as it was drafted and returns its number within the case.

    Raises :class:`Conflict` (``facts_changed``) while the case rests on facts that are no longer so.
    """
    must_fit(case_letters.c.kind, kind)
    with _case(db, case_id, now, LIVE) as (t, case):
        if case.changed:
            message = "Fakta di balik tindak lanjut ini berubah. Pakai fakta sekarang sebelum menyusun surat."
            raise Conflict("facts_changed", message)
        highest = select(func.max(case_letters.c.nr)).where(case_letters.c.case == case.id)
        nr = int(t.connection.execute(highest).scalar_one() or 0) + 1
        t.connection.execute(
            case_letters.insert().values(
                case=case.id, nr=nr, hall=case.hall, kind=kind, at=now, by=actor, names=names, content=dict(content)
            )
        )
        _change(t, case, "letter_drafted", "", {"letter": nr, "kind": kind}, actor, {"state": "in_progress"})
        return nr


def answer(db: Database, case_id: str, note: str, *, actor: str, now: datetime) -> None:
    """What the agency's head answers. Raises :class:`Invalid` (``note_needed``)."""
    _say(db, case_id, "answered", note, (*LIVE, "requested"), actor, now)


def add_note(db: Database, case_id: str, note: str, *, actor: str, now: datetime) -> None:
    """A remark for the timeline. Raises :class:`Invalid` (``note_needed``)."""
    _say(db, case_id, "noted", note, ("requested", *LIVE, "closed"), actor, now)


def _say(db: Database, case_id: str, step: str, note: str, states: tuple[str, ...], actor: str, now: datetime) -> None:
    _need_note(note)
    with _case(db, case_id, now, states) as (t, case):
        _change(t, case, step, note, {}, actor)


def close(db: Database, case_id: str, result: str, note: str, *, actor: str, now: datetime) -> None:
    """Ends the case with its result. What was only asked for can end as ``not_needed`` alone.

    Raises :class:`Invalid` (``unknown_result``, ``note_needed``) and :class:`Conflict` (``illegal_step``).
    """
    _need_note(note)
    with _case(db, case_id, now, (*LIVE, "requested")) as (t, case):
        allowed = ("not_needed",) if case.state == "requested" else RESULTS[case.kind]
        if result not in allowed:
            raise Invalid("unknown_result", "Hasil ini tidak sesuai dengan tindak lanjutnya.", allowed=list(allowed))
        values = {"state": "closed", "result": result, "closed": now}
        _change(t, case, "closed", note, {"result": result}, actor, values)


def reopen(db: Database, case_id: str, note: str, *, actor: str, now: datetime) -> None:
    """Takes a closed case up again. Raises :class:`Invalid` (``note_needed``), :class:`Conflict` (``illegal_step``)."""
    _need_note(note)
    with _case(db, case_id, now, ("closed",)) as (t, case):
        _change(t, case, "reopened", note, {}, actor, {"state": "open", "result": None, "closed": None})


def note_facts(db: Database, case_id: str, found: Mapping[int, Sequence[Now]], *, now: datetime) -> bool:
    """Notes in the case what the facts have become, by piece (empty: as taken); True when that was news.

    A closed case opens again by itself: it was closed on facts that are no longer so.
    """
    case = _read(db, case_id)
    with turn(db, case.hall, now) as t:
        case = find_case(t.connection, case_id)
        news = []
        for row in t.connection.execute(select(case_pieces).where(case_pieces.c.case == case_id)).all():
            plain = [now_to_plain(n) for n in found.get(row.nr, ())]
            if plain == (row.noted or []):
                continue
            this = (case_pieces.c.case == case_id) & (case_pieces.c.nr == row.nr)
            t.connection.execute(update(case_pieces).where(this).values(noted=plain or None))
            was = {"cause": row.cause} | _span(row)
            news.append({"piece": row.nr, "counter": row.counter, "was": was, "now": plain})
        if not news:
            return False
        changed = any(found.get(nr) for nr in found)
        values: dict[str, Any] = {"changed": changed}
        if case.state == "closed" and changed:
            values |= {"state": "open", "result": None, "closed": None}
        data = {"pieces": news, "reopened": "state" in values}
        told = {"pieces": [n["piece"] for n in news], "reopened": "state" in values}
        _change(t, case, "facts_changed", "", data, SYSTEM, values, told=told)
        return True


def renew(db: Database, case_id: str, taken: Sequence[Taken], *, actor: str, now: datetime) -> None:
    """Goes on with the facts as they are now: ``taken`` replaces what was taken in; the timeline keeps both.

    Raises :class:`Conflict` (``nothing_left``) when no vacancy is left to which the case's kind fits.
    """
    with _case(db, case_id, now, LIVE) as (t, case):
        here = places(db, t.connection, case.hall, t.config)
        agency = here.agencies[case.agency].kind
        statuses = statuses_of(t.connection, case.hall, {o for piece in taken for o in piece.officers})
        fitting = [
            p
            for p in taken
            if case.kind in follows(p.cause, agency, [statuses[o] for o in p.officers])
            and not (case.kind == "examination" and p.provisional)
        ]
        if not fitting:
            message = "Menurut fakta sekarang tidak ada lagi yang perlu ditindaklanjuti; tutup dengan hasilnya."
            raise Conflict("nothing_left", message)
        old = t.connection.execute(
            select(case_pieces).where(case_pieces.c.case == case_id).order_by(case_pieces.c.nr)
        ).all()
        was = [
            {"counter": r.counter, "start": r.start.isoformat(), "end": r.end.isoformat(), "cause": r.cause}
            for r in old
        ]
        t.connection.execute(case_pieces.delete().where(case_pieces.c.case == case_id))
        put_pieces(t, case_id, fitting)
        first, last = here.date(fitting[0].start), here.date(fitting[-1].start)
        data = {"was": was, "pieces": len(fitting)}
        values = {"changed": False, "first_day": first, "last_day": last}
        _change(t, case, "facts_renewed", "", data, actor, values, told={"pieces": len(fitting)})


def _span(row: Any) -> dict[str, str]:
    return {"start": row.start.isoformat(), "end": row.end.isoformat()}


def _read(db: Database, case_id: str) -> Case:
    with db.reading() as connection:
        return find_case(connection, case_id)


@contextmanager
def _case(db: Database, case_id: str, now: datetime, states: tuple[str, ...]) -> Iterator[tuple[Turn, Case]]:
    """The case in its hall's turn. Refuses (``illegal_step``) when it is in none of the states."""
    hall = _read(db, case_id).hall
    with turn(db, hall, now) as t:
        case = find_case(t.connection, case_id)
        if case.state not in states:
            raise Conflict("illegal_step", "Keadaan tindak lanjut ini tidak mengizinkan langkah itu.", state=case.state)
        yield t, case


def _change(
    t: Turn,
    case: Case,
    step: str,
    note: str,
    data: dict[str, Any],
    actor: str,
    values: dict[str, Any] | None = None,
    *,
    told: dict[str, Any] | None = None,
) -> None:
    """A step in the timeline, the row, and the journal's line, which carries no note: people write names in them."""
    check_note(note)
    values = values or {}
    t.connection.execute(update(cases).where(cases.c.id == case.id).values(updated=t.now, **values))
    put_step(t, case.id, step, note, data, actor)
    line = {"number": case.number, "state": values.get("state", case.state)} | (data if told is None else told)
    t.write(f"case_{step}", f"case:{case.id}", line, actor=actor)


def statuses_of(connection: Connection, hall: str, wanted: set[str]) -> dict[str, str]:
    """What kind of servant each officer is (pns, pppk, vertical, bumn, other), also those who have left."""
    if not wanted:
        return {}
    query = select(officers.c.nip, officers.c.status).where(officers.c.hall == hall, officers.c.nip.in_(wanted))
    return dict.fromkeys(wanted, "other") | {row.nip: row.status for row in connection.execute(query)}


def check_due(due: date | None, today: date) -> None:
    """Raises :class:`Invalid` (``bad_due``) when the hall's date ``today`` is past it."""
    if due is not None and due < today:
        raise Invalid("bad_due", "Batas waktu tidak boleh sebelum hari ini.")


def check_note(note: str) -> None:
    """Raises :class:`Invalid` (``note_too_long``, ``bad_text``)."""
    if len(note) > LONGEST_NOTE:
        raise Invalid("note_too_long", f"Catatan paling panjang {LONGEST_NOTE} karakter.")
    if not all(sign.isprintable() or sign in "\n\t" for sign in note):  # no letter and no database takes the others
        raise Invalid("bad_text", "Catatan memuat karakter yang tidak sah.")


def check_short(text: str) -> None:
    """A name or a place, on one line. Raises :class:`Invalid` (``note_too_long``, ``bad_text``)."""
    if len(text.strip()) > LONGEST_NAME:
        raise Invalid("note_too_long", f"Isian ini paling panjang {LONGEST_NAME} karakter.")
    if not text.strip().isprintable():
        raise Invalid("bad_text", "Isian ini memuat karakter yang tidak sah.")


def _need_note(note: str) -> None:
    if not note.strip():
        raise Invalid("note_needed", "Isi keterangannya.")
