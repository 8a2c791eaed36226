"""What every command stands on: the database of the settings, the present moment, and refusals as exit status 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Any

import click

from app.settings import BadSettings, Settings, read_settings
from hall.clock import SystemClock
from hall.errors import Refusal


class Stop(click.ClickException):
    """A refusal: one sentence on stderr, exit status 1."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


def refusing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turns refusals and bad settings into a sentence and exit status 1."""

    @wraps(command)
    def run(*given: Any, **named: Any) -> Any:
        try:
            return command(*given, **named)
        except (Refusal, BadSettings) as refusal:
            raise Stop(str(refusal)) from refusal

    return run


@contextmanager
def opened(settings: Settings | None = None, *, migrated: bool = True) -> Iterator[Any]:
    """The database of the settings, closed afterwards."""
    from hall.database import Database
    from hall.schema import must_be_current

    settings = settings or read_settings()
    if settings.url.startswith("sqlite") and not settings.database_url:
        settings.home.mkdir(parents=True, exist_ok=True)
    db = Database(settings.url)
    try:
        if migrated:
            must_be_current(db)
        yield db
    finally:
        db.close()


def now() -> datetime:
    """The present moment."""
    return SystemClock().now()


def moment_of(raw: str) -> datetime:
    """A moment as typed, with its offset. Raises :class:`click.UsageError` (exit status 2)."""
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        raise click.UsageError(f"{raw!r} is not a time; write it like 2026-03-03T10:30:00+07:00.") from None
    if moment.tzinfo is None:
        raise click.UsageError(f"{raw!r} has no offset; write it like 2026-03-03T10:30:00+07:00.")
    if not 2000 <= moment.year <= 2100:
        raise click.UsageError(f"{raw!r} lies outside the years 2000 to 2100.")
    return moment
