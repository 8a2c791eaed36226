"""How this program opens SQLite: what every connection needs to keep the promises."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from sqlalchemy import Dialect, Engine, String, create_engine, event
from sqlalchemy.exc import DontWrapMixin


class NoText(UnicodeError, DontWrapMixin):
    """A text with a NUL in it. PostgreSQL refuses it; here it would be stored, and cut short by whoever reads it."""


class _PlainText(String):
    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        return _without_nul


def _without_nul(text: str | None) -> str | None:
    if text is not None and "\0" in text:
        raise NoText("a NUL in a text")
    return text


def open_engine(url: str, pool_size: int, patience: float) -> Engine:
    """An engine with at most twice ``pool_size`` connections that wait ``patience`` seconds for a lock."""
    engine = create_engine(
        url,
        hide_parameters=True,  # an unexpected fault is logged, and names and NIPs are nothing for a log
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={
            "check_same_thread": False,
            "timeout": patience,
            "isolation_level": None,
            "cached_statements": 256,
        },
    )
    engine.dialect.colspecs = {**engine.dialect.colspecs, String: _PlainText}

    @event.listens_for(engine, "connect")
    def prepare(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL forgets acknowledged tickets when the power is cut
            "foreign_keys=ON",
            "wal_autocheckpoint=0",  # only the holder of the file lock checkpoints
            "temp_store=MEMORY",
            "cache_size=-2000",  # kB for each of up to 65; behind it stands the system's own, and more was no faster
        ):
            raw.execute(f"PRAGMA {pragma}")

    return engine
