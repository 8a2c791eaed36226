"""Reads dates and times as people write them in lists, and never guesses which number is the day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from adapters.attendance.tables import Cell

DMY, MDY, YMD = "DMY", "MDY", "YMD"
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari jan january", "februari feb pebruari peb february", "maret mar march", "april apr", "mei may",
            "juni jun june", "juli jul july", "agustus agu agt ags aug august", "september sep sept",
            "oktober okt oct october", "november nov nopember nop", "desember des dec december",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_DAY_NAMES = r"(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|ahad|mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_WEEKDAY = re.compile(rf"^{_DAY_NAMES}[,. ]+", re.IGNORECASE)
_NUMBERS = re.compile(r"^(\d{1,4})([-/. ])(\d{1,2})\2(\d{1,4})$")
_NAMED = re.compile(r"^(\d{1,2})[-/. ]+([a-z]+)[-/., ]+(\d{2}|\d{4})$", re.IGNORECASE)
_NAMED_FIRST = re.compile(r"^([a-z]+)[-/. ]+(\d{1,2})[-/., ]+(\d{4})$", re.IGNORECASE)
_TIME = re.compile(
    r"^(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\.?)?"
    r"\s*(?P<zone>WIB|WITA|WIT|Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?$",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"^(?P<date>.*?[^\s,T])(?:[\s,]+(?:pukul\s+|jam\s+)?|T)(?P<time>\d{1,2}[:.]\d{2}.*)$", re.IGNORECASE
)
_ZONES: dict[str, tzinfo] = {
    "WIB": ZoneInfo("Asia/Jakarta"), "WITA": ZoneInfo("Asia/Makassar"), "WIT": ZoneInfo("Asia/Jayapura"), "Z": UTC
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class When:
    """What a cell says: the dates it may mean by order of its numbers, a time, a zone; what it does not say is empty.

    ``dates`` has one entry under "" where only one reading is possible.
    """

    dates: dict[str, date]
    time: time | None
    zone: tzinfo | None = None

    @property
    def kind(self) -> str:
        """``moment``, ``date`` or ``time``."""
        if self.dates:
            return "date" if self.time is None else "moment"
        return "time"

    @property
    def ambiguous(self) -> bool:
        """Whether two orders give two different dates."""
        return len(set(self.dates.values())) > 1


def read_when(cell: Cell) -> When | None:
    """What a cell says of a date or time, or None. A time alone at midnight in a date cell is no time."""
    if isinstance(cell, datetime):
        plain = cell.time().replace(microsecond=0)
        return When({"": cell.date()}, None if plain == time() else plain, cell.tzinfo)
    if isinstance(cell, date):
        return When({"": cell}, None)
    if isinstance(cell, time):
        return When({}, cell.replace(microsecond=0))
    if isinstance(cell, timedelta):
        seconds = int(cell.total_seconds())
        inside = 0 <= seconds < 24 * 3600
        return When({}, time(seconds // 3600, seconds // 60 % 60, seconds % 60)) if inside else None
    return _read_text(cell) if isinstance(cell, str) else None


def _read_text(text: str) -> When | None:
    text = " ".join(text.split())
    alone = _time_of(text)
    if alone is not None:
        return When({}, alone[0], alone[1])
    dates = _dates_of(text)
    if dates:
        return When(dates, None)
    parts = _SPLIT.match(text)
    if parts is None:
        return None
    dates, clock = _dates_of(parts["date"]), _time_of(parts["time"])
    return When(dates, clock[0], clock[1]) if dates and clock is not None else None


def _time_of(text: str) -> tuple[time, tzinfo | None] | None:
    found = _TIME.match(text)
    if found is None:
        return None
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].lower().startswith("p") else 0)
    try:
        clock = time(hour, int(found["minute"]), int(found["second"] or 0))
    except ValueError:
        return None
    return clock, _zone_of(found["zone"])


def _zone_of(word: str | None) -> tzinfo | None:
    if not word:
        return None
    if word.upper() in _ZONES:
        return _ZONES[word.upper()]
    sign = -1 if word[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(word[1:3]), minutes=int(word[-2:])))


def _dates_of(text: str) -> dict[str, date]:
    text = _WEEKDAY.sub("", text).strip()
    for pattern, places in ((_NAMED, (3, 2, 1)), (_NAMED_FIRST, (3, 1, 2))):
        found = pattern.match(text)
        if found is not None:
            year, month, day = (found[place] for place in places)
            number = _MONTHS.get(month.lower())
            made = _date(int(year), number, int(day)) if number else None
            return {"": made} if made else {}
    if re.fullmatch(r"20\d{6}", text):
        made = _date(int(text[:4]), int(text[4:6]), int(text[6:]))
        return {"": made} if made else {}
    numbers = _NUMBERS.match(text)
    if numbers is None:
        return {}
    a, b, c = numbers[1], numbers[3], numbers[4]
    if len(a) == 4:
        made = _date(int(a), int(b), int(c)) if len(c) <= 2 else None
        return {"": made} if made else {}
    if len(a) > 2 or len(c) not in (2, 4):
        return {}
    ways = {DMY: (c, b, a), MDY: (c, a, b)} | ({YMD: (a, b, c)} if len(c) == 2 else {})
    tries = {order: _date(*(int(part) for part in way)) for order, way in ways.items()}
    return {order: made for order, made in tries.items() if made is not None}


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None


def order_of(pattern: str) -> str | None:
    """The order that a pattern such as ``DD/MM/YYYY`` or ``dmy`` states, or None for one that states none."""
    letters = re.sub(r"[^DMY]", "", re.split(r"\s+H", pattern.upper().replace("T", ""))[0].replace("THN", "Y"))
    order = "".join(dict.fromkeys(letters))
    return order if order in (DMY, MDY, YMD) else None
