"""The hall this minute, or at any minute of its history: what each counter is doing, since when, for whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from hall.database import MICROSECOND, Database
from hall.hours import Piece
from hall.intervals import Intervals, clip, find
from hall.places import Counter, Places, places
from hall.turn import position
from queueing.standing import LineAt, Waiter, line_at
from staffing.day_facts import DayFacts
from staffing.floor_shape import (
    NOT_DUE,
    PAUSED,
    SERVING,
    STAFFED,
    STATES,
    UNOBSERVED,
    VACANT,
    WAITING,
    CounterNow,
    Floor,
    Person,
    Totals,
)
from staffing.judgement import Judge
from staffing.reading import read_facts
from staffing.roster import Roster, roster_of
from staffing.seating import staffed, unseen

__all__ = [
    "NOT_DUE", "PAUSED", "SERVING", "STAFFED", "STATES", "UNOBSERVED", "VACANT", "WAITING",
    "Causes", "CounterNow", "Floor", "Person", "Totals", "floor",
]  # fmt: skip

DAY = timedelta(days=1)
Causes = Callable[[Counter, datetime], str | None]
"""Says why a counter that is due and empty at a moment is empty, or None where it does not know."""


def floor(db: Database, hall: str, at: datetime, *, causes: Causes | None = None) -> Floor:
    """Every counter of ``hall`` at ``at`` (aware), the present or any moment of its history.

    Presence comes from sessions, pauses and outages, the line from the tickets or, for a moment after which tickets
    moved, from the journal. Why a counter is empty is judged by the rules of :mod:`staffing.vacancy`, from all that is
    known of the day today, or by ``causes``. Raises :class:`NotFound` (``unknown_hall``).
    """
    if at.tzinfo is None:
        raise ValueError("a floor needs an aware moment")
    with db.reading() as connection:
        seq, config = position(connection, hall)
        place = places(db, connection, hall, config)
        today = place.date(at)
        window = place.calendar.window(today)
        day = read_facts(db, connection, place, config, today, today, at, until=window.end)[today]
        facts = _Facts(
            places=place,
            at=at,
            midnight=window.start,
            line=line_at(connection, place, at),
            day=day,
            roster=roster_of(db, connection, hall, config),
            causes=causes,
        )
    facts.prepare()
    counters, stranded = _with_stranded(facts, [facts.judge(counter) for counter in place.counters.values()])
    down = tuple(sorted((what, i.start) for what, found in facts.down.items() if (i := find(found, at)) is not None))
    totals = _totals(facts, counters, stranded)
    return Floor(hall, place.name, place.zone, today, at, seq, totals, tuple(counters), down)


@dataclass(slots=True)
class _Group:
    """People waiting for one service, or for one counter alone: all of them may be called by the same counters."""

    people: int = 0
    longest: float = 0.0
    minutes: float = 0.0
    oldest: datetime | None = None

    def add(self, waiter: Waiter, at: datetime) -> None:
        minutes = waiter.minutes(at)
        self.people += 1
        self.minutes += minutes
        self.longest = max(self.longest, minutes)
        self.oldest = waiter.since if self.oldest is None else min(self.oldest, waiter.since)


@dataclass
class _Facts:
    """All that is known of a hall at a moment, read once, and the judgement of each counter by it."""

    places: Places
    at: datetime
    midnight: datetime
    line: LineAt
    day: DayFacts
    roster: Roster
    causes: Causes | None
    planned: dict[str, list[str]] = field(default_factory=dict)
    for_service: dict[str, _Group] = field(default_factory=dict)
    for_counter: dict[str, _Group] = field(default_factory=dict)
    down: dict[str, Intervals] = field(default_factory=dict)

    def prepare(self) -> None:
        """Sorts the waiting people and the plans once for all counters."""
        self.down = {what: clip(found, self.day.window) for what, found in self.day.down.items()}
        for plan in self.day.plans:
            if self.at in plan.interval and plan.officer not in (here := self.planned.setdefault(plan.counter, [])):
                here.append(plan.officer)
        for waiter in self.line.waiting:
            alone = waiter.only_counter
            table, key = (self.for_service, waiter.service) if alone is None else (self.for_counter, alone)
            table.setdefault(key, _Group()).add(waiter, self.at)

    def groups(self, counter: Counter) -> list[_Group]:
        """The people this counter may call."""
        found = [self.for_service[s] for s in counter.services if s in self.for_service]
        own = self.for_counter.get(counter.code)
        return [*found, own] if own is not None else found

    @cached_property
    def judge_of_causes(self) -> Judge:
        """The engine's rules over the day's facts; made for the first counter that is empty."""
        return Judge(self.day)

    def cause(self, counter: Counter) -> str | None:
        """Why a counter that is due and empty is empty."""
        if self.causes is not None:
            return self.causes(counter, self.at)
        return self.judge_of_causes.verdict(counter.code, self.at).cause

    def person(self, nip: str) -> Person:
        return Person(nip, self.roster.names.get(nip, nip))

    def judge(self, counter: Counter) -> CounterNow:
        """One counter: who is there decides first, then what could be seen, then the hours."""
        at, code = self.at, counter.code
        piece = self.places.calendar.state_at(counter.agency, code, at)
        sittings = self.day.sittings.get(code, ())
        sitting = next((s for s in sittings if s.there_at(at)), None)
        pause = sitting.pause_at(at) if sitting else None
        live = self.line.live.get(code)
        groups = self.groups(counter)
        used_up = self._quota_used_up(counter, groups) if piece.due else None
        due = piece.due and used_up is None
        blind = unseen(self.down, code)
        dark = find(blind, at)
        ended = [i.end for i in blind if i.end <= at]
        allowance = timedelta(minutes=self.places.options.pause_minutes)
        cause = detail = None
        if due and dark is not None:
            state, since = UNOBSERVED, max(dark.start, self._due_start(counter, piece))
        elif live is not None:
            state, since = SERVING, max([live.called_at, *ended])
        elif sitting is not None and pause is None:
            state = WAITING
            rested = [p.end for p in sitting.pauses if p.end is not None and p.end <= at]
            freed = [t for t in (self.line.freed.get(code),) if t is not None]
            since = max([sitting.start, *rested, *freed, *ended])
        elif pause is not None and at < pause.start + allowance:
            state, since = PAUSED, max([pause.start, *ended])
        elif due:
            before = [i.end for i in staffed(sittings, at, allowance)]
            state, since = VACANT, max([self._due_start(counter, piece), *before, *ended])
            cause = self.cause(counter)
        else:
            state, cause, detail = NOT_DUE, piece.reason, piece.detail
            since = self._closed_since(counter, piece)
            if used_up is not None:
                cause, detail, since = "quota_reached", None, used_up
            since = max([since, *(s.end for s in sittings if s.end is not None and s.end <= at)])
        idle = None
        if state == WAITING and groups:
            oldest = min(g.oldest for g in groups if g.oldest is not None)
            waits = max(since, oldest, self.line.last_call.get(code, since))
            idle = waits if at - waits > timedelta(minutes=self.places.options.idle_minutes) else None
        return CounterNow(
            counter=code,
            name=counter.name,
            agency=counter.agency,
            area=counter.area,
            services=counter.services,
            state=state,
            cause=cause,
            detail=detail,
            since=since,
            due=due,
            due_until=piece.interval.end if due else None,
            next_opening=self._next_opening(counter, used_up is not None) if not due else None,
            grace=state == VACANT and at - since < timedelta(minutes=self.places.options.grace_minutes),
            officer=self.person(sitting.officer) if sitting else None,
            planned=tuple(self.person(nip) for nip in self.planned.get(code, ())),
            post=next((post.title for post in self.day.posts.get(code, ())), None),
            pause_reason=pause.reason if pause else None,
            waiting=sum(g.people for g in groups),
            waiting_longest=max((g.longest for g in groups), default=0.0),
            stranded=0,
            citizen_minutes=sum(g.minutes for g in groups)
            + sum(self.line.served_waits.get(s, 0) for s in counter.services) / 60e6,
            ticket=live.label if live else None,
            ticket_state=live.state if live else None,
            last_call=self.line.last_call.get(code),
            idle_since=idle,
        )

    def _quota_used_up(self, counter: Counter, groups: list[_Group]) -> datetime | None:
        """Since when the counter has nothing left to do today, or None.

        Every service it takes has given its last number, and whoever holds one has left the line: people with a number
        are still owed their service, so a counter that leaves them waiting is vacant, not done.
        """
        ends = []
        for code in counter.services:
            service = self.places.services.get(code)
            people, last = self.line.issued.get(code, (0, None))
            if service is None or service.quota is None or people < service.quota:
                return None
            ends += [moment for moment in (last, self.line.left.get(code)) if moment is not None]
        return max([self.midnight, *ends]) if counter.services and not groups else None

    def _due_start(self, counter: Counter, piece: Piece) -> datetime:
        return max(piece.interval.start, self.midnight)

    def _closed_since(self, counter: Counter, piece: Piece) -> datetime:
        """When a counter that is not due stopped being due; for a closing before midnight a week is looked through."""
        if piece.interval.start > self.midnight:
            return piece.interval.start
        before = self.places.calendar.due_intervals(counter.agency, counter.code, self.at - 7 * DAY, self.at)
        return before[-1].end if before else self.midnight

    def _next_opening(self, counter: Counter, used_up: bool) -> datetime | None:
        after = self.midnight + DAY - MICROSECOND if used_up else self.at
        return self.places.calendar.next_opening(counter.agency, counter.code, after)


def _with_stranded(facts: _Facts, counters: list[CounterNow]) -> tuple[list[CounterNow], int]:
    """Adds whom no counter could call, neither a staffed one nor one whose officer is out of sight; and how many."""
    able = [c for c in counters if c.state in STAFFED or (c.state == UNOBSERVED and c.officer is not None)]
    covered = {service for c in able for service in c.services}
    there = {c.counter for c in able}
    alone = {service: g.people for service, g in facts.for_service.items() if service not in covered}
    sent = {code: g.people for code, g in facts.for_counter.items() if code not in there}
    done = [replace(c, stranded=sum(alone.get(s, 0) for s in c.services) + sent.get(c.counter, 0)) for c in counters]
    return done, sum(alone.values()) + sum(sent.values())


def _totals(facts: _Facts, counters: list[CounterNow], stranded: int) -> Totals:
    groups = [*facts.for_service.values(), *facts.for_counter.values()]
    return Totals(
        counters=len(counters),
        due=sum(c.due for c in counters),
        staffed=sum(c.due and c.state in STAFFED for c in counters),
        vacant=sum(c.state == VACANT for c in counters),
        vacant_in_grace=sum(c.grace for c in counters),
        unobserved=sum(c.state == UNOBSERVED for c in counters),
        not_due=sum(not c.due for c in counters),
        idle=sum(c.idle_while_waiting for c in counters),
        waiting=sum(g.people for g in groups),
        waiting_longest=max((g.longest for g in groups), default=0.0),
        stranded=stranded,
        citizen_minutes=sum(g.minutes for g in groups) + sum(facts.line.served_waits.values()) / 60e6,
    )
