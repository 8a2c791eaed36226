"""What a hall file says, as plain frozen values: one class for each kind of table.

Hours, holidays and closures are the classes of :mod:`hall.hours`, so the calendar takes them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as calendar_date
from datetime import time

from hall.hallfile_fields import Fault
from hall.hours import Closure, Holiday, HoursRule
from hall.options import Options


@dataclass(frozen=True, slots=True)
class HallRow:
    """``[hall]``; ``zone`` is one of the three Indonesian zones, the options carry their defaults when left out.

    ``stated`` names the options that the file itself sets, in ``[hall]`` or ``[display]``: loading the file again need
    not undo what a manager changed about the others.
    """

    code: str
    name: str
    regency: str
    zone: str
    options: Options
    stated: frozenset[str]


@dataclass(frozen=True, slots=True)
class DisplayRow:
    """``[display]``: the screen in the waiting room. The same values stand in the hall's options."""

    running_text: str
    last_calls: int
    slides_folder: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """``[[attendance_source]]``."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class AgencyRow:
    """``[[agency]]``.

    ``short`` is empty when left out, ``lateness_minutes`` None when the agency has no tolerance of its own.
    """

    code: str
    name: str
    short: str
    kind: str
    keeps_roster: bool
    lateness_minutes: int | None


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """``[[service]]``; ``minutes`` is the standard handling time, ``quota`` tickets a day or None."""

    code: str
    agency: str
    name: str
    prefix: str
    minutes: int
    quota: int | None
    requirements: tuple[str, ...]
    active: bool


@dataclass(frozen=True, slots=True)
class CounterRow:
    """``[[counter]]``; ``services`` may belong to other agencies too (an integrated counter)."""

    code: str
    name: str
    agency: str
    services: tuple[str, ...]
    area: str


@dataclass(frozen=True, slots=True)
class PostRow:
    """``[[post]]``: a post in the register, filled or not."""

    agency: str
    counter: str
    title: str
    filled: bool


@dataclass(frozen=True, slots=True)
class OfficerRow:
    """``[[officer]]``; ``source`` is the attendance source or None."""

    nip: str
    name: str
    agency: str
    status: str
    source: str | None


@dataclass(frozen=True, slots=True)
class RosterRow:
    """``[[roster]]``: either ``days`` (0 = Monday, with optional inclusive dates) or one ``date``.

    ``start`` and ``end`` are None where the counter's own hours apply; an ``end`` before ``start`` is after midnight.
    """

    officer: str
    counter: str
    days: frozenset[int]
    date: calendar_date | None
    start: time | None
    end: time | None
    since: calendar_date | None
    until: calendar_date | None
    substitute_for: str | None


@dataclass(frozen=True, slots=True)
class PrinterRow:
    """``[[printer]]``; ``kiosk`` is the name of the kiosk's token or empty, ``address`` is empty for an agent."""

    code: str
    kind: str
    address: str
    width_mm: int
    kiosk: str


@dataclass(frozen=True, slots=True)
class EscalationRow:
    """``[[escalation]]``: who is told of an empty counter after how many minutes; ``agency`` None: of every one."""

    stage: str
    after_minutes: int
    agency: str | None
    channels: tuple[str, ...]
    always: bool


@dataclass(frozen=True, slots=True)
class HallFile:
    """A whole hall file without a fault. ``warnings`` are allowed oddities, each with its line."""

    hall: HallRow
    agencies: tuple[AgencyRow, ...]
    services: tuple[ServiceRow, ...]
    counters: tuple[CounterRow, ...]
    hours: tuple[HoursRule, ...]
    holidays: tuple[Holiday, ...]
    closures: tuple[Closure, ...]
    posts: tuple[PostRow, ...]
    officers: tuple[OfficerRow, ...]
    roster: tuple[RosterRow, ...]
    sources: tuple[SourceRow, ...]
    printers: tuple[PrinterRow, ...]
    escalations: tuple[EscalationRow, ...]
    display: DisplayRow
    warnings: tuple[Fault, ...]
