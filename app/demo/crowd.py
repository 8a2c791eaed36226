"""The invented people at work: they use the verbs like everybody else, the past at once, the present in time."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random

from app.demo.day import Arrival, Shift, plan_arrivals, plan_shifts
from app.demo.place import DOOR, LIST, SERIAL, pins
from app.demo.story import DARK, EARLY, LONG_AGO, UNKNOWN_PIN
from hall.clock import midnight_after
from hall.database import Database
from hall.errors import Refusal
from hall.hallfile_rows import HallFile
from hall.intervals import Interval
from hall.places import Places
from queueing import calling, issuing
from queueing.desks import OPEN, desk
from staffing import attendance, facts, presence
from staffing.attendance import Told

log = logging.getLogger("antre.demo")
CROWD = "demo:crowd"
HAND_IN = timedelta(minutes=5)  # how often the sources deliver in the present


@dataclass
class Crowd:
    """Everything that is still to happen on one day, in order of time.

    ``ago`` says how many working days before the visitor's this is. ``pace`` shortens handling times, so that a visitor
    who looks for a minute sees something; ``often``: sources deliver all day long and not only in the evening.
    ``beats`` says that the consoles send heartbeats (the present), or not (history); the machine at the door then gets
    its people through ``scan`` and delivers by itself. ``held`` keeps what the weekly list will tell.
    """

    db: Database
    file: HallFile
    hall: Places
    day: date
    chance: Random
    load: float = 0.36
    pace: float = 1.0
    ago: int = LONG_AGO
    often: bool = False
    beats: bool = False
    scan: Callable[[str, datetime], None] | None = None
    held: list[Told] = field(default_factory=list)
    shifts: list[Shift] = field(default_factory=list)
    _heap: list[tuple[datetime, int, Callable[[datetime], object]]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)
    _about_to_call: set[str] = field(default_factory=set)
    _told: dict[str, list[Told]] = field(default_factory=dict)
    _sources: dict[str, str | None] = field(default_factory=dict)
    _pins: dict[str, str] = field(default_factory=dict)
    _dark: Interval | None = None

    def __post_init__(self) -> None:
        self._told = {source: [] for source in self.hall.sources}
        self._sources = {officer.nip: officer.source for officer in self.file.officers}
        self._pins = pins(self.file)
        if dark := DARK.get(self.ago):
            start, end = (
                datetime.combine(self.day, time.fromisoformat(at), tzinfo=self.hall.tz).astimezone(UTC) for at in dark
            )
            self._later(start, lambda at: facts.begin_outage(self.db, self.hall.code, "hall", actor=CROWD, now=at))
            self._later(end, lambda at: facts.end_outage(self.db, self.hall.code, "hall", actor=CROWD, now=at))
            self._dark = Interval(start, end)
        self.shifts = plan_shifts(self.file, self.hall, self.day, self.chance, self.ago)
        for shift in self.shifts:
            if shift.comes:
                self._plan(shift)
        for arrival in plan_arrivals(self.hall, self.day, self.load, self.chance):
            self._later(arrival.at, lambda at, a=arrival: self._arrive(a, at))  # type: ignore[misc]
        if stranger := UNKNOWN_PIN.get(self.ago):
            self._later(self.shifts[0].stretches[0].start, lambda at: self._told[DOOR].append(Told(stranger, at)))
        midnight = midnight_after(self.day, self.hall.zone)
        self._later(midnight - (timedelta(hours=17) if self.often else timedelta(minutes=30)), self.hand_in)

    def run_until(self, moment: datetime) -> int:
        """Lets everything happen that is due by ``moment``; returns how much did."""
        done = 0
        while self._heap and self._heap[0][0] <= moment:
            at, _, act = heapq.heappop(self._heap)
            try:
                act(at)
            except Refusal as refusal:
                # a visitor may have taken the counter or the ticket: the crowd gives way
                log.debug("%s %s", at.isoformat(), refusal)
            done += 1
        return done

    def beat(self, now: datetime) -> None:
        """Sends the heartbeats of every console where an invented officer sits."""
        for counter in (shift.counter for shift in self.shifts if shift.counter):
            try:
                presence.heartbeat(self.db, self.hall.code, counter, actor=CROWD, now=now)
            except Refusal as refusal:
                log.debug("%s %s", counter, refusal)

    def hand_in(self, at: datetime) -> None:
        """Every source delivers what it knows and says that it is all up to ``at``; the weekly list keeps its own."""
        self.held += self._told[LIST]
        self._told[LIST] = []
        for source, told in self._told.items():
            if source == LIST or (source == DOOR and self.beats):
                continue
            machine = SERIAL if source == DOOR else ""
            attendance.deliver(
                self.db, self.hall.code, source, told, machine=machine, covered_until=at,
                actor=f"machine:{SERIAL}" if machine else f"attendance:{source}", now=at,
            )  # fmt: skip
            told.clear()
        if self.often and at < self.shifts[0].stretches[-1].end + timedelta(hours=1):
            self._later(at + HAND_IN, self.hand_in)

    def go_live(self, now: datetime) -> None:
        """From now on consoles beat, and the machine delivers by itself."""
        self.hand_in(now)
        self.beats = True

    def _later(self, at: datetime, act: Callable[[datetime], object]) -> None:
        if self._dark is not None and self._dark.start < at < self._dark.end:  # no screen works: once it is over
            at = self._dark.end + (at - self._dark.start) / 20
        heapq.heappush(self._heap, (at, next(self._order), act))

    def _plan(self, shift: Shift) -> None:
        first, last = shift.stretches[0].start, shift.stretches[-1].end
        if shift.part.manner == EARLY:
            last -= timedelta(minutes=shift.part.minutes)
        walk = timedelta(minutes=shift.part.walk)
        self._later(first + shift.delay - walk, lambda at: self._punch(shift.officer, at))
        self._later(last + self._minutes(3, 25), lambda at: self._punch(shift.officer, at))
        if not shift.counter:
            return
        for nr, stretch in enumerate(shift.stretches):
            start = stretch.start + shift.delay if nr == 0 else stretch.start + self._minutes(-2, 9)
            end = min(stretch.end, last)
            if start >= end:
                continue
            self._later(start, lambda at: self._sit_down(shift, at))
            self._later(end, lambda at: self._leave(shift, at))
            long_enough = end - start > timedelta(hours=1)
            if long_enough and self.chance.random() < 0.6:
                pause = start + (end - start) * self.chance.uniform(0.3, 0.8)
                self._later(pause, lambda at: self._rest(shift, at))

    def _minutes(self, low: float, high: float) -> timedelta:
        return timedelta(minutes=self.chance.uniform(low, high))

    def _punch(self, officer: str, at: datetime) -> None:
        source = self._sources[officer]
        if source is None:
            return
        who = self._pins.get(officer, officer)
        if source == DOOR and self.beats and self.scan is not None:
            self.scan(who, at)
        else:
            self._told[source].append(Told(who, at.replace(microsecond=0)))

    def _sit_down(self, shift: Shift, at: datetime) -> None:
        presence.sign_in(self.db, self.hall.code, shift.counter, shift.officer, actor=CROWD, now=at, beats=self.beats)
        self._call(shift, at)

    def _leave(self, shift: Shift, at: datetime) -> None:
        try:
            presence.sign_out(self.db, self.hall.code, shift.counter, actor=CROWD, now=at)
        except Refusal as refusal:
            if refusal.code == "still_serving":  # one more citizen first
                self._later(at + timedelta(minutes=2), lambda later: self._leave(shift, later))

    def _rest(self, shift: Shift, at: datetime) -> None:
        try:
            presence.pause(self.db, self.hall.code, shift.counter, "ke belakang", actor=CROWD, now=at)
        except Refusal as refusal:
            if refusal.code == "still_serving":
                self._later(at + timedelta(minutes=1), lambda later: self._rest(shift, later))
            return
        long_one = self.chance.random() < 0.12
        self._later(at + (self._minutes(18, 35) if long_one else self._minutes(3, 11)), lambda t: self._go_on(shift, t))

    def _go_on(self, shift: Shift, at: datetime) -> None:
        presence.unpause(self.db, self.hall.code, shift.counter, actor=CROWD, now=at)
        self._call(shift, at)

    def _arrive(self, arrival: Arrival, at: datetime) -> None:
        issuing.issue(
            self.db,
            self.hall.code,
            arrival.service,
            priority=arrival.priority,
            confirm=True,
            actor=CROWD,
            now=at,
            history=not self.beats,
            kiosk="kiosk-1",
            print_slip=self.beats and self.chance.random() < 0.3,  # the others came with a number from elsewhere
        )
        for shift in self.shifts:
            if shift.counter and arrival.service in self.hall.counters[shift.counter].services:
                self._call(shift, at + timedelta(seconds=self.chance.uniform(3, 20)))

    def _call(self, shift: Shift, at: datetime) -> None:
        if shift.counter not in self._about_to_call:  # one intention a counter, or every arrival would add one for good
            self._about_to_call.add(shift.counter)
            self._later(at, lambda moment: self._call_now(shift, moment))

    def _call_now(self, shift: Shift, at: datetime) -> None:
        self._about_to_call.discard(shift.counter)
        if self.beats:
            with self.db.reading() as connection:
                seat = desk(connection, self.hall.code, shift.counter)
            if seat is None or seat.state != OPEN or seat.officer != shift.officer:
                return  # gone, resting, or a visitor sits there: no work for the invented officer
        called = calling.call(self.db, self.hall.code, shift.counter, actor=CROWD, now=at)
        if called is None:
            return  # the next arrival wakes the counter
        ticket, roll = called["id"], self.chance.random()
        if roll < 0.06:
            self._later(
                at + self._minutes(0.5, 1) * self.pace,
                lambda t: calling.recall(self.db, ticket, actor=CROWD, now=t),
            )
            self._later(at + self._minutes(1.2, 2), lambda t: self._end(shift, calling.no_show, ticket, t))
            return
        begin = at + timedelta(seconds=self.chance.uniform(12, 45))
        standard = self.hall.services[called["service"]].minutes
        takes = timedelta(minutes=max(1.0, self.chance.gammavariate(4, standard * 0.85 / 4)) * self.pace)
        self._later(begin, lambda t: calling.start(self.db, ticket, actor=CROWD, now=t))
        verb = calling.hold if roll > 0.985 else calling.finish
        self._later(begin + takes, lambda t: self._end(shift, verb, ticket, t))

    def _end(self, shift: Shift, verb: Callable[..., object], ticket: str, at: datetime) -> None:
        verb(self.db, ticket, actor=CROWD, now=at)
        self._call(shift, at + timedelta(seconds=self.chance.uniform(5, 40)))
