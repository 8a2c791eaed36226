"""Management's pages: sign-in, the floor, a day's numbers."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from flask_babel import format_date, format_decimal, lazy_gettext
from flask_babel import gettext as _
from flask_wtf.csrf import validate_csrf
from wtforms import ValidationError

from admin.api import YEARS, read_day
from admin.words import KINDS
from hall.errors import Denied, Invalid, NotSignedIn, Refusal, TooMany
from hall.people import verify_pin
from hall.places import Places, hall_codes, places
from queueing.statistics import day_numbers
from web.ground import db, now
from web.identity import who

bp = Blueprint("admin", __name__, static_folder="static", static_url_path="/static/admin", template_folder="templates")
ROLES = ("coordinator", "manager", "head", "personnel", "regent")
LANDING = {"head": "people.today", "personnel": "people.today", "regent": "admin.regent"}  # everybody else: the floor
STAFF = ("coordinator", "manager")  # who may end a session, close a counter and the day
ROLE_NAMES = {
    "coordinator": lazy_gettext("Koordinator"),
    "manager": lazy_gettext("Pengelola"),
    "head": lazy_gettext("Kepala instansi"),
    "personnel": lazy_gettext("Kepegawaian (BKD)"),
    "regent": lazy_gettext("Bupati"),
}
bp.add_app_template_filter(lambda day: format_date(day, "EEEE, d MMMM y"), "long_date")
bp.add_app_template_filter(lambda day: format_date(day, "EEE, d MMM"), "short_date")
bp.add_app_template_filter(lambda value: format_decimal(value, format="#,##0.0"), "one_decimal")
bp.add_app_template_filter(lambda value: format_decimal(value, format="#,##0"), "whole")
_OWN_PATH = re.compile(r"/admin/[A-Za-z0-9._~/?&=%-]*")


@bp.get("/admin/")
def home() -> Response:
    """The floor of the hall one is signed in to, or the sign-in page."""
    if who().role in ROLES:
        return _go(landing(who().role, who().hall))
    return _go(url_for("admin.sign_in"))


@bp.get("/admin/sign-in")
def sign_in() -> Response:
    """The form; whoever is signed in already goes on."""
    if who().role in ROLES:
        return _go(own_path(request.args.get("next")) or landing(who().role, who().hall))
    return _form(request.args.get("next"), request.args.get("hall"))


@bp.post("/admin/sign-in")
def enter() -> Response:
    """Checks account and PIN and remembers the person in this browser until it is closed.

    A refusal is told in the form itself, so that nobody has to type everything again.
    """
    hall, login = request.form.get("hall", "")[:40], request.form.get("login", "").strip()[:60]
    goal = request.form.get("next")
    try:
        _must_come_from_the_form()
        if not login:
            raise Invalid("login_needed", _("Isi NIP atau nama akun."))
        account = verify_pin(db(), hall, login, request.form.get("pin", "")[:128], now=now())
        if account.role not in ROLES:
            raise Denied("not_allowed", _("Akun ini tidak berhak atas halaman pengelola."))
    except (NotSignedIn, TooMany, Denied, Invalid) as refusal:
        return _form(goal, hall, login, refusal)
    session["staff"] = {"hall": account.hall, "login": account.login, "version": account.version}
    return _go(own_path(goal) or landing(account.role, account.hall))


@bp.post("/admin/sign-out")
def leave() -> Response:
    """Forgets the person; a device's own key in the same browser stays."""
    session.pop("staff", None)
    return _go(url_for("admin.sign_in"))


@bp.get("/admin/<hall>")
def floor(hall: str) -> str:
    """Every counter of the hall now, kept true by the page itself; ``?mode=dinding`` for a wall screen."""
    place = place_of(hall)
    kinds = {code: name for code, name in KINDS.items() if any(a.kind == code for a in place.agencies.values())}
    wall = request.args.get("mode") == "dinding"
    return render_template(
        "admin/floor.html", wall=wall, kinds=kinds, staff=who().role in STAFF and not wall, **frame(place)
    )


@bp.get("/admin/<hall>/statistik")
def statistics(hall: str) -> str:
    """A day in numbers, as tables that can be read and printed."""
    place = place_of(hall)
    today = place.date(now())
    day = read_day(request.args.get("tanggal")) or today
    found = day_numbers(db(), hall, day)
    near = [day - timedelta(days=1), day + timedelta(days=1)]
    return render_template(
        "admin/statistics.html",
        day=day,
        today=today,
        before=near[0] if near[0].year in YEARS else None,
        after=near[1] if near[1] <= today else None,
        numbers=found,
        **frame(place),
    )


def landing(role: str, hall: str | None) -> str:
    """The page that somebody of a role sees first after signing in."""
    return url_for(LANDING.get(role, "admin.floor"), hall=hall)


def own_path(given: str | None) -> str | None:
    """The page to go on to, if it is one of management's own; anything else could lead a person out of the house."""
    if given and _OWN_PATH.fullmatch(given) and ".." not in given and "//" not in given:
        return given
    return None


def _must_come_from_the_form() -> None:
    """Also without any cookie: another site must not sign a visitor in to an account of its own choosing."""
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        raise Denied("bad_csrf", _("Halaman ini sudah lama terbuka. Silakan coba sekali lagi.")) from None


def place_of(hall: str) -> Places:
    """The hall's places. Raises :class:`NotFound` (``unknown_hall``)."""
    with db().reading() as connection:
        return places(db(), connection, hall)


def frame(place: Places) -> dict[str, Any]:
    """What the frame of every page of management needs to know."""
    identity = who()
    return {"hall": place, "person": identity, "role_name": ROLE_NAMES.get(identity.role, identity.role)}


def _form(goal: str | None, hall: str | None, login: str = "", refusal: Refusal | None = None) -> Response:
    with db().reading() as connection:
        found = [places(db(), connection, code) for code in hall_codes(connection)]
    page = render_template(
        "admin/sign_in.html", halls=found, chosen=hall, login=login, goal=own_path(goal), refusal=refusal
    )
    response = make_response(page, refusal.status if refusal else 200)
    if refusal is not None and "retry_after" in refusal.extra:
        response.headers["Retry-After"] = str(refusal.extra["retry_after"])
    return response


def _go(where: str) -> Response:
    return redirect(where, 303)  # type: ignore[return-value]
