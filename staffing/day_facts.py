"""What is known about one day of one hall, as plain values: all that the engine of `staffing.vacancy` looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from hall.intervals import Interval, Intervals
from staffing.roster import Planned, Post
from staffing.seating import Sitting

UNOBSERVED, POST_VACANT, AGENCY_NOT_OPEN = "unobserved", "post_vacant", "agency_not_open"
NO_ONE_ASSIGNED, LATE, LEFT_EARLY = "no_one_assigned", "late", "left_early"
AT_OTHER_COUNTER, AWAY, NO_DATA = "at_other_counter", "away_from_counter", "no_attendance_data"
WITHOUT_NOTICE = "absent_without_notice"
RECORDED = ("leave", "sick", "permission", "study", "official_travel")
"""The absences that are recorded with a document, in the order of the table."""
FROM_ATTENDANCE = (LATE, LEFT_EARLY, AT_OTHER_COUNTER, AWAY, NO_DATA, WITHOUT_NOTICE)
"""The causes that only attendance and presence can tell, each about one officer, in the order of the table."""
CAUSES: tuple[str, ...] = (UNOBSERVED, *RECORDED, POST_VACANT, AGENCY_NOT_OPEN, NO_ONE_ASSIGNED, *FROM_ATTENDANCE)
"""Why a counter that is due stands empty, in the order of the table of section 3 of the domain reference."""

EVE = timedelta(hours=12)
"""How far before midnight the facts of a service that runs over midnight are looked at."""


@dataclass(frozen=True, slots=True)
class Absence:
    """An officer's recorded absence in [start, end), aware; ``kind`` is one of :data:`RECORDED`."""

    officer: str
    kind: str
    start: datetime
    end: datetime
    document: str


@dataclass(frozen=True, slots=True)
class Punch:
    """An officer seen by an attendance source (a machine, a list, a roll call) at an aware moment."""

    officer: str
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class DayFacts:
    """The facts of one business date of one hall. Order never matters; all datetimes are aware.

    ``window`` is the date from midnight to midnight in the hall's zone; ``now`` is the moment up to which the hall is
    judged: no piece runs past it. ``agencies``: counter -> its agency, every counter in the hall's order;
    ``rosterless``: the agencies that keep no roster here.

    ``due``: counter -> when it is due. Where it is due at midnight let the intervals reach at least the grace time over
    the window's edge (and the sittings too), so that an emptiness around midnight is measured whole; only what lies in
    the window comes out. ``quota_reached``: counter -> since when it has nothing left to do on this date.

    ``plans``, ``absences``, ``down`` (``server``, ``hall``, ``counter:CODE``) are those that touch the window.
    ``sittings`` (counter -> sessions) and ``punches`` are the day's; for services that run over midnight add those of
    up to :data:`EVE` before it. ``sources``: officer -> the attendance source where that officer is expected; who has
    none is left out. ``covered``: source -> the latest moment up to which it has delivered everything.

    ``closed``: the day is closed and the time for explanation has passed, so nothing is provisional any more.
    ``grace``: an emptiness shorter than this is no vacancy. ``allowance``: what a pause may take.
    """

    day: date
    window: Interval
    now: datetime
    agencies: Mapping[str, str]
    due: Mapping[str, Intervals]
    rosterless: frozenset[str] = frozenset()
    plans: Sequence[Planned] = ()
    sittings: Mapping[str, Sequence[Sitting]] = field(default_factory=dict)
    down: Mapping[str, Intervals] = field(default_factory=dict)
    absences: Sequence[Absence] = ()
    punches: Sequence[Punch] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    covered: Mapping[str, datetime] = field(default_factory=dict)
    posts: Mapping[str, Sequence[Post]] = field(default_factory=dict)
    quota_reached: Mapping[str, datetime] = field(default_factory=dict)
    closed: bool = False
    grace: timedelta = timedelta(minutes=10)
    allowance: timedelta = timedelta(minutes=15)
