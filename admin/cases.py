"""The pages of follow-up: the list of cases, choosing vacancies to open one, a case with its timeline and letters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.api import YEARS, read_day
from admin.case_work import WORKERS, choices, letter_file, open_wanted, order_from, perform, see
from admin.cases_api import agency_asked, by
from admin.pages import ROLE_NAMES, frame, place_of
from admin.words import CAUSES, REASONS
from hall.database import new_id
from hall.errors import Invalid, NotFound, Refusal
from hall.places import Places
from staffing import drafting
from staffing.case_facts import LONGEST_PERIOD, scheduled, taken_from
from staffing.case_moves import statuses_of
from staffing.cases import MOST_PIECES, Sums, Taken, count_cases, list_cases, open_pieces, sums_of
from staffing.followups import KINDS, STATES, follows
from staffing.vacancies import vacancies
from web.ground import db, now
from web.identity import who

bp = Blueprint("cases", __name__, template_folder="templates")
DAY = timedelta(days=1)
KIND_WORDS = {
    "meeting": lazy_gettext("Undangan rapat"),
    "examination": lazy_gettext("Pemeriksaan oleh atasan"),
    "rotation": lazy_gettext("Usulan formasi atau rotasi"),
    "substitute": lazy_gettext("Petugas pengganti"),
    "notice": lazy_gettext("Pemberitahuan ke pimpinan instansi"),
}
STATE_WORDS = {
    "requested": lazy_gettext("Diminta"),
    "open": lazy_gettext("Terbuka"),
    "in_progress": lazy_gettext("Berjalan"),
    "closed": lazy_gettext("Selesai"),
}
STEP_WORDS = {
    "requested": lazy_gettext("Tindak lanjut diminta"),
    "opened": lazy_gettext("Tindak lanjut dibuka"),
    "accepted": lazy_gettext("Permintaan diterima"),
    "assigned": lazy_gettext("Penanggung jawab ditetapkan"),
    "meeting_set": lazy_gettext("Rapat dijadwalkan"),
    "letter_drafted": lazy_gettext("Konsep surat disusun"),
    "answered": lazy_gettext("Jawaban instansi"),
    "noted": lazy_gettext("Catatan"),
    "facts_changed": lazy_gettext("Fakta berubah"),
    "facts_renewed": lazy_gettext("Dilanjutkan dengan fakta sekarang"),
    "closed": lazy_gettext("Ditutup"),
    "reopened": lazy_gettext("Dibuka kembali"),
}
RESULT_WORDS = {
    "meeting_held": lazy_gettext("Rapat telah dilaksanakan"),
    "hours_changed": lazy_gettext("Jam layanan diubah"),
    "answered": lazy_gettext("Sudah dijawab pimpinan instansi"),
    "examined": lazy_gettext("Sudah diperiksa atasan langsung"),
    "explained": lazy_gettext("Ada keterangan yang sah"),
    "post_filled": lazy_gettext("Formasi terisi"),
    "substitute_found": lazy_gettext("Petugas pengganti ditemukan"),
    "not_possible": lazy_gettext("Belum memungkinkan"),
    "not_needed": lazy_gettext("Tidak perlu ditindaklanjuti"),
}
LETTER_WORDS = {
    "invitation": lazy_gettext("Undangan rapat"),
    "examination": lazy_gettext("Permintaan pemeriksaan oleh atasan langsung"),
    "rotation": lazy_gettext("Nota usulan pengisian formasi atau rotasi"),
    "notice": lazy_gettext("Pemberitahuan kepada pimpinan instansi"),
}
SHOWN = 200  # rows of the choice: the dearest first
WORDS = {
    "kinds": KIND_WORDS, "states": STATE_WORDS, "steps": STEP_WORDS, "results": RESULT_WORDS, "letters": LETTER_WORDS,
    "causes": CAUSES | {name: REASONS[name] for name in ("outside_hours", "break")},
}  # fmt: skip


@bp.get("/admin/<hall>/tindak-lanjut")
def show_all(hall: str) -> str:
    """The cases; without a filter those that are not closed."""
    place, state = place_of(hall), request.args.get("keadaan", "")
    agency = agency_asked(hall, request.args.get("instansi"))
    wanted = (state,) if state in STATES else () if state == "semua" else ("requested", "open", "in_progress")
    with db().reading() as connection:
        found = list_cases(connection, hall, states=wanted, agency=agency)
        counts = count_cases(connection, hall, agency=agency)
        sums = sums_of(connection, found)
    return render_template(
        "admin/cases.html", found=found, sums=sums, nothing=Sums(), counts=counts, state=state, agency=agency or "",
        today=place.date(now()), words=WORDS, asks=who().role in (*WORKERS, "regent"), **frame(place),
    )  # fmt: skip


@bp.get("/admin/<hall>/tindak-lanjut/baru")
def choose(hall: str) -> Response:
    """The vacancies of a period, from which some are chosen."""
    return _choice(hall)


@bp.post("/admin/<hall>/tindak-lanjut/baru")
def open_chosen(hall: str) -> Response:
    """Opens cases from the chosen vacancies; after a refusal the choice is shown again as it was."""
    given = request.form
    try:
        wanted = [_reference(text) for text in given.getlist("pilih")]
        order = order_from({name: given.get(name) for name in ("kind", "note", "responsible", "due")})
        made = open_wanted(hall, wanted, order, given.get("key") or None)
    except Refusal as refusal:
        return _choice(hall, refusal)
    if len(made) == 1:
        return _go(url_for("cases.show", hall=hall, case_id=made[0]))
    return _go(url_for("cases.show_all", hall=hall))


def _reference(text: str) -> tuple[str, datetime]:
    """A chosen vacancy: its counter and start, as the page wrote them."""
    counter, _mark, start = text.rpartition("|")
    try:
        moment = datetime.fromisoformat(start)
    except ValueError:
        moment = None
    if not counter or moment is None or moment.utcoffset() is None or moment.year not in YEARS:
        raise Invalid("wrong_type", _("Pilihan ini tidak dikenal. Muat ulang halamannya."))
    return counter, moment


def _choice(hall: str, refusal: Refusal | None = None) -> Response:
    place, given = place_of(hall), request.form if refusal else request.args
    today = place.date(now())
    fault = refusal
    try:
        first, last = _period(given, today)
    except Invalid as bad:
        first, last, fault = today, today, refusal or bad
    agency, listing = given.get("instansi", ""), given.get("daftar", "")
    if listing == "jadwal":
        days = [last - n * DAY for n in range(min((last - first).days + 1, 7))]
        found = [t for day in days for t in scheduled(db(), hall, day, now=now(), agency=agency or None)]
    else:
        pieces = vacancies(db(), hall, first, last, now=now()).pieces
        found = [taken_from(v) for v in pieces if v.cause != "unobserved" and agency in ("", v.agency)]
    rows = _rows(place, found)
    page = render_template(
        "admin/case_new.html", rows=rows[:SHOWN], more=len(rows) - SHOWN, first=first, last=last, today=today,
        agency=agency, listing=listing, kinds=KINDS, words=WORDS, most=MOST_PIECES, fault=fault, typed=given,
        chosen=set(request.form.getlist("pilih")), key=new_id(), role=who().role, **frame(place),
    )  # fmt: skip
    return make_response(page, fault.status if fault else 200)


def _period(given: Mapping[str, str], today: date) -> tuple[date, date]:
    last = read_day(given.get("sampai")) or today
    first = read_day(given.get("dari")) or last
    if first > last or (last - first).days >= LONGEST_PERIOD:
        message = _("Kurun paling panjang %(days)s hari, dari yang awal ke yang akhir.", days=LONGEST_PERIOD)
        raise Invalid("bad_period", message)
    return first, last


def _rows(place: Places, found: list[Taken]) -> list[dict[str, Any]]:
    """The choice, dearest first. Who the officers are is not needed here, and not told."""
    if not found:
        return []
    with db().reading() as connection:
        starts = [t.start for t in found]
        statuses = statuses_of(connection, place.code, {o for t in found for o in t.officers})
        held = open_pieces(connection, place.code, min(starts), max(starts) + DAY)
    found.sort(key=lambda t: (-t.waiting_minutes, t.start, t.counter))
    return [
        {
            "piece": t,
            "ref": f"{t.counter}|{t.start.isoformat()}",
            "start": t.start.astimezone(place.tz),
            "end": t.end.astimezone(place.tz),
            "counter": place.counters[t.counter].name if t.counter in place.counters else t.counter,
            "agency": place.agencies[t.agency],
            "proposed": _proposed(t, place, statuses),
            "held": held.get((t.counter, t.start)),
        }
        for t in found
        if t.agency in place.agencies
    ]


def _proposed(taken: Taken, place: Places, statuses: Mapping[str, str]) -> str | None:
    ways = follows(taken.cause, place.agencies[taken.agency].kind, [statuses[o] for o in taken.officers])
    return ways[0] if ways else None


@bp.get("/admin/<hall>/tindak-lanjut/<case_id>")
def show(hall: str, case_id: str) -> Response:
    """A case: what it is about, what has become of the facts, its timeline, its letters, the next steps."""
    return _case(hall, case_id)


@bp.post("/admin/<hall>/tindak-lanjut/<case_id>")
def step(hall: str, case_id: str) -> Response:
    """Does one step; after a refusal the page is shown again with what was typed."""
    given: dict[str, Any] = {name: value.replace("\r\n", "\n") for name, value in request.form.items()}
    place = place_of(hall)
    try:
        if given.get("step") == "meeting":
            given["at"] = _local_moment(given.get("day", ""), given.get("time", ""), place)
        perform(case_id, given.get("step", ""), given)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        return _case(hall, case_id, refusal, given)
    return _go(url_for("cases.show", hall=hall, case_id=case_id))


def _local_moment(day: str, time: str, place: Places) -> datetime | None:
    try:
        moment = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=place.tz)
    except ValueError:
        return None
    return moment if moment.year in YEARS else None


def _case(hall: str, case_id: str, fault: Refusal | None = None, typed: Mapping[str, Any] | None = None) -> Response:
    seen = see(case_id)
    if seen.case.hall != hall:
        raise NotFound("unknown_case", "Tindak lanjut ini tidak ada.")
    letters, results = choices(seen.case)
    officers = drafting.officers_of(seen.pieces)
    count = _counted(seen.case.hall, officers) if seen.case.kind == "examination" and seen.names else None
    page = render_template(
        "admin/case.html", seen=seen, case=seen.case, kinds_of_letters=letters, results=results, officers=officers,
        count=count, fault=fault, typed=typed or {}, words=WORDS, roles=ROLE_NAMES, today=seen.place.date(now()),
        by=lambda actor: by(actor, seen.names), moment=lambda at: at.astimezone(seen.place.tz), **frame(seen.place),
    )  # fmt: skip
    return make_response(page, fault.status if fault else 200)


def _counted(hall: str, officers: list[str]) -> list[dict[str, Any]] | None:
    """Each officer's year, only when asked for: working a year out takes a while."""
    if request.args.get("hitung") != "1":
        return None
    year = place_of(hall).date(now()).year
    found = []
    for officer in officers:
        count = drafting.year_of(db(), hall, officer, year, now=now())
        found.append({"officer": officer, "count": count, "says": drafting.indicated(db(), hall, officer, count)})
    return found


@bp.get("/admin/<hall>/tindak-lanjut/<case_id>/surat/<int:nr>.<form>")
def letter(hall: str, case_id: str, nr: int, form: str) -> Response:
    """A drafted letter to take along."""
    content, media, name = letter_file(case_id, nr, form)
    return Response(content, content_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _go(where: str) -> Response:
    return redirect(where, 303)  # type: ignore[return-value]
