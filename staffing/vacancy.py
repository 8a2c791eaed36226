"""The engine: which counters stood empty on a day, since when, for which cause and by what evidence, from facts alone.

Pure: no database, no clock. The rules are those of section 3 of the domain reference, in its words:

1. A counter is **staffed** from sign-in to sign-out, without what a pause takes beyond its allowance. Due time while
   the server, the hall's network or the counter's console was down is unobserved, whoever was there.
2. An empty **stretch** (due, observed, not staffed) that reaches the grace time counts whole, a shorter one not at all.
   An outage ends it. Unobserved stretches are listed by the same rule.
3. A stretch is cut wherever the evidence changes; each piece gets the first cause of the table that applies
   (`staffing.judgement`), and neighbours with the same cause and officers are one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from hall.intervals import Interval, Intervals, clip, complement, cut, intersect, normalise, subtract
from staffing.day_facts import CAUSES, UNOBSERVED, WITHOUT_NOTICE, Absence, DayFacts, Punch
from staffing.evidence import Evidence, dark, join, tell
from staffing.judgement import Judge, Verdict
from staffing.kept import OfficerDay, count_kept
from staffing.seating import staffed

__all__ = [
    "CAUSES",
    "Absence",
    "AgencyDay",
    "CounterDay",
    "DayFacts",
    "DayJudgement",
    "Evidence",
    "Judge",
    "OfficerDay",
    "Piece",
    "Punch",
    "Verdict",
    "judge_day",
]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch in which a counter was due and empty (or unobserved), with one cause; UTC.

    ``officers`` are those the cause is about, sorted; none where it is about nobody. ``provisional`` (*sementara*):
    absent without notice, but the time for explanation has not passed.
    """

    counter: str
    agency: str
    start: datetime
    end: datetime
    cause: str
    officers: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    provisional: bool

    @property
    def minutes(self) -> float:
        """How long, in decimal minutes, not rounded."""
        return (self.end - self.start) / timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CounterDay:
    """One counter's day: staffed, grace, pieces, not_due and ahead never overlap and together are the whole day.

    ``due`` is the whole day's due time, also what is ``ahead`` of now; ``staffed`` only what was due and observed;
    ``grace`` the emptiness (or outages) too short to be listed.
    """

    counter: str
    agency: str
    due: Intervals
    not_due: Intervals
    staffed: Intervals
    grace: Intervals
    ahead: Intervals
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class AgencyDay:
    """Whether an agency was due that day and since when, and when its first sign-in was; None: never that day."""

    agency: str
    due: datetime | None
    opened: datetime | None


@dataclass(frozen=True)
class DayJudgement:
    """What a day's facts say about every counter and agency, in the hall's order."""

    day: date
    counters: dict[str, CounterDay]
    agencies: dict[str, AgencyDay]
    judge: Judge = field(repr=False, compare=False)

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """Every piece in the hall's order of counters, then by time; the unobserved ones are among them."""
        return tuple(piece for counter in self.counters.values() for piece in counter.pieces)

    @cached_property
    def officers(self) -> dict[str, OfficerDay]:
        """Every officer planned in due time, by NIP; worked out when first asked for."""
        return count_kept(self.judge)


def judge_day(facts: DayFacts) -> DayJudgement:
    """Every counter, agency and officer of one business date, up to ``facts.now``."""
    judge = Judge(facts)
    counters = {code: _judge_counter(judge, code) for code in facts.agencies}
    return DayJudgement(facts.day, counters, _agencies(judge, counters), judge)


def _judge_counter(judge: Judge, counter: str) -> CounterDay:
    facts, window = judge.facts, judge.facts.window
    agency, wide = facts.agencies[counter], judge.due(counter)
    due = clip(wide, window)
    if not due:
        return CounterDay(counter, agency, (), (window,), (), (), (), ())
    past = _until(wide, facts.now)
    blind = judge.unseen(counter)
    lit = subtract(past, blind)
    there = staffed(judge.desks.get(counter, ()), facts.now, facts.allowance)
    pieces: list[Piece] = []
    short: list[Interval] = []
    for stretch in subtract(lit, there):
        if stretch.duration < facts.grace:
            short.append(stretch)
        else:
            for inside in clip((stretch,), window):
                pieces += _judge_stretch(judge, counter, inside)
    for stretch in intersect(past, blind):
        if stretch.duration < facts.grace:
            short.append(stretch)
        else:
            for inside in clip((stretch,), window):
                why = dark(judge, counter, inside.start, inside.end)
                pieces.append(Piece(counter, agency, inside.start, inside.end, UNOBSERVED, (), why, False))
    pieces.sort(key=lambda piece: piece.start)
    return CounterDay(
        counter=counter,
        agency=agency,
        due=due,
        not_due=complement(due, window),
        staffed=intersect(intersect(lit, there), (window,)),
        grace=clip(normalise(short), window),
        ahead=subtract(due, past),
        pieces=tuple(pieces),
    )


def _until(intervals: Intervals, moment: datetime) -> Intervals:
    return tuple(i if i.end <= moment else Interval(i.start, moment) for i in intervals if i.start < moment)


def _judge_stretch(judge: Judge, counter: str, stretch: Interval) -> list[Piece]:
    """An empty stretch cut wherever the evidence changes; neighbours with the same verdict are one piece."""
    found: list[tuple[Verdict, list[Interval]]] = []
    for part in cut((stretch,), judge.changes(counter, stretch)):
        verdict = judge.verdict(counter, part.start)
        if found and found[-1][0] == verdict:
            found[-1][1].append(part)
        else:
            found.append((verdict, [part]))
    return [_piece(judge, counter, verdict, parts) for verdict, parts in found]


def _piece(judge: Judge, counter: str, verdict: Verdict, parts: list[Interval]) -> Piece:
    return Piece(
        counter=counter,
        agency=judge.facts.agencies[counter],
        start=parts[0].start,
        end=parts[-1].end,
        cause=verdict.cause,
        officers=verdict.officers,
        evidence=join([tuple(tell(judge, counter, part.start, verdict)) for part in parts]),
        provisional=verdict.cause == WITHOUT_NOTICE and not judge.facts.closed,
    )


def _agencies(judge: Judge, counters: dict[str, CounterDay]) -> dict[str, AgencyDay]:
    window = judge.facts.window
    found: dict[str, AgencyDay] = {}
    for agency in dict.fromkeys(judge.facts.agencies.values()):
        starts = [c.due[0].start for c in counters.values() if c.agency == agency and c.due]
        opened = next((s.start for s in judge.openings.get(agency, ()) if s.start in window), None)
        found[agency] = AgencyDay(agency, min(starts, default=None), opened)
    return found
