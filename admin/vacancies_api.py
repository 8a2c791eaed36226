"""The empty counters of past and present days over HTTP: why, by what evidence, at what cost; each role what it may."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

from flask import Response, jsonify, request
from flask_babel import gettext as _

from admin.api import api, read_day
from admin.periods import agencies_of
from hall.errors import Invalid
from hall.places import Places, places
from hall.turn import position
from staffing.privacy import EVERYBODY, note_look, reach
from staffing.vacancies import Period, note_asked
from staffing.vacancies import vacancies as look_at
from staffing.vacancies_view import plain, plain_idle, plain_told
from web.ground import db, ground, now
from web.identity import who

MOST_DAYS = 31
FRESH = timedelta(seconds=2)  # a nudge brings every screen here at once: they may share one look
WHAT = "vacancies"


@api.get("/halls/<hall>/vacancies")
def vacancies(hall: str) -> Response:
    """The vacancies of the business dates from ``from`` until ``to``, today's without them; idleness apart.

    A head of an agency reads the own one only. ``agency`` asks for one alone; another one than one's own is refused and
    written down. Who an officer is stands there for those who may know it, and that they looked is written down.
    """
    me, moment = who(), now()
    with db().reading() as connection:
        seq, config = position(connection, hall)
        place = places(db(), connection, hall, config)
    first, last = _span(place)
    mine, names = agencies_of(place, request.args.get("agency"), WHAT), reach(me.role, me.agency, place)
    if mine & names:
        whole = mine == frozenset(place.agencies)
        for whom in (EVERYBODY,) if whole else sorted(f"agency:{code}" for code in mine & names):
            note_look(db(), hall, me.actor, whom, WHAT, moment)
    today = place.date(moment)
    so_far = f"{moment:%Y%m%d%H%M}" if last >= today else today.isoformat()
    tag = f"{seq} {config} {first} {last} {so_far} {sorted(mine)} {sorted(names)}"
    etag = hashlib.sha256(tag.encode()).hexdigest()[:24]
    if etag in request.if_none_match:
        return Response(status=304, headers={"ETag": f'"{etag}"'})
    period = _period(hall, first, last, seq)
    for agency in (None,) if mine == frozenset(place.agencies) else sorted(mine):
        note_asked(db(), period, agency=agency, actor=me.actor)
    answer = jsonify(_plain(period, place, mine, names))
    answer.set_etag(etag)
    return answer


def _span(place: Places) -> tuple[date, date]:
    """The dates asked for. Raises :class:`Invalid` (``bad_date``, ``bad_period``, ``too_long``)."""
    begin, end = read_day(request.args.get("from")), read_day(request.args.get("to"))
    first = begin or end or place.date(now())
    last = end or begin or first
    if last < first:
        raise Invalid("bad_period", _("Tanggal akhir mendahului tanggal awal."))
    if (last - first).days >= MOST_DAYS:
        raise Invalid("too_long", _("Paling banyak %(days)s hari sekaligus.", days=MOST_DAYS), most=MOST_DAYS)
    return first, last


def _period(hall: str, first: date, last: date, seq: int) -> Period:
    moment, kept = now(), ground().kept
    known: Period | None = kept.get((WHAT, hall))
    if (
        known is not None
        and (known.first, known.last, known.seq) == (first, last, seq)
        and timedelta() <= moment - known.now < FRESH
    ):
        return known
    kept[WHAT, hall] = fresh = look_at(db(), hall, first, last, now=moment)
    return fresh


def _plain(period: Period, place: Places, mine: frozenset[str], names: frozenset[str]) -> dict[str, Any]:
    agency_of = {counter.code: counter.agency for counter in place.counters.values()}
    zone = place.tz
    return {
        "hall": period.hall,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "now": period.now.astimezone(zone).isoformat(),
        "seq": period.seq,
        "vacancies": [plain(v, zone, names=v.agency in names) for v in period.pieces if v.agency in mine],
        "withdrawn": [
            {"counter": told.counter} | plain_told(told, zone, names=agency_of.get(told.counter) in names)
            for day in period.days
            for told in day.withdrawn
            if agency_of.get(told.counter) in mine
        ],
        "idle": [
            plain_idle(idle, zone, names=agency_of[idle.counter] in names)
            for day in period.days
            for idle in day.idle
            if agency_of[idle.counter] in mine
        ],
    }
