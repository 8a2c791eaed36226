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

from hall.clock import Clock, SteadyClock
from hall.database import Database
from staffing.absence_list import ReadAbsences
from staffing.attendance_list import ReadList


@dataclass(frozen=True, slots=True)
class Latest:
    """What the couriers know of a hall's journal: its last line, the last one that changed anything on a display, and
    until when (monotonic seconds) that is fresh."""

    line: int
    shown: int
    until: float


News = dict[str, Latest]  # by hall


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

    def last_if_unchanged(self, hall: str, seq: int) -> int | None:
        """The hall's last line, if nothing after line ``seq`` changed what displays show; None if that is not known.

        Without a question to the database: what this process wrote the couriers hear before its caller is answered,
        for what others wrote they look twice a second. Without couriers it is never known.
        """
        latest = self.news.get(hall)
        if latest is None or seq < latest.shown or seq > latest.line or time.monotonic() >= latest.until:
            return None
        return latest.line


def ground() -> Ground:
    """The ground of the running app."""
    return current_app.extensions["antre"]  # type: ignore[no-any-return]


def db() -> Database:
    """The running app's database."""
    return ground().db


def now() -> datetime:
    """The present moment by the app's clock, aware UTC."""
    return ground().clock.now()


def machine() -> datetime | None:
    """What the machine's own clock says, where the hall's time need not follow it; None where there is no other."""
    clock = ground().clock
    return clock.machine() if isinstance(clock, SteadyClock) else None
