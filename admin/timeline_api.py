"""The day's timeline over HTTP: every counter's stretches, without any person in them."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

from flask import Response, jsonify, request

from admin.api import api, read_day
from admin.words import _
from hall.errors import Invalid
from hall.places import Places, places
from hall.turn import position
from staffing.timeline import Lane, Stretch, Timeline
from staffing.timeline import timeline as look_at
from staffing.vacancies import note_asked
from web.ground import db, ground, now
from web.identity import who

FRESH = timedelta(seconds=2)  # many screens ask after the same news: they share one look


@api.get("/halls/<hall>/timeline")
def timeline(hall: str) -> Response:
    """A day's lanes, today's without ``date``; a head of an agency sees the own counters only."""
    with db().reading() as connection:
        place = places(db(), connection, hall)
    day = read_day(request.args.get("date")) or place.date(now())
    found = timeline_now(hall, day)
    mine = within(place)
    zone = place.tz
    note_told(found, mine)
    etag = hashlib.sha256(f"{found.seq} {found.at:%Y%m%d%H%M} {day} {sorted(mine)}".encode()).hexdigest()[:24]
    if etag in request.if_none_match:
        return Response(status=304, headers={"ETag": f'"{etag}"'})
    answer = jsonify(
        {
            "hall": hall,
            "date": day.isoformat(),
            "seq": found.seq,
            "now": now().astimezone(zone).isoformat(),
            "lanes": [_lane(lane, found) for lane in found.lanes if lane.counter.agency in mine],
        }
    )
    answer.set_etag(etag)
    return answer


def timeline_now(hall: str, day: date) -> Timeline:
    """The timeline of a day up to now. Raises :class:`Invalid` (``future_day``) for a day that has not begun."""
    moment, kept = now(), ground().kept
    with db().reading() as connection:
        seq, config = position(connection, hall)
        place = places(db(), connection, hall, config)
    if day > place.date(moment):
        raise Invalid("future_day", _("Tanggal itu belum berlangsung."))
    known: Timeline | None = kept.get(("timeline", hall))
    fresh = known is not None and known.day == day and known.seq == seq and timedelta() <= moment - known.at < FRESH
    if known is None or not fresh:
        known = kept["timeline", hall] = look_at(db(), hall, day, now=moment)
    return known


def note_told(found: Timeline, mine: frozenset[str]) -> None:
    """Keeps what a person was told of a day that is over, so that a later change can be said to be one."""
    whole = mine == frozenset(found.place.agencies)
    for agency in (None,) if whole else sorted(mine):
        note_asked(db(), found.period, agency=agency, actor=who().actor)


def within(place: Places) -> frozenset[str]:
    """The agencies whose counters the caller may follow through the day: a head the own one, everybody else all."""
    me = who()
    return frozenset({me.agency or ""} & set(place.agencies)) if me.role == "head" else frozenset(place.agencies)


def _lane(lane: Lane, found: Timeline) -> dict[str, Any]:
    counter = lane.counter
    return {
        "counter": counter.code,
        "name": counter.name,
        "agency": counter.agency,
        "area": counter.area,
        "due_minutes": round(lane.due_minutes, 2),
        "vacant_minutes": round(lane.minutes("vacant"), 2),
        "tickets": len(lane.turns),
        "stretches": [_stretch(stretch, found) for stretch in lane.stretches],
    }


def _stretch(stretch: Stretch, found: Timeline) -> dict[str, Any]:
    zone, vacancy = found.place.tz, stretch.vacancy
    answer = {
        "state": stretch.state,
        "start": stretch.start.astimezone(zone).isoformat(),
        "end": stretch.end.astimezone(zone).isoformat(),
        "minutes": round(stretch.minutes, 2),
        "due": stretch.due,
        "cause": stretch.cause,
        "detail": stretch.detail,
    }
    if vacancy is not None:
        answer |= {
            "provisional": vacancy.provisional,
            "waiting_minutes": round(vacancy.cost.waiting_minutes, 2),
            "stranded_minutes": round(vacancy.cost.stranded_minutes, 2),
            "abandoned": vacancy.cost.abandoned,
        }
    return answer
