"""The officer's calls over HTTP: presence at a counter, the moves of a ticket, and what the console shows."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, json, jsonify, request, session

from counter.desk import counter_list, desk_view, session_view
from counter.seat import must_sit_at, seat_of
from hall.errors import Conflict, Denied, Invalid
from hall.once import check_key
from hall.people import verify_pin
from hall.places import places
from hall.turn import position
from queueing import calling
from queueing.desks import LOST, desk
from queueing.tickets import find_ticket
from staffing import presence
from web.bodies import Field, flag, read_json, text
from web.ground import db, now
from web.identity import who

api = Blueprint("counter_api", __name__)
SEATED = ("officer", "coordinator")  # account roles that may sit at a counter
AT = "/halls/<hall>/counters/<counter>"
NOTHING = ("", 204)


def _key() -> str | None:
    return check_key(request.headers.get("Idempotency-Key"))


def _session(hall: str, counter: str) -> Response:
    with db().reading() as connection:
        place = places(db(), connection, hall)
        return jsonify(session_view(connection, place, place.counter(counter)))


@api.post(f"{AT}/sign-in")
def sign_in(hall: str, counter: str) -> Response:
    """Seats an officer after NIP and PIN were proved; a browser keeps the seat in its cookie until it is closed."""
    body = read_json(officer=text(longest=60), pin=text(longest=128))
    with db().reading() as connection:
        places(db(), connection, hall).counter(counter)
    login = "".join(body["officer"].split())
    account = verify_pin(db(), hall, login, body["pin"], now=now())
    if account.role not in SEATED:
        raise Denied("not_an_officer", "Akun ini tidak bertugas di loket.")
    presence.sign_in(db(), hall, counter, account.login, actor=f"officer:{account.login}", now=now())
    if "Authorization" not in request.headers:  # a browser; a program holds its token and takes no cookie
        session["officer"] = {"hall": hall, "login": account.login, "version": account.version, "counter": counter}
    return _session(hall, counter)


@api.post(f"{AT}/sign-out")
def sign_out(hall: str, counter: str) -> tuple[str, int]:
    """Ends the session at the counter and forgets the browser's seat."""
    read_json()
    officer = must_sit_at(hall, counter)
    presence.sign_out(db(), hall, counter, actor=who().actor, now=now(), officer=officer)
    if who().cookie:
        session.pop("officer", None)
    return NOTHING


@api.post(f"{AT}/pause")
def pause(hall: str, counter: str) -> Response:
    """Stops calling for a stated reason."""
    body = read_json(reason=text())
    if not body["reason"].strip():
        raise Invalid("reason_needed", "Alasan istirahat harus diisi.", field="reason")
    officer = must_sit_at(hall, counter)
    presence.pause(db(), hall, counter, body["reason"].strip(), actor=who().actor, now=now(), officer=officer)
    return _session(hall, counter)


@api.post(f"{AT}/resume")
def unpause(hall: str, counter: str) -> Response:
    """Goes on after a pause."""
    read_json()
    officer = must_sit_at(hall, counter)
    presence.unpause(db(), hall, counter, actor=who().actor, now=now(), officer=officer)
    return _session(hall, counter)


@api.post(f"{AT}/heartbeat")
def heartbeat(hall: str, counter: str) -> tuple[str, int]:
    """The console is alive."""
    read_json()
    officer = must_sit_at(hall, counter)
    presence.heartbeat(db(), hall, counter, actor=who().actor, now=now(), officer=officer)
    return NOTHING


def _heard(hall: str, counter: str, officer: str | None) -> None:
    """Whoever calls is there: the first press after a broken line must not wait for the next beat."""
    with db().reading() as connection:
        seat = desk(connection, hall, counter)
    if seat is not None and seat.state == LOST:
        presence.heartbeat(db(), hall, counter, actor=who().actor, now=now(), officer=officer)


@api.post(f"{AT}/call")
def call(hall: str, counter: str) -> Response | tuple[str, int]:
    """Calls the next ticket; 204 when nobody waits."""
    read_json()
    key = _key()
    officer = must_sit_at(hall, counter)
    _heard(hall, counter, officer)
    ask = partial(calling.call, db(), hall, counter, actor=who().actor, key=key, officer=officer)
    try:
        called = ask(now=now())
    except Conflict as refused:
        if refused.code != "console_lost":
            raise
        _heard(hall, counter, officer)  # it was found lost in this very moment
        called = ask(now=now())
    return NOTHING if called is None else jsonify(called)


def _move(verb: Any, ticket_id: str, **more: Any) -> Response:
    key = _key()
    with db().reading() as connection:
        hall = find_ticket(connection, ticket_id).hall
    counter, officer = seat_of(hall)
    given = {"actor": who().actor, "now": now(), "key": key, "counter": counter, "officer": officer}
    return jsonify(verb(db(), ticket_id, **given, **more))


@api.post("/tickets/<ticket_id>/recall")
def recall(ticket_id: str) -> Response:
    """Calls the same number again."""
    read_json()
    return _move(calling.recall, ticket_id)


@api.post("/tickets/<ticket_id>/start")
def start(ticket_id: str) -> Response:
    """The citizen stands at the counter."""
    read_json()
    return _move(calling.start, ticket_id)


@api.post("/tickets/<ticket_id>/finish")
def finish(ticket_id: str) -> Response:
    """Served; a ticket sent with return goes back to where it came from."""
    read_json()
    return _move(calling.finish, ticket_id)


@api.post("/tickets/<ticket_id>/no-show")
def no_show(ticket_id: str) -> Response:
    """The citizen did not come."""
    read_json()
    return _move(calling.no_show, ticket_id)


@api.post("/tickets/<ticket_id>/hold")
def hold(ticket_id: str) -> Response:
    """Set aside; the counter is free."""
    read_json()
    return _move(calling.hold, ticket_id)


@api.post("/tickets/<ticket_id>/resume")
def resume(ticket_id: str) -> Response:
    """Back into the line: a held ticket at its own place, a missed one at the end."""
    read_json()
    return _move(calling.resume, ticket_id)


@api.post("/tickets/<ticket_id>/cancel")
def cancel(ticket_id: str) -> Response:
    """Given up."""
    read_json()
    return _move(calling.cancel, ticket_id)


@api.post("/tickets/<ticket_id>/transfer")
def transfer(ticket_id: str) -> Response:
    """Sends a ticket to a service or a counter, with or without return."""
    fields: dict[str, Field] = {
        "service": text(optional=True), "counter": text(optional=True), "return": flag()
    }  # fmt: skip
    body = read_json(**fields)
    return _move(calling.transfer, ticket_id, service=body["service"], to_counter=body["counter"], back=body["return"])


@api.get(f"{AT}/desk")
def desk_of(hall: str, counter: str) -> Response:
    """Everything the console shows; unchanged since the last answer: 304."""
    must_sit_at(hall, counter)
    moment = now()
    with db().reading() as connection:
        seq, config = position(connection, hall)
        place = places(db(), connection, hall, config)
        wanted = place.counter(counter)
        # all that is shown follows from the journal and the set-up, except that yesterday's tickets end at midnight
        etag = f"{seq}-{config}-{counter}-{place.date(moment).isoformat()}"
        if request.if_none_match.contains(etag):
            response = Response(status=304)
        else:
            view = desk_view(connection, place, wanted, seq=seq, now=moment)
            response = Response(json.dumps(view), content_type="application/json")
    response.set_etag(etag)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@api.get("/halls/<hall>/counters")
def counters(hall: str) -> Response:
    """The counters of a hall, taken or free."""
    with db().reading() as connection:
        return jsonify(counter_list(connection, places(db(), connection, hall)))
