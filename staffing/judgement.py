"""Why a counter that is due and empty is empty at a moment: the table of causes applied to a day's facts, pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hall.intervals import Interval, Intervals, clip, normalise, subtract
from staffing.attendance_day import Attendance, attend, turnover
from staffing.day_facts import (
    AGENCY_NOT_OPEN,
    AT_OTHER_COUNTER,
    AWAY,
    CAUSES,
    EVE,
    LATE,
    LEFT_EARLY,
    NO_DATA,
    NO_ONE_ASSIGNED,
    POST_VACANT,
    WITHOUT_NOTICE,
    Absence,
    DayFacts,
    Punch,
)
from staffing.roster import Planned
from staffing.seating import Sitting, unseen

RANK = {cause: rank for rank, cause in enumerate(CAUSES)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The cause at a moment and the officers it is about, sorted; nobody where it is about the counter or agency."""

    cause: str
    officers: tuple[str, ...] = ()


def _in_order(sitting: Sitting) -> tuple[Any, ...]:
    """By time, and where two sessions contradict each other by everything else: the order of facts decides nothing."""
    rests = [(pause.start, pause.end is None, pause.end or pause.start, pause.reason) for pause in sitting.pauses]
    end = sitting.end
    return sitting.start, sitting.counter, sitting.officer, end is None, end or sitting.start, rests


class Judge:
    """A day's facts, indexed so that any counter can be judged at any moment of the day.

    The engine judges every piece by the moment it begins, the floor judges the present moment: the same rules, so they
    agree. Whether the counter is due, observed and empty at that moment is the caller's to know.
    """

    def __init__(self, facts: DayFacts) -> None:
        self.facts = facts
        self.desks: dict[str, list[Sitting]] = {}
        self.seats: dict[str, list[Sitting]] = defaultdict(list)
        self.plans: dict[str, list[Planned]] = defaultdict(list)
        self.absences: dict[str, list[Absence]] = defaultdict(list)
        self.punches: dict[str, list[Punch]] = defaultdict(list)
        self.openings: dict[str, list[Sitting]] = defaultdict(list)
        self._sit()
        for plan in sorted(set(facts.plans), key=lambda p: (p.interval, p.officer, p.substitute_for or "")):
            self.plans[plan.counter].append(plan)
        for absence in facts.absences:
            self.absences[absence.officer].append(absence)
        for found in self.absences.values():
            found.sort(key=lambda a: (a.start, a.end, RANK[a.kind], a.document))
        for punch in sorted(set(facts.punches), key=lambda p: (p.at, p.source)):
            self.punches[punch.officer].append(punch)
        self._due = {counter: self._owed(counter) for counter in facts.agencies}
        self._attendance: dict[tuple[str, datetime], Attendance] = {}
        self._mornings = self._find_mornings()

    def _sit(self) -> None:
        """Sorts the sessions by counter, officer and agency; one that nobody ended is over at its own midnight."""
        midnight = self.facts.window.start
        for counter, found in self.facts.sittings.items():
            kept = [replace(s, end=midnight) if s.end is None and s.start < midnight else s for s in found]
            kept.sort(key=_in_order)
            self.desks[counter] = kept
            for sitting in kept:
                self.seats[sitting.officer].append(sitting)
            if counter in self.facts.agencies:
                self.openings[self.facts.agencies[counter]] += kept
        for seats in (*self.seats.values(), *self.openings.values()):
            seats.sort(key=_in_order)

    def _find_mornings(self) -> dict[tuple[str, str], datetime]:
        """From when on the day's own facts count, for counters and officers that are due across its first midnight."""
        window, found = self.facts.window, {}
        for counter in self.facts.agencies:
            morning = turnover(self.due(counter), window)
            if morning is not None:
                found["counter", counter] = morning
        for officer in {plan.officer for _, counter in tuple(found) for plan in self.plans.get(counter, ())}:
            mine = [plan for plans in self.plans.values() for plan in plans if plan.officer == officer]
            spans = normalise(span for plan in mine for span in clip(self.due(plan.counter), plan.interval))
            morning = turnover(spans, window)
            if morning is not None:
                found["officer", officer] = morning
        return found

    def _owed(self, counter: str) -> Intervals:
        due = normalise(self.facts.due.get(counter, ()))
        reached = self.facts.quota_reached.get(counter)
        if reached is None or reached >= self.facts.window.end:
            return due
        return subtract(due, (Interval(reached, self.facts.window.end),))

    def due(self, counter: str) -> Intervals:
        """When a counter of the hall is due, as given; once its quota is reached no more until the day ends."""
        return self._due.get(counter, ())

    def unseen(self, counter: str) -> Intervals:
        """When nothing can be said about a counter: its console, the hall's network or the server was down."""
        return unseen(self.facts.down, counter)

    def planned(self, counter: str, moment: datetime) -> list[Planned]:
        """The plans at a counter that hold at a moment."""
        return [p for p in self.plans.get(counter, ()) if p.interval.start <= moment < p.interval.end]

    def absences_at(self, officer: str, moment: datetime) -> list[Absence]:
        """The officer's recorded absences that hold at a moment, first in the table first."""
        held = [a for a in self.absences.get(officer, ()) if a.start <= moment < a.end]
        return sorted(held, key=lambda a: RANK[a.kind])

    def span(self, who: tuple[str, str], moment: datetime) -> tuple[datetime, datetime]:
        """From when until when things belong to the same day as the moment, for an officer or a counter."""
        window = self.facts.window
        morning = self._mornings.get(who)
        if morning is None:
            return window.start, window.end
        return (window.start - EVE, morning) if moment < morning else (morning, window.end)

    def attendance(self, officer: str, moment: datetime) -> Attendance:
        """When the officer came and went on the day to which the moment belongs."""
        start, end = self.span(("officer", officer), moment)
        known = self._attendance.get((officer, start))
        if known is None:
            punches, seats = self.punches.get(officer, ()), self.seats.get(officer, ())
            known = self._attendance[officer, start] = attend(punches, seats, start, end)
        return known

    def seat_elsewhere(self, officer: str, counter: str, moment: datetime) -> Sitting | None:
        """The session the officer has at another counter at that moment."""
        for sitting in self.seats.get(officer, ()):
            if sitting.counter != counter and sitting.there_at(moment):
                return sitting
        return None

    def first_opening(self, counter: str, moment: datetime) -> Sitting | None:
        """The first sign-in, at any counter of the counter's agency, of the day to which the moment belongs."""
        start, _ = self.span(("counter", counter), moment)
        return next((s for s in self.openings.get(self.facts.agencies[counter], ()) if start <= s.start), None)

    def opened(self, counter: str, moment: datetime) -> Sitting | None:
        """That first sign-in, if it had happened by the moment; None: the agency had not opened yet."""
        first = self.first_opening(counter, moment)
        return first if first is not None and first.start <= moment else None

    def covered(self, officer: str) -> datetime | None:
        """Up to when the officer's own source has delivered everything; None: nothing, or there is no source."""
        return self.facts.covered.get(self.facts.sources.get(officer, ""))

    def cause_of(self, officer: str, counter: str, moment: datetime) -> str:
        """The first cause of the table that applies to one officer who is planned at the counter."""
        if away := self.absences_at(officer, moment):
            return away[0].kind
        day = self.attendance(officer, moment)
        arrival, departure = day.arrival, day.departure
        if arrival is not None and moment < arrival:
            return LATE
        if departure is not None and departure <= moment:
            return LEFT_EARLY
        if self.seat_elsewhere(officer, counter, moment) is not None:
            return AT_OTHER_COUNTER
        if arrival is not None:
            return AWAY
        covered = self.covered(officer)
        return WITHOUT_NOTICE if covered is not None and moment < covered else NO_DATA

    def verdict(self, counter: str, moment: datetime) -> Verdict:
        """Why the counter is empty at that moment, and whom that is about.

        Several officers planned: each is judged, the cause that comes last in the table counts, for the one who could
        have been there. A recorded absence is the cause only if every one of them has one.
        """
        officers = sorted({plan.officer for plan in self.planned(counter, moment)})
        if not officers:
            posts = self.facts.posts.get(counter)
            if posts and not any(post.filled for post in posts):
                return Verdict(POST_VACANT)
            return Verdict(NO_ONE_ASSIGNED if self.opened(counter, moment) else AGENCY_NOT_OPEN)
        rosterless = self.facts.agencies[counter] in self.facts.rosterless
        if (
            rosterless
            and not all(self.absences_at(officer, moment) for officer in officers)
            and self.opened(counter, moment) is None
        ):
            return Verdict(AGENCY_NOT_OPEN)
        causes = {officer: self.cause_of(officer, counter, moment) for officer in officers}
        last = max(causes.values(), key=RANK.__getitem__)
        return Verdict(last, tuple(officer for officer in officers if causes[officer] == last))

    def changes(self, counter: str, stretch: Interval) -> set[datetime]:
        """Every moment at which the evidence about a counter may change within the stretch; and some outside it."""
        plans = self.plans.get(counter, ())
        officers = {plan.officer for plan in plans}
        moments = {edge for plan in plans for edge in (plan.interval.start, plan.interval.end)}
        opening = self.first_opening(counter, stretch.start)
        if opening is not None:
            moments.add(opening.start)
        for officer in officers:
            # Of the evening before and of the day itself, where the stretch reaches from one into the other.
            for moment in {stretch.start, self._mornings.get(("officer", officer), stretch.start)}:
                day = self.attendance(officer, moment)
                moments.update(edge for edge in (day.arrival, day.departure) if edge is not None)
        for officer in officers:
            for absence in self.absences.get(officer, ()):
                moments |= {absence.start, absence.end}
            for sitting in self.seats.get(officer, ()):
                moments.add(sitting.start)
                if sitting.end is not None:
                    moments.add(sitting.end)
            covered = self.covered(officer)
            if covered is not None:
                moments.add(covered)
        return moments
