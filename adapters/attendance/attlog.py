"""Reads what an attendance machine posts: records of one punch a line, and templates that must not be kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from staffing.attendance import AHEAD, EARLIEST_YEAR, LONGEST_WHO, Told

# Status and verify mode are read over: people press the wrong key, so that the first and the last punch count.
_RECORD = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)[ T](\d\d?):(\d\d?):(\d\d?)$")
_TEMPLATE = re.compile(rb"^\s*(FP|FACE|BIODATA|BIOPHOTO|USERPIC|ATTPHOTO|FVEIN|PALM)\b|\b(TMP|Tmp|Content|CONTENT)=")
LONGEST_LINE = 300  # bytes; a record has 60, a template thousands
_DISCARDED = b"[discarded]"


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch says: readings in its order, and the lines that say nothing one can understand."""

    told: tuple[Told, ...]
    faults: tuple[str, ...]


def without_templates(body: bytes) -> bytes:
    """The body with every line that carries a fingerprint, face or photo taken out: those are kept nowhere."""
    return b"\n".join(_DISCARDED if _is_template(line) else line for line in body.split(b"\n"))


def _is_template(line: bytes) -> bool:
    return len(line) > LONGEST_LINE or _TEMPLATE.search(line) is not None


def read_batch(body: bytes, zone: ZoneInfo, now: datetime) -> Batch:
    """The records of a batch: ``Pin TAB YYYY-MM-DD HH:MM:SS TAB Status ...``, one a line.

    A machine's time has no zone: it is local at the hall. A line that cannot be understood is a fault and stops
    nothing: the machine would send it again for ever, with everything behind it.
    """
    told, faults = [], []
    for number, raw in enumerate(body.split(b"\n"), 1):
        line = raw.rstrip(b"\r")
        if not line.strip() or line == _DISCARDED:
            continue
        one = _read(line.decode("ascii", "replace"), zone, now)
        if isinstance(one, str):
            faults.append(f"{number}: {one}")
        else:
            told.append(one)
    return Batch(tuple(told), tuple(faults))


def _read(line: str, zone: ZoneInfo, now: datetime) -> Told | str:
    pin, tab, rest = line.partition("\t")
    pin = pin.strip()
    if not tab or not pin.isascii() or not pin.isalnum() or len(pin) > LONGEST_WHO:
        return "no PIN"
    match = _RECORD.match(rest.partition("\t")[0].strip())
    if match is None:
        return "no time"
    try:
        year, month, day, hour, minute, second = (int(part) for part in match.groups())
        at = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return "no such time"
    if at.year < EARLIEST_YEAR or at > now + AHEAD:
        return "a time that the clock of the machine has wrong"
    return Told(pin, at)


def hours_of(zone: ZoneInfo, now: datetime) -> int:
    """How many whole hours the zone is ahead of UTC: WIB 7, WITA 8, WIT 9."""
    return int((now.astimezone(zone).utcoffset() or timedelta()).total_seconds() // 3600)


def handshake(serial: str, zone: ZoneInfo, now: datetime) -> str:
    """What a machine is told when it introduces itself: send everything there is, at once, and attendance only."""
    lines = (
        f"GET OPTION FROM: {serial}",
        "ATTLOGStamp=None",
        "ErrorDelay=30",
        "Delay=10",
        "TransTimes=00:00;14:05",
        "TransInterval=1",
        "TransFlag=TransData AttLog",
        f"TimeZone={hours_of(zone, now)}",
        "Realtime=1",
        "Encrypt=None",
    )
    return "".join(f"{line}\n" for line in lines)
