"""One invented day of a hall, seeded and so repeatable: who comes to work when, and how many citizens arrive."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from app.demo.story import AWAY, INSIDE, LATE, LONG_AGO, SILENT, Part, part_of
from hall.hallfile_rows import HallFile, RosterRow
from hall.intervals import Intervals
from hall.places import PRIORITIES, Places


@dataclass(frozen=True, slots=True)
class Shift:
    """An officer's day: the stretches in which their counter is due, and how the day goes.

    ``counter`` is where they sit, empty: nowhere. ``delay`` counts from the first due minute; negative: early.
    """

    counter: str
    officer: str
    stretches: Intervals
    part: Part
    delay: timedelta

    @property
    def comes(self) -> bool:
        """Whether the officer is seen at work at all."""
        return self.part.manner not in (AWAY, SILENT)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A citizen who touches the kiosk."""

    at: datetime
    service: str
    priority: str | None


def planned(file: HallFile, counter: str, agency: str, day: date, keeps_roster: bool) -> str | None:
    """The NIP of who is planned at a counter that day, or anybody of an agency that keeps no roster."""
    for row in file.roster:
        if row.counter == counter and row.start is None and _covers(row, day):
            return row.officer
    if not keeps_roster:
        return next((o.nip for o in file.officers if o.agency == agency), None)
    return None


def _covers(row: RosterRow, day: date) -> bool:
    if row.date is not None:
        return row.date == day
    inside = (row.since is None or row.since <= day) and (row.until is None or day <= row.until)
    return inside and day.weekday() in row.days


def plan_shifts(file: HallFile, hall: Places, day: date, chance: Random, ago: int = LONG_AGO) -> list[Shift]:
    """How the counters are manned that day, so many working days before the one that the visitor sees."""
    shifts, taken = [], set()
    window = hall.calendar.window(day)
    for code, counter in hall.counters.items():
        due = hall.calendar.due_intervals(counter.agency, code, window.start, window.end)
        agency = hall.agencies[counter.agency]
        officer = planned(file, code, counter.agency, day, agency.keeps_roster)
        if not due or officer is None or officer in taken:
            continue
        part = part_of(code, officer, agency.keeps_roster, day, ago, chance)
        officer = part.officer or officer
        taken.add(officer)
        early = timedelta(minutes=-chance.uniform(1, 9))
        delay = timedelta(minutes=part.minutes) if part.manner == LATE else early
        where = {AWAY: "", SILENT: "", INSIDE: part.counter}.get(part.manner, code)
        shifts.append(Shift(where, officer, due, part, delay))
    return shifts


def plan_arrivals(hall: Places, day: date, load: float, chance: Random) -> list[Arrival]:
    """Citizens of the day, in order: a crowd at the door, a long morning, a thin afternoon.

    ``load`` is the share of the counters' due time that their handling would take.
    """
    window = hall.calendar.window(day)
    arrivals: list[Arrival] = []
    for code, service in hall.services.items():
        minutes = 0.0
        spans: Intervals = ()
        for counter in hall.counters_of[code]:
            place = hall.counters[counter]
            due = hall.calendar.due_intervals(place.agency, counter, window.start, window.end)
            spans = spans or due
            minutes += sum(i.duration.total_seconds() / 60 for i in due) / len(place.services)
        if not spans:
            continue
        people = _poisson(minutes * load / service.minutes, chance)
        if service.quota is not None:
            people = min(people, service.quota)
        start, end = spans[0].start, spans[-1].end
        for _ in range(people):
            # two parts of an exponential: half the people come in the first fifth of the day
            share = min(0.93, chance.expovariate(1) * 0.3)
            at = start + (end - start) * share + timedelta(seconds=chance.uniform(0, 50))
            if any(at in span for span in spans):
                priority = chance.choice(PRIORITIES[:3]) if chance.random() < 0.08 else None
                arrivals.append(Arrival(at, code, priority))
    return sorted(arrivals, key=lambda a: a.at)


def _poisson(mean: float, chance: Random) -> int:
    threshold, product, count = math.exp(-min(mean, 500)), chance.random(), 0
    while product > threshold:
        product *= chance.random()
        count += 1
    return count
