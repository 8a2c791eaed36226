"""How much of the counter time an officer was planned for was kept, and what became of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class OfficerDay:
    """An officer's day at the counters. ``planned`` is the due time planned so far, every moment counted once.

    ``planned`` = ``kept`` (seated at a counter planned then) + ``elsewhere`` (seated at another counter) + ``excused``
    (absence recorded, not seated) + ``unobserved`` (nobody could see; held against nobody) + ``missed``.
    ``arrival`` and ``departure`` are those of the day's attendance, None where none is known.
    """

    officer: str
    arrival: datetime | None
    departure: datetime | None
    planned: timedelta
    kept: timedelta
    elsewhere: timedelta
    excused: timedelta
    unobserved: timedelta
    missed: timedelta
