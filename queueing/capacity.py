"""How many more can still be served today by the counters that are really open: pure."""

from __future__ import annotations

from collections.abc import Iterable


def can_still_serve(remaining_minutes: Iterable[float], minutes: float) -> int:
    """Whole tickets that the open counters can still take today.

    ``remaining_minutes`` holds, for each open counter, its due minutes from now to the end of the day without breaks;
    ``minutes`` is the mean handling time. Raises ValueError for a handling time that is not positive.
    """
    if minutes <= 0:
        raise ValueError("a handling time is positive")
    return sum(int(max(0.0, left) // minutes) for left in remaining_minutes)


def is_full(waiting: int, remaining_minutes: Iterable[float], minutes: float) -> bool:
    """Whether the people already waiting fill the rest of the day, so that one more would probably not be served."""
    return waiting >= can_still_serve(remaining_minutes, minutes)
