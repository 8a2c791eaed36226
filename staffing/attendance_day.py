"""When an officer came and went on a day, read from punches and sign-ins: the rules of a day's attendance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hall.intervals import Interval, Intervals
from staffing.day_facts import Punch
from staffing.seating import Sitting

OUT_AFTER = timedelta(minutes=30)
"""A last punch earlier after the arrival than this is a second try at the machine, not a departure."""


@dataclass(frozen=True, slots=True)
class Attendance:
    """An officer's day: the first punch or an earlier first sign-in is the arrival, the last punch the departure.

    ``came`` and ``went`` are the facts behind them. No departure: the officer is taken as present from the arrival on.
    """

    came: Punch | Sitting | None = None
    went: Punch | None = None

    @property
    def arrival(self) -> datetime | None:
        """When the officer came; None: not seen that day."""
        if self.came is None:
            return None
        return self.came.at if isinstance(self.came, Punch) else self.came.start

    @property
    def departure(self) -> datetime | None:
        """When the officer went; None: nothing shows it."""
        return None if self.went is None else self.went.at


def attend(punches: Sequence[Punch], sittings: Sequence[Sitting], start: datetime, end: datetime) -> Attendance:
    """The attendance of a day that lasts from ``start`` to ``end``; punches and sittings of one officer, oldest first.

    A sign-out is no departure (officers go to lunch); a session that began before ``start`` is no sign-in of this day.
    """
    seen = [punch for punch in punches if start <= punch.at < end]
    seat = next((sitting for sitting in sittings if start <= sitting.start < end), None)
    if not seen:
        return Attendance(seat)
    first, last = seen[0], seen[-1]
    came = seat if seat is not None and seat.start < first.at else first
    arrival = came.at if isinstance(came, Punch) else came.start
    return Attendance(came, last if last.at - arrival >= OUT_AFTER else None)


def turnover(due: Intervals, window: Interval) -> datetime | None:
    """From when on the day's own facts count for who is due across its first midnight; None: not due then.

    The service that reaches over that midnight belongs to the evening before, and so does what happens up to half the
    way from its end to the next one, or to the end of the day: who goes home at 02.05 has not come early.
    """
    here = [span for span in due if span.end > window.start]
    if not here or here[0].start > window.start:
        return None
    over = here[0].end
    rest = here[1].start if len(here) > 1 else max(window.end, over)
    return over + (rest - over) / 2
