"""The officers of a day, their absences, the roll call, and the list of who looked at whom: pages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import format_date, lazy_gettext
from flask_babel import gettext as _

from admin.api import YEARS, read_day
from admin.pages import ROLE_NAMES, frame, place_of
from admin.people_api import agencies_asked, asker
from admin.plans_api import read_hour
from admin.words import CAUSES
from hall.database import new_id
from hall.errors import Conflict, Invalid, Refusal
from hall.once import check_key
from hall.places import Places
from staffing.absences import (
    Away,
    absences_in,
    correct_absence,
    enter_absence,
    hours_of,
    whole_days,
    withdraw_absence,
)
from staffing.facts import ABSENCES
from staffing.people_day import OfficerDay, people_on
from staffing.privacy import reach, read_looks
from staffing.rollcall import closed_at, marks_of
from web.ground import db, now
from web.identity import who

bp = Blueprint("people", __name__, template_folder="templates")
DAY = timedelta(days=1)
KINDS = ("sick", "permission", "leave", "official_travel", "study")  # the order of a day's telephone calls
KIND_WORDS = {kind: CAUSES[kind] for kind in ABSENCES}
STATE_WORDS = {
    "missing": lazy_gettext("Belum terlihat"),
    "expected": lazy_gettext("Belum waktunya"),
    "at_counter": lazy_gettext("Di loket"),
    "paused": lazy_gettext("Jeda"),
    "came": lazy_gettext("Hadir"),
    "away": lazy_gettext("Tidak masuk"),
    "unplanned": lazy_gettext("Tanpa jadwal"),
}
LOOKS = {  # the colours and signs of the house's states
    "missing": "vacant", "expected": "not_due", "at_counter": "serving", "paused": "paused", "came": "waiting",
    "away": "away", "unplanned": "not_due",
}  # fmt: skip
LOOK_WORDS = {
    "attendance": lazy_gettext("petugas hari itu"),
    "attendance_list": lazy_gettext("berkas presensi"),
    "absences": lazy_gettext("daftar tidak masuk"),
    "roster": lazy_gettext("jadwal petugas"),
    "roll_call": lazy_gettext("apel"),
    "floor": lazy_gettext("pantauan loket"),
    "vacancies": lazy_gettext("loket kosong"),
    "timeline": lazy_gettext("garis waktu hari"),
    "case": lazy_gettext("tindak lanjut"),
}


@bp.get("/admin/<hall>/petugas")
def today(hall: str) -> str:
    """Who of one's own is planned today and where, who is in, who is away; an absence is entered in three touches."""
    return _today(hall)


def _today(hall: str, fault: Refusal | None = None, typed: dict[str, str] | None = None) -> str:
    place, moment = place_of(hall), now()
    mine, chosen = _choice(place, "attendance")
    today = place.date(moment)
    day = _date(request.args.get("tanggal"), today)
    found = people_on(db(), hall, mine, day, moment)
    recorded = request.args.get("tercatat")
    told = next(((o, a) for o in found.officers for a in o.absences if recorded and a.id == recorded), None)
    return render_template(
        "admin/people_today.html",
        day=day,
        today=today,
        before=day - DAY if (day - DAY).year in YEARS else None,
        after=day + DAY if (day + DAY).year in YEARS else None,
        people=found,
        cards=[_card(o, place, day) for o in found.officers],
        entering=request.args.get("catat"),
        kinds=[(kind, KIND_WORDS[kind]) for kind in KINDS],
        told=(told[0].name, _absence(told[1], place)) if told else None,
        key=new_id(),
        fault=fault,
        typed=typed or {},
        **_shared(place, chosen),
    )


@bp.post("/admin/<hall>/petugas/tidak-masuk")
def enter(hall: str) -> Response:
    """Records an absence from the form; a refusal is told in the form itself."""
    place, form = place_of(hall), request.form
    try:
        start, end = _period(place)
        fact = enter_absence(
            db(), hall, form.get("officer", "")[:18], form.get("kind", "")[:20], start, end, form.get("document", ""),
            by=asker(), now=now(), key=check_key(form.get("key") or None),
        )  # fmt: skip
    except (Invalid, Conflict) as refusal:
        return make_response(_today(hall, refusal, form.to_dict()), refusal.status)
    back: dict[str, Any] = {name: request.args[name] for name in ("instansi", "tanggal") if request.args.get(name)}
    return _go(url_for("people.today", hall=hall, tercatat=fact, **back))


@bp.get("/admin/<hall>/tidak-masuk")
def away(hall: str) -> str:
    """The absences of some weeks, also withdrawn ones, to complete, correct or withdraw."""
    return _away(hall)


def _away(hall: str, fault: Refusal | None = None, typed: dict[str, str] | None = None) -> str:
    place, moment = place_of(hall), now()
    mine, chosen = _choice(place, "absences")
    today = place.date(moment)
    first = _date(request.args.get("dari"), today - 7 * DAY)
    last = max(first, _date(request.args.get("sampai"), max(first, today) + 30 * DAY))
    start, end = whole_days(place, first, min(last, first + 366 * DAY))
    with db().reading() as connection:
        found = absences_in(connection, hall, mine, start, end, withdrawn=True)
    return render_template(
        "admin/people_away.html",
        first=first,
        last=last,
        today=today,
        rows=[_absence(a, place) for a in found],
        imported=request.args.get("terimpor", type=int),
        known=request.args.get("dikenal", type=int),
        changing=request.args.get("ubah"),
        kinds=[(kind, KIND_WORDS[kind]) for kind in KINDS],
        key=new_id(),
        fault=fault,
        typed=typed or {},
        **_shared(place, chosen),
    )


@bp.post("/admin/<hall>/tidak-masuk/<absence_id>/ubah")
def correct(hall: str, absence_id: str) -> Response:
    """Corrects an absence: the document that came later, the dates, the kind."""
    place, form = place_of(hall), request.form
    try:
        start, end = _period(place)
        correct_absence(
            db(), hall, absence_id, kind=form.get("kind", "")[:20], start=start, end=end,
            document=form.get("document", ""), reason=form.get("reason", ""), by=asker(), now=now(),
            key=check_key(form.get("key") or None),
        )  # fmt: skip
    except (Invalid, Conflict) as refusal:
        return make_response(_away(hall, refusal, form.to_dict()), refusal.status)
    return _back_to_list(hall)


@bp.post("/admin/<hall>/tidak-masuk/<absence_id>/tarik")
def withdraw(hall: str, absence_id: str) -> Response:
    """Withdraws an absence with a reason."""
    try:
        withdraw_absence(db(), hall, absence_id, request.form.get("reason", ""), by=asker(), now=now())
    except (Invalid, Conflict) as refusal:
        return make_response(_away(hall, refusal, request.form.to_dict()), refusal.status)
    return _back_to_list(hall)


@bp.get("/admin/<hall>/apel")
def roll_call(hall: str) -> str:
    """The roll call of one agency on a phone. The page works without signal: rollcall.js and its worker keep it."""
    place, moment = place_of(hall), now()
    mine, chosen = _choice(place, "roll_call", one=True)
    day = place.date(moment)
    agency = chosen or next((code for code in place.agencies if code in mine), "")
    found = people_on(db(), hall, {agency}, day, moment)
    with db().reading() as connection:
        marks = marks_of(connection, hall, agency, day)
        closed = closed_at(connection, hall, agency, day)
    officers = sorted(found.officers, key=lambda o: o.name)
    return render_template(
        "admin/people_roll_call.html",
        day=day,
        moment=moment,
        agency=place.agencies.get(agency),
        cards=[_card(o, place, day) for o in officers],
        marks={(m.officer, m.roll): m for m in marks},
        closed=closed,
        kinds=[(kind, KIND_WORDS[kind]) for kind in KINDS],
        **_shared(place, agency),
    )


@bp.get("/admin/apel-worker.js")
def roll_worker() -> Response:
    """The script that keeps the roll call's page for the time without signal; served here for its scope."""
    script = (Path(bp.root_path) / "static" / "rollcall-worker.js").read_bytes()
    return Response(script, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


@bp.get("/admin/<hall>/catatan-akses")
def looks(hall: str) -> str:
    """Who looked at whose attendance, and who was refused."""
    place = place_of(hall)
    before = request.args.get("sebelum", "")
    refused = request.args.get("hanya") == "ditolak"
    with db().reading() as connection:
        found = read_looks(
            connection,
            hall,
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None,
            refused=refused,
        )
    return render_template(
        "admin/people_looks.html",
        looks=found,
        refused=refused,
        what=LOOK_WORDS,
        roles=ROLE_NAMES,
        **_shared(place, None),
    )


def _choice(place: Places, what: str, *, one: bool = False) -> tuple[frozenset[str], str | None]:
    """The agencies to show, and the chosen one; the look is written down, a reach for others refused."""
    chosen = request.args.get("instansi") or None
    if chosen is None and one:
        mine = reach(who().role, who().agency, place)
        chosen = next((code for code in place.agencies if code in mine), None)
    return agencies_asked(place.code, chosen, what), chosen


def _shared(place: Places, chosen: str | None) -> dict[str, Any]:
    mine = reach(who().role, who().agency, place)
    agencies = [a for a in place.agencies.values() if a.code in mine]
    return {"agencies": agencies, "chosen": chosen} | frame(place)


def _period(place: Places) -> tuple[datetime, datetime]:
    form = request.form
    first, last = read_day(form.get("first")), read_day(form.get("last"))
    if first is None:
        raise Invalid("bad_date", _("Isi tanggalnya."))
    start, end = read_hour(form.get("start"), "start"), read_hour(form.get("end"), "end")
    if (start is None) != (end is None):
        raise Invalid("bad_hours", _("Isi jam mulai dan jam selesai, atau kosongkan keduanya."))
    if start is not None and end is not None:
        if last not in (None, first):
            raise Invalid("bad_hours", _("Jam hanya untuk satu hari; samakan kedua tanggal."))
        return hours_of(place, first, start, end)
    if (last or first) < first:
        raise Invalid("bad_period", _("Tanggal selesai tidak boleh sebelum tanggal mulai."))
    return whole_days(place, first, last or first)


def _card(o: OfficerDay, place: Places, day: date) -> dict[str, Any]:
    """An officer as the page tells it."""
    word = str(KIND_WORDS[o.absences[0].kind] if o.state == "away" else STATE_WORDS[o.state])
    if o.state in ("at_counter", "paused") and o.counter:
        word = _("Di %(counter)s", counter=_counter(place, o.counter)) if o.state == "at_counter" else word
    return {
        "nip": o.nip,
        "name": o.name,
        "agency": o.agency,
        "state": o.state,
        "look": LOOKS[o.state],
        "word": f"{word[:1].upper()}{word[1:]}",
        "plans": _plans(o, place),
        "arrived": _clock(o.arrived, place) if o.arrived else None,
        "last_punch": _clock(o.last_punch, place) if o.last_punch else None,
        "absences": [_absence(a, place) for a in o.absences],
        "marks": [
            (
                m.roll,
                KIND_WORDS.get(m.mark) or (_("hadir") if m.mark == "present" else _("tidak hadir")),
                _clock(m.at, place),
            )
            for m in o.marks
        ],
        "no_data": o.state == "missing"
        and (o.source is None or o.covered_until is None or place.date(o.covered_until) < day),
    }


def _plans(o: OfficerDay, place: Places) -> list[dict[str, Any]]:
    """Where an officer is planned, pieces of one counter around a break put together."""
    found: dict[str, dict[str, Any]] = {}
    for plan in o.plans:
        entry = found.setdefault(
            plan.counter,
            {
                "counter": _counter(place, plan.counter),
                "start": _clock(plan.interval.start, place),
                "substitute": plan.substitute_for,
            },
        )
        entry["end"] = _clock(plan.interval.end, place)
    return list(found.values())


def _absence(a: Away, place: Places) -> dict[str, Any]:
    start, end = a.start.astimezone(place.tz), a.end.astimezone(place.tz)
    whole = (start.hour, start.minute, end.hour, end.minute) == (0, 0, 0, 0)
    last = (end - DAY).date() if whole else end.date()
    span = (
        format_date(start.date(), "d MMMM y")
        if start.date() == last
        else f"{format_date(start.date(), 'd MMM y')} – {format_date(last, 'd MMM y')}"
    )
    if not whole:
        span += f", {start:%H.%M}–{end:%H.%M}"
    return {
        "id": a.id,
        "officer": a.officer,
        "name": a.name,
        "agency": place.agencies[a.agency].short if a.agency in place.agencies else a.agency,
        "kind": a.kind,
        "word": KIND_WORDS.get(a.kind, a.kind),
        "first": start.date().isoformat(),
        "last": last.isoformat(),
        "start": None if whole else f"{start:%H:%M}",
        "end": None if whole else f"{end:%H:%M}",
        "span": span,
        "document": a.document,
        "by": a.recorded_by,
        "recorded": a.recorded,
        "withdrawn": a.withdrawn,
        "withdrawn_by": a.withdrawn_by,
        "reason": a.withdrawn_reason,
    }


def _counter(place: Places, code: str) -> str:
    counter = place.counters.get(code)
    return counter.name if counter else code


def _clock(moment: datetime, place: Places) -> str:
    return moment.astimezone(place.tz).strftime("%H.%M")


def _date(given: str | None, otherwise: date) -> date:
    return read_day(given) or otherwise


def _back_to_list(hall: str) -> Response:
    back: dict[str, Any] = {
        name: request.args[name] for name in ("instansi", "dari", "sampai") if request.args.get(name)
    }
    return _go(url_for("people.away", hall=hall, **back))


def _go(where: str) -> Response:
    return redirect(where, 303)  # type: ignore[return-value]
