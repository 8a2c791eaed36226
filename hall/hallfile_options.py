"""Reads the options of a hall out of the tables [hall] and [display] of its file."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hall.hallfile_fields import Row
from hall.options import CAPACITY_MODES, Options, read_quiet_hours

# Option -> smallest and largest value it takes.
BOUNDS = {
    "grace_minutes": (0, 240),
    "idle_minutes": (1, 240),
    "pause_minutes": (0, 240),
    "explanation_days": (0, 60),
    "priority_run": (0, 100),
    "no_show_after_recalls": (0, 20),
    "stale_slip_seconds": (5, 86400),
    "speak_max_age_seconds": (5, 3600),
    "beat_seconds": (5, 600),
    "number_digits": (2, 5),
    "early_minutes": (0, 240),
    "last_calls": (1, 20),
}
DISPLAY_OPTIONS = ("running_text", "last_calls", "slides_folder")


def read_option_values(hall: Row, display: Row) -> dict[str, Any]:
    """Every option by its name, with its default where the file does not state it."""
    return {
        option.name: _option(display if option.name in DISPLAY_OPTIONS else hall, option.name, option.default)
        for option in fields(Options)
    }


def _option(row: Row, name: str, default: object) -> object:
    if isinstance(default, bool):
        return row.flag(name, default)
    if isinstance(default, int):
        return row.whole(name, *BOUNDS.get(name, (0, 86400)), default)
    if name == "capacity":
        return row.choice(name, CAPACITY_MODES, str(default))
    value = row.text(name, longest=1000 if name == "running_text" else 200, default=str(default))
    if name == "quiet_hours" and row.sound(name):
        try:
            read_quiet_hours(value)
        except ValueError:
            row.blame("bad_time", f'"{name}" harus seperti "20:00-06:00", atau kosong, bukan "{value[:20]}"', name)
    return value
