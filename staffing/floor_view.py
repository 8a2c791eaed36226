"""The floor as plain values, and who may see which officer sits where."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from staffing.floor import CounterNow, Floor, Person

SEES_NAMES = ("manager", "coordinator", "reader")


def may_see_names(role: str, own_agency: str | None, agency: str) -> bool:
    """Whether a role may know who an officer of ``agency`` is: the hall's management, and the agency's own head."""
    return role in SEES_NAMES or (role == "head" and own_agency == agency)


def plain(
    found: Floor, *, role: str, agency: str | None = None, names: Collection[str] | None = None
) -> dict[str, Any]:
    """The floor for somebody of a role (and, for a head, agency): times in the hall's zone, minutes with two places.

    ``names`` are the agencies whose officers may be named (:func:`staffing.privacy.reach`); without, the role decides.
    Everybody else, the regent too, reads of an officer only that it is one (*petugas*).
    """
    if names is None:
        names = {c.agency for c in found.counters if may_see_names(role, agency, c.agency)}
    zone = ZoneInfo(found.zone)
    totals = {name: getattr(found.totals, name) for name in found.totals.__slots__}
    totals |= {name: round(totals[name], 2) for name in ("waiting_longest", "citizen_minutes")}
    return {
        "hall": found.hall,
        "name": found.name,
        "zone": found.zone,
        "business_date": found.date.isoformat(),
        "seq": found.seq,
        "now": _local(found.at, zone),
        "totals": totals,
        "counters": [_counter(c, zone, c.agency in names) for c in found.counters],
        "down": [{"what": what, "since": _local(since, zone)} for what, since in found.down],
    }


def _counter(c: CounterNow, zone: ZoneInfo, names: bool) -> dict[str, Any]:
    return {
        "counter": c.counter,
        "name": c.name,
        "agency": c.agency,
        "area": c.area,
        "services": list(c.services),
        "state": c.state,
        "cause": c.cause,
        "detail": c.detail,
        "since": _local(c.since, zone),
        "due": c.due,
        "due_until": _local(c.due_until, zone),
        "next_opening": _local(c.next_opening, zone),
        "grace": c.grace,
        "officer": _person(c.officer, names) if c.officer else None,
        "planned": [_person(person, names) for person in c.planned],
        "post": c.post,
        "pause_reason": c.pause_reason,
        "waiting": c.waiting,
        "waiting_longest": round(c.waiting_longest, 2),
        "stranded": c.stranded,
        "citizen_minutes": round(c.citizen_minutes, 2),
        "ticket": c.ticket,
        "ticket_state": c.ticket_state,
        "last_call": _local(c.last_call, zone),
        "idle_while_waiting": c.idle_while_waiting,
        "idle_since": _local(c.idle_since, zone),
    }


def _person(person: Person, names: bool) -> dict[str, str]:
    return {"role": "petugas"} | ({"nip": person.nip, "name": person.name} if names else {})


def _local(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat() if moment is not None else None


def as_text(found: Floor) -> str:
    """The floor as lines for a shell: one a counter, empty ones first, times in the hall's zone."""
    zone, totals = ZoneInfo(found.zone), found.totals
    order = ("vacant", "unobserved", "paused", "serving", "waiting", "not_due")
    head = (
        f"{found.name}, {found.at.astimezone(zone):%Y-%m-%d %H:%M}: {totals.due} due, {totals.staffed} staffed, "
        f"{totals.vacant} vacant, {totals.unobserved} unobserved; {totals.waiting} waiting, "
        f"{totals.citizen_minutes:.0f} citizen-minutes"
    )
    lines = [head]
    for c in sorted(found.counters, key=lambda counter: order.index(counter.state)):
        since = c.since.astimezone(zone).strftime("%H:%M")
        cause = f" ({c.cause})" if c.cause else ""
        lines.append(f"{c.counter:<6} {c.state + cause:<34} since {since}  {c.waiting:>3} waiting  {c.ticket or '-'}")
    return "\n".join(lines)
