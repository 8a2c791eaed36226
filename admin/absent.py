"""A list of absences as a file: looked at first, then imported, all of it or its sound rows: pages."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _

from admin.pages import frame, place_of
from admin.people import KIND_WORDS, bp
from admin.people_api import asker
from hall.errors import Invalid, NotFound, Refusal
from hall.places import Places
from staffing import deliveries
from staffing.absence_list import AbsenceList, Ready, check_list, take_absences
from staffing.attendance_list import Asked
from staffing.privacy import reach
from web.ground import db, ground, now
from web.identity import who

KIND = "absences"
SHOWN = 30
STATED = ("date_pattern", "delimiter", "encoding")


@bp.get("/admin/<hall>/tidak-masuk/berkas")
def list_form(hall: str) -> str:
    """Where a file is chosen, and what it must look like."""
    return _form(place_of(hall))


def _form(place: Places, fault: Refusal | None = None) -> str:
    return render_template(
        "admin/people_list.html",
        fault=fault,
        largest=deliveries.LARGEST_BATCH // 1024 // 1024,
        **_shared(place),
    )


@bp.post("/admin/<hall>/tidak-masuk/berkas")
def upload(hall: str) -> Response:
    """Takes a file aside for a day at most; nothing of it counts before its sender has confirmed it."""
    place, given = place_of(hall), request.files.get("file")
    try:
        if given is None or not given.filename:
            raise Invalid("file_needed", _("Pilih berkas CSV atau XLSX dahulu."))
        name = "".join(sign for sign in given.filename[-200:] if sign.isprintable())
        body = given.stream.read(deliveries.LARGEST_BATCH + 1)
        kept = deliveries.keep(db(), hall, KIND, body, name=name, actor=who().actor, now=now(), pending=True)
    except Invalid as refusal:
        return make_response(_form(place, refusal), refusal.status)
    return _go(url_for("people.preview", hall=hall, delivery=kept))


@bp.get("/admin/<hall>/tidak-masuk/berkas/<delivery>")
def preview(hall: str, delivery: str) -> str:
    """How a file is understood: its first rows, what is known already, and what is wrong by line."""
    return _preview(place_of(hall), delivery, request.args)


def _preview(place: Places, delivery: str, stated: Any, fault: Refusal | None = None) -> str:
    kept = _own(place, delivery)
    if kept.state == "done":  # nothing of it is left to look at
        raise _gone()
    listed = _read(kept.body, stated)
    checked = check_list(db(), place.code, listed, by=asker(), now=now())
    return render_template(
        "admin/people_list_preview.html",
        kept=kept,
        understood=listed.understood,
        checked=checked,
        rows=[_row(ready, place) for ready in checked.new[:SHOWN]],
        faults=checked.faults[:SHOWN],
        stated={name: stated.get(name, "")[:60] for name in STATED},
        fault=fault,
        **_shared(place),
    )


@bp.post("/admin/<hall>/tidak-masuk/berkas/<delivery>")
def confirm(hall: str, delivery: str) -> Response:
    """Imports a file that was looked at, and forgets it: what it said beyond dates and kinds is not to be kept."""
    place, form = place_of(hall), request.form
    kept, good = _own(place, delivery), form.get("rows") == "good"
    try:
        if kept.state != "done":
            take_absences(db(), hall, _read(kept.body, form), good_rows=good, by=asker(), now=now(), delivery=delivery)
            kept = _own(place, delivery)
    except Invalid as refusal:
        return make_response(_preview(place, delivery, form, refusal), refusal.status)
    told = kept.result  # of the first press, if it was pressed twice: the second found nothing new
    assert told is not None  # what is done has one
    return _go(url_for("people.away", hall=hall, terimpor=told["new"], dikenal=told["known"]))


@bp.post("/admin/<hall>/tidak-masuk/berkas/<delivery>/buang")
def discard(hall: str, delivery: str) -> Response:
    """Throws a file away that was not imported."""
    _own(place_of(hall), delivery)
    deliveries.discard(db(), hall, delivery)
    return _go(url_for("people.list_form", hall=hall))


def _own(place: Places, delivery: str) -> deliveries.Delivery:
    """A file that the same person brought. Raises :class:`NotFound` (``unknown_delivery``)."""
    with db().reading() as connection:
        kept = deliveries.find_delivery(connection, place.code, delivery)
    if (kept.kind, kept.actor) != (KIND, who().actor):
        raise _gone()
    return kept


def _gone() -> NotFound:
    return NotFound("unknown_delivery", "Berkas ini tidak ada lagi; silakan unggah sekali lagi.")


def _read(body: bytes, stated: Any) -> AbsenceList:
    reader = ground().read_absences
    assert reader is not None  # the app gives one to its faces
    return reader(body, Asked(*(stated.get(name, "")[:60] for name in STATED)))


def _row(ready: Ready, place: Places) -> dict[str, Any]:
    row = ready.row
    span = format_date(row.first, "d MMM y")
    if row.last != row.first:
        span += f" – {format_date(row.last, 'd MMM y')}"
    if row.start and row.end:
        span += f", {row.start:%H.%M}–{row.end:%H.%M}"
    return {"line": row.line, "name": ready.name, "kind": KIND_WORDS[row.kind], "span": span, "document": row.document}


def _shared(place: Places) -> dict[str, Any]:
    mine = reach(who().role, who().agency, place)
    return {"agencies": [a for a in place.agencies.values() if a.code in mine], "chosen": None} | frame(place)


def _go(where: str) -> Response:
    return redirect(where, 303)  # type: ignore[return-value]
