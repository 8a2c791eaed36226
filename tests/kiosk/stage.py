"""The stage of the citizen's tests: the hall of Blora on a real database, its app, a kiosk with its key, a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select, update

from app.factory import create_app
from app.settings import Settings
from hall.database import Database
from hall.people import new_token
from hall.places import agencies, counters, halls, printers, services
from hall.turn import turn
from queueing.issuing import issue
from queueing.slips import PrintJob, report, take_next
from queueing.tickets import tickets
from staffing.presence import sign_in
from tests.cast import CONSOLE, KIOSK, SYSTEM, TUESDAY_MORNING, Person
from tests.serving import serving

BASE_URL = "https://antre.example"
SERVICES, TICKETS = "/halls/blora/services", "/halls/blora/tickets"
PRINTER = "kios-1"


@dataclass
class HandClock:
    """A clock that moves when the test says so."""

    moment: datetime = TUESDAY_MORNING

    def now(self) -> datetime:
        return self.moment

    def pass_by(self, **amount: float) -> None:
        """Lets time pass: ``pass_by(minutes=5)``."""
        self.moment += timedelta(**amount)


class Caller:
    """A program with a bearer token, or a passer-by without."""

    def __init__(self, app: Flask, secret: str | None = None) -> None:
        self._client = app.test_client()
        self.secret = secret

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return ({"Authorization": f"Bearer {self.secret}"} if self.secret else {}) | more

    def get(self, path: str, **headers: str) -> Any:
        """GET below /api/v1, or anywhere for a path that begins with /t/ or /kiosk."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.get(_whole(path), headers=self._headers(named))

    def post(self, path: str, body: Any = None, *, key: str | None = None, raw: bytes | None = None) -> Any:
        """POST of JSON, with an Idempotency-Key if given; ``raw`` bytes are sent as they are."""
        headers = self._headers({"Idempotency-Key": key} if key is not None else {})
        if raw is not None:
            return self._client.post(_whole(path), data=raw, headers=headers, content_type="application/json")
        return self._client.post(_whole(path), json={} if body is None else body, headers=headers)

    def take(self, service: str = "ktp", *, key: str | None = None, **more: Any) -> Any:
        """Asks for a number."""
        return self.post(TICKETS, {"service": service} | more, key=key)


def _whole(path: str) -> str:
    return path if path.startswith(("/t/", "/kiosk")) else f"/api/v1{path}"


class Stage:
    """The hall with everything on it."""

    def __init__(self, db: Database, home: Path) -> None:
        self.db = db
        self.clock = HandClock()
        settings = Settings(home=home, base_url=BASE_URL, secret_key="k" * 40, voice="off", secure_cookies=False)
        self.app: Flask = create_app(settings, clock=self.clock, database=db)
        self.secret = new_token(db, "kiosk", hall="blora", name="kiosk-1", now=self.clock.now())
        self.kiosk = Caller(self.app, self.secret)
        self.passer_by = Caller(self.app)

    def program(self, role: str, name: str | None = None) -> Caller:
        """A program with a token of its own."""
        return Caller(self.app, new_token(self.db, role, hall="blora", name=name or role, now=self.clock.now()))

    def sit(self, *people: Person) -> None:
        """Officers sign in at the counters the roster gives them."""
        for person in people:
            sign_in(self.db, "blora", person.counter, person.nip, actor=CONSOLE, now=self.clock.now(), beats=False)

    def citizen(self, service: str = "ktp", priority: str | None = None) -> dict[str, Any]:
        """A citizen took a number, whatever the hours say."""
        return issue(
            self.db, "blora", service, actor=KIOSK, now=self.clock.now(), priority=priority, history=True,
            kiosk="kiosk-1",
        )  # fmt: skip

    def options(self, **options: Any) -> None:
        """The manager changes options of the hall."""
        with turn(self.db, "blora", self.clock.now()) as t:
            t.connection.execute(update(halls).where(halls.c.code == "blora").values(options=options))
            t.set_up_changed()
            t.write("hall_set_up", "blora", {}, actor=SYSTEM)

    def add_agencies(self, count: int) -> None:
        """More agencies than one screen shows, each with eight services of long names at one counter."""
        with turn(self.db, "blora", self.clock.now()) as t:
            for nr in range(1, count + 1):
                code = f"extra-{nr}"
                base: dict[str, Any] = {"hall": "blora", "position": 100 + nr, "active": True}
                names = {"name": f"Kantor Contoh Urusan Nomor {nr} Kabupaten Blora", "short": f"Kantor Contoh {nr}"}
                t.connection.execute(
                    agencies.insert().values(**base, **names, code=code, kind="opd", keeps_roster=False)
                )
                offered = [f"{code}-{which}" for which in range(1, 9)]
                for which, service in enumerate(offered, 1):
                    name = f"Pelayanan contoh dengan nama yang panjang sekali, bagian ke-{which}"
                    more = {"agency": code, "prefix": "Z", "minutes": 10, "requirements": ["Surat contoh."] * 9}
                    t.connection.execute(services.insert().values(**base, **more, code=service, name=name))
                here = {"agency": code, "services": offered, "area": "Utara"}
                t.connection.execute(counters.insert().values(**base, **here, code=f"x{nr}", name=f"Loket X{nr}"))
            t.set_up_changed()
            t.write("hall_set_up", "blora", {}, actor=SYSTEM)

    def change_printer(self, **values: Any) -> None:
        """The set-up of the hall's one printer changes."""
        with turn(self.db, "blora", self.clock.now()) as t:
            t.connection.execute(update(printers).where(printers.c.hall == "blora").values(**values))
            t.set_up_changed()
            t.write("hall_set_up", "blora", {}, actor=SYSTEM)

    def give_up_soon(self) -> None:
        """The program gives up the file well before the kiosk gives up the program, on a busy machine too."""
        file = self.db.file
        assert file is not None
        with file.lock:
            file.say(file.writer(), "PRAGMA busy_timeout = 1000")

    def issued(self) -> int:
        """How many tickets are stored."""
        with self.db.reading() as connection:
            return connection.execute(select(func.count()).select_from(tickets)).scalar_one()

    def print_next(self, state: str, reason: str | None = None) -> PrintJob:
        """The server's own print courier takes the next slip and tells what became of it."""
        job = take_next(self.db, "blora", PRINTER, now=self.clock.now())
        assert job is not None
        return report(self.db, job.id, state, reason, None, actor=SYSTEM, now=self.clock.now())

    @contextmanager
    def served(self) -> Iterator[str]:
        """The app on a real socket; yields its address."""
        with serving(self.app) as address:
            yield address
