"""A clock that a test moves by hand."""

from __future__ import annotations

from datetime import datetime, timedelta


class HandClock:
    """Stands still until it is told to move."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """The moment it stands at."""
        return self.moment

    def move(self, **by: float) -> None:
        """Moves by a :class:`timedelta`'s arguments."""
        self.moment += timedelta(**by)
