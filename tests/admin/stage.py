"""The stage of management's tests: Blora on its Tuesday morning, its app, and people with their accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.factory import create_app
from app.settings import Settings
from hall.database import Database
from hall.people import new_token, set_account
from tests.admin import morning
from tests.serving import serving

PIN, WRONG = "482913", "913482"
STAFF = {
    "wulan": ("Wulan Cahaya", "manager", None),
    "surya": ("Surya Pagi", "coordinator", None),
    "embun": ("Embun Raya", "head", "dukcapil"),
    "bkd": ("Kabut Senja", "personnel", None),
    "bupati": ("Bupati Rekaan", "regent", None),
    "petugas": ("Petugas Rekaan", "officer", "dukcapil"),
}


@dataclass
class HandClock:
    """A clock that moves when the test says so."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def pass_by(self, **amount: float) -> datetime:
        self.moment += timedelta(**amount)
        return self.moment


@dataclass
class Visitor:
    """A browser or program at management's doors."""

    client: FlaskClient
    token: str | None = None
    csrf: str = ""

    def page(self, path: str) -> Any:
        """GET as a browser does."""
        answer = self.client.get(path, headers={"Accept": "text/html"})
        self._keep_csrf(answer.text)
        return answer

    def sign_in(self, login: str, pin: str = PIN, **more: str) -> Any:
        """Opens the form and sends it."""
        self.page("/admin/sign-in")
        form = {"hall": "blora", "login": login, "pin": pin, "csrf_token": self.csrf} | more
        answer = self.client.post("/admin/sign-in", data=form, headers={"Accept": "text/html"})
        self._keep_csrf(answer.text)
        return answer

    def get(self, path: str) -> Any:
        """GET of the interface."""
        return self.client.get(f"/api/v1/halls/blora/{path}", headers=self._headers())

    def post(self, path: str, body: Any) -> Any:
        """POST of the interface."""
        return self.client.post(f"/api/v1/halls/blora/{path}", json=body, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {"X-CSRF-Token": self.csrf}

    def _keep_csrf(self, text: str) -> None:
        found = text.partition('name="csrf-token" content="')[2].partition('"')[0]
        self.csrf = found or self.csrf


def furnish(db: Database) -> None:
    """Lets the morning happen and gives everybody an account."""
    morning.spend(db)
    for login, (name, role, agency) in STAFF.items():
        set_account(db, "blora", login, name=name, role=role, agency=agency, pin=PIN)


class Stage:
    """The furnished hall with its app."""

    def __init__(self, db: Database, home: Path) -> None:
        self.db = db
        self.clock = HandClock(morning.QUARTER_TO_TEN)
        settings = Settings(home=home, secret_key="k" * 40, voice="off", secure_cookies=False)
        self.app: Flask = create_app(settings, clock=self.clock, database=db)

    def visitor(self) -> Visitor:
        """A browser that nobody has used yet."""
        return Visitor(self.app.test_client())

    def signed_in(self, login: str) -> Visitor:
        """A browser in which a person signed in."""
        visitor = self.visitor()
        assert visitor.sign_in(login).status_code == 303
        visitor.page("/admin/blora")
        return visitor

    def program(self, role: str, hall: str | None = "blora") -> Visitor:
        """A program with a token."""
        secret = new_token(self.db, role, hall=hall, name=f"{role}-1", now=self.clock.now())
        return Visitor(self.app.test_client(), secret)

    @contextmanager
    def served(self) -> Iterator[str]:
        """The app on a real socket, for real browsers; yields its address."""
        with serving(self.app) as address:
            yield address
