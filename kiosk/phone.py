"""A citizen's own ticket on their phone: the link on the slip is the key, and nothing on it says who they are."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from typing import Any

import segno
from flask import Blueprint, Response, jsonify, render_template, request

from hall.database import canonical
from hall.places import Places, places
from kiosk.sight import sight
from kiosk.words import in_both, phone_words
from queueing import tickets as tk
from queueing.calling import withdraw
from queueing.sight import standing
from web.bodies import read_json
from web.ground import db, ground, now

bp = Blueprint("phone", __name__, template_folder="templates")

NEXT, NEAR = 3, 10  # people before: from here on a phone asks every 3 s, every 15 s, or once a minute


@bp.after_request
def keep_private(response: Response) -> Response:
    """The address is the key: it goes into no cache, no search engine and no other site's log."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@bp.get("/t/<secret>")
def own(secret: str) -> str:
    """The page. Raises :class:`NotFound` (``unknown_ticket``)."""
    with db().reading() as connection:
        ticket = tk.find_by_secret(connection, secret)
        here = places(db(), connection, ticket.hall)
    return render_template(
        "kiosk/phone.html",
        hall=here,
        ticket=ticket,
        agency=here.agencies.get(ticket.agency),
        service=here.services.get(ticket.service),
        words=in_both(phone_words),
    )


@bp.get("/t/<secret>/state")
def state(secret: str) -> Response:
    """Where the ticket stands now. ``poll_seconds`` is when to ask again; None when nothing will change any more."""
    moment = now()
    with db().reading() as connection:
        ticket = tk.find_by_secret(connection, secret)
        here = places(db(), connection, ticket.hall)
    place: dict[str, Any] = {"ahead": None, "estimate": None, "serving_now": None}
    if ticket.state == tk.WAITING and ticket.business_date == here.date(moment):
        found = standing(sight(ticket.hall, moment), ticket)
        low_high = {"low": found.estimate[0], "high": found.estimate[1]} if found.estimate else None
        place = {"ahead": found.ahead, "estimate": low_high, "serving_now": found.serving_now}
    answer = _facts(here, ticket) | place | {"poll_seconds": poll_seconds(ticket.state, place["ahead"])}
    tag = hashlib.sha256(canonical(answer).encode()).hexdigest()[:32]
    response = jsonify(answer | {"now": moment.astimezone(here.tz).isoformat()})
    response.set_etag(tag)
    response.make_conditional(request)
    return response


def _facts(here: Places, ticket: tk.Ticket) -> dict[str, Any]:
    agency, service = here.agencies.get(ticket.agency), here.services.get(ticket.service)
    counter = here.counters.get(ticket.counter or ticket.only_counter or "")

    def local(moment: datetime | None) -> str | None:
        return moment.astimezone(here.tz).isoformat() if moment else None

    return {
        "number": ticket.label,
        "state": ticket.state,
        "agency": agency.name if agency else "",
        "service": service.name if service else "",
        "counter": counter.name if counter else None,
        "recalls": ticket.recalls,
        "issued_at": local(ticket.issued_at),
        "called_at": local(ticket.called_at),
        "ended_at": local(ticket.ended_at),
    }


def poll_seconds(state: str, ahead: int | None) -> int | None:
    """How long a phone waits before it asks again: short when it matters, a minute when it is far back."""
    if state in (tk.FINISHED, tk.CANCELLED, tk.EXPIRED):
        return None
    if state == tk.CALLED:
        return 3
    if state == tk.WAITING and ahead is not None:
        return 3 if ahead < NEXT else 15 if ahead <= NEAR else 60
    return 15  # served, held or missed: a counter may take it up again


@bp.post("/t/<secret>/cancel")
def give_back(secret: str) -> Response:
    """The citizen gives the number back, only while nobody has called it (:class:`Conflict` ``illegal_move``)."""
    read_json()
    with db().reading() as connection:
        ticket = tk.find_by_secret(connection, secret)
    withdraw(db(), ticket.id, actor="citizen", now=now())
    return state(secret)


@bp.get("/t/<secret>/qr.svg")
def qr(secret: str) -> Response:
    """The QR code of this very page, for the kiosk's screen. Raises :class:`NotFound` (``unknown_ticket``)."""
    with db().reading() as connection:
        ticket = tk.find_by_secret(connection, secret)
    code = segno.make(f"{ground().base_url}/t/{ticket.secret}", error="m", micro=False)
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", border=4, xmldecl=False, svgclass=None, lineclass=None, omitsize=True, light="#fff")
    return Response(drawn.getvalue(), content_type="image/svg+xml")
