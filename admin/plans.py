"""Who sits where on which dates, and the post register: pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import format_date, lazy_gettext
from flask_babel import gettext as _

from admin.api import YEARS, read_day
from admin.pages import frame, place_of
from admin.people_api import agencies_asked, asker
from admin.plans_api import read_hour
from hall.database import new_id
from hall.errors import Conflict, Invalid, Refusal
from hall.once import check_key
from hall.places import Places
from staffing.absences import absences_in, whole_days
from staffing.entries import (
    PlanEntry,
    change_post,
    counters_of,
    plan_officer,
    plans_in,
    post_changes_of,
    withdraw_plan,
    withdraw_post_change,
)
from staffing.facts import ABSENCES
from staffing.people_day import people_on
from staffing.privacy import reach
from staffing.roster import roster_of
from web.ground import db, now
from web.identity import who

bp = Blueprint("plans", __name__, template_folder="templates")
DAY = timedelta(days=1)
POST_WORDS = {
    "filled": lazy_gettext("terisi"),
    "vacant": lazy_gettext("kosong"),
    "abolished": lazy_gettext("dihapus"),
}
DOINGS = ("plan", "substitute", "off")


@bp.get("/admin/<hall>/jadwal")
def roster(hall: str) -> str:
    """One day's plan by counter, and what people entered for the days to come."""
    return _roster(hall)


def _roster(hall: str, fault: Refusal | None = None, typed: dict[str, str] | None = None) -> str:
    place, moment = place_of(hall), now()
    chosen = request.args.get("instansi") or None
    mine = agencies_asked(hall, chosen, "roster")
    today = place.date(moment)
    day = read_day(request.args.get("tanggal")) or today
    counters = counters_of(place, mine)
    start, end = whole_days(place, day, day)
    people = people_on(db(), hall, mine, day, moment).officers
    with db().reading() as connection:
        rows = roster_of(db(), connection, hall)
        here = plans_in(connection, hall, counters, day, day)
        coming = plans_in(connection, hall, counters, today, today + 366 * DAY)
        away = {a.officer: a.kind for a in absences_in(connection, hall, mine, start, end)}
    agencies = {code: place.counters[code].agency for code in counters}
    planned: dict[str, list[dict[str, Any]]] = {code: [] for code in counters}
    for plan in rows.plans(place.calendar, agencies, start, end):
        known = next((p for p in planned[plan.counter] if p["officer"] == plan.officer), None)
        if known is None:
            known = {"officer": plan.officer, "name": rows.names.get(plan.officer, plan.officer)}
            known |= {"start": _clock(plan.interval.start, place), "away": away.get(plan.officer)}
            known["substitute_for"] = rows.names.get(plan.substitute_for or "")
            planned[plan.counter].append(known)
        known["end"] = _clock(plan.interval.end, place)
    return render_template(
        "admin/plans_roster.html",
        day=day,
        today=today,
        before=day - DAY if (day - DAY).year in YEARS else None,
        after=day + DAY if (day + DAY).year in YEARS else None,
        counters=[place.counters[code] for code in counters],
        planned=planned,
        due={code: bool(place.calendar.plan(agencies[code], code, day).due) for code in counters},
        entries={code: [_entry(e, place) for e in here if e.counter == code] for code in counters},
        coming=[_entry(e, place) for e in coming if e.until > day or e.since > day],
        people=people,
        doing=request.args.get("untuk"),
        how=request.args.get("cara") if request.args.get("cara") in DOINGS else "plan",
        whom=request.args.get("siapa"),
        withdrawing=request.args.get("tarik"),
        absences=ABSENCES,
        key=new_id(),
        fault=fault,
        typed=typed or {},
        **_shared(place, chosen),
    )


@bp.post("/admin/<hall>/jadwal")
def plan(hall: str) -> Response:
    """Plans an officer, names a substitute, or takes an officer off a counter."""
    form = request.form
    how = form.get("how", "plan")
    try:
        first = read_day(form.get("first"))
        if first is None:
            raise Invalid("bad_date", _("Isi tanggalnya."))
        last = read_day(form.get("last")) or first
        whom = form.get("whom", "")[:18] or None
        officer = form.get("officer", "")[:18]
        if not officer or (how != "plan" and whom is None):
            raise Invalid("missing_field", _("Pilih petugasnya."))
        plan_officer(
            db(), hall, officer, form.get("counter", "")[:40], first, last, by=asker(), now=now(),
            start=read_hour(form.get("start"), "start"), end=read_hour(form.get("end"), "end"),
            substitute_for=whom if how == "substitute" else None, off=how == "off", reason=form.get("reason", ""),
            key=check_key(form.get("key") or None),
        )  # fmt: skip
    except (Invalid, Conflict) as refusal:
        return make_response(_roster(hall, refusal, form.to_dict()), refusal.status)
    return _back(hall, "plans.roster", tanggal=first.isoformat())


@bp.post("/admin/<hall>/jadwal/<entry_id>/tarik")
def withdraw_entry(hall: str, entry_id: str) -> Response:
    """Withdraws a plan by date with a reason."""
    try:
        withdraw_plan(db(), hall, entry_id, request.form.get("reason", ""), by=asker(), now=now())
    except (Invalid, Conflict) as refusal:
        return make_response(_roster(hall, refusal, request.form.to_dict()), refusal.status)
    return _back(hall, "plans.roster", tanggal=request.args.get("tanggal"))


@bp.get("/admin/<hall>/formasi")
def posts(hall: str) -> str:
    """The posts of each counter, filled or not, and how the register changed."""
    return _posts(hall)


def _posts(hall: str, fault: Refusal | None = None, typed: dict[str, str] | None = None) -> str:
    place = place_of(hall)
    chosen = request.args.get("instansi") or None
    mine = reach(who().role, who().agency, place)
    if chosen is not None:
        mine = agencies_asked(hall, chosen, "posts")
    today = place.date(now())
    counters = counters_of(place, mine)
    with db().reading() as connection:
        register = roster_of(db(), connection, hall).posts_on(today)
        changes = post_changes_of(connection, hall, mine)
    return render_template(
        "admin/plans_posts.html",
        today=today,
        counters=[place.counters[code] for code in counters],
        register=register,
        changes=changes,
        words=POST_WORDS,
        doing=request.args.get("untuk"),
        title=request.args.get("jabatan", ""),
        withdrawing=request.args.get("tarik"),
        key=new_id(),
        fault=fault,
        typed=typed or {},
        **_shared(place, chosen),
    )


@bp.post("/admin/<hall>/formasi")
def post(hall: str) -> Response:
    """Says that a post is filled, vacant or abolished from a date on."""
    form = request.form
    try:
        since = read_day(form.get("since"))
        if since is None:
            raise Invalid("bad_date", _("Isi tanggalnya."))
        change_post(
            db(), hall, form.get("counter", "")[:40], form.get("title", ""), form.get("state", ""), since, by=asker(),
            now=now(), reason=form.get("reason", ""), key=check_key(form.get("key") or None),
        )  # fmt: skip
    except (Invalid, Conflict) as refusal:
        return make_response(_posts(hall, refusal, form.to_dict()), refusal.status)
    return _back(hall, "plans.posts")


@bp.post("/admin/<hall>/formasi/<entry_id>/tarik")
def withdraw_post(hall: str, entry_id: str) -> Response:
    """Withdraws a change of the post register with a reason."""
    try:
        withdraw_post_change(db(), hall, entry_id, request.form.get("reason", ""), by=asker(), now=now())
    except (Invalid, Conflict) as refusal:
        return make_response(_posts(hall, refusal, request.form.to_dict()), refusal.status)
    return _back(hall, "plans.posts")


def _shared(place: Places, chosen: str | None) -> dict[str, Any]:
    mine = reach(who().role, who().agency, place)
    return {"agencies": [a for a in place.agencies.values() if a.code in mine], "chosen": chosen} | frame(place)


def _entry(e: PlanEntry, place: Places) -> dict[str, Any]:
    days = format_date(e.since, "EEEE, d MMM y")
    if e.until != e.since:
        days = f"{format_date(e.since, 'd MMM y')} – {format_date(e.until, 'd MMM y')}"
    hours = f"{e.start:%H.%M}–{e.end:%H.%M}" if e.start and e.end else None
    counter = place.counters.get(e.counter)
    return {
        "id": e.id,
        "officer": e.officer,
        "name": e.name,
        "counter": counter.name if counter else e.counter,
        "days": days,
        "hours": hours,
        "off": e.off,
        "substitute_for": e.substitute_for,
        "reason": e.reason,
    }


def _clock(moment: datetime, place: Places) -> str:
    return moment.astimezone(place.tz).strftime("%H.%M")


def _back(hall: str, endpoint: str, **more: Any) -> Response:
    where = url_for(endpoint, hall=hall, instansi=request.args.get("instansi") or None, **more)
    return redirect(where, 303)  # type: ignore[return-value]
