"""The officers of an agency on one day: where they are planned, whether they came, and who is away with what paper."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from hall.clock import midnight_after
from hall.database import Database
from hall.people import officers
from hall.places import Places, places
from hall.turn import position
from staffing.absences import Away, absences_in
from staffing.books import standing
from staffing.facts import coverage, punches
from staffing.presence import open_pause, open_sessions
from staffing.rollcall import Marked, marks_of
from staffing.roster import Planned, roster_of
from staffing.seating import Sitting, read_sittings

DAY = timedelta(days=1)
MISSING, EXPECTED, AT_COUNTER, PAUSED, CAME, AWAY, UNPLANNED = (
    "missing", "expected", "at_counter", "paused", "came", "away", "unplanned",
)  # fmt: skip
STATES = (MISSING, PAUSED, AT_COUNTER, CAME, EXPECTED, AWAY, UNPLANNED)


@dataclass(frozen=True, slots=True)
class OfficerDay:
    """One officer on one day. Times aware UTC; ``state`` is one of :data:`STATES` as of the moment asked for.

    ``missing``: planned, the time has begun, and nothing shows the officer: no sign-in, no punch, no absence. It says
    what is known here, not whose fault it is. ``arrived`` is the first punch or sign-in, ``last_punch`` the last punch
    if there is more than one; ``counter`` where the officer sits now, or sat last.
    """

    nip: str
    name: str
    agency: str
    status: str
    state: str
    plans: tuple[Planned, ...]
    absences: tuple[Away, ...]
    arrived: datetime | None
    last_punch: datetime | None
    counter: str | None
    since: datetime | None
    marks: tuple[Marked, ...]
    source: str | None
    covered_until: datetime | None


@dataclass(frozen=True, slots=True)
class PeopleDay:
    """A day's officers by agency, in the hall's order; within an agency those who need a look first."""

    day: date
    at: datetime
    seq: int
    officers: tuple[OfficerDay, ...]

    def count(self, *states: str) -> int:
        """How many officers are in one of the states."""
        return sum(o.state in states for o in self.officers)


def people_on(db: Database, hall: str, agencies: Collection[str], day: date, now: datetime) -> PeopleDay:
    """The officers of those agencies on a day as it stands at ``now`` (aware).

    Who asks must have been let in before (:func:`staffing.privacy.must_reach`), and the look written down.
    Raises :class:`NotFound` (``unknown_hall``).
    """
    with db.reading() as connection:
        seq, config = position(connection, hall)
        place = places(db, connection, hall, config)
        start, end = midnight_after(day - DAY, place.zone), midnight_after(day, place.zone)
        o, p, c = officers.c, punches.c, coverage.c
        people = connection.execute(
            select(o.nip, o.name, o.agency, o.status, o.source)
            .where(o.hall == hall, o.active, o.agency.in_(sorted(agencies)))
            .order_by(o.name, o.nip)
        ).all()
        seen = select(p.officer, p.at).where(p.hall == hall, p.at >= start, p.at < end, standing(punches))
        punched: dict[str, list[datetime]] = defaultdict(list)
        for nip, at in connection.execute(seen.order_by(p.at)):
            punched[nip].append(at)
        sat: dict[str, list[Sitting]] = defaultdict(list)
        for sittings in read_sittings(connection, place, start, min(end, max(now, start))).values():
            for sitting in sittings:
                sat[sitting.officer].append(sitting)
        open_now = {s.officer: s for s in open_sessions(connection, hall)} if start <= now < end else {}
        pausing = {s.officer for s in open_now.values() if open_pause(connection, s.id) is not None}
        away: dict[str, list[Away]] = defaultdict(list)
        for absence in absences_in(connection, hall, agencies, start, end):
            away[absence.officer].append(absence)
        marked: dict[str, list[Marked]] = defaultdict(list)
        for agency in sorted(agencies):
            for mark in marks_of(connection, hall, agency, day):
                marked[mark.officer].append(mark)
        told = {
            r.source: r.until
            for r in connection.execute(select(c.source, c.until).where(c.hall == hall).order_by(c.until))
        }
        roster = roster_of(db, connection, hall, config)
    counters = {code: counter.agency for code, counter in place.counters.items()}
    plans: dict[str, list[Planned]] = defaultdict(list)
    for plan in roster.plans(place.calendar, counters, start, end):
        plans[plan.officer].append(plan)
    found = []
    for nip, name, agency, status, source in people:
        sittings = sorted(sat.get(nip, []), key=lambda s: s.start)
        times = punched.get(nip, [])
        session = open_now.get(nip)
        arrived = min([*times[:1], *(s.start for s in sittings[:1])], default=None)
        there = session is not None or arrived is not None
        mine = tuple(sorted(plans.get(nip, ()), key=lambda plan: plan.interval))
        found.append(
            OfficerDay(
                nip=nip,
                name=name,
                agency=agency,
                status=status,
                state=_state(session is not None, nip in pausing, there, mine, away.get(nip, []), now),
                plans=mine,
                absences=tuple(away.get(nip, ())),
                arrived=arrived,
                last_punch=times[-1] if len(times) > 1 else None,
                counter=session.counter if session else (sittings[-1].counter if sittings else None),
                since=session.start if session else None,
                marks=tuple(marked.get(nip, ())),
                source=source,
                covered_until=told.get(source) if source else None,
            )
        )
    return PeopleDay(day, now, seq, tuple(sorted(found, key=lambda officer: _order(place, officer))))


def _state(
    seated: bool, pausing: bool, there: bool, plans: tuple[Planned, ...], away: list[Away], now: datetime
) -> str:
    if seated:
        return PAUSED if pausing else AT_COUNTER
    if any(a.start <= now < a.end for a in away) or (away and not there):
        return AWAY
    if there:
        return CAME
    if not plans:
        return UNPLANNED
    return MISSING if plans[0].interval.start <= now else EXPECTED


def _order(place: Places, officer: OfficerDay) -> tuple[int, int, datetime, str]:
    agencies = list(place.agencies)
    at = officer.plans[0].interval.start if officer.plans else datetime.max.replace(tzinfo=place.tz)
    return agencies.index(officer.agency), STATES.index(officer.state), at, officer.name
