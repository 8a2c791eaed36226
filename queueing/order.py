"""Who is next: pure rules over the heads of the lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PRIORITY, NORMAL = 0, 1


@dataclass(frozen=True, slots=True)
class Head:
    """The first waiting ticket of one service in one class, as a counter sees it."""

    ticket: str
    rank: int
    place: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is called, the counter's new count of priority tickets in a row, and whether a rule let somebody go first."""

    ticket: str
    run: int
    reason: str  # "order", "priority" or "fair_share"


def choose(heads: Sequence[Head], *, run: int, limit: int) -> Choice | None:
    """The next ticket for a counter, or None when nobody waits.

    Inside a class strict order of issue over all services of the counter. The priority class goes first (UU 25/2009
    Ps 29, UU 8/2016), but after ``limit`` of them in a row at this counter while others wait, one of the others goes
    (``fair_share``), so that nobody starves; ``limit`` 0 means that priority always goes first. ``run`` is the
    counter's count so far.
    """
    first = {rank: min((h for h in heads if h.rank == rank), key=lambda h: h.place, default=None) for rank in (0, 1)}
    priority, normal = first[PRIORITY], first[NORMAL]
    if priority is None:
        return None if normal is None else Choice(normal.ticket, 0, "order")
    if normal is None:
        return Choice(priority.ticket, 0, "order")
    if limit and run >= limit:
        return Choice(normal.ticket, 0, "fair_share")
    return Choice(priority.ticket, run + 1, "priority" if priority.place > normal.place else "order")
