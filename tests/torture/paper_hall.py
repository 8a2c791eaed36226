"""A hall with many kiosks, each with a printer that breaks in its own way; citizens take numbers there."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask

from adapters.printers.pretend import PretendPrinter
from adapters.printers.pretend_device import Faults
from app.factory import create_app
from app.settings import Settings
from hall.clock import ShiftedClock
from hall.database import Database
from hall.people import new_token
from hall.places import printers
from hall.turn import turn
from tests.cast import SYSTEM, TUESDAY_MORNING

BASE_URL = "https://antre.example"
HALL_NAME = "MPP Blora"
SLIP_BYTES, SLIP_LINES = 500, 18  # somewhat less than any slip has
SETTLED_S = 90.0  # a slip's fate is known by then: one that nobody fetched is called stale after a minute


@dataclass(frozen=True)
class Trouble:
    """How a printer breaks. ``at_once``: faults to switch on at some moment; ``model``: what it is like when well."""

    name: str
    at_once: tuple[dict[str, Any], ...]
    model: dict[str, Any] = field(default_factory=dict)

    def fault(self, dice: random.Random) -> dict[str, Any]:
        """One of its faults; a tuple of two numbers stands for any between."""
        chosen = dice.choice(self.at_once)
        return {name: dice.randint(*v) if isinstance(v, tuple) else v for name, v in chosen.items()}


IN_THE_SLIP = (1, SLIP_BYTES)
TROUBLES = (
    Trouble("paper-end", ({"paper_end_after_lines": (1, SLIP_LINES)}, {"paper_end": True})),
    Trouble("buffered", ({"paper_end_after_lines": (1, SLIP_LINES)},), {"takes_back": False}),
    Trouble("near-end", ({"paper_near_end": True},)),
    Trouble("cover", ({"cover_open": True},)),
    Trouble("cutter", ({"cutter_jams": True}, {"cutter_error": True})),
    Trouble("silent", ({"silent": True},)),
    Trouble("slow", ({"slow": (60, 400)}, {"slow_mechanics": (3, 12)})),
    Trouble("drops", ({"drop_mid_slip": IN_THE_SLIP},)),
    Trouble("garbage", ({"garbage": b"\xff"}, {"garbage": b"HTTP/1.1 400 Bad Request"}, {"garbage": b"\x00\x00"})),
    Trouble("half-open", ({"vanish_mid_slip": IN_THE_SLIP}, {"vanished": True}, {"hanging": True})),
    Trouble("power", ({"power_cycle_mid_slip": IN_THE_SLIP}, {"off": True})),
)
WELL = Trouble("well", ({},))
WHEN = ("well", "in the slip", "before", "mended", "in the slip", "any")  # what happens at one citizen after the other


@dataclass
class Citizen:
    """One who took a number: what the kiosk was told, and what the citizen did at the screen."""

    id: str
    number: str
    url: str
    answer_s: float
    told: str = ""
    told_s: float = 0.0
    touched: bool = False
    reprinted: bool = False


class Kiosk:
    """One kiosk with its printer, and the people who come to it, one after the other."""

    def __init__(self, hall: PaperHall, trouble: Trouble, printer: PretendPrinter, seed: int) -> None:
        self.hall, self.trouble, self.printer = hall, trouble, printer
        self.dice = random.Random(f"{trouble.name} {seed}")
        self.client = hall.app.test_client()
        self.citizens: list[Citizen] = []
        self.faults = 0
        self.secret = new_token(hall.db, "kiosk", hall="blora", name=trouble.name, now=hall.clock.now())
        self.headers = {"Authorization": f"Bearer {self.secret}"}
        self.mend()

    def mend(self) -> None:
        """Everything is well again."""
        self.printer.set(**_well() | self.trouble.model)

    def break_down(self) -> None:
        """One fault."""
        self.faults += 1
        self.printer.set(**self.trouble.fault(self.dice))

    def post(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """What the server says; a citizen who hears that nothing was written as the machine stood still tries again."""
        until = time.monotonic() + SETTLED_S
        while True:
            answer = self.client.post(f"/api/v1{path}", json=body or {}, headers=self.headers)
            told: Any = answer.get_json(silent=True)
            if not (answer.status_code == 503 and told["code"] == "database_locked") or time.monotonic() >= until:
                return answer.status_code, told

    def serve(self, people: int) -> None:
        """That many citizens, with a printer that breaks and is mended at moments of its own."""
        for nr in range(people):
            self._one(WHEN[nr % len(WHEN)])

    def _one(self, when: str) -> None:
        dice = self.dice
        if when == "any":
            when = dice.choice(WHEN[:-1])
        if when in ("before", "mended"):
            self.break_down()
        began = time.monotonic()
        status, ticket = self.post("/halls/blora/tickets", {"service": "ktp", "confirm": True})
        assert status == 201, ticket
        me = Citizen(ticket["id"], ticket["number"], BASE_URL + ticket["status_url"], time.monotonic() - began)
        self.citizens.append(me)
        if when == "in the slip":
            time.sleep(dice.uniform(0.0, 0.06))
            self.break_down()
        elif when == "mended":
            time.sleep(dice.uniform(0.1, 1.2))
            self.mend()
        slip = self.settled(me)
        me.told, me.told_s = slip, time.monotonic() - began
        if when != "before" or dice.random() < 0.5:
            self.mend()
        if slip != "confirmed":
            self._look_at_the_screen(me)
        if slip != "confirmed" and dice.random() < 0.4:
            self.mend()
            status, told = self.post(f"/tickets/{me.id}/reprint")
            assert status == 202, told
            me.reprinted = True
            if dice.random() < 0.3:
                self.break_down()
            self.settled(me)
        self.mend()

    def _look_at_the_screen(self, me: Citizen) -> None:
        """Most touch that they have the number, some walk away, and some kiosks lose the word."""
        chance = self.dice.random()
        if chance < 0.15:
            return
        me.touched = chance < 0.7
        for _ in range(self.dice.choice((1, 1, 2))):  # its answer was lost: said again
            status, told = self.post(f"/tickets/{me.id}/shown", {"how": "touched" if me.touched else "left"})
            assert status == 200, told

    def settled(self, me: Citizen) -> str:
        """What became of the newest slip, once it is known."""
        until = time.monotonic() + SETTLED_S
        while time.monotonic() < until:
            told = self.client.get(f"/api/v1/tickets/{me.id}/slip", headers=self.headers).get_json()
            if told["state"] not in ("queued", "sent"):
                return str(told["state"])
            time.sleep(0.03)
        raise AssertionError(f"{self.trouble.name}: the slip of {me.number} stayed {told}")


class PaperHall:
    """The hall of Blora with these kiosks; see :func:`paper_hall`."""

    def __init__(self, db: Database, home: Path) -> None:
        self.db = db
        self.clock = ShiftedClock(TUESDAY_MORNING)
        settings = Settings(home=home, base_url=BASE_URL, secret_key="k" * 40, voice="off", secure_cookies=False)
        self.app: Flask = create_app(settings, clock=self.clock, database=db)
        self.couriers = self.app.extensions["antre_couriers"]
        self.kiosks: list[Kiosk] = []
        secret = new_token(db, "reader", hall="blora", name="pembaca", now=self.clock.now())
        self._reader = {"Authorization": f"Bearer {secret}"}

    def floor(self) -> dict[str, Any]:
        """What the coordinator's page shows."""
        answer: dict[str, Any] = (
            self.app.test_client().get("/api/v1/halls/blora/floor", headers=self._reader).get_json()
        )
        return answer

    def state_of(self, kiosk: Kiosk) -> tuple[str, str | None]:
        """What staff see of one kiosk's printer."""
        [one] = [p for p in self.floor()["printers"] if p["printer"] == kiosk.trouble.name]
        return one["state"], one["reason"]

    def serve(self, people: int) -> None:
        """That many citizens at every kiosk, all kiosks at the same time. Fails with the first that failed."""
        with ThreadPoolExecutor(len(self.kiosks)) as pool:
            for running in [pool.submit(kiosk.serve, people) for kiosk in self.kiosks]:
                running.result()


@contextmanager
def paper_hall(
    db: Database, home: Path, troubles: tuple[Trouble, ...], *, kind: str = "network"
) -> Iterator[PaperHall]:
    """The hall with a kiosk and a printer for each trouble; its couriers run. ``kind`` "agent": nobody drives them."""
    hall = PaperHall(db, home)
    with ExitStack() as stack:
        made = [stack.enter_context(PretendPrinter()) for _ in troubles]
        with turn(db, "blora", hall.clock.now()) as t:
            t.connection.execute(printers.update().where(printers.c.hall == "blora").values(active=False))
            for nr, (trouble, printer) in enumerate(zip(troubles, made, strict=True)):
                base = {"hall": "blora", "position": 10 + nr, "active": True, "code": trouble.name}
                address = printer.address if kind == "network" else ""
                row = base | {"kind": kind, "address": address, "width_mm": 80, "kiosk": trouble.name}
                t.connection.execute(printers.insert().values(**row))
            t.set_up_changed()
            t.write("hall_set_up", "blora", {"created": False, "changed": ["printers"]}, actor=SYSTEM)
        hall.kiosks = [Kiosk(hall, trouble, printer, 4) for trouble, printer in zip(troubles, made, strict=True)]
        hall.couriers.start()
        stack.callback(hall.couriers.stop)
        yield hall


def _well() -> dict[str, Any]:
    return asdict(Faults())
