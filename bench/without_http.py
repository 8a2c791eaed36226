"""What the parts cost without HTTP: a bare insert with a number, and the whole verb."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from bench.figures import Rate, percentile
from bench.place import CLOCK, HALL, KIOSK, Place
from queueing.issuing import issue


def bare_insert(folder: Path, seconds: float) -> Rate:
    """``BEGIN IMMEDIATE``, the next number, an insert, ``COMMIT``: SQLite as Antre sets it, and nothing else."""
    raw = sqlite3.connect(folder / "bare.db", isolation_level=None)
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0"):
            raw.execute(f"PRAGMA {pragma}")
        raw.execute("CREATE TABLE t (day TEXT, number INTEGER, at INTEGER, PRIMARY KEY (day, number))")
        took: list[float] = []
        end = time.monotonic() + seconds
        while (start := time.monotonic()) < end:
            raw.execute("BEGIN IMMEDIATE")
            (last,) = raw.execute("SELECT coalesce(max(number), 0) FROM t WHERE day = ?", ("2026-03-03",)).fetchone()
            raw.execute("INSERT INTO t VALUES (?, ?, ?)", ("2026-03-03", last + 1, time.time_ns()))
            raw.execute("COMMIT")
            took.append(1000 * (time.monotonic() - start))
    finally:
        raw.close()
    return Rate(len(took) / seconds, percentile(took, 0.5), percentile(took, 0.99))


def verb(place: Place, seconds: float) -> Rate:
    """:func:`queueing.issuing.issue` in a loop, with everything it does for a kiosk."""
    db = place.open()
    try:
        took: list[float] = []
        end, nr = time.monotonic() + seconds, 0
        while (start := time.monotonic()) < end:
            service = place.services[nr % len(place.services)]
            nr += 1
            key = f"verb-{nr}"
            issue(db, HALL, service, actor="kiosk:kiosk-1", now=CLOCK.now(), confirm=True, key=key, kiosk=KIOSK)
            took.append(1000 * (time.monotonic() - start))
    finally:
        db.close()
    return Rate(len(took) / seconds, percentile(took, 0.5), percentile(took, 0.99))
