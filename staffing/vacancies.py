"""Which counters stood empty on which dates, why, and what it cost: facts read, judged and priced, kept by the day."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from hall.database import Database
from hall.intervals import Interval, Intervals, subtract
from hall.journal import journal
from hall.places import Counter, Places, places
from hall.turn import position
from queueing.waits import Times
from staffing.changed_days import Known, changed_since
from staffing.day_facts import UNOBSERVED
from staffing.impact import Cost, Idle, Line, Staffed, cost, cost_together, idle_while_waiting
from staffing.reading import DAY, Span, delivered, is_closed, read_span
from staffing.reported import Change, Told, compare, no_longer, tell, told_of, was_closed
from staffing.seating import staffed, unseen
from staffing.vacancy import DayFacts, DayJudgement, Evidence, Piece, judge_day

MOST_KEPT = 400  # dates of one hall: a year and a month
AT_ONCE = 31  # dates read together: a year at once would hold all its facts in memory
NOTHING = Cost(0.0, 0.0, 0)


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A piece in which a counter stood empty (or could not be seen), and what that cost. Times aware UTC.

    ``was``: how it was told before, if its cause has changed since, and the facts that changed it.
    """

    piece: Piece
    cost: Cost
    was: Change | None = None

    @property
    def counter(self) -> str:
        return self.piece.counter

    @property
    def agency(self) -> str:
        return self.piece.agency

    @property
    def start(self) -> datetime:
        return self.piece.start

    @property
    def end(self) -> datetime:
        return self.piece.end

    @property
    def cause(self) -> str:
        return self.piece.cause

    @property
    def officers(self) -> tuple[str, ...]:
        return self.piece.officers

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return self.piece.evidence

    @property
    def provisional(self) -> bool:
        return self.piece.provisional

    @property
    def minutes(self) -> float:
        """How long, in decimal minutes, not rounded."""
        return self.piece.minutes


@dataclass(frozen=True, slots=True)
class Costs:
    """What a date's empty counters cost, unobserved time apart: of the whole hall, of each agency, of each counter.

    Whoever waited while two of its counters stood empty is counted once in an agency's cost, so the costs of the single
    vacancies come to more.
    """

    hall: Cost = NOTHING
    agencies: dict[str, Cost] = field(default_factory=dict)
    counters: dict[str, Cost] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Day:
    """One business date: its vacancies in the hall's order of counters, then by time; idleness apart.

    ``withdrawn``: what was told once and is no empty counter any more.
    """

    date: date
    ends: datetime
    pieces: tuple[Vacancy, ...]
    judgement: DayJudgement
    idle: tuple[Idle, ...]
    withdrawn: tuple[Told, ...] = ()
    costs: Costs = field(default_factory=Costs)


@dataclass(frozen=True, slots=True)
class Period:
    """The dates of [first, last] that have begun at ``now`` (aware UTC), as the journal's line ``seq`` left them.

    ``told``: what was told of them before.
    """

    hall: str
    first: date
    last: date
    now: datetime
    seq: int
    days: tuple[Day, ...]
    told: dict[date, list[Told]] = field(default_factory=dict)

    @property
    def pieces(self) -> list[Vacancy]:
        """The vacancies of all dates."""
        return [vacancy for day in self.days for vacancy in day.pieces]


@dataclass(slots=True)
class _Kept:
    """The dates of a hall that are over, as worked out before; ``known`` says by what journal that is true."""

    known: Known
    days: dict[date, tuple[bool, Day]] = field(default_factory=dict)  # date -> (time for explanation was over, day)


_guard = threading.Lock()


def vacancies(db: Database, hall: str, first: date, last: date, *, now: datetime) -> Period:
    """The vacancies of every business date in [first, last], as the facts known today say; none runs past ``now``.

    Dates that are over are kept until a fact about them arrives. Raises :class:`NotFound` (``unknown_hall``).
    """
    with db.reading() as connection:
        seq, config = position(connection, hall)
        place = places(db, connection, hall, config)
        today = place.date(now)
        kept = _kept(db, hall)
        with _guard:
            news = changed_since(connection, place, kept.known, seq, config, max(kept.days, default=first))
            if news is None:
                kept.days.clear()
                kept.known = Known(seq, config, delivered(db, connection, hall, config))
            else:
                gone, kept.known = news
                for day in gone:
                    kept.days.pop(day, None)
            known = kept.known
            have = {day: found for day, (closed, found) in kept.days.items() if closed == is_closed(place, day, now)}
        end = min(last, today)
        missing = [day for day in _dates(first, end) if day not in have]
        for begin, stop in _runs(missing):
            span = read_span(db, connection, place, config, begin, stop, now)
            have |= {day: work_out(span, day) for day in span.days}
        told = told_of(connection, hall, first, end)
        found = {day: have[day] for day in _dates(first, end)}
        shown = _with_what_was_told(connection, place, found, told)
    with _guard:
        if kept.known == known:  # else somebody has since learnt of newer facts: theirs are the days to keep
            for day in missing:
                if day < today:
                    kept.days[day] = (is_closed(place, day, now), have[day])
            while len(kept.days) > MOST_KEPT:
                kept.days.pop(next(iter(kept.days)))
    return Period(hall, first, last, now, seq, tuple(shown), told)


def note_asked(db: Database, period: Period, *, agency: str | None = None, actor: str) -> int:
    """Notes that a person was told of these dates, as far as they are over; of one agency's counters, if one is named.

    A question about more than a month is one about habits, not about pieces: of those nothing is noted. Returns how
    many pieces were new.
    """
    if len(period.days) > AT_ONCE:
        return 0
    over = [day for day in period.days if day.ends <= period.now]
    pieces = [(day.date, v.piece) for day in over for v in day.pieces if agency in (None, v.agency)]
    return tell(db, period.hall, pieces, "asked", seq=period.seq, known=period.told, actor=actor, now=period.now)


def note_closed(db: Database, hall: str, *, now: datetime) -> int:
    """Notes what yesterday had to tell, as it stood when the day was closed; once. Returns how many pieces were new.

    The couriers call it now and then. A date of which nothing at all is known tells nothing: nobody was here yet.
    """
    with db.reading() as connection:
        place = places(db, connection, hall)
        day = place.date(now) - DAY
        window = place.calendar.window(day)
        lived = select(journal.c.seq).where(
            journal.c.hall == hall, journal.c.at >= window.start, journal.c.at < window.end
        )
        if was_closed(connection, hall, day) or connection.execute(lived.limit(1)).first() is None:
            return 0
    period = vacancies(db, hall, day, day, now=now)
    pieces = [(day, v.piece) for v in period.pieces]
    known = period.told
    return tell(db, hall, pieces, "day_closed", seq=period.seq, known=known, actor="system", now=now, mark=day)


def _with_what_was_told(
    connection: Connection, place: Places, found: dict[date, Day], told: dict[date, list[Told]]
) -> list[Day]:
    """The dates with, at every piece that was told otherwise before, how and what changed it."""
    pieces = {day: [v.piece for v in found[day].pieces] for day in told if day in found}
    changes = compare(connection, place.code, place.zone, pieces, told)
    shown = dict(found)
    for day in pieces:
        marked = tuple(
            replace(vacancy, was=changes[day, nr]) if (day, nr) in changes else vacancy
            for nr, vacancy in enumerate(found[day].pieces)
        )
        shown[day] = replace(found[day], pieces=marked, withdrawn=tuple(no_longer(pieces[day], told[day])))
    return list(shown.values())


def work_out(span: Span, day: date) -> Day:
    """One date of what was read: its judgement, with the cost of each piece, and who sat there calling nobody."""
    facts, times, counters = span.days[day], span.times.get(day) or Times(), span.places.counters
    judgement = judge_day(facts)
    line = Line(times.waits)
    there = Staffed(_staffed(facts), counters)
    found = tuple(
        Vacancy(piece, cost(counters[piece.counter], piece.start, piece.end, line, there)) for piece in judgement.pieces
    )
    idle = _idle(span, facts, times, line)
    return Day(day, facts.window.end, found, judgement, idle, costs=_costs(found, counters, line, there))


def _costs(found: tuple[Vacancy, ...], counters: dict[str, Counter], line: Line, there: Staffed) -> Costs:
    """What the vacancies cost together; the cost of a single one is known already."""
    empty = [v for v in found if v.cause != UNOBSERVED]

    def together(of: list[Vacancy]) -> Cost:
        if len(of) == 1:
            return of[0].cost
        return cost_together([(counters[v.counter], Interval(v.start, v.end)) for v in of], line, there)

    agencies, single = _sorted(empty, lambda v: v.agency), _sorted(empty, lambda v: v.counter)
    if not any(v.cost.waiting_minutes for v in empty):
        return Costs()
    return Costs(
        together(empty),
        {agency: together(of) for agency, of in agencies.items()},
        {counter: together(of) for counter, of in single.items()},
    )


def _sorted(found: list[Vacancy], key: Callable[[Vacancy], str]) -> dict[str, list[Vacancy]]:
    by: dict[str, list[Vacancy]] = {}
    for vacancy in found:
        by.setdefault(key(vacancy), []).append(vacancy)
    return by


def _staffed(facts: DayFacts) -> dict[str, Intervals]:
    """When each counter was staffed, at whatever hour, as far as it could be seen."""
    until = min(facts.now, facts.window.end)
    return {
        code: subtract(staffed(sittings, until, facts.allowance), unseen(facts.down, code))
        for code, sittings in facts.sittings.items()
    }


def _idle(span: Span, facts: DayFacts, times: Times, line: Line) -> tuple[Idle, ...]:
    found: list[Idle] = []
    if not times.waits:
        return ()
    allowed = timedelta(minutes=span.places.options.idle_minutes)
    until = min(facts.now, facts.window.end)
    for counter in span.places.counters.values():
        if sittings := facts.sittings.get(counter.code):
            busy, blind = times.busy.get(counter.code, []), unseen(facts.down, counter.code)
            found += idle_while_waiting(counter, sittings, busy, blind, line, allowed=allowed, until=until)
    return tuple(found)


def _kept(db: Database, hall: str) -> _Kept:
    key = f"vacancies of {hall}"
    with _guard:
        kept: _Kept | None = db.known.get(key)
        if kept is None:
            kept = db.known[key] = _Kept(Known())
        return kept


def _dates(first: date, last: date) -> list[date]:
    return [first + nr * DAY for nr in range((last - first).days + 1)]


def _runs(days: list[date]) -> list[tuple[date, date]]:
    """Neighbouring dates together, in parts of a bearable size."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and day - runs[-1][1] == DAY and (day - runs[-1][0]).days < AT_ONCE:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs
