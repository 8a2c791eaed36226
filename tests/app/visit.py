"""What the tests of the doctor share: a clock, a visit, and its findings by topic."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from app.doctor import Finding, examine
from app.settings import Settings, secret_of
from hall.database import Database
from tests.cast import TUESDAY_MORNING


@dataclass
class Clock:
    moment: datetime = TUESDAY_MORNING

    def now(self) -> datetime:
        return self.moment


def settings_of(db: Database) -> Settings:
    """A home with a secret; the voice off, since it costs a second."""
    settings = Settings(home=db.path.parent, voice="off")
    secret_of(settings, make=True)
    return settings


def look(settings: Settings, now: datetime = TUESDAY_MORNING) -> list[Finding]:
    """What the doctor finds, but for the file system under the tests, which may well be memory."""
    return [f for f in examine(settings, clock=Clock(now)) if f.topic != "memory"]


def of(found: list[Finding], topic: str) -> list[str]:
    """The levels of a topic."""
    return [f.level for f in found if f.topic == topic]


def said(found: list[Finding], topic: str) -> str:
    return " ".join(f.message for f in found if f.topic == topic)


def raw(db: Database, statement: str) -> None:
    with closing(sqlite3.connect(db.path, isolation_level=None)) as connection:
        connection.execute(statement)
