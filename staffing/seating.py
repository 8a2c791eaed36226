"""When somebody was at a counter and when nobody could see it: sessions, pauses and outages as stretches of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select

from hall.clock import midnight_after
from hall.intervals import Interval, Intervals, normalise, subtract
from hall.places import Places
from staffing.facts import outages
from staffing.presence import pauses, sessions


@dataclass(frozen=True, slots=True)
class Pause:
    """An officer's pause; ``end`` None: it goes on."""

    start: datetime
    end: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Sitting:
    """An officer's time at a counter from sign-in to sign-out, with the pauses in it; ``end`` None: still there."""

    counter: str
    officer: str
    start: datetime
    end: datetime | None
    pauses: tuple[Pause, ...] = ()

    def there_at(self, moment: datetime) -> bool:
        """Whether the officer was signed in at that moment."""
        return self.start <= moment and (self.end is None or moment < self.end)

    def pause_at(self, moment: datetime) -> Pause | None:
        """The pause in which the moment lies, or None."""
        for pause in self.pauses:
            if pause.start <= moment and (pause.end is None or moment < pause.end):
                return pause
        return None


def staffed(sittings: Iterable[Sitting], until: datetime, allowance: timedelta) -> Intervals:
    """When a counter was staffed: from sign-in to sign-out, without what pauses take beyond their allowance."""
    present: list[Interval] = []
    for sitting in sittings:
        seated = tuple(_stretch(sitting.start, sitting.end, until))
        if seated and sitting.pauses:
            overlong = [i for p in sitting.pauses for i in _stretch(p.start + allowance, p.end, until)]
            seated = subtract(seated, normalise(overlong))
        present += seated
    return normalise(present)


def _stretch(start: datetime, end: datetime | None, until: datetime) -> list[Interval]:
    end = until if end is None else min(end, until)
    return [Interval(start, end)] if start < end else []


def read_sittings(connection: Connection, hall: Places, start: datetime, end: datetime) -> dict[str, list[Sitting]]:
    """Counter -> who sat there in sessions that began in [start, end), oldest first.

    A session that nobody ended is over at the midnight that ended its business date, even before that is written down.
    """
    query = (
        select(sessions.c.id, sessions.c.counter, sessions.c.officer, sessions.c.start, sessions.c.end)
        .where(sessions.c.hall == hall.code, sessions.c.start >= start, sessions.c.start < end)
        .order_by(sessions.c.start, sessions.c.id)
    )
    rows = connection.execute(query).all()
    rested = (
        select(pauses.c.session, pauses.c.start, pauses.c.end, pauses.c.reason)
        .join(sessions, sessions.c.id == pauses.c.session)
        .where(sessions.c.hall == hall.code, sessions.c.start >= start, sessions.c.start < end)
        .order_by(pauses.c.start, pauses.c.id)
    )
    taken: dict[str, list[Pause]] = defaultdict(list)
    for session, pause_start, pause_end, reason in connection.execute(rested):
        taken[session].append(Pause(pause_start, pause_end, reason))
    found: dict[str, list[Sitting]] = defaultdict(list)
    for session, counter, officer, begin, stop in rows:
        if stop is None and (midnight := midnight_after(hall.date(begin), hall.zone)) <= end:
            stop = midnight
        found[counter].append(Sitting(counter, officer, begin, stop, tuple(taken.get(session, ()))))
    return dict(found)


def read_outages(connection: Connection, hall: str, start: datetime, end: datetime) -> dict[str, Intervals]:
    """What was down (``server``, ``hall``, ``counter:CODE``) when in [start, end); what still is ends at ``end``."""
    query = select(outages.c.what, outages.c.start, outages.c.end).where(
        outages.c.hall == hall, outages.c.start < end, or_(outages.c.end.is_(None), outages.c.end > start)
    )
    found: dict[str, list[Interval]] = defaultdict(list)
    for what, begin, stop in connection.execute(query):
        found[what] += _stretch(max(begin, start), stop, end)
    return {what: normalise(stretches) for what, stretches in found.items()}


def unseen(down: Mapping[str, Intervals], counter: str) -> Intervals:
    """When nothing can be said about a counter: its console, the hall's network or the server was down."""
    return normalise(i for what in ("server", "hall", f"counter:{counter}") for i in down.get(what, ()))
