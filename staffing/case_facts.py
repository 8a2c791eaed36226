"""What the facts say of the vacancies in a case: as they are taken in, and as they have become since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from hall.database import Database
from hall.errors import Conflict, Invalid
from hall.intervals import Interval, Intervals, clip, intersect, subtract, union
from hall.journal import since
from hall.places import Places, places
from hall.turn import position
from staffing.case_moves import note_facts
from staffing.cases import Case, CasePiece, Now, Taken, cases, find_case, pieces_of
from staffing.changed_days import ROUTINE, SILENT, SILENT_FAMILIES
from staffing.followups import SCHEDULED
from staffing.impact import Line, Staffed, cost
from staffing.reading import read_span
from staffing.seating import staffed, unseen
from staffing.vacancies import Vacancy, vacancies

LONGEST_PERIOD = 62  # days from the first to the last vacancy that are taken in together
REVIEWED = timedelta(days=62)  # older cases are held against the facts only when somebody looks
REVIEW_EVERY = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Today:
    """A taken vacancy held against today's facts.

    ``changes`` is empty while cause and officers are still the same throughout; ``found`` are the vacancies that touch
    the taken time today, whole, with what they cost.
    """

    changes: tuple[Now, ...]
    found: tuple[Taken, ...]


def taken_from(vacancy: Vacancy) -> Taken:
    """A vacancy as a case takes it in."""
    return Taken(
        vacancy.counter, vacancy.agency, vacancy.start, vacancy.end, vacancy.cause, vacancy.officers,
        vacancy.cost.waiting_minutes, vacancy.cost.stranded_minutes, vacancy.cost.abandoned, vacancy.provisional,
    )  # fmt: skip


def take(db: Database, hall: str, wanted: Sequence[tuple[str, datetime]], *, now: datetime) -> list[Taken]:
    """The vacancies (or scheduled closings) that begin at these counters and moments, as the facts are now.

    Raises :class:`Conflict` (``vacancy_changed``) when one is not there any more and :class:`Invalid`
    (``no_vacancies``, ``period_too_long``).
    """
    if not wanted:
        raise Invalid("no_vacancies", "Pilih sedikitnya satu kejadian loket kosong.")
    with db.reading() as connection:
        place = places(db, connection, hall)
    days = sorted({place.date(start) for _, start in wanted})
    if (days[-1] - days[0]).days >= LONGEST_PERIOD:
        raise Invalid("period_too_long", f"Kejadian dalam satu tindak lanjut paling jauh {LONGEST_PERIOD} hari.")
    period = vacancies(db, hall, days[0], days[-1], now=now)
    known = {(v.counter, v.start): taken_from(v) for v in period.pieces}
    result = []
    for counter, start in wanted:
        found = known.get((counter, start))
        if found is None:
            by_hours = scheduled(db, hall, place.date(start), now=now, counter=counter)
            found = next((t for t in by_hours if t.start == start), None)
        if found is None:
            message = f"Kejadian di loket {counter} tidak ada lagi menurut fakta sekarang. Muat ulang daftarnya."
            raise Conflict("vacancy_changed", message, counter=counter)
        result.append(found)
    return result


def scheduled(
    db: Database, hall: str, day: date, *, now: datetime, agency: str | None = None, counter: str | None = None
) -> list[Taken]:
    """When counters were closed by their own hours or break while others of the hall were due, and what that cost.

    Not vacancies, and held against nobody: the hours themselves may be what a meeting is about.
    """
    with db.reading() as connection:
        seq_config = position(connection, hall)[1]
        place = places(db, connection, hall, seq_config)
        span = read_span(db, connection, place, seq_config, day, day, now)
    if day not in span.days:
        return []
    facts = span.days[day]
    until = min(now, facts.window.end)
    plans = {c.code: place.calendar.plan(c.agency, c.code, day) for c in place.counters.values()}
    times = span.times.get(day)
    line = Line(times.waits if times is not None else ())
    there = {
        code: subtract(staffed(sittings, until, facts.allowance), unseen(facts.down, code))
        for code, sittings in facts.sittings.items()
    }
    found = []
    for here in place.counters.values():
        if agency not in (None, here.agency) or counter not in (None, here.code) or not plans[here.code].due:
            continue
        others = union(*(plan.due for code, plan in plans.items() if code != here.code))
        for piece in plans[here.code].pieces:
            if piece.reason not in SCHEDULED:
                continue
            window = intersect((piece.interval,), others)
            for stretch in _until(window, until):
                price = cost(here, stretch.start, stretch.end, line, Staffed(there, place.counters))
                found.append(Taken(here.code, here.agency, stretch.start, stretch.end, str(piece.reason), (), *price))
    return found


def _until(stretches: Intervals, until: datetime) -> Intervals:
    return tuple(Interval(s.start, min(s.end, until)) for s in stretches if s.start < until)


def hold_against(db: Database, place: Places, pieces: Sequence[CasePiece], *, now: datetime) -> dict[int, Today]:
    """What today's facts say about each taken vacancy, by its number in the case."""
    days = sorted({place.date(p.taken.start) for p in pieces})
    current: list[Taken] = []
    for first, last in _runs(days):
        current += [taken_from(v) for v in vacancies(db, place.code, first, last, now=now).pieces]
    if any(p.taken.cause in SCHEDULED for p in pieces):
        for day in days:
            current += scheduled(db, place.code, day, now=now)
    by_counter: dict[str, list[Taken]] = {}
    for one in current:
        by_counter.setdefault(one.counter, []).append(one)
    return {p.nr: _compare(p.taken, by_counter.get(p.taken.counter, ())) for p in pieces}


def _runs(days: Sequence[date]) -> list[tuple[date, date]]:
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and day - runs[-1][1] <= DAY:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _compare(taken: Taken, current: Iterable[Taken]) -> Today:
    window = Interval(taken.start, taken.end)
    touching = sorted((c for c in current if c.start < taken.end and c.end > taken.start), key=lambda c: c.start)
    # a closing by the hours is there beside a vacancy's cause only where the hours have changed since
    covered = [(clip((Interval(c.start, c.end),), window)[0], c) for c in touching]
    parts = [Now(at.start, at.end, c.cause, c.officers) for at, c in covered]
    parts += [Now(gap.start, gap.end, None) for gap in subtract((window,), tuple(at for at, _ in covered))]
    parts.sort(key=lambda part: part.start)
    same = all((p.cause, p.officers) == (taken.cause, taken.officers) for p in parts)
    return Today(() if same else tuple(parts), tuple(touching))


def look_again(db: Database, case_id: str, *, now: datetime) -> dict[int, Today]:
    """Holds a case against today's facts, notes in it what has changed, and says what was found."""
    with db.reading() as connection:
        case = find_case(connection, case_id)
        place, pieces = places(db, connection, case.hall), pieces_of(connection, case)
    found = hold_against(db, place, pieces, now=now)
    if any(today.changes != piece.noted for piece, today in _pairs(pieces, found)):
        note_facts(db, case_id, {nr: today.changes for nr, today in found.items()}, now=now)
    return found


def _pairs(pieces: Sequence[CasePiece], found: dict[int, Today]) -> list[tuple[CasePiece, Today]]:
    return [(piece, found[piece.nr]) for piece in pieces]


class Reviewer:
    """Follows the journal and holds the cases of the last weeks against facts that came late. One a process."""

    def __init__(self, db: Database, again: Callable[..., object] = look_again) -> None:
        self._db, self._again = db, again
        self._read: dict[str, tuple[int, int, datetime]] = {}

    def look(self, hall: str, *, now: datetime) -> int:
        """Reviews what the journal's news may have changed, at most once a minute; says how many cases were held
        against the facts."""
        with self._db.reading() as connection:
            seq, config = position(connection, hall)
            before = self._read.get(hall)
            if before is not None and ((seq, config) == before[:2] or timedelta() <= now - before[2] < REVIEW_EVERY):
                return 0
            kinds = set() if before is None else {line.kind for line in since(connection, hall, before[0])}
            place = places(self._db, connection, hall, config)
            first = place.date(now) - REVIEWED
            if before is not None and before[1] == config and not _tells(kinds):
                first = place.date(now) - DAY  # who comes in late changes what his own morning was called, no more
            query = select(cases.c.id).where(cases.c.hall == hall, cases.c.last_day >= first).order_by(cases.c.number)
            due = [row.id for row in connection.execute(query)]
        for case_id in due:
            self._again(self._db, case_id, now=now)
        self._read[hall] = (seq, config, now)
        return len(due)


def _tells(kinds: Iterable[str]) -> bool:
    """Whether lines of these kinds may say something about days that are over."""
    return any(k not in ROUTINE and k not in SILENT and not k.startswith(SILENT_FAMILIES) for k in kinds)


def case_and_place(db: Database, case_id: str) -> tuple[Case, Places]:
    """A case and the hall it belongs to. Raises :class:`NotFound` (``unknown_case``)."""
    with db.reading() as connection:
        case = find_case(connection, case_id)
        return case, places(db, connection, case.hall)
