"""How long it will take: the QL estimate for people in line, as an honest range."""

from __future__ import annotations

from math import ceil, floor, sqrt


def estimate(
    ahead: int, serving: int, minutes: float, *, no_show_rate: float = 0.0, free: bool = False
) -> tuple[int, int] | None:
    """The wait in minutes (low, high) for somebody with ``ahead`` people before them, in steps of five, or None.

    QL = (n+1)/(s mu) with variance (n+1)/(s mu)^2 (Ibrahim & Whitt), n discounted by the no-show rate, one standard
    deviation to both sides, rounded outwards to 5 minutes. ``serving`` counts the counters serving now; with none the
    answer is None: "belum dapat diperkirakan". ``minutes`` is the mean handling time; ``free`` says that a counter
    stands idle, so that with nobody ahead there is no wait. Raises ValueError for negative or senseless input.
    """
    if ahead < 0 or serving < 0 or minutes <= 0 or not 0 <= no_show_rate < 1:
        raise ValueError("an estimate needs people >= 0, counters >= 0, minutes > 0 and a no-show rate in [0, 1)")
    if serving == 0:
        return None
    if free and ahead == 0:
        return (0, 5)
    people = ahead * (1 - no_show_rate) + 1
    mean = people * minutes / serving
    spread = sqrt(people) * minutes / serving
    return (max(0, 5 * floor((mean - spread) / 5)), 5 * ceil((mean + spread) / 5))
