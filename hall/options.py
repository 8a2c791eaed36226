"""What a manager may change about a hall: one table of names, defaults and meanings; no environment, no code."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import time
from typing import Any

from hall.errors import Invalid

CAPACITY_MODES = ("warn", "stop", "off")
STAGES = ("coordinator", "head", "sekda", "regent")  # who is told of an empty counter, one after the other


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a hall. Minutes and seconds are whole numbers."""

    grace_minutes: int = 10  # an empty stretch shorter than this is not a vacancy
    idle_minutes: int = 10  # signed in, people waiting, nobody called
    pause_minutes: int = 15  # a pause counts as staffed up to this
    explanation_days: int = 3  # an absence without notice is provisional until so many days after its day
    priority_run: int = 2  # priority tickets in a row at a counter while others wait; 0: priority always first
    no_show_after_recalls: int = 0  # 0: never by itself
    capacity: str = "warn"  # warn, stop or off: what the kiosk does when the line fills the rest of the day
    stale_slip_seconds: int = 60  # a slip older than this is not printed unasked
    speak_max_age_seconds: int = 90  # a call older than this is shown, not spoken
    late_minutes_per_day: int = 0  # late minutes that count as a day absent in an examination; 0: none do
    beat_seconds: int = 30  # a console silent for this long while somebody is signed in is down
    quiet_hours: str = "20:00-06:00"  # no message is sent then (the hall's zone); empty: there are none
    number_digits: int = 3
    early_minutes: int = 0  # the kiosk gives numbers this long before a counter opens
    issue_in_breaks: bool = False  # the kiosk gives numbers during a scheduled break
    cuti_bersama_closed: bool = True
    closing_line: str = "Terima kasih telah menunggu."
    address: str = ""
    running_text: str = ""
    last_calls: int = 6
    slides_folder: str = ""


_TYPES: dict[str, type] = {f.name: type(f.default) for f in fields(Options)}


def read_options(stored: dict[str, Any]) -> Options:
    """Options from stored values, defaults for what is not there.

    Raises :class:`Invalid` (``unknown_option`` or ``bad_option``) for a name or a value that no option takes.
    """
    for name, value in stored.items():
        wanted = _TYPES.get(name)
        if wanted is None:
            raise Invalid("unknown_option", f"Pengaturan {name!r} tidak dikenal.")
        if type(value) is not wanted or (isinstance(value, int) and value < 0):
            raise Invalid("bad_option", f"Pengaturan {name!r} harus berupa {wanted.__name__}.")
    if stored.get("capacity", "warn") not in CAPACITY_MODES:
        raise Invalid("bad_option", f"Pengaturan 'capacity' harus salah satu dari {', '.join(CAPACITY_MODES)}.")
    try:
        read_quiet_hours(stored.get("quiet_hours", ""))
    except ValueError:
        raise Invalid("bad_option", "Pengaturan 'quiet_hours' harus seperti 20:00-06:00, atau kosong.") from None
    return Options(**stored)


def read_quiet_hours(text: str) -> tuple[time, time] | None:
    """Beginning and end of the quiet hours, the end perhaps on the next morning; None for an empty text.

    Raises :class:`ValueError` for anything but ``HH:MM-HH:MM`` with two different times.
    """
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{2}:[0-9]{2})-([0-9]{2}:[0-9]{2})", text, re.ASCII)
    if found is None or found[1] == found[2]:
        raise ValueError(f"not quiet hours: {text!r}")
    return time.fromisoformat(found[1]), time.fromisoformat(found[2])
