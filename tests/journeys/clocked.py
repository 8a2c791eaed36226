"""The app of a real hall on a clock that a story moves: how far it is ahead stands in a file of the hall's home."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from app.factory import create_app
from app.settings import read_settings
from hall.clock import SystemClock

NAME = "clock"


class FileClock:
    """The machine's clock, moved ahead by the seconds that a file says."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        """The moment of the story, aware, UTC."""
        return SystemClock().now() + timedelta(seconds=float(self._file.read_text()))

    def stand_at(self, moment: datetime) -> None:
        """Moves the clock of whoever reads the same file so that it is ``moment`` now."""
        ahead = (moment - SystemClock().now()).total_seconds()
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(ahead))
        os.replace(fresh, self._file)  # read while it is written, half a number would stop the hall


def make_app() -> object:
    """What gunicorn serves."""
    settings = read_settings()
    return create_app(settings, clock=FileClock(settings.home / NAME))


app = make_app() if "ANTRE_HOME" in os.environ else None
