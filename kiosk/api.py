"""The kiosk's calls: what there is, a number, its slip, and the printer that stands in a kiosk computer."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request

from hall.clock import SystemClock
from hall.database import canonical
from hall.errors import Denied, NotFound
from hall.places import Places, Printer, places
from kiosk.sight import offered
from queueing import slips
from queueing.issuing import issue
from queueing.paperless import note_shown
from queueing.tickets import find_ticket
from web.bodies import flag, read_json, text
from web.ground import db, ground, machine, now
from web.identity import who

api = Blueprint("kiosk_api", __name__)

# reasons that speak of the paper or of the messenger, not of the printer's health
_NOT_THE_PRINTER = ("bad_slip", "expired", "not_recorded")


def _kiosk() -> str | None:
    """The name of the kiosk that asks; it chooses the printer."""
    return who().name if who().role == "kiosk" else None


@api.get("/halls/<hall>/services")
def services(hall: str) -> Response:
    """What a kiosk shows: open or not and why, waiting, estimate, counters serving now, and how its own printer is."""
    moment = now()
    seen, offer = offered(hall, moment)
    here = seen.line.places
    printer = here.printer_for(_kiosk())
    with db().reading() as connection:
        said = slips.printers_now(connection, hall, moment).get(printer.code) if printer else None
    answer: dict[str, Any] = offer | {"seq": seen.seq, "printer": _health(printer, said)}
    tag = hashlib.sha256(canonical(answer).encode()).hexdigest()[:32]
    answer["now"] = moment.astimezone(here.tz).isoformat()
    response = jsonify(answer)
    response.set_etag(tag)
    response.headers["Cache-Control"] = "no-store"
    response.make_conditional(request)
    return response


def _health(printer: Printer | None, said: dict[str, Any] | None) -> dict[str, Any] | None:
    """``ready``, ``low`` (paper nearly out), ``trouble`` with a reason, or ``unheard``; None without a printer."""
    if printer is None:
        return None
    if said is None:
        return {"code": printer.code, "state": "unheard", "reason": None}
    return {"code": printer.code, "state": said["state"], "reason": said["reason"]}


@api.post("/halls/<hall>/tickets")
def take_number(hall: str) -> tuple[Response, int]:
    """Issues a number. The answer never waits for the printer; the same Idempotency-Key again gets the same answer."""
    body = read_json(service=text(), priority=text(optional=True), confirm=flag())
    answer = issue(
        db(),
        hall,
        body["service"],
        actor=who().actor,
        now=now(),
        priority=body["priority"],
        confirm=body["confirm"],
        key=request.headers.get("Idempotency-Key"),
        kiosk=_kiosk(),
        machine=machine(),
    )
    return Response(canonical(answer), content_type="application/json"), 201  # spelled as it was stored


@api.get("/tickets/<ticket_id>/slip")
def slip(ticket_id: str) -> Response:
    """What became of the ticket's newest slip, as far as anybody knows."""
    with db().reading() as connection:
        ticket = find_ticket(connection, ticket_id)
        job = slips.slip_of(connection, ticket_id)
        said = slips.printers_now(connection, ticket.hall, now()).get(job.printer) if job else None
    low = said is not None and said["state"] == "low"
    response = jsonify({"state": job.state if job else "none", "reason": job.reason if job else None, "paper_low": low})
    response.headers["Cache-Control"] = "no-store"
    return response


@api.post("/tickets/<ticket_id>/reprint")
def print_again(ticket_id: str) -> tuple[Response, int]:
    """Orders another paper, marked as a reprint."""
    read_json()
    job = slips.reprint(db(), ticket_id, actor=who().actor, now=now(), kiosk=_kiosk())
    return jsonify({"state": job.state, "copy": job.copy, "printer": job.printer}), 202


@api.post("/tickets/<ticket_id>/shown")
def shown(ticket_id: str) -> Response:
    """Notes that number and QR code were on the kiosk's screen in place of paper. The same again changes nothing."""
    body = read_json(how=text())
    return jsonify({"how": note_shown(db(), ticket_id, body["how"], actor=who().actor, now=now())})


# ---- the printer agent of a kiosk computer (adapters/printers/agent.py is its other end) ----


@api.post("/halls/<hall>/printers/<printer>/jobs/next")
def next_job(hall: str, printer: str) -> Response:
    """Hands the oldest queued slip to the printer's own computer: 200 with the slip, or 204."""
    read_json()
    here = _own_printer(hall, printer)
    job = slips.take_next(db(), hall, printer, now=now())
    if job is None:
        return Response(status=204)
    moment = max(now(), job.sent or job.created)  # asked anew, or the wait for the hall's turn comes on top
    left = job.created + timedelta(seconds=here.options.stale_slip_seconds) - moment
    # the agent compares with the Date header, which is the machine's own clock even where the hall's stands elsewhere
    expires = SystemClock().now() + left
    return jsonify({"id": job.id, "slip": slips.paper_of(job, ground().base_url), "expires_at": expires.isoformat()})


@api.post("/print-jobs/<job_id>/outcome")
def outcome(job_id: str) -> Response:
    """Notes what became of a slip and, where it tells, how the printer is."""
    body = read_json(
        state=text(),
        reason=text(optional=True, longest=40),
        detail=text(optional=True, longest=4000, shortest=0),
        paper_low=flag(),
    )
    with db().reading() as connection:
        job = slips.find_job(connection, job_id)
    _own_printer(job.hall, job.printer)
    done = slips.report(db(), job_id, body["state"], body["reason"], body["detail"], actor=who().actor, now=now())
    if body["reason"] not in _NOT_THE_PRINTER:
        _note(job.hall, job.printer, body["reason"], body["paper_low"])
    return jsonify({"id": done.id, "state": done.state, "reason": done.reason})


@api.post("/halls/<hall>/printers/<printer>/status")
def printer_status(hall: str, printer: str) -> Response:
    """Keeps what the printer says of itself, so that an empty roll is known before somebody wants a slip."""
    facts = ("answers", "online", "paper_end", "paper_low", "cover_open", "cutter_error", "fault")
    body = read_json(
        ready=flag(),
        reason=text(optional=True, longest=40),
        detail=text(optional=True, longest=4000, shortest=0),
        **{name: flag() for name in facts},
    )
    _own_printer(hall, printer)
    reason = body["reason"] if not body["ready"] else None
    _note(hall, printer, reason if body["ready"] else reason or "silent", body["paper_low"])
    return Response(status=204)


def _note(hall: str, printer: str, reason: str | None, low: bool) -> None:
    if reason is not None:
        state = "trouble"
    else:
        state, reason = ("low", "paper_low") if low else ("ready", None)
    slips.note_printer(db(), hall, printer, state, reason, now=now())


def _own_printer(hall: str, code: str) -> Places:
    """The hall, if the printer stands there and in nobody else's kiosk: one kiosk must not eat the slips of another.

    Raises :class:`NotFound` (``unknown_printer``) and :class:`Denied` (``other_printer``).
    """
    with db().reading() as connection:
        here = places(db(), connection, hall)
    printer = here.printers.get(code)
    if printer is None:
        raise NotFound("unknown_printer", f"Pencetak {code!r} tidak ada di balai ini.")
    if who().role == "kiosk" and printer.kiosk and who().name not in (printer.kiosk, printer.code):
        raise Denied("other_printer", "Pencetak ini milik kios yang lain.")
    return here
