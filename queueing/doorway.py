"""Whether a number may be taken for a service now, and what the citizen must know first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hall.clock import midnight_after
from hall.errors import Conflict, Refusal
from queueing.capacity import is_full
from queueing.line import Line

REASONS = {
    "holiday": "Hari libur",
    "not_service_day": "Bukan hari layanan",
    "outside_hours": "Di luar jam layanan",
    "break": "Sedang istirahat",
    "closure": "Sedang ditutup",
    "quota_reached": "Kuota hari ini habis",
}


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a service gives numbers now; if not, why (a code and a detail), and when it opens next (aware UTC)."""

    open: bool
    reason: str | None
    detail: str | None
    next_opening: datetime | None


def opening(line: Line, service: str, now: datetime) -> Opening:
    """Looks at the calendar of every counter that takes the service: one that is due is enough."""
    hall, early = line.places, timedelta(minutes=line.places.options.early_minutes)
    pieces = []
    for code in hall.counters_of[service]:
        agency = hall.counters[code].agency
        piece = hall.calendar.state_at(agency, code, now)
        resting = piece.reason == "break" and hall.options.issue_in_breaks
        if piece.due or resting or (early and hall.calendar.state_at(agency, code, now + early).due):
            return Opening(True, None, None, None)
        pieces.append(piece)
    reopenings = [
        when
        for code in hall.counters_of[service]
        if (when := hall.calendar.next_opening(hall.counters[code].agency, code, now)) is not None
    ]
    # a break or a closure says more than "outside hours" when counters of one service differ
    order = ("break", "closure", "outside_hours", "holiday", "not_service_day")
    said = min(pieces, key=lambda p: order.index(p.reason or "outside_hours"), default=None)
    reason = (said.reason if said else None) or "outside_hours"
    return Opening(False, reason, said.detail if said else None, min(reopenings, default=None))


def quota_left(line: Line, service: str) -> int | None:
    """How many numbers of the day's quota are left, or None without a quota."""
    quota = line.places.services[service].quota
    return None if quota is None else max(0, quota - line.issued[service])


def full(line: Line, service: str, now: datetime) -> bool:
    """Whether those who already wait fill the rest of the day of the counters that are really open."""
    if line.places.options.capacity == "off" or not line.open_counters(service):
        return False
    ahead = line.ahead(service, 1)
    return is_full(ahead, line.remaining_minutes(service, now), line.handling(service))


def expected_at(line: Line, service: str, now: datetime) -> datetime | None:
    """When a counter of the service may be expected again: now's next scheduled start, or None if it should be open."""
    hall = line.places
    if any(hall.calendar.state_at(hall.counters[c].agency, c, now).due for c in hall.counters_of[service]):
        return None  # due and empty: the next session after a break is no promise that somebody comes then
    end = midnight_after(line.date, hall.zone)
    starts = [
        piece.start
        for code in hall.counters_of[service]
        for piece in hall.calendar.due_intervals(hall.counters[code].agency, code, now, end)
        if piece.start > now
    ]
    return min(starts, default=None)


def may_issue(line: Line, service: str, now: datetime, *, confirmed: bool) -> Refusal | None:
    """The refusal a citizen would get, or None.

    ``closed`` and ``quota_reached`` are final; ``unstaffed_needs_confirmation`` and ``capacity_needs_confirmation``
    give way to ``confirmed``; with the option ``capacity = "stop"`` a full day is ``capacity_reached``, and final.
    """
    name = line.places.services[service].name
    state = opening(line, service, now)
    if not state.open:
        return Conflict(
            "closed",
            f"{name} sedang tutup: {REASONS[state.reason or 'outside_hours'].lower()}.",
            reason=state.reason,
            reason_detail=state.detail,
            next_opening=state.next_opening.astimezone(line.places.tz).isoformat() if state.next_opening else None,
        )
    if quota_left(line, service) == 0:
        return Conflict("quota_reached", f"Kuota {name} untuk hari ini sudah habis.", reason="quota_reached")
    waiting = line.ahead(service, 1)
    if full(line, service, now):
        if line.places.options.capacity == "stop":
            full_day = f"Antrean {name} sudah memenuhi sisa jam layanan hari ini."
            return Conflict("capacity_reached", full_day, waiting=waiting)
        if not confirmed:
            return Conflict(
                "capacity_needs_confirmation",
                f"Antrean {name} sudah panjang; Anda mungkin tidak terlayani hari ini.",
                waiting=waiting,
            )
    if not confirmed and not line.open_counters(service):
        when = expected_at(line, service, now)
        return Conflict(
            "unstaffed_needs_confirmation",
            f"Saat ini belum ada petugas yang melayani {name}.",
            waiting=waiting,
            expected_at=when.astimezone(line.places.tz).isoformat() if when else None,
        )
    return None
