"""What a hall of the model is made of: its set-up, a ticket, somebody at a counter, a slip."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(6), time(22)  # every day, in the hall's zone


class Refused(Exception):
    """The verb says no, and why; nothing has happened."""

    @property
    def code(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Service:
    agency: str
    prefix: str
    quota: int | None = None


@dataclass(frozen=True)
class Counter:
    agency: str
    services: tuple[str, ...]


@dataclass(frozen=True)
class Shape:
    """How the hall is set up: what a hall file says of it."""

    zone: str
    services: dict[str, Service]
    counters: dict[str, Counter]
    priority_run: int
    recalls: int

    def day(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def local(self, moment: datetime | None) -> str | None:
        return None if moment is None else moment.astimezone(ZoneInfo(self.zone)).isoformat()

    def midnight(self, day: date) -> datetime:
        """The end of a day in the hall."""
        return datetime.combine(day + timedelta(days=1), time(0), ZoneInfo(self.zone)).astimezone(ZoneInfo("UTC"))

    def open_at(self, moment: datetime) -> bool:
        return OPENS <= moment.astimezone(ZoneInfo(self.zone)).time() < CLOSES

    def taking(self, service: str) -> list[str]:
        """The counters that take a service."""
        return [code for code, counter in self.counters.items() if service in counter.services]


@dataclass(frozen=True)
class Ticket:
    id: str
    day: date
    prefix: str
    number: int
    service: str
    first_service: str
    agency: str
    priority: str | None
    place: int
    issued: datetime
    since: datetime
    last: datetime  # its newest line in the journal
    state: str = "waiting"
    counter: str | None = None
    only: str | None = None
    back: tuple[str, str] | None = None  # service, counter
    recalls: int = 0
    called: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    waited: timedelta = timedelta(0)

    @property
    def label(self) -> str:
        return f"{self.prefix}-{self.number:03d}"


@dataclass(frozen=True)
class Seat:
    """Somebody at a counter."""

    officer: str
    start: datetime
    beats: bool
    beat: datetime | None
    last: datetime  # the counter's newest line in the journal
    pause: datetime | None = None
    lost: bool = False

    @property
    def state(self) -> str:
        return "lost" if self.lost else "paused" if self.pause else "open"


@dataclass(frozen=True)
class Slip:
    ticket: str
    copy: int
    created: datetime
    order: int
    state: str = "queued"
    sent: datetime | None = None
