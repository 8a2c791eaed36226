"""How long it takes to know which of sixty counters stood empty, and why: a day, a year, and the floor right now."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from bench.large_hall import DAY, HALL, crowd, furnish, moment
from hall.database import Database, sqlite_url
from hall.turn import position
from staffing.floor import floor
from staffing.reading import read_span
from staffing.vacancies import vacancies, work_out
from staffing.vacancy import judge_day

FIRST = date(2025, 1, 2)
ONE_DAY = date(2025, 3, 4)  # a Tuesday
ROUNDS = 9
WANTED_DAY, WANTED_FLOOR, WANTED_YEAR = 50.0, 30.0, 5.0


@dataclass(frozen=True)
class Engine:
    """Milliseconds (medians), but for ``year``, in seconds.

    ``judge`` is the pure engine over one day; ``day`` reading its facts and tickets, judging and costing it; ``year``
    the same for 365 dates from nothing, ``again`` when asked once more; ``floor`` with 500 people waiting.
    """

    judge: float
    day: float
    pieces: int
    year: float
    year_pieces: int
    again: float
    floor: float


def engine(home: Path, *, days: int = 365) -> Engine:
    """Measures in a hall of 60 counters with ``days`` of history; of fewer than a year the figure is scaled up."""
    db = Database(sqlite_url(home / "engine.db"))
    try:
        last = FIRST + (days - 1) * DAY
        place = furnish(db, FIRST, last)
        after = moment(last + DAY, 9)

        def one_day() -> int:
            with db.reading() as connection:
                config = position(connection, HALL)[1]
                span = read_span(db, connection, place, config, ONE_DAY, ONE_DAY, after)
            return len(work_out(span, ONE_DAY).pieces)

        with db.reading() as connection:
            config = position(connection, HALL)[1]
            facts = read_span(db, connection, place, config, ONE_DAY, ONE_DAY, after).days[ONE_DAY]
        judge, day = middle(lambda: judge_day(facts)), middle(one_day)
        began = time.monotonic()
        found = vacancies(db, HALL, FIRST, last, now=after)
        year = (time.monotonic() - began) * 365 / days
        again = middle(lambda: vacancies(db, HALL, FIRST, last, now=after))
        now = crowd(db, place, working_day(last + DAY))
        look = middle(lambda: floor(db, HALL, now))
        return Engine(judge, day, one_day(), year, len(found.pieces), again, look)
    finally:
        db.close()


def working_day(day: date) -> date:
    """The day, or the Monday after it."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def middle(work: Callable[[], object]) -> float:
    """The median of some rounds, in milliseconds."""
    took = []
    for _ in range(ROUNDS):
        start = time.monotonic()
        work()
        took.append(1000 * (time.monotonic() - start))
    return median(took)


def lines(found: Engine) -> list[str]:
    """What was measured, for the table."""
    return [
        f"{'':44}{'ms':>10}",
        f"{'one day of 60 counters, judged':44}{found.judge:10.1f}   {found.pieces} pieces",
        f"{'the same, read, judged and costed':44}{found.day:10.1f}",
        f"{'a year of it, from nothing':44}{1000 * found.year:10.0f}   {found.year_pieces:,} pieces",
        f"{'the same once more':44}{found.again:10.1f}",
        f"{'the floor of 60 counters, 500 waiting':44}{found.floor:10.1f}",
    ]


def said(found: Engine) -> list[tuple[bool, str]]:
    """Each wanted figure, met or not."""
    return [
        (found.day < WANTED_DAY, f"one day of a 60-counter hall under 50 ms: {found.day:.0f} ms"),
        (found.year < WANTED_YEAR, f"a year of it under 5 s: {found.year:.1f} s"),
        (found.floor < WANTED_FLOOR, f"the floor of 60 counters with 500 waiting under 30 ms: {found.floor:.0f} ms"),
    ]
