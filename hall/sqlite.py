"""How this program opens SQLite: what every connection needs to keep the promises."""

from __future__ import annotations

import sqlite3

from sqlalchemy import Engine, create_engine, event


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

    @event.listens_for(engine, "connect")
    def prepare(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL forgets acknowledged tickets when the power is cut
            "foreign_keys=ON",
            "wal_autocheckpoint=0",  # only the holder of the file lock checkpoints
            "temp_store=MEMORY",
            "cache_size=-16000",
        ):
            raw.execute(f"PRAGMA {pragma}")

    return engine
