"""Where the model and the hall play: one database, open twice as if by two processes; a new hall for each history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from hall.database import Database
from hall.hallfile import HallFile
from hall.hallfile_rows import (
    AgencyRow,
    CounterRow,
    DisplayRow,
    HallRow,
    OfficerRow,
    PrinterRow,
    ServiceRow,
)
from hall.hours import HoursRule
from hall.options import Options
from hall.setup import StaffTables, load_hall
from staffing import facts
from tests.cast import BIMA, GALIH, SARI, SYSTEM
from tests.torture.model_hall import CLOSES, OPENS, Counter, Service, Shape
from tests.torture.tally import Tally

ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
OFFICERS = (SARI.nip, BIMA.nip, GALIH.nip)
AGENCIES = ("dukcapil", "samsat")
PRINTER = "p1"
SERVICES = {
    "ktp": Service("dukcapil", "A"),
    "kia": Service("dukcapil", "A"),  # the numbers of both run through
    "pkb": Service("samsat", "B", quota=3),
    "nib": Service("dukcapil", "C"),
}
COUNTERS = {
    "1": Counter("dukcapil", ("ktp", "kia")),
    "2": Counter("dukcapil", ("ktp",)),
    "3": Counter("samsat", ("pkb", "kia")),
    "4": Counter("dukcapil", ("nib", "ktp")),
}


def first_shape(zone: str, priority_run: int, recalls: int) -> Shape:
    """The hall as every history begins."""
    return Shape(zone, dict(SERVICES), dict(COUNTERS), priority_run, recalls)


def _with_counter(code: str, counter: Counter) -> Callable[[Shape], Shape]:
    return lambda shape: replace(shape, counters=shape.counters | {code: counter})


def _without_counter(code: str) -> Callable[[Shape], Shape]:
    return lambda shape: replace(shape, counters={c: shape.counters[c] for c in shape.counters if c != code})


def _without_service(shape: Shape) -> Shape:
    """Nobody offers ``nib`` any more."""
    services = {code: service for code, service in shape.services.items() if code != "nib"}
    counters = {
        code: replace(counter, services=tuple(s for s in counter.services if s != "nib"))
        for code, counter in shape.counters.items()
    }
    return replace(shape, services=services, counters=counters)


# what a manager may do to the hall in the middle of a day
CHANGES: dict[str, Callable[[Shape], Shape]] = {
    "counter 2 takes pkb as well": _with_counter("2", Counter("dukcapil", ("ktp", "pkb"))),
    "counter 1 takes kia alone": _with_counter("1", Counter("dukcapil", ("kia",))),
    "a fifth counter": _with_counter("5", Counter("samsat", ("pkb", "ktp"))),
    "counter 4 is gone": _without_counter("4"),
    "counter 3 is gone": _without_counter("3"),
    "no nib": _without_service,
    "two pkb a day": lambda s: replace(s, services=s.services | {"pkb": replace(SERVICES["pkb"], quota=2)}),
    "priority always first": lambda shape: replace(shape, priority_run=0),
    "one recall": lambda shape: replace(shape, recalls=1),
    "as it was": lambda shape: first_shape(shape.zone, shape.priority_run, shape.recalls),
}


def as_file(code: str, shape: Shape) -> HallFile:
    """The hall file that says what the shape says."""
    options = Options(
        priority_run=shape.priority_run,
        no_show_after_recalls=shape.recalls,
        capacity="off",
    )
    stated = frozenset({"priority_run", "no_show_after_recalls", "capacity"})
    every_day = HoursRule("hall", frozenset(range(7)), OPENS, CLOSES, (), date(2026, 1, 1), date(2026, 12, 31), True)
    return HallFile(
        hall=HallRow(code, f"MPP {code}", "Kabupaten Contoh", shape.zone, options, stated),
        agencies=tuple(AgencyRow(code, code.title(), "", "opd", True, None) for code in AGENCIES),
        services=tuple(
            ServiceRow(code, s.agency, code.upper(), s.prefix, 10, s.quota, (), True)
            for code, s in shape.services.items()
        ),
        counters=tuple(
            CounterRow(code, f"Loket {code}", c.agency, c.services, "Barat") for code, c in shape.counters.items()
        ),
        hours=(every_day,),
        holidays=(),
        closures=(),
        posts=(),
        officers=tuple(OfficerRow(p.nip, p.name, p.agency, "pns", None) for p in (SARI, BIMA, GALIH)),
        roster=(),
        sources=(),
        printers=(PrinterRow(PRINTER, "agent", "", 80, ""),),
        escalations=(),
        display=DisplayRow("", 6, ""),
        warnings=(),
    )


class Stage:
    """The database of many histories. Each has a hall of its own, so that none has to wait for a fresh database."""

    def __init__(self, url: str, tally: Tally) -> None:
        self.url, self.tally = url, tally
        self.processes = [Database(url, pool_size=2), Database(url, pool_size=2)]
        self._halls = 0

    def set_up(self, process: int, code: str, shape: Shape, now: datetime) -> None:
        """Loads the hall file."""
        tables = StaffTables(facts.roster, facts.posts)
        load_hall(self.processes[process], as_file(code, shape), tables, actor=SYSTEM, now=now)

    def new_hall(self, shape: Shape, now: datetime) -> str:
        """The code of a hall that nobody has entered yet."""
        self._halls += 1
        code = f"balai-{self._halls}"
        self.set_up(0, code, shape, now)
        return code

    def restart(self, process: int) -> None:
        """The process ends and comes back: all that it had in memory is gone."""
        self.processes[process].close()
        self.processes[process] = Database(self.url, pool_size=2)

    def close(self) -> None:
        """Both processes end."""
        for database in self.processes:
            database.close()
