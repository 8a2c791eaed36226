"""A small hall on a machine whose clock leaps: what the machine believes, and how much time has really gone by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from hall.clock import SteadyClock
from hall.database import EPOCH, Database
from hall.errors import Refusal
from hall.hallfile import read_hall_file
from hall.setup import StaffTables, load_hall
from queueing import calling, day_end
from queueing import tickets as tk
from queueing.issuing import issue
from staffing import facts, presence
from tests.cast import CONSOLE, KIOSK

OFFICER = "199001152015032001"
HOURS = """
[[hours]]
scope = "hall"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
open = "{open}"
close = "{close}"
since = 2026-01-01
until = 2099-12-31
special = true
"""
ALWAYS = HOURS.format(open="00:00", close="12:00") + HOURS.format(open="12:00", close="00:00")
HALL = """
[hall]
code = "{code}"
name = "MPP Uji"
regency = "Kabupaten Contoh"
zone = "{zone}"
[[agency]]
code = "dukcapil"
name = "Dukcapil"
kind = "opd"
[[service]]
code = "ktp"
agency = "dukcapil"
name = "KTP-el"
prefix = "A"
minutes = 5
[[counter]]
code = "1"
name = "Loket 1"
agency = "dukcapil"
services = ["ktp"]
[[officer]]
nip = "199001152015032001"
name = "Sari Wening"
agency = "dukcapil"
status = "pns"
"""


class Machine:
    """Its clock, which leaps, and its pace, which does not."""

    def __init__(self, moment: datetime, *, up: timedelta = timedelta(days=1)) -> None:
        self.wall, self.gone = moment, up.total_seconds()

    def now(self) -> datetime:
        """What the machine believes."""
        return self.wall

    def pace(self) -> float:
        """Seconds since it was switched on."""
        return self.gone

    def move(self, **by: float) -> None:
        """Time goes by, for everybody alike."""
        self.wall += timedelta(**by)
        self.gone += timedelta(**by).total_seconds()

    def leap(self, to: datetime) -> None:
        """Somebody sets the clock."""
        self.wall = to


LEAPS: dict[str, Callable[[datetime], datetime]] = {  # what becomes of a machine's clock
    "an hour forward": lambda now: now + timedelta(hours=1),
    "an hour back": lambda now: now - timedelta(hours=1),
    "half a minute back": lambda now: now - timedelta(seconds=30),
    "to 1970": lambda now: EPOCH + timedelta(minutes=2),
    "five years ahead": lambda now: now + timedelta(days=5 * 365),
    "a day ahead": lambda now: now + timedelta(days=1),
    "a day back": lambda now: now - timedelta(days=1),
}
WRONG_DAY = ("to 1970", "five years ahead", "a day ahead", "a day back")


@dataclass
class Given:
    """A number that was given: what its answer said, and what the machine and the true time said then."""

    id: str
    number: str
    day: date
    machine: datetime
    real: float


@dataclass
class Life:
    """One hall on one machine."""

    db: Database
    code: str
    zone: str
    machine: Machine
    clock: SteadyClock = field(init=False)
    given: list[Given] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    called: list[tuple[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = SteadyClock(self.machine, pace=self.machine.pace)

    def take(self, key: str | None = None) -> bool:
        """Somebody wants a number; whether they get one."""
        now, machine = self.clock.now(), self.clock.machine()
        try:
            answer = issue(self.db, self.code, "ktp", actor=KIOSK, now=now, machine=machine, confirm=True, key=key)
        except Refusal as refusal:
            if refusal.code != "clock_wrong":
                raise
            self.refused.append(refusal.message)
            return False
        day = date.fromisoformat(answer["business_date"])
        self.given.append(Given(answer["id"], answer["number"], day, self.machine.wall, self.machine.gone))
        return True

    def serve(self) -> bool:
        """The next one is called and served for two minutes; whether anybody was there."""
        answer = calling.call(self.db, self.code, "1", actor=CONSOLE, now=self.clock.now())
        if answer is None:
            return False
        self.called.append((answer["id"], self.machine.gone))
        self.machine.move(minutes=1)
        calling.start(self.db, answer["id"], actor=CONSOLE, now=self.clock.now())
        self.machine.move(minutes=1)
        calling.finish(self.db, answer["id"], actor=CONSOLE, now=self.clock.now())
        return True

    def sit(self) -> None:
        """Somebody sits at the counter, as on every morning."""
        presence.sign_in(self.db, self.code, "1", OFFICER, actor=CONSOLE, now=self.clock.now(), beats=False)

    def errands(self) -> None:
        """What the couriers do every few seconds."""
        day_end.end_old_days(self.db, self.code, now=self.clock.now())
        presence.end_day(self.db, self.code, now=self.clock.now())

    def date(self, moment: datetime) -> date:
        """The day in the hall."""
        return moment.astimezone(ZoneInfo(self.zone)).date()


def open_life(db: Database, code: str, zone: str, moment: datetime, folder: Path) -> Life:
    """A hall that is always open, on a machine whose clock is right."""
    file = folder / f"{code}.toml"
    file.write_text(HALL.format(code=code, zone=zone) + ALWAYS, encoding="utf-8")
    early = moment - timedelta(hours=1)
    load_hall(db, read_hall_file(file), StaffTables(facts.roster, facts.posts), actor="system", now=early)
    life = Life(db, code, zone, Machine(moment))
    life.sit()
    return life


def spend(life: Life, leap: str) -> None:
    """Half an hour in order, half an hour after the leap, the clock right again, and the next morning."""
    machine = life.machine
    for _ in range(3):
        assert life.take()
        machine.move(minutes=2)
    assert life.serve()
    before = machine.wall, machine.gone
    machine.leap(LEAPS[leap](machine.wall))
    told = len(life.given)
    for nr in range(4):
        life.errands()
        life.take(key=f"wrong-{nr}")
        machine.move(minutes=3)
        life.sit()
        life.serve()
    if leap in WRONG_DAY:
        assert len(life.given) == told, "a number was given while nobody knew its day"
    machine.leap(before[0] + timedelta(seconds=machine.gone - before[1]))
    machine.move(hours=2)  # whatever is followed slowly is followed by then, and midnight is over
    life.errands()
    life.sit()
    assert life.take()
    assert life.serve()
    machine.move(hours=22)
    life.errands()
    life.sit()
    assert life.take() and life.serve()


def promises_kept(life: Life, leap: str) -> None:
    """The numbers' day, their order and the waits."""
    for one in life.given:
        near = {life.date(one.machine), life.date(one.machine + timedelta(seconds=30))}  # half a minute back
        assert one.day in near, (leap, one)
    by_day: dict[date, list[str]] = {}
    for one in life.given:
        by_day.setdefault(one.day, []).append(one.number)
    for numbers in by_day.values():
        assert numbers == [f"A-{nr:03d}" for nr in range(1, len(numbers) + 1)], (leap, by_day)
    assert list(by_day) == sorted(by_day)
    order = [one.id for one in life.given]
    calls = [order.index(ticket) for ticket, _ in life.called]
    assert calls == sorted(calls) and len(calls) == len(set(calls)), (leap, calls)
    taken = {one.id: one.real for one in life.given}
    with life.db.reading() as connection:
        for ticket, real in life.called:
            row = connection.execute(select(tk.tickets.c.waited).where(tk.tickets.c.id == ticket)).one()
            waited, really = row.waited / 1_000_000, real - taken[ticket]
            least = really * (1 if leap in WRONG_DAY else 0.9) - 1  # a clock put back is caught up with slowly
            made_up = 1 if leap in WRONG_DAY else 80  # a tenth of the twelve minutes, when the clock is right again
            most = really + (3600 if leap == "an hour forward" else 0) + made_up
            assert least <= waited <= most, (leap, ticket, waited, really)
