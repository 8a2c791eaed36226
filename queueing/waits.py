"""When people waited and when counters were busy with them, exactly, from the tickets' own times: pure, and one reader.

Most tickets are called once and never come back into the line: their row says all. What became of the others (held,
resumed, transferred, returned) only the journal knows, and it is asked for them alone, so that a year stays cheap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from hall.clock import midnight_after
from hall.intervals import Interval
from hall.journal import Line, journal
from hall.places import Places
from hall.statements import Prepared
from queueing import tickets as tk
from queueing.history import ENDS, INTO_LINE, KINDS, happened_after, lines_of_day

DAY = timedelta(days=1)
UNSERVED = (tk.NO_SHOW, tk.CANCELLED, tk.EXPIRED)
ODD = ("ticket_held", *INTO_LINE)  # after one of these the row alone no longer tells the ticket's story


class Wait(NamedTuple):
    """One stretch in the line, aware UTC: for a service or, once sent there (``only_counter``), for one counter alone.

    ``lost``: the ticket ended unserved: cancelled, a no-show, or expired at the end of its day.
    """

    ticket: str
    service: str
    only_counter: str | None
    start: datetime
    end: datetime
    lost: bool


@dataclass(slots=True)
class Times:
    """One business date of a hall: everybody's waits, and when a ticket was called to or served at each counter."""

    waits: list[Wait] = field(default_factory=list)
    busy: dict[str, list[Interval]] = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True)
class _Story:
    """A ticket as its lines are read: where it stands, and what it has left behind."""

    service: str
    since: datetime
    state: str = tk.WAITING
    counter: str = ""
    only_counter: str | None = None
    waits: list[tuple[str, str | None, datetime, datetime]] = field(default_factory=list)
    busy: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    def leave(self, at: datetime) -> None:
        """Ends the present stretch, in the line or at a counter."""
        if self.state == tk.WAITING:
            self.waits.append((self.service, self.only_counter, self.since, at))
        elif self.state in tk.LIVE:
            self.busy.append((self.counter, self.since, at))

    def move(self, line: Line) -> None:
        """What one line of the journal did to it."""
        if line.kind in ("ticket_recalled", "ticket_started"):
            return
        self.leave(line.at)
        self.since = line.at
        if line.kind == "ticket_called":
            self.state, self.counter, self.only_counter = tk.CALLED, line.data["counter"], None
        elif line.kind == "ticket_held":
            self.state = tk.HELD
        elif line.kind in ENDS:
            self.state = ENDS[line.kind]
        elif line.kind in INTO_LINE:
            self.state, self.service = tk.WAITING, line.data["service"]
            if line.kind != "ticket_resumed":
                self.only_counter = line.data["to_counter"]


def times_told(lines: Iterable[Line], until: datetime, *, over: bool) -> Times:
    """The times that these lines of the journal tell, in order of writing; what goes on ends at ``until``.

    ``over``: the business date has ended by then, and with it the hope of whoever still waits or is held.
    """
    stories: dict[str, _Story] = {}
    for line in lines:
        if line.kind == "ticket_issued":
            stories[line.subject] = _Story(line.data["service"], line.at)
        elif line.kind in KINDS and (story := stories.get(line.subject)) is not None:
            story.move(line)
    found = Times()
    for ticket, story in stories.items():
        story.leave(until)
        lost = story.state in UNSERVED or (over and story.state in (tk.WAITING, tk.HELD))
        for service, only, start, end in story.waits:
            if start < end:
                found.waits.append(Wait(ticket, service, only, start, end, lost))
        for counter, start, end in story.busy:
            if start < end:
                found.busy[counter].append(Interval(start, end))
    return found


_c = tk.tickets.c
_rows = Prepared(
    select(
        _c.id, _c.business_date, _c.service, _c.state, _c.counter, _c.issued_at, _c.called_at, _c.ended_at
    ).where(
        _c.hall == bindparam("b_hall"),
        _c.business_date >= bindparam("b_first"),
        _c.business_date <= bindparam("b_last"),
    )
)  # fmt: skip


def read_times(connection: Connection, hall: Places, first: date, last: date, now: datetime) -> dict[date, Times]:
    """The times of every business date in [first, last] on which tickets were issued, as they stood at ``now`` (aware).

    A handful of statements, however many days. Nothing runs past ``now`` or the end of the ticket's own day.
    """
    found: dict[date, Times] = defaultdict(Times)
    today = hall.date(now)
    told_until_now = first <= today <= last and happened_after(connection, hall.code, now)
    odd = _odd_ones(connection, hall, first, last)
    ends: dict[date, datetime] = {}
    span = {"b_hall": hall.code, "b_first": first, "b_last": last}
    for ticket, day, service, state, counter, issued, called, ended in _rows.rows(connection, span):
        if day > today or (told_until_now and day == today):
            continue
        if day not in ends:
            ends[day] = midnight_after(day, hall.zone)
        end = min(ends[day], now)
        times = found[day]
        if ticket in odd:
            one = times_told(odd[ticket], end, over=day < today)
            times.waits += one.waits
            for place, stretches in one.busy.items():
                times.busy[place] += stretches
            continue
        left = called or ended or end
        if issued < left:
            lost = state in UNSERVED or (state == tk.WAITING and day < today)
            times.waits.append(Wait(ticket, service, None, issued, left, lost))
        if called is not None and counter is not None and called < (gone := ended or end):
            times.busy[counter].append(Interval(called, gone))
    if told_until_now:
        found[today] = times_told(lines_of_day(connection, hall.code, hall.zone, today, until=now), now, over=False)
    return dict(found)


def _odd_ones(connection: Connection, hall: Places, first: date, last: date) -> dict[str, list[Line]]:
    """The lines of every ticket whose row does not tell its whole story, by ticket, in order of writing."""
    j = journal.c
    start, end = midnight_after(first - DAY, hall.zone), midnight_after(last + DAY, hall.zone)
    moved = select(j.subject).where(j.hall == hall.code, j.at >= start, j.at < end, j.kind.in_(ODD))
    query = select(journal).where(j.hall == hall.code, j.kind.in_(KINDS), j.subject.in_(moved))
    found: dict[str, list[Line]] = defaultdict(list)
    for line in sorted((Line(*row) for row in connection.execute(query)), key=lambda line: line.seq):
        found[line.subject].append(line)
    return found
