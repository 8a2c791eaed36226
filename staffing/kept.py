"""How much of the counter time an officer was planned for was kept, and what became of the rest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from hall.intervals import Interval, Intervals, clip, intersect, normalise, subtract, total, union
from staffing.judgement import Judge
from staffing.seating import staffed


@dataclass(frozen=True, slots=True)
class OfficerDay:
    """An officer's day at the counters. ``planned`` is the due time planned so far, every moment counted once.

    ``planned`` = ``kept`` (seated at a counter planned then) + ``elsewhere`` (seated at another counter) + ``excused``
    (absence recorded, not seated) + ``unobserved`` (nobody could see; held against nobody) + ``missed``.
    ``arrival`` and ``departure`` are those of the day's attendance, None where none is known.
    """

    officer: str
    arrival: datetime | None
    departure: datetime | None
    planned: timedelta
    kept: timedelta
    elsewhere: timedelta
    excused: timedelta
    unobserved: timedelta
    missed: timedelta


def count_kept(judge: Judge) -> dict[str, OfficerDay]:
    """Every officer who is planned at a counter in the time it is due on this date up to now, by NIP."""
    facts = judge.facts
    so_far = Interval(facts.window.start, min(facts.now, facts.window.end)) if facts.now > facts.window.start else None
    owed: dict[str, dict[str, Intervals]] = defaultdict(dict)
    for counter, plans in judge.plans.items():
        due = clip(judge.due(counter), so_far) if so_far else ()
        for plan in plans:
            if due and (mine := clip(due, plan.interval)):
                known = owed[plan.officer].get(counter)
                owed[plan.officer][counter] = union(known, mine) if known else mine
    return {officer: _officer(judge, officer, owed[officer]) for officer in sorted(owed)}


def _officer(judge: Judge, officer: str, owed: dict[str, Intervals]) -> OfficerDay:
    facts = judge.facts
    seats = judge.seats.get(officer, ())
    planned = union(*owed.values())
    seen = {counter: subtract(mine, judge.unseen(counter)) for counter, mine in owed.items()}
    lit = union(*seen.values())
    kept = union(
        *(
            intersect(mine, staffed([s for s in seats if s.counter == counter], facts.now, facts.allowance))
            for counter, mine in seen.items()
        )
    )
    rest = subtract(lit, kept)
    elsewhere = intersect(rest, staffed(seats, facts.now, facts.allowance))
    rest = subtract(rest, elsewhere)
    excused = intersect(rest, normalise(Interval(a.start, a.end) for a in judge.absences.get(officer, ())))
    day = judge.attendance(officer, planned[-1].start)
    return OfficerDay(
        officer=officer,
        arrival=day.arrival,
        departure=day.departure,
        planned=total(planned),
        kept=total(kept),
        elsewhere=total(elsewhere),
        excused=total(excused),
        unobserved=total(planned) - total(lit),
        missed=total(rest) - total(excused),
    )
