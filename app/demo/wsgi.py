"""What gunicorn loads for the demo: the real app on the demo's clock, the invented crowd, and a pretend printer."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from babel.dates import format_datetime

import hall as hall_room
from adapters.printers.pretend import PretendPrinter
from app.couriers import Courier
from app.demo import pages
from app.demo.crowd import Crowd
from app.demo.prepare import HALL, VISITORS_COUNTER, at_morning, must_be_loopback, next_working_day
from app.doors import DOORS
from app.factory import create_app
from app.settings import read_settings
from hall.clock import ShiftedClock, midnight_after
from hall.database import Database
from hall.hallfile import read_hall_file
from hall.places import Places, places
from hall.turn import batch

log = logging.getLogger("antre.demo")
BEAT_S = 10.0
LOOK_S = 1.0


class Present:
    """Keeps the demo's hall alive: today's crowd, heartbeats, and the next working morning once the day is over."""

    def __init__(self, db: Database, clock: ShiftedClock) -> None:
        self._db, self._clock = db, clock
        self._file = read_hall_file(Path(hall_room.__file__).parent / "data" / "blora.toml")
        self._beat_due = 0.0
        self._crowd: Crowd | None = None
        self.courier = Courier("demo-crowd", self.step)

    def step(self) -> float:
        """Lets happen what is due by now."""
        now = self._clock.now()
        with self._db.reading() as connection:
            hall = places(self._db, connection, HALL)
        if self._crowd is None or self._crowd.day != hall.date(now):
            self._crowd = self._gather(hall, now)
        self._crowd.run_until(now)
        if time.monotonic() >= self._beat_due:
            self._beat_due = time.monotonic() + BEAT_S
            self._crowd.beat(now)
        closing = max(stretch.end for shift in self._crowd.shifts for stretch in shift.stretches)
        if now > closing + timedelta(minutes=20):
            self._to_next_morning(hall)
        return LOOK_S

    def _gather(self, hall: Places, now: datetime) -> Crowd:
        crowd = Crowd(
            self._db,
            self._file,
            hall,
            hall.date(now),
            Random(f"antre {hall.date(now)}"),
            load=1.15,
            pace=0.45,
            empty=frozenset({VISITORS_COUNTER}),
        )
        with batch(self._db, HALL, now):  # the morning so far, as history: those consoles never sent a heartbeat
            crowd.run_until(now)
        crowd.beats = True
        return crowd

    def _to_next_morning(self, hall: Places) -> None:
        """The invented day is over: the clock goes on to the next working morning, and the pages say so."""
        assert self._crowd is not None
        self._crowd.run_until(midnight_after(self._crowd.day, hall.zone))
        self._clock.jump_to(at_morning(hall, next_working_day(hall, self._crowd.day)))


def make_app() -> Any:
    """The demo's app. The couriers' start (after gunicorn's fork) also brings the printer and the crowd to life."""
    settings = read_settings()
    must_be_loopback(settings.bind)
    DOORS.update(pages.DOORS)
    stands_at = datetime.fromisoformat(json.loads((settings.home / "demo.json").read_text())["stands_at"])
    clock = ShiftedClock(stands_at)
    app = create_app(settings, clock=clock)
    app.register_blueprint(pages.bp)
    ground = app.extensions["antre"]

    def banner() -> str:
        return format_datetime(clock.now(), "EEEE, d MMMM y 'pukul' HH.mm z", tzinfo=_zone(ground.db), locale="id")

    app.extensions["antre"] = replace(ground, demo=banner)
    couriers = app.extensions["antre_couriers"]
    start, stop = couriers.start, couriers.stop
    present = Present(ground.db, clock)
    pretend = PretendPrinter(port=_printer_port(ground.db))
    app.extensions["antre_pretend_printer"] = pretend

    def begin() -> None:
        pretend.start()
        start()
        present.courier.start()

    def end() -> None:
        present.courier.stop()
        stop()
        pretend.stop()

    couriers.start, couriers.stop = begin, end
    return app


def _zone(db: Database) -> Any:
    with db.reading() as connection:
        return places(db, connection, HALL).tz


def _printer_port(db: Database) -> int:
    with db.reading() as connection:
        printer = next(iter(places(db, connection, HALL).printers.values()))
    return int(printer.address.rpartition(":")[2])


app = make_app()
