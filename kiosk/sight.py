"""What many kiosks and phones ask for at once: one look at the line per journal line, one offer per minute."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from queueing.services import offer
from queueing.sight import Sight, look
from web.ground import db, ground


def sight(hall: str, now: datetime) -> Sight:
    """The line of ``hall`` now, counted anew only when somebody wrote. Raises :class:`NotFound` (``unknown_hall``)."""
    kept = ground().kept
    with db().reading() as connection:
        seen = look(db(), connection, hall, now, kept.get(("sight", hall)))
    kept[("sight", hall)] = seen
    return seen


def offered(hall: str, now: datetime) -> tuple[Sight, dict[str, Any]]:
    """The line and what kiosks of ``hall`` show of it; kept for a minute, because opening hours go by the minute."""
    seen, kept = sight(hall, now), ground().kept
    minute = int(now.timestamp() // 60)
    before = kept.get(("offer", hall))
    if before is not None and before[0] is seen and before[1] == minute:
        return seen, before[2]
    answer = offer(seen.line, now)
    kept[("offer", hall)] = (seen, minute, answer)
    return seen, answer
