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

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hall.intervals import Intervals
from staffing.day_facts import CAUSES, Absence, DayFacts, Punch
from staffing.judgement import Evidence, Judge, Verdict
from staffing.kept import OfficerDay

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


@dataclass(frozen=True, slots=True)
class DayJudgement:
    """What a day's facts say. ``pieces`` in the hall's order of counters, then by time; unobserved ones among them."""

    day: date
    counters: dict[str, CounterDay]
    agencies: dict[str, AgencyDay]
    officers: dict[str, OfficerDay]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Every piece of every counter."""
        return tuple(piece for counter in self.counters.values() for piece in counter.pieces)


def judge_day(facts: DayFacts) -> DayJudgement:
    """Every counter, agency and officer of one business date, up to ``facts.now``."""
    raise NotImplementedError
