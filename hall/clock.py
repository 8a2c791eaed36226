"""The only place that reads the machine's clock: everybody else is told what time it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells the time as an aware UTC datetime."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own clock, in UTC."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return datetime.now(UTC)


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
