"""What a list of attendance says once it was read: rows with their moments, and what is wrong, by line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hall.clock import midnight_after
from hall.database import Database
from hall.errors import Invalid
from staffing.attendance import EARLIEST_YEAR, NOTHING, Taken, Told, deliver

LATEST_YEAR = 2100
AT_ONCE = 5_000  # readings in one turn: the hall's counters wait for it


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person states about a file; empty: recognise it.

    ``date_pattern`` gives the order of day, month and year, for example ``DD/MM/YYYY``.
    """

    date_pattern: str = ""
    delimiter: str = ""
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class ListFault:
    """What is wrong: ``line`` as an editor or spreadsheet counts it (0: the file as a whole), column, reason."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.line}: " if self.line else ""
        return f"{where}{self.column}: {self.reason}" if self.column else f"{where}{self.reason}"


@dataclass(frozen=True, slots=True)
class ListRow:
    """A sound row: whom it speaks of and the moments (aware) it tells."""

    line: int
    who: str
    moments: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class ListRead:
    """A file that was read: its sound rows, its faults, and how it was understood (sentences for a person)."""

    rows: tuple[ListRow, ...]
    faults: tuple[ListFault, ...]
    understood: tuple[str, ...] = ()

    @property
    def unreadable(self) -> bool:
        """Whether something is wrong with the file as a whole: then no row of it can be trusted."""
        return not self.rows or any(fault.line == 0 for fault in self.faults)

    @property
    def told(self) -> list[Told]:
        """The readings of the sound rows, each once."""
        return sorted({Told(row.who, at) for row in self.rows for at in row.moments}, key=lambda one: (one.at, one.who))


ReadList = Callable[[bytes, Asked, ZoneInfo, datetime], ListRead]  # (file, what is stated, the hall's zone, now)


def take_list(
    db: Database,
    hall: str,
    source: str,
    read: ListRead,
    *,
    good_rows: bool = False,
    machine: str = "",
    covered_until: datetime | None = None,
    delivery: str | None = None,
    actor: str,
    now: datetime,
) -> Taken:
    """Records what a list tells; all of it or, if the person says so (``good_rows``), its sound rows.

    Raises :class:`Invalid` (``list_unreadable``, ``list_has_faults``) and what :func:`deliver` raises; nothing is
    recorded then. A large list is taken in several turns; if the database fails between them, the same list again
    brings the rest.
    """
    if read.unreadable:
        raise Invalid("list_unreadable", str(read.faults[0]) if read.faults else "Berkas ini tidak berisi presensi.")
    if read.faults and not good_rows:
        raise Invalid("list_has_faults", f"{len(read.faults)} baris bermasalah; tidak ada yang diimpor.")
    told, taken = read.told, NOTHING
    for start in range(0, max(len(told), 1), AT_ONCE):
        last = start + AT_ONCE >= len(told)
        taken += deliver(
            db, hall, source, told[start : start + AT_ONCE], machine=machine, actor=actor, now=now,
            covered_until=covered_until if last else None, delivery=delivery if last else None,
            faults=[str(fault) for fault in read.faults],
        )  # fmt: skip
    return taken


def until_of(given: str, zone: ZoneInfo) -> datetime | None:
    """ "Delivered until" as typed: empty, a date (its end in the hall's zone) or a time with offset; else local.

    Raises :class:`Invalid` (``bad_time``).
    """
    given = given.strip()
    if not given:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        moment = None
    if moment is None or not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:  # the calendar's ends lie beyond every zone
        message = f"{given!r:.40} bukan tanggal atau waktu; tulis seperti 2026-03-03 atau 2026-03-03T12:00."
        raise Invalid("bad_time", message, field="covered_until")
    try:
        return midnight_after(date.fromisoformat(given), str(zone))
    except ValueError:
        return moment if moment.utcoffset() is not None else moment.replace(tzinfo=zone)


def covered_now(until: datetime | None, now: datetime) -> datetime | None:
    """A day that is not over is covered until now at most: nobody delivers the future."""
    return None if until is None else min(until, now) if until - now <= timedelta(days=1) else until


def first_lines(faults: Sequence[ListFault], most: int = 20) -> list[str]:
    """The first faults as sentences, and how many more there are."""
    told = [str(fault) for fault in faults[:most]]
    return [*told, f"… dan {len(faults) - most} lagi"] if len(faults) > most else told
