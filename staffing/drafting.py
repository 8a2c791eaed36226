"""Drafts a case's letter from the facts as they are, and counts an officer's year for an examination."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from hall.database import Database
from hall.errors import Invalid
from hall.people import officers
from hall.places import places
from staffing.case_facts import look_again
from staffing.case_moves import keep_draft
from staffing.cases import CasePiece, find_case, pieces_of
from staffing.discipline import Count, Indication, WorkDay, count_days, indicate
from staffing.followups import ABSENT, LETTERS
from staffing.letters import Matter, Person, draft
from staffing.roster import roster_of
from staffing.vacancies import Day, vacancies

BEFORE = timedelta(days=21)  # so that ten working days in a row across New Year are seen whole


def draft_letter(
    db: Database, case_id: str, kind: str, *, officer: str | None = None, actor: str, now: datetime
) -> int:
    """Drafts a letter and keeps it as it is now; returns its number in the case.

    ``officer`` (NIP) says whom an examination is about; not needed where there is only one. Raises :class:`Invalid`
    (``unknown_letter_kind``, ``officer_needed``) and :class:`Conflict` (``facts_changed``, ``illegal_step``).
    """
    look_again(db, case_id, now=now)  # what has changed is noted, and keep_draft then refuses
    with db.reading() as connection:
        case = find_case(connection, case_id)
        if kind not in LETTERS[case.kind]:
            message = "Jenis surat ini tidak sesuai dengan tindak lanjutnya."
            raise Invalid("unknown_letter_kind", message, allowed=list(LETTERS[case.kind]))
        place = places(db, connection, case.hall)
        pieces = pieces_of(connection, case)
        concerned = officers_of(pieces)
        people = read_people(connection, case.hall, concerned)
        posts = _vacant_posts(db, connection, case.hall, {p.taken.counter for p in pieces}, place.date(now))
    absent = None
    if kind == "examination":
        officer = officer or (concerned[0] if len(concerned) == 1 else None)
        if officer is None or officer not in concerned:
            raise Invalid("officer_needed", "Pilih petugas yang dimintakan pemeriksaan.", allowed=concerned)
        absent = len(year_of(db, case.hall, officer, case.last_day.year, now=now).dates)
    matter = Matter(place, case, [p.taken for p in pieces], people, posts, now, absent)
    letter = draft(kind, matter, officer)
    return keep_draft(db, case_id, kind, letter.plain(), letter.names, actor=actor, now=now)


def officers_of(pieces: Iterable[CasePiece]) -> list[str]:
    """The officers a case speaks of (NIP), sorted."""
    return sorted({officer for piece in pieces for officer in piece.taken.officers})


def read_people(connection: Connection, hall: str, wanted: Iterable[str]) -> dict[str, Person]:
    """Who these officers are, also those who have left."""
    query = select(officers.c.nip, officers.c.name).where(officers.c.hall == hall, officers.c.nip.in_(list(wanted)))
    return {row.nip: Person(row.nip, row.name) for row in connection.execute(query)}


def _vacant_posts(db: Database, connection: Connection, hall: str, counters: set[str], day: date) -> list[str]:
    roster = roster_of(db, connection, hall)
    posts = [post for counter in sorted(counters) for post in roster.posts_on(day).get(counter, ())]
    return [post.title for post in posts if not post.filled]


def year_of(db: Database, hall: str, officer: str, year: int, *, now: datetime) -> Count:
    """An officer's planned days of a calendar year so far, and on which no reason for an absence is recorded.

    Works the whole year out: seconds for a large hall the first time, so never inside a turn.
    """
    with db.reading() as connection:
        place = places(db, connection, hall)
    last = min(date(year, 12, 31), place.date(now))
    period = vacancies(db, hall, date(year, 1, 1) - BEFORE, last, now=now)
    days = [one for day in period.days if (one := work_day(day, officer)) is not None]
    return count_days(days, year, minutes_per_day=place.options.late_minutes_per_day)


def work_day(day: Day, officer: str) -> WorkDay | None:
    """What a date was for an officer; None when they were not planned here.

    Absent is only who was planned, was seen nowhere all day, has no recorded absence, and is named by nothing but
    pieces without notice whose time for explanation has passed.
    """
    own = day.judgement.officers.get(officer)
    if own is None or not own.planned:
        return None
    if not any(o.arrival is not None or o.kept for o in day.judgement.officers.values()):
        return None  # a day on which nobody at all was seen, or before the hall was at work, says nothing of one person
    named = [piece for piece in day.judgement.pieces if officer in piece.officers]
    seen = own.arrival is not None or own.kept or own.elsewhere or own.excused
    absent = not seen and bool(named) and all(p.cause == ABSENT and not p.provisional for p in named)
    late = sum(p.minutes for p in named if p.cause in ("late", "left_early"))
    return WorkDay(day.date, absent, late)


def indicated(db: Database, hall: str, officer: str, count: Count) -> Indication:
    """What the table names for an officer's count."""
    with db.reading() as connection:
        place = places(db, connection, hall)
        query = select(officers.c.agency, officers.c.status).where(officers.c.hall == hall, officers.c.nip == officer)
        row = connection.execute(query).one()
    agency = place.agencies.get(row.agency)
    return indicate(count, row.status, agency.kind if agency else "")
