"""Plans over HTTP: who sits where on which dates, who stands in for whom, and which post is filled."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request

from admin.api import read_day
from admin.people_api import agencies_asked, asker, key, local, place_of, span
from hall.errors import Invalid
from hall.places import Places
from staffing.absences import whole_days
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
from staffing.privacy import must_reach, reach
from staffing.roster import roster_of
from web.bodies import Field, flag, read_json, text
from web.ground import db, now

api = Blueprint("plans_api", __name__)


@api.get("/halls/<hall>/roster")
def roster(hall: str) -> Response:
    """Who is planned where from ``from`` to ``to``, and the plans that people entered for those dates."""
    mine = agencies_asked(hall, request.args.get("agency"), "roster")
    place = place_of(hall)
    first, last = span(place, longest=timedelta(days=31))
    counters = counters_of(place, mine)
    with db().reading() as connection:
        entered = plans_in(connection, hall, counters, first, last, withdrawn=True)
        rows = roster_of(db(), connection, hall)
    start, end = whole_days(place, first, last)
    agencies = {code: place.counters[code].agency for code in counters}
    planned = rows.plans(place.calendar, agencies, start, end)
    return jsonify(
        {
            "hall": hall,
            "planned": [
                {
                    "counter": p.counter,
                    "officer": p.officer,
                    "name": rows.names.get(p.officer, p.officer),
                    "from": local(p.interval.start, place),
                    "to": local(p.interval.end, place),
                    "substitute_for": p.substitute_for,
                }
                for p in planned
            ],
            "entries": [_plan(e, place) for e in entered],
        }
    )


@api.post("/halls/<hall>/roster")
def plan(hall: str) -> tuple[Response, int]:
    """Plans an officer at a counter for some dates, as a substitute too, or takes one off a counter."""
    body = read_json(
        **{"officer": text(longest=18), "counter": text(longest=40), "from": text(), "to": text()},
        start=text(optional=True),
        end=text(optional=True),
        days=Field(list, optional=True),
        substitute_for=text(optional=True, longest=18),
        off=flag(),
        reason=Field(str, optional=True, default="", shortest=0),
    )  # fmt: skip
    days = body["days"] if body["days"] is not None else list(range(7))
    if not all(type(day) is int and 0 <= day <= 6 for day in days):
        raise Invalid("wrong_type", "Isian 'days' harus berupa bilangan 0 (Senin) sampai 6 (Minggu).", field="days")
    entry = plan_officer(
        db(), hall, body["officer"], body["counter"], _day(body["from"]), _day(body["to"]), by=asker(), now=now(),
        days=days, start=read_hour(body["start"], "start"), end=read_hour(body["end"], "end"),
        substitute_for=body["substitute_for"], off=body["off"], reason=body["reason"], key=key(),
    )  # fmt: skip
    return jsonify({"id": entry}), 201


@api.post("/halls/<hall>/roster/<entry_id>/withdraw")
def withdraw_entry(hall: str, entry_id: str) -> Response:
    """Withdraws a plan by date for a stated reason."""
    body = read_json(reason=text())
    withdraw_plan(db(), hall, entry_id, body["reason"], by=asker(), now=now())
    return jsonify({"id": entry_id})


@api.get("/halls/<hall>/posts")
def posts(hall: str) -> Response:
    """The post register on a date (today without ``date``), and every change that was entered."""
    me, place = asker(), place_of(hall)
    agency = request.args.get("agency")
    if agency:
        must_reach(db(), hall, me, agency, "posts", now())
    mine = frozenset({agency}) if agency else reach(me.role, me.agency, place)
    day = read_day(request.args.get("date")) or place.date(now())
    with db().reading() as connection:
        register = roster_of(db(), connection, hall).posts_on(day)
        changes = post_changes_of(connection, hall, mine)
    return jsonify(
        {
            "hall": hall,
            "date": day.isoformat(),
            "posts": [
                {
                    "counter": post.counter,
                    "agency": place.counters[post.counter].agency,
                    "title": post.title,
                    "filled": post.filled,
                    "since": post.since.isoformat() if post.since else None,
                }
                for code in counters_of(place, mine)
                for post in register.get(code, ())
            ],
            "changes": [
                {
                    "id": c.id,
                    "counter": c.counter,
                    "title": c.title,
                    "state": c.state,
                    "since": c.since.isoformat(),
                    "reason": c.reason,
                    "recorded": local(c.recorded, place),
                    "withdrawn": local(c.withdrawn, place) if c.withdrawn else None,
                }
                for c in changes
            ],
        }
    )


@api.post("/halls/<hall>/posts")
def post(hall: str) -> tuple[Response, int]:
    """Says that a counter's post is filled, vacant or abolished from a date on."""
    body = read_json(
        counter=text(longest=40), title=text(), state=text(), since=text(),
        reason=Field(str, optional=True, default="", shortest=0),
    )  # fmt: skip
    change = change_post(
        db(), hall, body["counter"], body["title"], body["state"], _day(body["since"]), by=asker(), now=now(),
        reason=body["reason"], key=key(),
    )  # fmt: skip
    return jsonify({"id": change}), 201


@api.post("/halls/<hall>/posts/<entry_id>/withdraw")
def withdraw_post(hall: str, entry_id: str) -> Response:
    """Withdraws a change of the post register for a stated reason."""
    body = read_json(reason=text())
    withdraw_post_change(db(), hall, entry_id, body["reason"], by=asker(), now=now())
    return jsonify({"id": entry_id})


def read_hour(given: str | None, field: str) -> time | None:
    """An hour of the hall's clock like ``08:00``, or None. Raises :class:`Invalid` (``bad_hours``)."""
    if not given:
        return None
    try:
        hour = time.fromisoformat(given.replace(".", ":"))
    except ValueError:
        hour = None
    if hour is None or hour.tzinfo is not None:
        raise Invalid("bad_hours", f"Isian {field!r} harus berupa jam seperti 08:00.", field=field)
    return hour.replace(microsecond=0)


def _day(given: str) -> date:
    day = read_day(given)
    if day is None:
        raise Invalid("bad_date", "Tanggal harus diisi.")
    return day


def _plan(e: PlanEntry, place: Places) -> dict[str, Any]:
    return {
        "id": e.id,
        "officer": e.officer,
        "name": e.name,
        "counter": e.counter,
        "off": e.off,
        "days": sorted(e.days),
        "from": e.since.isoformat(),
        "to": e.until.isoformat(),
        "start": e.start.isoformat("minutes") if e.start else None,
        "end": e.end.isoformat("minutes") if e.end else None,
        "substitute_for": e.substitute_for,
        "reason": e.reason,
        "recorded": local(e.recorded, place),
        "withdrawn": local(e.withdrawn, place) if e.withdrawn else None,
        "withdrawn_reason": e.withdrawn_reason,
    }
