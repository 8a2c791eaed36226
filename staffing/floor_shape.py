"""What the floor is made of: a counter, an officer, the hall in numbers, at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

SERVING, WAITING, PAUSED = "serving", "waiting", "paused"
VACANT, NOT_DUE, UNOBSERVED = "vacant", "not_due", "unobserved"
STATES = (SERVING, WAITING, PAUSED, VACANT, NOT_DUE, UNOBSERVED)
STAFFED = (SERVING, WAITING, PAUSED)


@dataclass(frozen=True, slots=True)
class Person:
    """An officer. Only some roles may see who it is; see :mod:`staffing.floor_view`."""

    nip: str
    name: str


@dataclass(frozen=True, slots=True)
class CounterNow:
    """One counter at one moment. Times aware UTC, minutes decimal.

    ``state`` is one of :data:`STATES`; ``cause`` says why it is not due, or why vacant, by the engine's rules and as
    far as the facts at hand allow; ``since`` is when the state began; ``grace``: empty, but for less than the hall's
    grace time. ``waiting`` counts the people it could call, ``stranded`` those of them whom no staffed counter could.
    ``citizen_minutes`` is what they and everybody before them today waited for its services.
    """

    counter: str
    name: str
    agency: str
    area: str
    services: tuple[str, ...]
    state: str
    cause: str | None
    detail: str | None
    since: datetime
    due: bool
    due_until: datetime | None
    next_opening: datetime | None
    grace: bool
    officer: Person | None
    planned: tuple[Person, ...]
    post: str | None
    pause_reason: str | None
    waiting: int
    waiting_longest: float
    stranded: int
    citizen_minutes: float
    ticket: str | None
    ticket_state: str | None
    last_call: datetime | None
    idle_since: datetime | None

    @property
    def idle_while_waiting(self) -> bool:
        """Signed in, people wait for its services, nobody called for longer than the hall's ``idle_minutes``."""
        return self.idle_since is not None


@dataclass(frozen=True, slots=True)
class Totals:
    """The hall in numbers: due = staffed + vacant + unobserved; ``citizen_minutes`` of everybody today so far."""

    counters: int
    due: int
    staffed: int
    vacant: int
    vacant_in_grace: int
    unobserved: int
    not_due: int
    idle: int
    waiting: int
    waiting_longest: float
    stranded: int
    citizen_minutes: float


@dataclass(frozen=True, slots=True)
class Floor:
    """Every counter of a hall at ``at`` (aware UTC), in the hall's order; ``down``: what is down, since when."""

    hall: str
    name: str
    zone: str
    date: date
    at: datetime
    seq: int
    totals: Totals
    counters: tuple[CounterNow, ...]
    down: tuple[tuple[str, datetime], ...]
