"""The ground a request stands on: database, clock, voice, and the answers that many screens ask for at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app

from hall.clock import Clock
from hall.database import Database
from staffing.absence_list import ReadAbsences
from staffing.attendance_list import ReadList

News = dict[str, tuple[int, float]]  # hall -> its last journal line, and until when (monotonic seconds) that is fresh


@dataclass
class Ground:
    """What the app hands to its faces. ``demo`` is the text of the demo's banner, or None in a real hall."""

    db: Database
    clock: Clock
    home: Path
    base_url: str
    announce: Callable[[str, str], bytes] | None = None  # (number, counter name) -> WAV; None where there is no voice
    letter: Callable[[Mapping[str, Any], str], bytes] | None = None  # (a kept draft, "pdf" or "docx") -> the file
    read_absences: ReadAbsences | None = None  # the same for a file of absences
    read_list: ReadList | None = None  # reads a file of attendance; the adapter behind it is the app's choice
    demo: Callable[[], str | None] = lambda: None
    kept: dict[Any, Any] = field(default_factory=dict)  # answers many screens ask for at once, by their key and seq
    news: News = field(default_factory=dict)
    makers: dict[str, threading.Lock] = field(default_factory=dict)  # who makes the answer everybody waits for, by hall

    def alone(self, hall: str) -> threading.Lock:
        """Whoever holds it makes the answers of a hall; the others wait a moment and find them made."""
        return self.makers.setdefault(hall, threading.Lock())

    def is_last(self, hall: str, seq: int) -> bool:
        """Whether ``seq`` is known to be the hall's last line without asking the database.

        The couriers keep this: what this process wrote they hear before its caller is answered, for what others wrote
        they look twice a second. Without them it is never known.
        """
        last, until = self.news.get(hall, (-1, 0.0))
        return last == seq and time.monotonic() < until


def ground() -> Ground:
    """The ground of the running app."""
    return current_app.extensions["antre"]  # type: ignore[no-any-return]


def db() -> Database:
    """The running app's database."""
    return ground().db


def now() -> datetime:
    """The present moment by the app's clock, aware UTC."""
    return ground().clock.now()
