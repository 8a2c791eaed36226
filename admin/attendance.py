"""Where attendance comes from: delivered until when, lists, machines, and people whom nobody knows: pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from admin.pages import frame, place_of
from admin.people_api import asker
from hall.errors import Invalid, NotFound, Refusal
from hall.people import officer_names
from hall.places import Places
from staffing.attendance import sources_now
from staffing.attendance_list import Asked, ListRead, covered_now, take_list, until_of
from staffing.deliveries import LARGEST_LIST, Delivery, find_delivery, keep, unread
from staffing.deliveries import discard as throw_away
from staffing.machines import list_machine, machines_of, unlist_machine, unlisted_of
from staffing.pins import assign_pin, pins_of, strangers
from staffing.privacy import EVERYBODY, note_look, reach
from web.ground import db, ground, now
from web.identity import who

bp = Blueprint("attendance", __name__, template_folder="templates")
SHOWN_ROWS, SHOWN_FAULTS = 10, 30
STUCK = timedelta(minutes=5)  # a body that was not read to its end by then needs somebody
SILENT = timedelta(minutes=5)  # a machine asks every ten seconds
STATED = ("source", "machine", "covered_until", "date_pattern", "delimiter", "encoding")


@bp.get("/admin/<hall>/presensi")
def show(hall: str) -> str:
    """Sources, upload, people unknown to the hall, machines."""
    return _page(place_of(hall))


def _page(place: Places, fault: Refusal | None = None) -> str:
    moment, mine = now(), reach(who().role, who().agency, place)
    with db().reading() as connection:
        names = officer_names(connection, place.code, mine)
        done = request.args.get("terimpor")
        told = find_delivery(connection, place.code, done).result if done else None
        known = {
            "sources": sources_now(connection, place),
            "strangers": strangers(connection, place.code),
            "pins": [pin for pin in pins_of(connection, place.code) if pin[3] in names or mine == set(place.agencies)],
            "machines": machines_of(connection, place.code),
            "unlisted": unlisted_of(connection, place.code),
            "names": names,
            "stuck": unread(connection, place.code, moment - STUCK),
        }
    return render_template(
        "admin/attendance.html",
        told=told,
        adopted=request.args.get("diadopsi", type=int),
        fault=fault,
        typed=request.form,
        silent=moment - SILENT,
        largest=LARGEST_LIST // 1024 // 1024,
        **known,
        **frame(place),
    )


@bp.post("/admin/<hall>/presensi/berkas")
def upload(hall: str) -> Response:
    """Takes a file aside and shows how it is understood; nothing of it counts before somebody has confirmed it."""
    place, given = place_of(hall), request.files.get("file")
    try:
        if given is None or not given.filename:
            raise Invalid("file_needed", _("Pilih berkas CSV atau XLSX dahulu."))
        source = _source(place)
        until_of(request.form.get("covered_until", ""), place.tz)
        name = "".join(sign for sign in given.filename[-200:] if sign.isprintable())
        body = given.stream.read(LARGEST_LIST + 1)
        kept = keep(db(), hall, "list", body, source=source, name=name, actor=who().actor, now=now(), pending=True)
    except (Invalid, NotFound) as refusal:
        return make_response(_page(place, refusal), refusal.status)
    stated: dict[str, Any] = {name: value for name in STATED if (value := request.form.get(name, "").strip()[:60])}
    return _go(url_for("attendance.preview", hall=hall, delivery=kept, **stated))


@bp.get("/admin/<hall>/presensi/berkas/<delivery>")
def preview(hall: str, delivery: str) -> str:
    """How a file is understood: its first rows, and what is wrong by line."""
    return _preview(place_of(hall), delivery, request.args)


def _preview(place: Places, delivery: str, stated: Any, fault: Refusal | None = None) -> str:
    kept = _own(place, delivery)
    with db().reading() as connection:
        listed = machines_of(connection, place.code)
    note_look(db(), place.code, who().actor, EVERYBODY, "attendance_list", now())
    read = _read(place, kept.body, stated)
    return render_template(
        "admin/attendance_list.html",
        kept=kept,
        read=read,
        rows=read.rows[:SHOWN_ROWS],
        faults=read.faults[:SHOWN_FAULTS],
        stated={name: stated.get(name, "") for name in STATED},
        machines=listed,
        fault=fault,
        **frame(place),
    )


def _own(place: Places, delivery: str) -> Delivery:
    """A list that the same person brought. Raises :class:`NotFound` (``unknown_delivery``)."""
    with db().reading() as connection:
        kept = find_delivery(connection, place.code, delivery)
    if (kept.kind, kept.actor) != ("list", who().actor):
        raise NotFound("unknown_delivery", "Berkas ini tidak ada lagi; silakan unggah sekali lagi.")
    return kept


def _read(place: Places, body: bytes, stated: Any) -> ListRead:
    reader = ground().read_list
    assert reader is not None  # the app gives one to its faces
    asked = Asked(*(stated.get(name, "")[:60] for name in ("date_pattern", "delimiter", "encoding")))
    return reader(body, asked, place.tz, now())


@bp.post("/admin/<hall>/presensi/berkas/<delivery>")
def confirm(hall: str, delivery: str) -> Response:
    """Imports a file that was looked at: all of it, or its sound rows if the person says so."""
    place, moment, form = place_of(hall), now(), request.form
    kept = _own(place, delivery)
    try:
        if kept.state == "done":
            return _go(url_for("attendance.show", hall=hall, terimpor=delivery))  # pressed twice
        read = _read(place, kept.body, form)
        take_list(
            db(), hall, _source(place), read, good_rows=form.get("rows") == "good",
            machine=form.get("machine", "")[:40],
            covered_until=covered_now(until_of(form.get("covered_until", ""), place.tz), moment),
            delivery=delivery, actor=who().actor, now=moment,
        )  # fmt: skip
    except (Invalid, NotFound) as refusal:
        return make_response(_preview(place, delivery, form, refusal), refusal.status)
    return _go(url_for("attendance.show", hall=hall, terimpor=delivery))


@bp.post("/admin/<hall>/presensi/berkas/<delivery>/buang")
def discard(hall: str, delivery: str) -> Response:
    """Throws away a file that was not imported."""
    _own(place_of(hall), delivery)
    throw_away(db(), hall, delivery)
    return _go(url_for("attendance.show", hall=hall))


@bp.post("/admin/<hall>/presensi/orang")
def adopt(hall: str) -> Response:
    """Says who a PIN or number is; what was told of it becomes theirs."""
    place, form = place_of(hall), request.form
    try:
        source, machine, pin = (form.get(name, "")[:40] for name in ("source", "machine", "pin"))
        officer = form.get("officer", "").partition(" ")[0][:18] or None
        if officer is None and form.get("nobody") is None:
            raise Invalid("officer_needed", _("Pilih petugasnya dahulu."))
        moved = assign_pin(db(), hall, source, machine, pin, officer, actor=who().actor, now=now(), by=asker())
    except (Invalid, NotFound) as refusal:
        return make_response(_page(place, refusal), refusal.status)
    return _go(url_for("attendance.show", hall=hall, diadopsi=moved) + "#orang")


@bp.post("/admin/<hall>/presensi/mesin")
def list_one(hall: str) -> Response:
    """Lists a machine, or changes its name and source."""
    place, form = place_of(hall), request.form
    try:
        list_machine(
            db(), hall, form.get("serial", ""), source=_source(place), name=form.get("name", ""), actor=who().actor,
            now=now(),
        )  # fmt: skip
    except (Invalid, NotFound) as refusal:
        return make_response(_page(place, refusal), refusal.status)
    return _go(url_for("attendance.show", hall=hall) + "#mesin")


@bp.post("/admin/<hall>/presensi/mesin/hapus")
def unlist(hall: str) -> Response:
    """Lets a machine deliver no longer; what it told stays."""
    place = place_of(hall)
    try:
        unlist_machine(db(), hall, request.form.get("serial", "")[:40], actor=who().actor, now=now())
    except NotFound as refusal:
        return make_response(_page(place, refusal), refusal.status)
    return _go(url_for("attendance.show", hall=hall) + "#mesin")


@bp.app_template_filter("short_moment")
def short_moment(moment: datetime) -> str:
    """``03/03/2026 07.31``; the moment is in the hall's zone already."""
    return moment.strftime("%d/%m/%Y %H.%M")


def _source(place: Places) -> str:
    source = request.form.get("source", "")[:40]
    if not source and len(place.sources) == 1:
        return next(iter(place.sources))
    if source not in place.sources:
        raise Invalid("source_needed", _("Pilih sumber presensinya dahulu."))
    return source


def _go(where: str) -> Response:
    return redirect(where, 303)  # type: ignore[return-value]
