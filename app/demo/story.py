"""What happens to the invented officers on which day: fixed, so that every visitor finds the same causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from app.demo.place import VISITORS_COUNTER

ON_TIME, LATE, EARLY, INSIDE, AWAY, SILENT = "on_time", "late", "early", "inside", "away", "silent"
MELATI, KENANGA = "198803122011012001", "199509212022212003"
TODAY = 0  # working days before the morning that the visitor sees
LONG_AGO = 99


@dataclass(frozen=True, slots=True)
class Part:
    """How an officer's day at a counter goes.

    ``late`` and ``early``: by so many ``minutes``; a late one is seen at the machine ``walk`` minutes before sitting
    down. ``inside``: came, and sits at ``counter`` instead, or nowhere. ``away``: a recorded absence; ``silent``: no
    word at all. ``officer``: who comes in place of the one in the week pattern.
    """

    manner: str = ON_TIME
    minutes: float = 0.0
    walk: float = 6.0
    counter: str = ""
    officer: str = ""


@dataclass(frozen=True, slots=True)
class Away:
    """An absence with its letter: from so many working days before the morning to so many, both included."""

    officer: str
    kind: str
    first: int
    last: int
    letter: str
    lasts: int = 0  # calendar days beyond the last


ABSENCES = (
    Away("198204052006041003", "sick", 15, 15, "RS/118/XI"),  # Randu: counter 7; the one of counter 8 takes over
    Away("198012312005012003", "leave", 13, 11, "850/041/CUTI"),  # Cempaka: counter 14
    Away(MELATI, "leave", 10, 8, "850/047/CUTI"),  # counter 1, two days with a substitute
    Away("2016050412", "study", 8, TODAY, "893.3/015/TUBEL", lasts=600),  # Mawar: counter 12
    Away("2012080215", "permission", 7, 7, "850/052/IZIN"),  # Wulan: counter 18
    Away("199111112014102001", "official_travel", 5, 5, "090/233/ST"),  # Seruni: counter 16
    Away("9214031801", "official_travel", 4, 4, "090/240/ST"),  # Guntur: counter 17
    Away("20190311", "sick", TODAY, TODAY, "RS/131/XI"),  # Surya: counter 11
)
COVERED = (10, 9)  # on these days Kenanga sits in Melati's place
DARK = {5: ("09:05", "09:52")}  # the hall's network
CLOSED_TODAY = ("19", "08:00", "12:00", "Kas keliling di pasar, sesuai surat pemberitahuan")
UNKNOWN_PIN = {2: "777"}  # somebody whom the machine knows and the hall does not
ASKED_FOR = (11, 8)  # days that somebody looked at before the weekly list had come
# counter -> the part on that day, whoever is planned there
PARTS: dict[int, dict[str, Part]] = {
    15: {"8": Part(INSIDE, counter="7")},
    12: {"5": Part(SILENT)},
    11: {"19": Part(EARLY, 80), "11": Part(INSIDE)},
    8: {"11": Part(INSIDE)},
    7: {"19": Part(EARLY, 65)},
    6: {"5": Part(SILENT)},
    3: {"11": Part(INSIDE), "13": Part(LATE, 70)},
    2: {"19": Part(EARLY, 95), "17": Part(LATE, 40)},
    1: {"16": Part(SILENT), "11": Part(INSIDE)},
    TODAY: {
        "9": Part(LATE, 55),  # Imigrasi is due from nine
        "13": Part(LATE, 84.5, walk=3.25),  # comes in while the visitor looks on
        VISITORS_COUNTER: Part(INSIDE),
    },
}
STEADY = frozenset({"1", "3", "5", "7", "8", "10", "14", "15", "16", "17", "18"})  # today they are all on time


def part_of(counter: str, officer: str, keeps_roster: bool, day: date, ago: int, chance: Random) -> Part:
    """The part of whoever is planned at a counter on a day so many working days before the morning."""
    roll, minutes = chance.random(), chance.uniform(0, 1)
    if officer == MELATI and ago in COVERED:
        return Part(ON_TIME, officer=KENANGA)
    if is_away(officer, ago):
        return Part(AWAY)
    fixed = PARTS.get(ago, {}).get(counter)
    if fixed is not None:
        return fixed
    if ago == TODAY and counter in STEADY:
        return Part()
    if counter == "3" and day.weekday() == 0:
        return Part(LATE, 110 + 40 * minutes)  # often late on Mondays
    if not keeps_roster and roll < (0.6 if counter == "9" else 0.15):
        return Part(LATE, 30 + 70 * minutes)  # the agency opens late
    if roll < 0.07:
        return Part(LATE, 12 + 40 * minutes)
    return Part(SILENT) if roll > 0.99 else Part()


def is_away(officer: str, ago: int) -> bool:
    """Whether an absence of the officer is recorded for that day."""
    return any(a.officer == officer and a.first >= ago >= a.last for a in ABSENCES)


def dates_of(away: Away, days: Sequence[date]) -> tuple[date, date]:
    """First and last date of an absence; ``days`` are the working days, the last one the morning that is shown."""
    first, last = (days[max(0, len(days) - 1 - ago)] for ago in (away.first, away.last))
    return first, last + timedelta(days=away.lasts)
