"""What the attacks were and what they broke: each torture test tells its tally, the run ends with the table."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.verify import PROMISES, verify
from hall.database import Database

LONG = os.environ.get("ANTRE_TORTURE") == "long"  # make torture; otherwise the normal job


def size(normal: int, long: int) -> int:
    """How much of an attack this run takes: so much in the normal job, so much in the longer one."""
    return long if LONG else normal


@dataclass
class Tally:
    """The account of one attack. ``histories`` are halls' lives from their first line to their last look."""

    histories: int = 0
    faults: int = 0
    tickets: int = 0
    breaches: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, *, histories: int = 0, faults: int = 0, tickets: int = 0) -> None:
        """Counts what was done to the hall."""
        self.histories += histories
        self.faults += faults
        self.tickets += tickets

    def note(self, sentence: str) -> None:
        """A figure worth a line below the table: how long, how fast."""
        self.notes.append(sentence)

    def verified(self, db: Database) -> None:
        """Holds the database against all promises: each breach is counted, and fails the test."""
        found = verify(db)
        for breach in found:
            self.breaches[breach.promise] = self.breaches.get(breach.promise, 0) + 1
        assert found == []


def as_row(tally: Tally) -> tuple[int, int, int, dict[str, int], list[str]]:
    """What travels from a worker of the test run to the one that prints."""
    return (tally.histories, tally.faults, tally.tickets, tally.breaches, tally.notes)


def table(rows: dict[str, tuple[int, int, int, dict[str, int], list[str]]]) -> list[str]:
    """The lines of the closing table: one row an attack, a column a promise, a sum."""
    wide = max(len(name) for name in [*rows, "all attacks"])
    head = f"{'attack':<{wide}}  histories  faults  tickets  " + "  ".join(f"{p:>3}" for p in PROMISES)

    def line(name: str, histories: int, faults: int, tickets: int, breaches: dict[str, int]) -> str:
        counts = "  ".join(f"{breaches.get(p, 0):>3}" for p in PROMISES)
        return f"{name:<{wide}}  {histories:>9,}  {faults:>6,}  {tickets:>7,}  {counts}"

    body = [line(name, *row[:4]) for name, row in sorted(rows.items())]
    total: dict[str, int] = {}
    for row in rows.values():
        for promise, times in row[3].items():
            total[promise] = total.get(promise, 0) + times
    kept = list(rows.values())
    last = line("all attacks", sum(r[0] for r in kept), sum(r[1] for r in kept), sum(r[2] for r in kept), total)
    notes = [f"{name}: {sentence}" for name, row in sorted(rows.items()) for sentence in row[4]]
    return [head, "-" * len(head), *body, "-" * len(head), last, *(["", *notes] if notes else [])]


def write_table(say: Callable[[str], Any], reports: list[Any]) -> None:
    """Prints the table of all tests of this run that kept a tally, passed or failed."""
    rows = {}
    for report in reports:
        for name, value in report.user_properties:
            if name == "tally":
                rows[report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " ")] = tuple(value)
    if rows:
        for sentence in ["", *table(rows)]:
            say(sentence)
