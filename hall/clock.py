"""The only place that reads the machine's clock: everybody else is told what time it is."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

log = logging.getLogger("antre.clock")


class Clock(Protocol):
    """Tells the time as an aware UTC datetime."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own clock, in UTC."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return datetime.now(UTC)


def since_boot() -> float:
    """Seconds that nobody sets: they run on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class SteadyClock:
    """A hall's time in a running server: the machine's clock, as long as that behaves.

    It never runs backwards. Where the machine's clock is set back, this one goes on, a tenth slower until the other has
    caught up; where it leaps ahead by up to ``FARTHEST`` this one follows, for a clock that was late at the start of
    the day. A leap beyond that, or back beyond it, is not followed at all: on a machine that believes it is 1970 or
    2031, everybody in the line would be of another day. Only while the machine is ``YOUNG``, up to ``AFTER_THE_START``:
    without a battery it begins where it was switched off, on Friday perhaps, until a time server reaches it. No number
    is given while :meth:`machine` names another day (:func:`queueing.issuing.issue`). When the machine's clock is right
    again, so is everything; to accept it as it is, the server is started anew.
    """

    FARTHEST = timedelta(hours=12)
    AFTER_THE_START = timedelta(days=366)  # a server that began a moment later would begin with it as well
    YOUNG = 900.0  # seconds since the machine was switched on
    SLOWER = 0.9
    TOLD = timedelta(seconds=10)  # what is no news

    def __init__(self, real: Clock | None = None, *, pace: Callable[[], float] = since_boot) -> None:
        self._real, self._pace = real or SystemClock(), pace
        self._guard = threading.Lock()
        self._at, self._tick = self._real.now(), pace()
        self._apart = False

    def now(self) -> datetime:
        """The hall's moment, aware, UTC; never before one that was told earlier."""
        with self._guard:
            machine, tick = self._real.now(), self._pace()
            gone = tick - self._tick
            own = self._at + timedelta(seconds=gone)
            off = machine - own
            if timedelta(0) <= off <= (self.AFTER_THE_START if tick < self.YOUNG else self.FARTHEST):
                own = machine
            elif -self.FARTHEST <= off < timedelta(0):
                own = max(machine, self._at + timedelta(seconds=gone * self.SLOWER))
            self._at, self._tick = max(own, self._at), tick
            self._tell(off)
            return self._at

    def machine(self) -> datetime:
        """What the machine's own clock says, aware, UTC."""
        return self._real.now()

    def _tell(self, off: timedelta) -> None:
        """Once for each leap, since nobody reads a log that repeats itself with every request."""
        apart = abs(off) > self.TOLD
        if apart and not self._apart:
            log.error("the machine's clock leapt by %+.0f s; see antre doctor", off.total_seconds())
        self._apart = apart


class ShiftedClock:
    """A clock that runs at the pace of the machine's clock but stands elsewhere: the demo's working morning."""

    def __init__(self, start: datetime, *, real: Clock | None = None) -> None:
        if start.tzinfo is None:
            raise ValueError("a shifted clock needs an aware start")
        self._real = real or SystemClock()
        self._offset: timedelta = start.astimezone(UTC) - self._real.now()

    def now(self) -> datetime:
        """The shifted moment, aware, UTC."""
        return self._real.now() + self._offset

    def jump_to(self, moment: datetime) -> None:
        """Moves the clock so that it is ``moment`` (aware) now. It never goes backwards: an earlier one is refused."""
        if moment < self.now():
            raise ValueError("a hall's clock is not turned back")
        self._offset = moment.astimezone(UTC) - self._real.now()


def business_date(now: datetime, zone: str) -> date:
    """The day a ticket belongs to: the calendar date at ``now`` in the hall's zone (never the server's or UTC's)."""
    return now.astimezone(ZoneInfo(zone)).date()


def midnight_after(day: date, zone: str) -> datetime:
    """The end of business date ``day`` in the hall's zone, as aware UTC."""
    tomorrow = day + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
