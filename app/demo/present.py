"""The lively present of the demo: a morning in quick motion, then people in time, until the next working day."""

from __future__ import annotations

import datetime as calendar
import json
import time
from datetime import date, timedelta
from pathlib import Path
from random import Random

from adapters.messages.sender import understands
from app.couriers import Courier
from app.demo.crowd import Crowd
from app.demo.machine import DoorMachine
from app.demo.month import before_opening, clock_time
from app.demo.place import HALL, demo_file
from app.demo.prepare import at_morning, next_working_day
from app.demo.story import TODAY
from hall.clock import ShiftedClock, midnight_after
from hall.database import Database
from hall.places import Places, places
from hall.turn import batch
from staffing.outbox import QUEUED, SENDING, count_messages
from staffing.watch import watch

BEAT_S = 10.0
LOOK_S = 1.0
POST_S = 3.0  # at most, for messages under way
SLICE = timedelta(minutes=5)  # of a morning in quick motion: shorter than the grace time, so every flag is true
BEFORE_OPENING = calendar.time(7, 40)


class Present:
    """Keeps the demo's hall alive: today's crowd, heartbeats, and the next working morning once the day is over."""

    def __init__(self, db: Database, home: Path, base_url: str) -> None:
        told = json.loads((home / "demo.json").read_text())
        self._db = db
        self._days = [date.fromisoformat(day) for day in told["working"]]
        self._file = demo_file()
        with db.reading() as connection:
            hall = places(db, connection, HALL)
        self.clock = ShiftedClock(clock_time(hall, self._days[-1], BEFORE_OPENING))
        secret = (home / "machine.token").read_text()
        self.machine = DoorMachine(f"{base_url}/iclock/{secret}", hall.tz, lambda: self._live)
        self._live = False
        self._beat_due = 0.0
        self._crowd: Crowd | None = None
        self.courier = Courier("demo-crowd", self.step)

    def step(self) -> float:
        """Lets happen what is due by now."""
        hall = self._hall()
        if self._crowd is None:
            self._crowd = self._begin_day(hall)
        now = self.clock.now()
        self._crowd.run_until(now)
        if time.monotonic() >= self._beat_due:
            self._beat_due = time.monotonic() + BEAT_S
            self._crowd.beat(now)
        closing = max(stretch.end for shift in self._crowd.shifts for stretch in shift.stretches)
        if now > closing + timedelta(minutes=20):
            self._to_next_day(hall, self._crowd)
        return LOOK_S

    def _hall(self) -> Places:
        with self._db.reading() as connection:
            return places(self._db, connection, HALL)

    def _begin_day(self, hall: Places) -> Crowd:
        """Passes the time up to the visitor's moment in quick motion: flags go up and are told while it passes."""
        day = self._days[-1]
        understands("json://127.0.0.1/")  # reads in all channels, which takes a second, before the first one is needed
        before_opening(self._db, hall, self._days, TODAY)
        crowd = Crowd(
            self._db, self._file, self._hall(), day, Random(f"antre {day}"),
            load=1.15, pace=0.45, ago=TODAY, often=True, scan=self.machine.scan,
        )  # fmt: skip
        moment, shown = self.clock.now(), at_morning(hall, day)
        while moment < shown:
            moment = min(moment + SLICE, shown)
            with batch(self._db, HALL, moment):
                crowd.run_until(moment)
            self.clock.jump_to(max(moment, self.clock.now()))
            watch(self._db, HALL, now=self.clock.now())
            self._let_post_arrive()
        crowd.go_live(self.clock.now())
        self._live = True
        return crowd

    def _let_post_arrive(self) -> None:
        """Waits for the messages under way: a clock that jumps on would outlive them, and nobody would know their fate.

        So each is also told at about its hour.
        """
        end = time.monotonic() + POST_S
        time.sleep(min(0.1, POST_S))  # what webhooks hear is queued a moment later
        while time.monotonic() < end and self._under_way():
            time.sleep(0.05)

    def _under_way(self) -> bool:
        with self._db.reading() as connection:
            return any(state in (QUEUED, SENDING) for _, state in count_messages(connection, HALL))

    def _to_next_day(self, hall: Places, crowd: Crowd) -> None:
        """The invented day is over: the clock goes on to the next working morning, and the pages say so."""
        self._live = False
        crowd.run_until(midnight_after(crowd.day, hall.zone))
        self._days.append(next_working_day(hall, crowd.day))
        self._crowd = None
        self.clock.jump_to(clock_time(hall, self._days[-1], BEFORE_OPENING))
