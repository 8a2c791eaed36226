"""What a kiosk shows: every agency and service, open or not and why, who waits, and what a citizen is told first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hall.clock import midnight_after
from hall.places import Agency, Service
from queueing.doorway import REASONS, expected_at, full, may_issue, opening, quota_left
from queueing.line import Line
from queueing.order import NORMAL

_SAYS_MOST = ("quota_reached", "break", "closure", "holiday", "outside_hours", "not_service_day")


def offer(line: Line, now: datetime) -> dict[str, Any]:
    """The hall's agencies with their services, as plain values; times are ISO 8601 in the hall's zone.

    ``reason`` is a code, ``reason_text`` its Indonesian sentence; ``refusal`` is the code that a request for a number
    would be answered with now (None: the number comes at once). ``estimate`` is in minutes, None when nobody serves.
    True for one minute at most: opening hours go by the minute.
    """
    hall = line.places
    by_agency: dict[str, list[dict[str, Any]]] = {}
    for service in hall.services.values():
        by_agency.setdefault(service.agency, []).append(_service(line, service, now))
    agencies = [_agency(a, by_agency[a.code]) for a in hall.agencies.values() if a.code in by_agency]
    return {
        "hall": hall.code,
        "name": hall.name,
        "zone": hall.zone,
        "business_date": line.date.isoformat(),
        "agencies": agencies,
    } | _together(agencies)


def _agency(agency: Agency, services: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "code": agency.code,
        "name": agency.name,
        "short": agency.short,
        "waiting": sum(s["waiting"] for s in services),
        "serving_now": len({c["code"] for s in services for c in s["counters"]}),
        "services": services,
    } | _together(services)


def _together(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Open when one part is; otherwise the reason that says most, and the first part to open again."""
    if any(p["open"] for p in parts):
        return {"open": True, "reason": None, "reason_text": None, "detail": None, "next_opening": None}
    order = {reason: nr for nr, reason in enumerate(_SAYS_MOST)}
    said = min(parts, key=lambda p: order[p["reason"]], default=None)
    if said is None:
        said = {"reason": "not_service_day", "reason_text": REASONS["not_service_day"], "detail": None}
    openings = [p["next_opening"] for p in parts if p["next_opening"] is not None]
    return {
        "open": False,
        "reason": said["reason"],
        "reason_text": said["reason_text"],
        "detail": said["detail"],
        "next_opening": min(openings, key=datetime.fromisoformat, default=None),
    }


def _service(line: Line, service: Service, now: datetime) -> dict[str, Any]:
    state, left = opening(line, service.code, now), quota_left(line, service.code)
    reason, detail, again = state.reason, state.detail, state.next_opening
    if state.open and left == 0:
        reason, again = "quota_reached", _after_today(line, service)
    refusal = may_issue(line, service.code, now, confirmed=False)
    ahead = line.ahead(service.code, NORMAL)
    expected = line.expect(service.code, ahead)
    counters = line.open_counters(service.code)
    when = expected_at(line, service.code, now)
    is_open = reason is None
    return {
        "code": service.code,
        "name": service.name,
        "minutes": service.minutes,
        "requirements": list(service.requirements),
        "open": is_open,
        "reason": reason,
        "reason_text": reason_text(reason, detail),
        "detail": detail,
        "next_opening": _local(line, again),
        "waiting": line.waiting_for(service.code),
        "ahead": ahead,
        "estimate": {"low": expected[0], "high": expected[1]} if expected else None,
        "serving_now": len(counters),
        "counters": [{"code": c, "name": line.places.counters[c].name} for c in counters],
        "unstaffed": is_open and not counters,
        "expected_at": _local(line, when) if is_open and not counters else None,
        "quota": service.quota,
        "quota_left": left,
        "full": is_open and full(line, service.code, now),
        "refusal": refusal.code if refusal is not None else None,
    }


def reason_text(reason: str | None, detail: str | None) -> str | None:
    """Why it is closed, in Indonesian words; a holiday's name or a closure's own reason follow a colon."""
    if reason is None:
        return None
    return f"{REASONS[reason]}: {detail}" if detail else REASONS[reason]


def _after_today(line: Line, service: Service) -> datetime | None:
    """The first opening on a later day: today's numbers are gone."""
    hall = line.places
    night = midnight_after(line.date, hall.zone) - timedelta(microseconds=1)
    found = [
        when
        for code in hall.counters_of[service.code]
        if (when := hall.calendar.next_opening(hall.counters[code].agency, code, night)) is not None
    ]
    return min(found, default=None)


def _local(line: Line, moment: datetime | None) -> str | None:
    return moment.astimezone(line.places.tz).isoformat() if moment is not None else None
