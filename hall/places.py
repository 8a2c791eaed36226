"""Hall, agency, service, counter: what stands in the hall, read once per change of the set-up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Column, Connection, Date, ForeignKeyConstraint, Index, Integer, String, Table, select

from hall.calendar import holidays_for
from hall.clock import business_date
from hall.database import Database, Json, Moment, metadata
from hall.errors import NotFound
from hall.hours import Calendar, Closure, Holiday, HoursRule
from hall.options import Options, read_options
from hall.turn import position

KINDS = ("opd", "province", "vertical", "bpjs", "bumn", "bumd", "private")
PRIORITIES = ("disabled", "elderly", "pregnant", "child", "disaster")  # UU 25/2009 Ps 29, UU 8/2016

halls = Table(
    "halls",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("regency", String(200), nullable=False),
    Column("zone", String(40), nullable=False),
    Column("options", Json, nullable=False),
)


def _belongs(name: str, *columns: Any) -> Table:
    return Table(
        name,
        metadata,
        Column("hall", String(40), primary_key=True),
        Column("code", String(40), primary_key=True),
        Column("position", Integer, nullable=False),
        Column("active", Boolean, nullable=False, default=True),
        *columns,
        ForeignKeyConstraint(["hall"], ["halls.code"]),
    )


agencies = _belongs(
    "agencies",
    Column("name", String(200), nullable=False),
    Column("short", String(60), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("keeps_roster", Boolean, nullable=False),
    Column("lateness_minutes", Integer),
)
services = _belongs(
    "services",
    Column("agency", String(40), nullable=False),
    Column("name", String(200), nullable=False),
    Column("prefix", String(4), nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("quota", Integer),
    Column("requirements", Json, nullable=False),
)
counters = _belongs(
    "counters",
    Column("agency", String(40), nullable=False),
    Column("name", String(100), nullable=False),
    Column("services", Json, nullable=False),
    Column("area", String(60), nullable=False),
)
sources = _belongs("attendance_sources", Column("name", String(200), nullable=False))
printers = _belongs(
    "printers",
    Column("kind", String(20), nullable=False),
    Column("address", String(200), nullable=False),
    Column("width_mm", Integer, nullable=False),
    Column("kiosk", String(80), nullable=False),
)
escalations = Table(
    "escalations",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("nr", Integer, primary_key=True, autoincrement=False),
    Column("stage", String(20), nullable=False),
    Column("after_minutes", Integer, nullable=False),
    Column("agency", String(40)),
    Column("channels", Json, nullable=False),
    Column("always", Boolean, nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)
hours = Table(
    "hours",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("nr", Integer, primary_key=True, autoincrement=False),
    Column("scope", String(60), nullable=False),
    Column("rule", Json, nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)
holidays = Table(
    "holidays",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("name", String(200), nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)
closures = Table(
    "closures",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("scope", String(60), nullable=False),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("from_file", Boolean, nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_closures_hall", "hall"),
)


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency with a stand (*gerai*) in the hall."""

    code: str
    name: str
    short: str
    kind: str
    keeps_roster: bool
    lateness_minutes: int | None


@dataclass(frozen=True, slots=True)
class Service:
    """What citizens come for. ``minutes`` is the standard handling time, ``quota`` the tickets a day or None."""

    code: str
    agency: str
    name: str
    prefix: str
    minutes: int
    quota: int | None
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter (*loket*) and the services it takes."""

    code: str
    agency: str
    name: str
    services: tuple[str, ...]
    area: str


@dataclass(frozen=True, slots=True)
class Printer:
    """A slip printer; ``kiosk`` is the name of the kiosk it stands in, or empty for any."""

    code: str
    kind: str
    address: str
    width_mm: int
    kiosk: str


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is told of an empty counter: a stage, how many minutes after its flag was raised, and through what channels.

    ``agency`` None: for every agency that has no entry of its own for the stage. ``always``: in quiet hours too.
    """

    stage: str
    after_minutes: int
    agency: str | None = None
    channels: tuple[str, ...] = ()
    always: bool = False


@dataclass(frozen=True)
class Places:
    """Everything that stands in one hall, as of one version of its set-up. Immutable; shared between threads."""

    code: str
    name: str
    regency: str
    zone: str
    options: Options
    agencies: dict[str, Agency]
    services: dict[str, Service]
    counters: dict[str, Counter]
    printers: dict[str, Printer]
    sources: dict[str, str]
    calendar: Calendar
    escalations: tuple[Escalation, ...] = ()

    @cached_property
    def counters_of(self) -> dict[str, tuple[str, ...]]:
        """Service code -> the counters that take it, in the hall's order."""
        return {s: tuple(c.code for c in self.counters.values() if s in c.services) for s in self.services}

    @cached_property
    def tz(self) -> ZoneInfo:
        """The hall's zone."""
        return ZoneInfo(self.zone)

    def date(self, now: datetime) -> date:
        """The business date at ``now``: the hall's zone decides."""
        return business_date(now, self.zone)

    def service(self, code: str) -> Service:
        """Raises :class:`NotFound` (``unknown_service``)."""
        try:
            return self.services[code]
        except KeyError:
            raise NotFound("unknown_service", f"Layanan {code!r} tidak ada di {self.name}.") from None

    def counter(self, code: str) -> Counter:
        """Raises :class:`NotFound` (``unknown_counter``)."""
        try:
            return self.counters[code]
        except KeyError:
            raise NotFound("unknown_counter", f"Loket {code!r} tidak ada di {self.name}.") from None

    def printer_for(self, kiosk: str | None) -> Printer | None:
        """The printer that belongs to the named kiosk, else the one that belongs to no kiosk in particular."""
        shared = None
        for printer in self.printers.values():
            if kiosk and kiosk in (printer.kiosk, printer.code):
                return printer
            if not printer.kiosk and shared is None:
                shared = printer
        return shared


def places(db: Database, connection: Connection, hall: str, config: int | None = None) -> Places:
    """The hall's places, read only when the set-up changed. Raises :class:`NotFound` (``unknown_hall``)."""
    if config is None:
        config = position(connection, hall)[1]
    cached: tuple[int, Places] | None = db.known.get(hall)
    if cached is not None and cached[0] == config:
        return cached[1]
    fresh = _load(connection, hall)
    db.known[hall] = (config, fresh)
    return fresh


def hall_codes(connection: Connection) -> list[str]:
    """The codes of all halls in this database."""
    return [row.code for row in connection.execute(select(halls.c.code).order_by(halls.c.code))]


def _rows(connection: Connection, table: Table, hall: str) -> list[Any]:
    query = select(table).where(table.c.hall == hall, table.c.active).order_by(table.c.position)
    return list(connection.execute(query))


def _load(connection: Connection, hall: str) -> Places:
    head = connection.execute(select(halls).where(halls.c.code == hall)).first()
    if head is None:
        raise NotFound("unknown_hall", f"Tidak ada balai layanan dengan kode {hall!r}.")
    options = read_options(head.options)
    rules = connection.execute(select(hours).where(hours.c.hall == hall).order_by(hours.c.nr))
    local = connection.execute(select(holidays).where(holidays.c.hall == hall))
    shut = connection.execute(select(closures).where(closures.c.hall == hall))
    return Places(
        code=head.code,
        name=head.name,
        regency=head.regency,
        zone=head.zone,
        options=options,
        agencies={
            r.code: Agency(r.code, r.name, r.short, r.kind, r.keeps_roster, r.lateness_minutes)
            for r in _rows(connection, agencies, hall)
        },
        services={
            r.code: Service(r.code, r.agency, r.name, r.prefix, r.minutes, r.quota, tuple(r.requirements))
            for r in _rows(connection, services, hall)
        },
        counters={
            r.code: Counter(r.code, r.agency, r.name, tuple(r.services), r.area)
            for r in _rows(connection, counters, hall)
        },
        printers={
            r.code: Printer(r.code, r.kind, r.address, r.width_mm, r.kiosk) for r in _rows(connection, printers, hall)
        },
        sources={r.code: r.name for r in _rows(connection, sources, hall)},
        calendar=_calendar(head.zone, options, list(rules), list(local), list(shut)),
        escalations=tuple(
            Escalation(r.stage, r.after_minutes, r.agency, tuple(r.channels), r.always)
            for r in connection.execute(
                select(escalations).where(escalations.c.hall == hall).order_by(escalations.c.nr)
            )
        ),
    )


def rule_to_json(rule: HoursRule) -> dict[str, Any]:
    """An hours rule as plain values, the way it is stored."""
    return {
        "scope": rule.scope,
        "days": sorted(rule.days),
        "open": rule.open.isoformat(),
        "close": rule.close.isoformat(),
        "breaks": [[a.isoformat(), b.isoformat()] for a, b in rule.breaks],
        "since": rule.since.isoformat() if rule.since else None,
        "until": rule.until.isoformat() if rule.until else None,
        "special": rule.special,
    }


def rule_from_json(data: dict[str, Any]) -> HoursRule:
    """The opposite of :func:`rule_to_json`."""
    return HoursRule(
        scope=data["scope"],
        days=frozenset(data["days"]),
        open=time.fromisoformat(data["open"]),
        close=time.fromisoformat(data["close"]),
        breaks=tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in data["breaks"]),
        since=date.fromisoformat(data["since"]) if data["since"] else None,
        until=date.fromisoformat(data["until"]) if data["until"] else None,
        special=data["special"],
    )


def _calendar(zone: str, options: Options, rules: list[Any], local: list[Any], shut: list[Any]) -> Calendar:
    own = [Holiday(r.day, r.name) for r in local]
    return Calendar(
        rules=tuple(rule_from_json(r.rule) for r in rules),
        holidays=holidays_for(local=own, cuti_bersama_closed=options.cuti_bersama_closed),
        closures=tuple(Closure(r.scope, r.start, r.end, r.reason) for r in shut),
        zone=ZoneInfo(zone),
    )
