"""A hall to measure in: the one that ships with the project, open day and night, on a database of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import time, timedelta
from pathlib import Path
from secrets import token_urlsafe
from zoneinfo import ZoneInfo

import hall as hall_room
from hall.clock import SystemClock, business_date
from hall.database import Database, sqlite_url
from hall.hallfile import HallFile, read_hall_file
from hall.hallfile_rows import PrinterRow
from hall.hours import HoursRule
from hall.people import new_token
from hall.schema import migrate
from hall.setup import StaffTables, load_hall
from staffing import facts, presence

HALL = "blora"
KIOSK = "kiosk-1"
OFFICERS = 8
ZONES = ("Asia/Jakarta", "Asia/Jayapura")
DAY = timedelta(days=1)
CLOCK = SystemClock()


@dataclass(frozen=True)
class Place:
    """A database with the hall in it, and the keys of those who will knock."""

    home: Path
    kiosk: str
    console: str
    displays: tuple[str, ...]
    services: tuple[str, ...]
    counters: tuple[str, ...]
    url: str

    def open(self) -> Database:
        """The database, to be closed by the caller."""
        return Database(self.url)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder below ``var/``, on the disk a hall would use; the system's own may be memory, where a sync is free."""
    path = Path("var") / f"bench-{os.getpid()}"
    path.mkdir(parents=True)
    try:
        yield path.absolute()
    finally:
        shutil.rmtree(path)


def furnish(home: Path, *, displays: int = 1, url: str = "", alike: int = 0) -> Place:
    """Makes the hall with tokens, seats officers at the first counters, and leaves the database closed.

    ``url`` names another database than SQLite below ``home``; with ``alike`` the hall has so many counters instead of
    its own, all for the same services.
    """
    home.mkdir()
    (home / "secret.key").write_text(token_urlsafe(48))
    url = url or sqlite_url(home / "antre.db")
    db = Database(url)
    try:
        migrate(db)
        file = always_open(read_hall_file(Path(hall_room.__file__).parent / "data" / "blora.toml"))
        if alike:
            file = with_counters_alike(file, alike)
        now = CLOCK.now()
        load_hall(db, file, StaffTables(facts.roster, facts.posts), actor="operator:bench", now=now)
        seated = file.counters[: alike or OFFICERS]
        counters = tuple(c.code for c in seated)
        for counter, officer in zip(counters, file.officers, strict=False):
            presence.sign_in(db, HALL, counter, officer.nip, actor=f"officer:{officer.nip}", now=now, beats=False)
        served = {s for c in seated for s in c.services}
        return Place(
            home,
            kiosk=new_token(db, "kiosk", hall=HALL, name=KIOSK, now=now),
            console=new_token(db, "console", hall=HALL, name="console-1", now=now),
            displays=tuple(new_token(db, "display", hall=HALL, name=f"layar-{nr}", now=now) for nr in range(displays)),
            services=tuple(s.code for s in file.services if s.code in served),
            counters=counters,
            url=url,
        )
    finally:
        db.close()


def with_counters_alike(file: HallFile, many: int) -> HallFile:
    """The hall with ``many`` counters for the services of its first one, an officer for each, and no paper."""
    counter, officer = file.counters[0], next(o for o in file.officers if o.agency == file.counters[0].agency)
    return replace(
        file,
        counters=tuple(replace(counter, code=f"{nr + 1}", name=f"Loket {nr + 1}") for nr in range(many)),
        officers=tuple(
            replace(officer, nip=f"1990{nr % 12 + 1:02d}152015031{nr + 1:03d}", name=f"Petugas {nr + 1}", source=None)
            for nr in range(many)
        ),
        posts=(),
        roster=(),
        closures=(),
        printers=(),  # slips that nobody fetches would be given up by the thousand meanwhile
    )


def always_open(file: HallFile) -> HallFile:
    """The hall open at whatever hour and holiday it is, without quotas, its slips left to an agent that never comes."""
    now = CLOCK.now()
    zone = min(ZONES, key=lambda z: now.astimezone(ZoneInfo(z)).hour)  # midnight, which ends every session, is far
    today = business_date(now, zone)
    hours = tuple(
        HoursRule("hall", frozenset(range(7)), start, end, (), today - DAY, today + DAY, True)
        for start, end in ((time(0), time(12)), (time(12), time(0)))
    )
    return replace(
        file,
        hall=replace(file.hall, zone=zone),
        services=tuple(replace(s, quota=None) for s in file.services),
        hours=hours,
        closures=(),
        printers=(PrinterRow("agen", "agent", "", 80, KIOSK),),
    )
