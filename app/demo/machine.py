"""The pretend attendance machine at the demo's door: it delivers to the demo's own server over HTTP."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from adapters.attendance.pretend_machine import NoAnswer, PretendMachine, Scan
from app.couriers import Courier
from app.demo.place import SERIAL

ASK_S = 8.0  # how often it asks whether there is a command; a real one asks every ten seconds
LOOK_S = 0.5
AGAIN_S = 3.0


class DoorMachine:
    """A machine of its own thread. It is silent until ``awake`` says so: while the morning passes in quick motion."""

    def __init__(self, base: str, zone: ZoneInfo, awake: Callable[[], bool]) -> None:
        self._machine, self._zone, self._awake = PretendMachine(base, SERIAL), zone, awake
        self._people: deque[Scan] = deque()
        self._introduced = self._leaving = False
        self._ask_at = 0.0
        self.courier = Courier("demo-machine", self.step)

    def scan(self, pin: str, at: datetime) -> None:
        """Somebody puts a finger on it at ``at`` (aware): the machine knows the hall's own time and no zone."""
        self._people.append(Scan(pin, at.astimezone(self._zone)))
        self.courier.wake()

    def step(self) -> float:
        """Delivers who came, or asks for commands now and then; a server that does not answer is asked again."""
        if self._leaving or not self._awake():
            return LOOK_S
        try:
            if not self._introduced:
                self._introduced = self._machine.introduce().status == 200
            while self._people:
                self._machine.scan(self._people.popleft())
            if self._machine.waiting:
                self._machine.deliver()
            elif time.monotonic() >= self._ask_at:
                self._ask_at = time.monotonic() + ASK_S
                self._machine.get_request()
        except (OSError, NoAnswer):
            self._machine.hang_up()
            return AGAIN_S
        return LOOK_S if self._introduced else AGAIN_S

    def leave(self) -> None:
        """Switches it off, also in the middle of a sentence: its server is about to go."""
        self._leaving = True
        self._machine.hang_up()

    def stop(self) -> None:
        """Switches it off and ends its thread."""
        self.leave()
        self.courier.stop()
