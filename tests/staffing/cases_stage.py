"""Two days of the small hall from which follow-up is made: Samsat shut, Sari away without notice, Bima late."""

from __future__ import annotations

from datetime import date, datetime

from hall.database import Database
from staffing import facts
from staffing.case_facts import take, taken_from
from staffing.case_opening import Order, open_cases
from staffing.cases import Taken
from staffing.vacancies import vacancies
from tests.cast import BIMA, SARI, SYSTEM, wib
from tests.staffing.tuesday import give, sit

MONDAY_AFTER = wib("2026-03-09", "09:00")  # the time for explanation is over
TUESDAY = date(2026, 3, 3)
ACTOR = "coordinator:surya"


def spend(db: Database) -> Database:
    """The Tuesday: Bima comes at nine, Sari never, Samsat's counter stays shut; people wait; all attendance is in."""
    for clock, service in (("08:05", "ktp"), ("08:10", "pkb"), ("08:20", "ktp")):
        give(db, clock, service)
    sit(db, "09:00", BIMA)
    facts.record_coverage(db, "contoh", "bkd", wib("2026-03-07", "00:00"), actor=SYSTEM, now=wib("2026-03-07", "06:00"))
    return db


def empty(db: Database, counter: str | None = None, *, now: datetime = MONDAY_AFTER) -> list[Taken]:
    """The Tuesday's vacancies, of one counter if named."""
    found = vacancies(db, "contoh", TUESDAY, TUESDAY, now=now).pieces
    return [taken_from(v) for v in found if counter in (None, v.counter)]


def opened(db: Database, *counters: str, now: datetime = MONDAY_AFTER, **order: object) -> list[str]:
    """Cases from all the vacancies of these counters."""
    wanted = [(t.counter, t.start) for code in counters for t in empty(db, code, now=now)]
    taken = take(db, "contoh", wanted, now=now)
    return open_cases(db, "contoh", taken, Order(**order), actor=ACTOR, now=now)  # type: ignore[arg-type]


def explain(db: Database) -> None:
    """A paper that came late: Sari was away on that day for a reason."""
    start, end = wib("2026-03-03", "00:00"), wib("2026-03-04", "00:00")
    facts.record_absence(db, "contoh", SARI.nip, "sick", start, end, "SKD 7/2026", actor=ACTOR, now=MONDAY_AFTER)
