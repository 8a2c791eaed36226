"""What only the demo has: one touch into each face in each role, a printer to break, and the inbox of messages."""

from __future__ import annotations

import json
from ipaddress import ip_address
from pathlib import Path

from flask import Blueprint, Response, current_app, redirect, render_template, request, session, url_for

from adapters.messages.pretend import PretendReceiver, Received
from adapters.printers.pretend import PretendPrinter
from adapters.printers.pretend_view import to_svg
from app.demo.place import CENTRE, HALL, PIN, VISITORS_COUNTER
from app.demo.prepare import PEOPLE
from app.doors import everybody
from hall.errors import Conflict, Denied, NotFound
from hall.people import find_token, verify_pin
from hall.places import places
from staffing import presence
from staffing.facts import roster
from web.ground import db, ground, now

bp = Blueprint("demo", __name__, template_folder="templates", static_folder="static", static_url_path="/static/demo")
DOORS = {
    "demo.enter": everybody(),
    "demo.printer": everybody(),
    "demo.papers": everybody(),
    "demo.printer_fault": everybody(),
    "demo.inbox": everybody(),
    "demo.received": everybody(),
    "demo.static": everybody(),
}
# the ways in beside the four faces: what it is called in the address -> who goes there, and where
WAYS = {
    "admin": ("pengelola", "admin.floor"),
    "bupati": ("bupati", "admin.regent"),
    "hari": ("pengelola", "admin.today"),
    "kosong": ("pengelola", "admin.empty"),
    "pola": ("pengelola", "admin.patterns"),
    "bendera": ("koordinator", "flags.show"),
    "presensi": ("kepegawaian", "attendance.show"),
    "petugas": ("kepala-dukcapil", "people.today"),
    "apel": ("kepala-dukcapil", "people.roll_call"),
    "formasi": ("pengelola", "plans.posts"),
    "tindak-lanjut": ("kepegawaian", "cases.show_all"),
    "catatan-akses": ("pengelola", "people.looks"),
}
MOST_SHOWN = 40
FAULTS = ("paper_end", "cover_open", "silent", "hanging", "refuse")


@bp.before_request
def only_here() -> None:
    """The demo's keys are known to everybody: whoever is not on this machine stays out."""
    if request.remote_addr is None or not ip_address(request.remote_addr).is_loopback:
        raise Denied("demo_is_local", "Demo hanya dapat dibuka di komputer ini.")


def home() -> str:
    """The way in, in place of the house's own: every face with one touch, and the accounts to sign in with by hand."""
    only_here()
    with db().reading() as connection:
        hall = places(db(), connection, HALL)
    return render_template("demo/home.html", hall=hall, people=PEOPLE, pin=PIN, ways=WAYS)


@bp.post("/demo/enter/<face>")
def enter(face: str) -> Response:
    """Signs the visitor in at a face and goes there."""
    if face in ("kiosk", "display"):
        session["devices"] = session.get("devices", {}) | {face: _device(face)}
        return _go("kiosk.start" if face == "kiosk" else "display.show")
    if face == "counter":
        nip = _visitors_officer()
        account = verify_pin(db(), HALL, nip, PIN, now=now())
        presence.sign_in(db(), HALL, VISITORS_COUNTER, nip, actor=f"officer:{nip}", now=now())
        session["officer"] = {"hall": HALL, "login": nip, "version": account.version, "counter": VISITORS_COUNTER}
        return _go("counter.console")
    if face in WAYS:
        login, endpoint = WAYS[face]
        account = verify_pin(db(), HALL, login, PIN, now=now())
        session["staff"] = {"hall": HALL, "login": account.login, "version": account.version}
        return _go(endpoint)
    raise NotFound("unknown_face", "Bagian ini tidak ada.")


def _go(endpoint: str) -> Response:
    return redirect(url_for(endpoint, hall=HALL))  # type: ignore[return-value]


def _device(role: str) -> str:
    with db().reading() as connection:
        token = find_token(connection, (Path(ground().home) / f"{role}.token").read_text())
    if token is None:
        raise Conflict("demo_broken", "Kunci perangkat demo tidak ditemukan; jalankan ulang demo.")
    return token.id


def _visitors_officer() -> str:
    """The officer planned at the visitor's counter: the invented crowd leaves that seat empty."""
    with db().reading() as connection:
        row = connection.execute(
            roster.select().where(roster.c.hall == HALL, roster.c.counter == VISITORS_COUNTER).order_by(roster.c.nr)
        ).first()
    assert row is not None
    return str(row.officer)


@bp.get("/demo/printer")
def printer() -> str:
    """The pretend printer: its papers and its faults."""
    pretend = _pretend()
    on = [name for name in FAULTS if getattr(pretend.faults, name)]
    return render_template("demo/printer.html", faults=FAULTS, on=on)


@bp.get("/demo/printer/papers")
def papers() -> Response:
    """The newest papers as pictures, for the page to show."""
    found = _pretend().papers[-6:][::-1]
    return Response(json.dumps([to_svg(paper) for paper in found]), content_type="application/json")


@bp.post("/demo/printer/fault")
def printer_fault() -> Response:
    """Breaks or mends the pretend printer."""
    name = request.form.get("fault", "")
    if name not in FAULTS:
        raise NotFound("unknown_fault", "Gangguan ini tidak dikenal.")
    _pretend().set(**{name: not getattr(_pretend().faults, name)})
    return _go("demo.printer")


@bp.get("/demo/messages")
def inbox() -> str:
    """Everything that flags have sent out of the house, as the receivers got it."""
    return render_template("demo/inbox.html")


@bp.get("/demo/messages/received")
def received() -> Response:
    """The newest messages and the newest lines of the command centre, for the page to show."""
    got = [_as_shown(one) for one in list(_receiver().received)]
    messages, centre = ([one for one in got if one["centre"] is which] for which in (False, True))
    return Response(
        json.dumps({"messages": messages[: -MOST_SHOWN - 1 : -1], "centre": centre[: -MOST_SHOWN - 1 : -1]}),
        content_type="application/json",
    )


def _as_shown(one: Received) -> dict[str, object]:
    channel, body = one.path.strip("/"), one.body
    if channel == CENTRE:
        where = body["counter"]["name"]
        title, text = f"{body['event']} · {where}", json.dumps(body, ensure_ascii=False, indent=1)
    else:
        title, text = body["title"], body["message"]
    return {"channel": channel, "centre": channel == CENTRE, "title": title, "text": text}


def _receiver() -> PretendReceiver:
    return current_app.extensions["antre_pretend_receiver"]  # type: ignore[no-any-return]


def _pretend() -> PretendPrinter:
    return current_app.extensions["antre_pretend_printer"]  # type: ignore[no-any-return]
