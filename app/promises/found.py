"""What a check found: breaches of a promise, named one by one up to a limit and counted beyond it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

PROMISES = {
    "I1": "no acknowledged ticket is lost",
    "I2": "no number twice per hall, prefix and business date, and none left out",
    "I3": "every ticket was issued by a journal line, and no request was answered with two",
    "I4": "one ticket at one counter at a time",
    "I5": "order kept inside a class, every jump with its reason",
    "I6": "one journal line per change, counted without a gap, chained by hash",
    "I7": "times never run backwards, durations are never negative",
    "I8": "a slip is printed at most once unless marked as a reprint",
    "I9": "statistics equal what the journal says",
    "I10": "presence and pauses are well nested",
}
MOST = 100  # breaches of one promise in one hall that are named; a broken disk would otherwise fill the screen


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that a hall's records break, and in what way: a sentence for the operator."""

    promise: str
    hall: str
    what: str


class Found:
    """The breaches of one hall."""

    def __init__(self, hall: str) -> None:
        self.hall = hall
        self._named: list[Breach] = []
        self._count: Counter[str] = Counter()

    def add(self, promise: str, what: str) -> None:
        """Notes one breach of ``promise``."""
        assert promise in PROMISES
        self._count[promise] += 1
        if self._count[promise] <= MOST:
            self._named.append(Breach(promise, self.hall, what))

    def breaches(self) -> list[Breach]:
        """All that was named, by promise, with a last line for each promise that had more."""
        more = [
            Breach(promise, self.hall, f"and {count - MOST} more")
            for promise, count in self._count.items()
            if count > MOST
        ]
        order = list(PROMISES)
        return sorted([*self._named, *more], key=lambda breach: order.index(breach.promise))


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """``items`` in lists of ``size``: a year is never in memory at once."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
