"""The day as a timeline, counter by counter, with the evidence for every empty stretch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask_babel import format_date

from admin.api import YEARS, read_day, read_moment
from admin.bands import Band, axis_of, band_of, chosen, minutes_in_words, name_of
from admin.evidence import Fact, Teller
from admin.pages import bp, frame, place_of
from admin.timeline_api import note_told, timeline_now, within
from admin.words import CAUSES, KINDS, LATE_FACTS, _
from hall.errors import Denied
from hall.places import Places
from staffing.privacy import note_look, reach
from staffing.reported import Told
from staffing.roster import roster_of
from staffing.timeline import Lane, Stretch, Timeline
from staffing.vacancies import Vacancy
from staffing.vacancies_view import sentence
from web.ground import db, now
from web.identity import who

NOTED = "evidence"  # what the list of looks calls it when somebody reads whom an empty counter is about
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Proof:
    """An empty or unobserved stretch in words, with the facts behind it."""

    cause: str
    title: str
    minutes: str
    since: str
    until: str
    running: bool
    provisional: bool
    sentence: str
    was: str
    planned: tuple[str, ...]
    cost: str
    deciding: tuple[Fact, ...]
    others: tuple[Fact, ...]


@bp.get("/admin/<hall>/hari")
def today(hall: str) -> str | Response:
    """The running day, or the one that was picked in the form."""
    picked = read_day(request.args.get("tanggal"))
    if picked is not None:
        goal = url_for("admin.day", hall=hall, day=picked, **_asked())  # type: ignore[arg-type]
        return redirect(goal, 303)  # type: ignore[return-value]
    return _show(hall, place_of(hall).date(now()))


@bp.get("/admin/<hall>/hari/<day>")
def day(hall: str, day: str) -> str:
    """One day; ``?bagian=lajur`` gives only the lanes, for a page that keeps itself up to date."""
    return _show(hall, read_day(day) or place_of(hall).date(now()))


@bp.get("/admin/<hall>/hari/<day>/<counter>")
def counter_day(hall: str, day: str, counter: str) -> str:
    """One counter's day in full; with ``?pada=TIME&panel=1`` only the evidence of that moment, for a panel."""
    place = place_of(hall)
    chosen_day = read_day(day) or place.date(now())
    where = place.counter(counter)
    if where.agency not in within(place):
        note_look(db(), hall, who().actor, f"agency:{where.agency}", NOTED, now(), allowed=False)
        raise Denied("other_agency", _("Loket instansi lain bukan kewenangan Anda. Permintaan ini dicatat."))
    found = timeline_now(hall, chosen_day)
    lane = next(lane for lane in found.lanes if lane.counter.code == counter)
    if request.args.get("panel"):
        moment = read_moment(request.args.get("pada", ""), "pada")
        stretches = [_last_told(lane, moment)]
    else:
        stretches = [s for s in lane.stretches if s.vacancy is not None]
    proofs = _proofs(found, lane, [s for s in stretches if s is not None])
    if request.args.get("panel"):
        nothing = _("Belum ada bukti untuk saat ini: loket kosong masih dalam waktu toleransi.")
        return render_template("admin/proofs.html", proofs=proofs, nothing=nothing)
    note_told(found, within(place))
    axis = axis_of(found)
    return render_template(
        "admin/counter_day.html",
        withdrawn=[_withdrawn(told, found) for told in lane.withdrawn],
        counter=where,
        agency=place.agencies[where.agency],
        axis=axis,
        band=band_of(lane, found, axis),
        rows=[_row(stretch, found) for stretch in lane.stretches],
        proofs=proofs,
        **_near(place, chosen_day),
        **frame(place),
    )


def _last_told(lane: Lane, moment: datetime) -> Stretch | None:
    """The stretch of the moment; at the very present, which is ahead of everything known, the one before it."""
    found = lane.at(moment)
    if found is None or found.vacancy is None:
        before = [s for s in lane.stretches if s.end <= moment and moment - s.end < timedelta(seconds=30)]
        found = before[-1] if before else None
    return found if found is not None and found.vacancy is not None else None


def _show(hall: str, chosen_day: date) -> str:
    place = place_of(hall)
    found = timeline_now(hall, chosen_day)
    mine, asked = within(place), _asked()
    note_told(found, mine)
    lanes = chosen(
        found,
        agency=asked.get("instansi", ""),
        kind=asked.get("jenis", ""),
        only_empty="kosong" in asked,
        within=mine,
    )
    axis = axis_of(found)
    areas: dict[str, list[Band]] = {}  # in the hall's order, as on the plan
    for lane in lanes:
        areas.setdefault(lane.counter.area, []).append(band_of(lane, found, axis))
    given = {"axis": axis, "areas": areas}
    if request.args.get("bagian") == "lajur":
        return render_template("admin/day_lanes.html", hall=place, **given)
    agencies = [agency for code, agency in place.agencies.items() if code in mine]
    return render_template(
        "admin/day.html",
        asked=asked,
        agencies=agencies,
        kinds={code: name for code, name in KINDS.items() if any(a.kind == code for a in agencies)},
        now_text=found.at.astimezone(place.tz).strftime("%H.%M"),
        **given,
        **_near(place, chosen_day),
        **frame(place),
    )


def _asked() -> dict[str, str]:
    """What the lanes are narrowed by, as the address says it."""
    names = ("instansi", "jenis", "kosong")
    return {name: request.args[name][:60] for name in names if request.args.get(name)}


def _near(place: Places, chosen_day: date) -> dict[str, Any]:
    running = place.date(now())
    before, after = chosen_day - DAY, chosen_day + DAY
    return {
        "day": chosen_day,
        "today": running,
        "before": before if before.year in YEARS else None,
        "after": after if after <= running else None,
    }


def _row(stretch: Stretch, found: Timeline) -> dict[str, str]:
    since, until = _clock(stretch.start, found), _clock(stretch.end, found)
    words = name_of(stretch)
    return {
        "state": stretch.state,
        "since": since,
        "until": until,
        "words": words[:1].upper() + words[1:],
        "minutes": minutes_in_words(stretch.minutes),
    }


def _clock(moment: datetime, found: Timeline) -> str:
    return "24.00" if moment == found.window.end else moment.astimezone(found.place.tz).strftime("%H.%M")


def _proofs(found: Timeline, lane: Lane, stretches: list[Stretch]) -> list[Proof]:
    """The evidence of these stretches; whose names are shown is written down before they are."""
    me, place = who(), found.place
    names = None
    if lane.counter.agency in reach(me.role, me.agency, place):
        with db().reading() as connection:
            names = roster_of(db(), connection, place.code).names
        for nip in dict.fromkeys(nip for s in stretches for nip in _officers(s)):
            note_look(db(), place.code, me.actor, f"officer:{nip}", NOTED, now())
    return [_proof(found, stretch, names) for stretch in stretches]


def _officers(stretch: Stretch) -> list[str]:
    vacancy = stretch.vacancy
    if vacancy is None:
        return []
    told = [fact.officer for fact in vacancy.evidence if fact.officer is not None]
    return [*vacancy.officers, *told]


def _proof(found: Timeline, stretch: Stretch, names: dict[str, str] | None) -> Proof:
    vacancy = stretch.vacancy
    assert vacancy is not None
    teller = Teller(found.place, found.window.start, _officers(stretch), names)
    facts = [(fact, teller.fact(fact)) for fact in vacancy.evidence]
    title = name_of(stretch)
    return Proof(
        cause=vacancy.cause,
        title=title[:1].upper() + title[1:],
        minutes=minutes_in_words(vacancy.minutes),
        since=_clock(vacancy.start, found),
        until=_clock(vacancy.end, found),
        running=vacancy.end >= found.at,
        provisional=vacancy.provisional,
        sentence=sentence(vacancy, found.place, names),
        was=_was(vacancy, found),
        planned=tuple(dict.fromkeys(teller.person(f.officer) for f in vacancy.evidence if f.kind == "plan")),
        cost=_cost(vacancy),
        deciding=tuple(told for fact, told in facts if fact.decides),
        others=tuple(told for fact, told in facts if not fact.decides),
    )


def _was(vacancy: Vacancy, found: Timeline) -> str:
    """How the stretch was told before, if that has changed, and which kinds of facts changed it."""
    change = vacancy.was
    if change is None:
        return ""
    before = CAUSES.get(change.told.cause, change.told.cause)
    told = _telling_time(change.told.at, found)
    words = _("Sebelumnya dilaporkan sebagai “%(cause)s” (%(time)s).", cause=before, time=told)
    kinds = dict.fromkeys(str(LATE_FACTS.get(line.kind, line.kind)) for line in change.facts)
    return words + (" " + _("Berubah karena %(facts)s.", facts=", ".join(kinds)) if kinds else "")


def _withdrawn(told: Told, found: Timeline) -> str:
    span = f"{_clock(told.start, found)}–{_clock(told.end, found)}"
    before, when = CAUSES.get(told.cause, told.cause), _telling_time(told.at, found)
    return _(
        "%(span)s tidak lagi kosong; sebelumnya dilaporkan “%(cause)s” (%(time)s).", span=span, cause=before, time=when
    )


def _telling_time(moment: datetime, found: Timeline) -> str:
    local = moment.astimezone(found.place.tz)
    clock = local.strftime("%H.%M")
    return clock if local.date() == found.day else f"{format_date(local.date(), 'd MMM')} {clock}"


def _cost(vacancy: Vacancy) -> str:
    cost = vacancy.cost
    words = [_("%(n)s menit warga", n=round(cost.waiting_minutes))]
    if cost.stranded_minutes:
        words.append(_("%(n)s menit di antaranya tanpa loket lain", n=round(cost.stranded_minutes)))
    if cost.abandoned:
        words.append(_("%(n)s nomor berakhir tanpa dilayani", n=cost.abandoned))
    return ", ".join(words) if cost.waiting_minutes or cost.abandoned else _("tidak ada yang menunggu")
