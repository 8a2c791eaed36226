"""Flags as plain values, with causes as anybody may know them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hall.places import Places
from staffing.facts import ABSENCES
from staffing.flags import Flag

# An absence with a document is told as just that. Which kind it is, sickness above all, is nobody else's business
# (UU 27/2022), and at a counter with one officer the kind would be a statement about that person.
RECORDED = "recorded_absence"


def public_cause(cause: str | None) -> str | None:
    """The cause as outsiders may know it."""
    return RECORDED if cause in ABSENCES else cause


def plain(
    flag: Flag, hall: Places, now: datetime, told: Mapping[str, Sequence[tuple[str, str, str]]]
) -> dict[str, Any]:
    """A flag for programs: times in the hall's zone, minutes with two places; ``told``: flag -> its messages.

    Of whoever took it on only the role is told: an account's name may be a NIP.
    """
    counter, agency = hall.counters.get(flag.counter), hall.agencies.get(flag.agency)

    def local(moment: datetime | None) -> str | None:
        return moment.astimezone(hall.tz).isoformat() if moment is not None else None

    return {
        "id": flag.id,
        "counter": flag.counter,
        "name": counter.name if counter else flag.counter,
        "agency": flag.agency,
        "agency_name": (agency.short or agency.name) if agency else flag.agency,
        "since": local(flag.since),
        "raised": local(flag.raised),
        "minutes": round(((flag.cleared or now) - flag.since).total_seconds() / 60, 2),
        "cause": public_cause(flag.cause),
        "stage": flag.stage,
        "stage_at": local(flag.stage_at),
        "acknowledged": local(flag.acknowledged),
        "acknowledged_by": (flag.acknowledged_by or "").partition(":")[0] or None,
        "reason": flag.reason,
        "cleared": local(flag.cleared),
        "cleared_why": flag.cleared_why,
        "messages": [{"stage": s, "channel": c, "state": state} for s, c, state in told.get(flag.id, ())],
    }
