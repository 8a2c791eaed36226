"""Gives a citizen a number: ticket, slip, the answer to a repeated request and the journal line, all or nothing."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from hall.database import Database, new_id
from hall.errors import Invalid, Unavailable
from hall.once import answered, check_key, remember
from hall.places import PRIORITIES
from hall.statements import Prepared
from hall.turn import turn
from queueing import tickets as tk
from queueing.doorway import may_issue
from queueing.line import Line, line_of
from queueing.order import NORMAL, PRIORITY
from queueing.slips import order_slip, slip_facts

_insert = Prepared(tk.tickets.insert())
WAITED_LONG = timedelta(minutes=1)  # longer than anybody asks before midnight and has their turn after it


def issue(
    db: Database,
    hall: str,
    service: str,
    *,
    actor: str,
    now: datetime,
    priority: str | None = None,
    confirm: bool = False,
    key: str | None = None,
    kiosk: str | None = None,
    history: bool = False,
    print_slip: bool = True,
    machine: datetime | None = None,
) -> dict[str, Any]:
    """Issues the next number of a service and returns what the contract promises, as plain values.

    The same ``key`` again gives the same answer and no second ticket. ``history`` (a replay) is not refused by hours,
    warnings, quota or capacity. ``kiosk`` chooses the printer; ``print_slip`` False asks for no paper. ``estimate`` is
    in minutes, times carry the hall's offset. ``machine`` is what the machine's own clock says where the hall's time
    does not follow it (:class:`hall.clock.SteadyClock`). Raises :class:`NotFound` (``unknown_hall``,
    ``unknown_service``), :class:`Invalid` (``unknown_priority``, ``bad_key``, ``key_reused``), :class:`Unavailable`
    (``clock_wrong``: the machine's clock names another day than the journal, so nobody knows which day's number it
    would be) and the refusals of :func:`queueing.doorway.may_issue`.
    """
    check_key(key)
    if priority is not None and priority not in PRIORITIES:
        raise Invalid("unknown_priority", f"Prioritas {priority!r} tidak dikenal.", allowed=list(PRIORITIES))
    asked = {"service": service, "priority": priority}
    with turn(db, hall, now) as t:
        before = answered(t, key, asked)
        if before is not None:
            return before  # type: ignore[no-any-return]
        now, line = t.now, line_of(t)
        if not history:
            _must_be_the_day(line, now, machine or t.asked)
        wanted = line.places.service(service)
        if not history:
            refusal = may_issue(line, service, now, confirmed=confirm)
            if refusal is not None:
                raise refusal
        rank = NORMAL if priority is None else PRIORITY
        ahead = line.ahead(service, rank)
        expected = line.expect(service, ahead)
        number = line.last_number[wanted.prefix] + 1
        label = f"{wanted.prefix}-{number:0{line.places.options.number_digits}d}"
        ticket = tk.Ticket(
            id=new_id(),
            hall=hall,
            business_date=line.date,
            prefix=wanted.prefix,
            number=number,
            label=label,
            secret=secrets.token_urlsafe(12),
            service=service,
            first_service=service,
            agency=wanted.agency,
            priority=priority,
            rank=rank,
            state=tk.WAITING,
            place=t.seq + 1,
            counter=None,
            only_counter=None,
            back_service=None,
            back_counter=None,
            recalls=0,
            issued_at=now,
            line_since=now,
            called_at=None,
            started_at=None,
            ended_at=None,
            waited=0,
        )
        t.touched = True
        _insert.run(t.connection, _row(ticket))
        line.ticket_issued(ticket)
        slip = {"state": "none"}
        if print_slip:
            slip = order_slip(t, line.places, ticket, kiosk, slip_facts(line.places, ticket, ahead, expected))
        answer = {
            "id": ticket.id,
            "number": label,
            "service": service,
            "agency": wanted.agency,
            "business_date": line.date.isoformat(),
            "issued_at": now.astimezone(line.places.tz).isoformat(),
            "state": tk.WAITING,
            "ahead": ahead,
            "estimate": {"low": expected[0], "high": expected[1]} if expected else None,
            "serving_now": len(line.open_counters(service)),
            "status_url": f"/t/{ticket.secret}",
            "slip": slip,
        }
        t.write(
            "ticket_issued",
            ticket.id,
            {"number": label, "service": service, "agency": wanted.agency, "priority": priority},
            actor=actor,
        )
        remember(t, key, asked, answer)
        return answer


def _must_be_the_day(line: Line, now: datetime, said: datetime) -> None:
    """Refuses (``clock_wrong``) where the machine's clock stands on another day than the hall has come to."""
    if abs(now - said) > WAITED_LONG and line.places.date(said) != line.date:
        shown = f"{said.astimezone(line.places.tz):%d-%m-%Y %H.%M}"
        raise Unavailable(
            "clock_wrong",
            f"Jam server menunjukkan {shown}, padahal catatan balai sudah sampai {line.date:%d-%m-%Y}. Nomor antrean "
            "belum dapat diberikan sampai jam dibetulkan; hubungi petugas.",
            business_date=line.date.isoformat(),
            machine=said.astimezone(line.places.tz).isoformat(),
        )


_FIELDS = tuple(tk.Ticket.__dataclass_fields__)


def _row(ticket: tk.Ticket) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in _FIELDS}
