"""Which business dates the journal's newest lines speak of: what was worked out of them before is to be done anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, or_, select

from hall.journal import Line, journal
from hall.places import Places
from staffing.day_facts import EVE

DAY = timedelta(days=1)
SMALL_HOURS = timedelta(hours=6)  # what ends a day is written down some time after its midnight

# what happens in the line and at the counters: each speaks of the date at its time
ROUTINE = (
    "ticket_issued", "ticket_called", "ticket_recalled", "ticket_started", "ticket_held", "ticket_resumed",
    "ticket_transferred", "ticket_returned", "ticket_finished", "ticket_missed", "ticket_cancelled", "ticket_expired",
    "signed_in", "signed_out", "paused", "unpaused",
)  # fmt: skip
# what says nothing about who was where; a kind that is in none of these lists makes everything be done anew
SILENT = (
    "day_closed", "strangers_kept", "pin_assigned", "source_key_made", "printer_changed", "ticket_shown",
    "vacancies_reported",
)  # fmt: skip
SILENT_FAMILIES = ("slip_", "machine_", "flag_", "message_", "case_")


@dataclass(frozen=True, slots=True)
class Known:
    """Up to which line of the journal, in which set-up, and up to when the sources had delivered by then."""

    seq: int = 0
    config: int = 0
    covered: Mapping[str, datetime] = field(default_factory=dict)


class _Touched:
    """The dates that lines speak of: single ones, and every one from some date on."""

    def __init__(self, place: Places, covered: Mapping[str, datetime]) -> None:
        self.place = place
        self.covered = dict(covered)
        self.days: set[date] = set()
        self.since: date | None = None

    def at(self, moment: datetime) -> None:
        """The date of a moment; and a neighbour, to which the small hours and a service past midnight may belong."""
        self.days |= {self.place.date(near) for near in (moment - SMALL_HOURS, moment, moment + EVE)}

    def from_on(self, moment: datetime) -> None:
        """The date of a moment and every later one."""
        day = self.place.date(moment) - DAY
        self.since = day if self.since is None else min(self.since, day)

    def between(self, start: datetime, end: datetime) -> None:
        """The dates of a stretch; from its beginning on, if it is long."""
        if end - start > 400 * DAY:
            self.from_on(start)
            return
        moment = start
        while moment < end:
            self.at(moment)
            moment += DAY
        self.at(end)

    def cover(self, source: str, until: datetime) -> None:
        """The dates between what a source had delivered before and what it has now; all before that, at first."""
        before = self.covered.get(source)
        if before is None:
            self.since = date.min
        elif before < until:
            self.between(before, until)
        self.covered[source] = max(before or until, until)


def _routine(touched: _Touched, line: Line) -> None:
    touched.at(line.at)


def _outage(touched: _Touched, line: Line) -> None:
    touched.from_on(line.at)


def _lasting(touched: _Touched, line: Line) -> None:
    touched.between(datetime.fromisoformat(line.data["from"]), datetime.fromisoformat(line.data["to"]))


def _punches(touched: _Touched, line: Line) -> None:
    day = date.fromisoformat(line.data["date"])
    touched.days |= {day, day + DAY}  # what comes in before noon may belong to a service over the midnight before


def _covered(touched: _Touched, line: Line) -> None:
    touched.cover(line.subject, datetime.fromisoformat(line.data["until"]))


def _roll(touched: _Touched, line: Line) -> None:
    touched.at(line.at)
    if line.kind == "roll_closed":
        touched.cover(line.subject, line.at)


TOUCH: dict[str, Callable[[_Touched, Line], None]] = {
    **dict.fromkeys(ROUTINE, _routine),
    "outage_began": _outage,
    "outage_ended": _outage,
    "absence_recorded": _lasting,
    "closure_recorded": _lasting,
    "punch_recorded": _routine,
    "punches_recorded": _punches,
    "punches_withdrawn": _punches,
    "source_covered": _covered,
    "roll_called": _roll,
    "roll_closed": _roll,
}
SET_UP = ("closure_recorded",)  # changes the set-up, by one, for the dates it names


def changed_since(
    connection: Connection, place: Places, known: Known, seq: int, config: int, latest: date
) -> tuple[set[date], Known] | None:
    """The dates up to ``latest`` that changed since ``known``, and what is known at ``seq``; None: any may have."""
    if (seq, config) == (known.seq, known.config):
        return set(), known
    if seq < known.seq or not known.seq:
        return None
    j, end = journal.c, place.calendar.window(latest + DAY).end
    # nearly every line is about today, which nobody keeps: those are left where they are
    query = select(journal).where(
        j.hall == place.code, j.seq > known.seq, j.seq <= seq, or_(j.kind.not_in(ROUTINE), j.at < end)
    )
    touched, set_up = _Touched(place, known.covered), known.config
    for row in connection.execute(query.order_by(j.seq)):
        line = Line(*row)
        touch = TOUCH.get(line.kind)
        if touch is not None:
            touch(touched, line)
            set_up += line.kind in SET_UP
        elif line.kind not in SILENT and not line.kind.startswith(SILENT_FAMILIES):
            return None
    if set_up != config or touched.since == date.min:
        return None
    days = set(touched.days)
    if touched.since is not None:
        days |= {touched.since + nr * DAY for nr in range(max(0, (latest - touched.since).days + 1))}
    return days, Known(seq, config, touched.covered)
