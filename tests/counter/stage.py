"""The stage of the console's tests: the hall of Blora on a real database file, its app, and people who sign in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.factory import create_app
from app.settings import Settings
from hall.database import Database
from hall.people import new_token, set_account
from queueing.issuing import issue
from tests.cast import AYU, BAMBU, DAHLIA, KIOSK, RANDU, SEKAR, TUESDAY_MORNING, Person
from tests.serving import serving

PIN = "482915"
WRONG = "905142"
OFFICERS = (BAMBU, SEKAR, AYU, RANDU, DAHLIA)


@dataclass
class HandClock:
    """A clock that moves when the test says so."""

    moment: datetime = TUESDAY_MORNING

    def now(self) -> datetime:
        return self.moment

    def pass_by(self, **amount: float) -> datetime:
        """Lets time pass: ``pass_by(minutes=5)``."""
        self.moment += timedelta(**amount)
        return self.moment


@dataclass
class Browser:
    """A browser or program at the door: a cookie jar, or a token instead."""

    client: FlaskClient
    token: str | None = None
    csrf: str = field(default="", init=False)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **more: Any) -> Any:
        """POST with what a console sends: JSON, the CSRF token or the bearer token, and a key if given."""
        headers = {"Idempotency-Key": key} if key else {}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {"X-CSRF-Token": self.csrf}
        return self.client.post(f"/api/v1{path}", json={} if body is None else body, headers=headers, **more)

    def get(self, path: str, **headers: str) -> Any:
        """GET as the same visitor."""
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.client.get(f"/api/v1{path}", headers=given | headers)

    def at(self, counter: str, verb: str, body: Any = None, **more: Any) -> Any:
        """POST to a counter: ``at("3", "call")``."""
        return self.post(f"/halls/blora/counters/{counter}/{verb}", body, **more)

    def move(self, ticket: Any, verb: str, body: Any = None, **more: Any) -> Any:
        """POST a move of a ticket (its id, or its plain values)."""
        return self.post(f"/tickets/{ticket if isinstance(ticket, str) else ticket['id']}/{verb}", body, **more)

    def desk(self, counter: str) -> Any:
        """What the console at a counter shows."""
        answer = self.get(f"/halls/blora/counters/{counter}/desk")
        assert answer.status_code == 200, answer.json
        return answer.json

    def open(self) -> str:
        """Opens the console's page as a browser and keeps its CSRF token."""
        page: str = self.client.get("/counter/blora", headers={"Accept": "text/html"}).text
        self.csrf = page.partition('name="csrf-token" content="')[2].partition('"')[0]
        return page


class Stage:
    """The hall with everything on it."""

    def __init__(self, db: Database, home: Path) -> None:
        self.db = db
        self.clock = HandClock()
        settings = Settings(home=home, secret_key="k" * 40, voice="off", secure_cookies=False)
        self.app: Flask = create_app(settings, clock=self.clock, database=db)
        self.app.testing = False  # a fault becomes an answer, as in a hall
        for officer in OFFICERS:
            self.account(officer)
        self.issued = 0

    def account(self, officer: Person, *, role: str = "officer", pin: str = PIN) -> None:
        """Gives an officer an account."""
        set_account(self.db, "blora", officer.nip, name=officer.name, role=role, agency=officer.agency, pin=pin)

    def browser(self) -> Browser:
        """A fresh browser that has opened the console's page."""
        browser = Browser(self.app.test_client())
        browser.open()
        return browser

    def seated(self, officer: Person, counter: str | None = None) -> Browser:
        """A browser whose officer has signed in."""
        browser = self.browser()
        answer = browser.at(counter or officer.counter, "sign-in", {"officer": officer.nip, "pin": PIN})
        assert answer.status_code == 200, answer.json
        return browser

    def program(self, role: str = "console") -> Browser:
        """A program with a token."""
        secret = new_token(self.db, role, hall="blora", name=f"{role}-1", now=self.clock.now())
        return Browser(self.app.test_client(), secret)

    def citizen(self, service: str = "ktp", priority: str | None = None) -> dict[str, Any]:
        """A citizen takes a number a second after the one before."""
        self.clock.pass_by(seconds=1)
        self.issued += 1
        return issue(
            self.db, "blora", service, actor=KIOSK, now=self.clock.now(), priority=priority, confirm=True, history=True
        )

    @contextmanager
    def served(self) -> Iterator[str]:
        """The app on a real socket, for real browsers; yields its address."""
        couriers = self.app.extensions["antre_couriers"]
        nudger = couriers._nudger  # alone: the printers of the hall's file stand elsewhere
        self.db.heard.append(nudger.heard)
        nudger.courier.start()
        try:
            with serving(self.app) as address:
                yield address
        finally:
            self.db.heard.remove(nudger.heard)
            nudger.courier.stop()
