"""Percentiles, medians and the words they are printed with."""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.load import Answer

WARM_UP = 0.5  # seconds that are not counted


@dataclass(frozen=True)
class Rate:
    """How many a second, and how long each took in milliseconds."""

    per_second: float
    p50: float
    p99: float


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that ``share`` of the values do not exceed; NaN without values."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def rate(answers: Sequence[Answer], seconds: float) -> Rate:
    """The rate of the answers that came within ``seconds`` after the warm-up. The first answer marks the start."""
    start = min(a.sent for a in answers) + WARM_UP
    counted = [a for a in answers if start <= a.sent + a.took < start + seconds]
    took = [1000 * a.took for a in counted]
    return Rate(len(counted) / seconds, percentile(took, 0.5), percentile(took, 0.99))


def middle(rates: Sequence[Rate]) -> Rate:
    """The median of several runs, figure by figure."""
    return Rate(median(r.per_second for r in rates), median(r.p50 for r in rates), median(r.p99 for r in rates))


def machine(folder: Path) -> str:
    """Cores, Python, SQLite and what a sync to this disk costs."""
    path = folder / "sync"
    took = []
    with path.open("wb") as file:
        for _ in range(100):
            file.write(b"x" * 4096)
            file.flush()
            start = time.monotonic()
            os.fsync(file.fileno())
            took.append(1000 * (time.monotonic() - start))
    path.unlink()
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version} "
        f"(synchronous=FULL), a sync {median(took):.2f} ms, load {load:.1f} before the start"
    )
