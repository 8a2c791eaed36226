"""Reads the facts of one or many business dates of a hall, in a handful of statements, however many dates they are."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from sqlalchemy import Connection, bindparam, func, select

from hall.database import MICROSECOND, Database
from hall.intervals import Interval, Intervals
from hall.people import officers
from hall.places import Counter, Places
from hall.statements import Prepared
from queueing import tickets as tk
from queueing.waits import Times, Wait, read_times
from staffing.books import standing
from staffing.day_facts import EVE, Absence, DayFacts, Punch
from staffing.facts import absences, coverage, punches
from staffing.roster import Roster, roster_of
from staffing.seating import Sitting, read_outages, read_sittings

DAY = timedelta(days=1)

_a, _p, _t = absences.c, punches.c, tk.tickets.c
_absences = Prepared(
    select(_a.officer, _a.kind, _a.start, _a.end, _a.document).where(
        _a.hall == bindparam("b_hall"),
        _a.start < bindparam("b_end"),
        _a.end > bindparam("b_start"),
        standing(absences),
    )
)
_punches = Prepared(
    select(_p.officer, _p.at, _p.source).where(
        _p.hall == bindparam("b_hall"),
        _p.at >= bindparam("b_start"),
        _p.at < bindparam("b_end"),
        standing(punches),
    )
)


@dataclass(slots=True)
class Span:
    """What was read of [first, last], as known at ``now`` (aware): the facts and the tickets' times of each date.

    Dates that have not begun at ``now`` are left out.
    """

    places: Places
    roster: Roster
    now: datetime
    days: dict[date, DayFacts] = field(default_factory=dict)
    times: dict[date, Times] = field(default_factory=dict)


def read_span(
    db: Database, connection: Connection, place: Places, config: int, first: date, last: date, now: datetime
) -> Span:
    """The facts of every date in [first, last] that has begun at ``now``, and the tickets' times."""
    roster = roster_of(db, connection, place.code, config)
    span = Span(place, roster, now)
    last = min(last, place.date(now))
    if first <= last:
        span.times = read_times(connection, place, first, last, now)
        reached = _quotas_reached(connection, place, first, last, now, span.times)
        span.days = read_facts(db, connection, place, config, first, last, now, quota_reached=reached)
    return span


def read_facts(
    db: Database,
    connection: Connection,
    place: Places,
    config: int,
    first: date,
    last: date,
    now: datetime,
    *,
    until: datetime | None = None,
    quota_reached: Mapping[date, Mapping[str, datetime]] | None = None,
) -> dict[date, DayFacts]:
    """The facts of every date in [first, last]. ``now`` is the moment up to which the hall is to be judged.

    Of sessions and outages those after ``until`` (``now`` without it) are left out; of the other facts all that is
    known today about each whole date counts.
    """
    calendar, options = place.calendar, place.options
    windows = [calendar.window(first + nr * DAY) for nr in range((last - first).days + 1)]
    begin, end = windows[0].start - DAY, windows[-1].end
    present = max(begin + MICROSECOND, min(end, (until or now) + MICROSECOND))
    roster = roster_of(db, connection, place.code, config)
    sources = _sources(db, connection, place.code, config)
    covered = delivered(db, connection, place.code, config)
    calendar_of = _Days(begin, windows)
    between = {"b_hall": place.code, "b_start": begin, "b_end": end}
    away = calendar_of.lasting(Absence(*row) for row in _absences.rows(connection, between))
    seen = calendar_of.moments(Punch(*row) for row in _punches.rows(connection, between))
    seated = read_sittings(connection, place, begin, present)
    sat = calendar_of.lasting(sitting for found in seated.values() for sitting in found)
    down = read_outages(connection, place.code, begin, present)
    dark = calendar_of.lasting(_Dark(what, i.start, i.end) for what, found in down.items() for i in found)
    agencies = {counter.code: counter.agency for counter in place.counters.values()}
    rosterless = frozenset(agency.code for agency in place.agencies.values() if not agency.keeps_roster)
    found: dict[date, DayFacts] = {}
    for nr, window in enumerate(windows):
        day = first + nr * DAY
        grace = timedelta(minutes=options.grace_minutes)
        due, overnight = _due(place, day, window, grace)
        eve = nr if overnight else nr + 1  # the buckets begin with the day before the first
        sittings: dict[str, list[Sitting]] = defaultdict(list)
        for one in _once(sat[eve : nr + 2]):
            sittings[one.counter].append(one)
        outages: dict[str, list[Interval]] = defaultdict(list)
        for stretch in _once(dark[eve : nr + 2]):
            outages[stretch.what].append(Interval(stretch.start, stretch.end))
        found[day] = DayFacts(
            day=day,
            window=window,
            now=now,
            agencies=agencies,
            due=due,
            rosterless=rosterless,
            plans=roster.plans(calendar, agencies, window.start, window.end) if any(due.values()) else (),
            sittings=dict(sittings),
            down={what: tuple(sorted(stretches)) for what, stretches in outages.items()},
            absences=_once(away[eve : nr + 2]),
            punches=_once(seen[eve : nr + 2]),
            sources=sources,
            covered=covered,
            posts=roster.posts_on(day),
            quota_reached=(quota_reached or {}).get(day, {}),
            closed=is_closed(place, day, now),
            grace=grace,
            allowance=timedelta(minutes=options.pause_minutes),
        )
    return found


def is_closed(place: Places, day: date, now: datetime) -> bool:
    """Whether the time for explanation has passed: from then on nothing of that date is provisional."""
    return now >= place.calendar.window(day).end + timedelta(days=place.options.explanation_days)


class _Lasting(Protocol):
    @property
    def start(self) -> datetime: ...

    @property
    def end(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class _Dark:
    """An outage: what was down, from when until when."""

    what: str
    start: datetime
    end: datetime


_L = TypeVar("_L", bound=_Lasting)
_F = TypeVar("_F")


class _Days:
    """Sorts facts into one list a date: the day before the first date, then each of them."""

    def __init__(self, eve: datetime, windows: Sequence[Interval]) -> None:
        self._midnights = [eve, *(window.start for window in windows)]
        self._end = windows[-1].end

    def moments(self, found: Iterable[Punch]) -> list[list[Punch]]:
        """Facts of one moment, under its date."""
        days: list[list[Punch]] = [[] for _ in self._midnights]
        for one in found:
            days[bisect_right(self._midnights, one.at) - 1].append(one)
        return days

    def lasting(self, found: Iterable[_L]) -> list[list[_L]]:
        """Facts that last, under every date they touch; one without an end under all from its beginning on."""
        days: list[list[_L]] = [[] for _ in self._midnights]
        for one in found:
            first = max(0, bisect_right(self._midnights, one.start) - 1)
            last = bisect_right(self._midnights, one.end - MICROSECOND) if one.end is not None else len(days)
            for nr in range(first, max(last, first + 1)):
                days[nr].append(one)
        return days


def _once(days: Sequence[list[_F]]) -> list[_F]:
    """The facts of one or two dates, each once."""
    return days[0] if len(days) == 1 else list(dict.fromkeys(one for found in days for one in found))


def _due(place: Places, day: date, window: Interval, grace: timedelta) -> tuple[dict[str, Intervals], bool]:
    """When each counter is due that day, and whether any is due across the midnight that begins it.

    What is due at one of the day's midnights is given beyond it, so that an emptiness there is measured whole.
    """
    calendar, overnight = place.calendar, False
    due: dict[str, Intervals] = {}
    for counter in place.counters.values():
        spans = calendar.plan(counter.agency, counter.code, day).due
        if spans and (spans[0].start == window.start or spans[-1].end == window.end):
            spans = calendar.due_intervals(counter.agency, counter.code, window.start - EVE, window.end + grace)
            overnight = overnight or any(span.start < window.start < span.end for span in spans)
        due[counter.code] = spans
    return due, overnight


def _sources(db: Database, connection: Connection, hall: str, config: int) -> dict[str, str]:
    """Officer -> the attendance source where that officer is expected; read when the set-up changed."""
    key = f"sources of {hall}"
    known: tuple[int, dict[str, str]] | None = db.known.get(key)
    if known is not None and known[0] == config:
        return known[1]
    query = select(officers.c.nip, officers.c.source).where(officers.c.hall == hall, officers.c.source.is_not(None))
    found = {row.nip: row.source for row in connection.execute(query) if row.source}
    db.known[key] = (config, found)
    return found


def delivered(db: Database, connection: Connection, hall: str, config: int) -> dict[str, datetime]:
    """Source -> up to when it has delivered. One look at the end of the index each: a source tells so all day long."""
    sources = sorted(set(_sources(db, connection, hall, config).values()))
    if not sources:
        return {}
    c = coverage.c
    latest = [
        select(func.max(c.until)).where(c.hall == hall, c.source == source).scalar_subquery() for source in sources
    ]
    row = connection.execute(select(*latest)).one()
    return {source: until for source, until in zip(sources, row, strict=True) if until is not None}


def _quotas_reached(
    connection: Connection, place: Places, first: date, last: date, now: datetime, times: Mapping[date, Times]
) -> dict[date, dict[str, datetime]]:
    """By date: counter -> since when it had nothing left to do, all its services having given their last number.

    Whoever holds one must have left the line: people with a number are still owed their service.
    """
    quotas = {service.code: service.quota for service in place.services.values() if service.quota is not None}
    able = [c for c in place.counters.values() if c.services and all(code in quotas for code in c.services)]
    if not able:
        return {}
    query = (
        select(_t.business_date, _t.first_service, func.count(), func.max(_t.issued_at))
        .where(
            _t.hall == place.code,
            _t.business_date >= first,
            _t.business_date <= last,
            _t.issued_at <= now,
            _t.state != tk.CANCELLED,
            _t.first_service.in_(sorted(quotas)),
        )
        .group_by(_t.business_date, _t.first_service)
    )
    given: dict[date, dict[str, datetime]] = defaultdict(dict)
    for day, service, people, latest in connection.execute(query):
        if people >= quotas[service]:
            given[day][service] = latest
    found: dict[date, dict[str, datetime]] = {}
    for day, services in given.items():
        done = [counter for counter in able if all(code in services for code in counter.services)]
        waits = times[day].waits if day in times else []
        for counter in done:
            left = [w.end for w in waits if _may_call(counter, w)]
            found.setdefault(day, {})[counter.code] = max([services[code] for code in counter.services] + left)
    return found


def _may_call(counter: Counter, wait: Wait) -> bool:
    return wait.service in counter.services if wait.only_counter is None else wait.only_counter == counter.code
