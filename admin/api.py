"""Management over HTTP: the floor, a day's numbers, absences, closures, and the end of the day."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, request

from hall.errors import Invalid, Unavailable
from hall.once import check_key
from hall.places import Places, places
from hall.turn import position
from queueing.day_end import close_day as end_the_day
from queueing.paperless import paperless
from queueing.slips import printers_now
from queueing.statistics import Numbers, day_numbers
from staffing import facts
from staffing.absences import enter_absence
from staffing.floor import Floor
from staffing.floor import floor as look_at
from staffing.floor_view import plain
from staffing.privacy import EVERYBODY, Asker, note_look, reach
from web.bodies import read_json, text
from web.ground import db, ground, now
from web.identity import who

api = Blueprint("admin_api", __name__)
FRESH = timedelta(seconds=1)  # a nudge brings every wall screen here at once: they may share one look
YEARS = range(2000, 2101)


@api.get("/halls/<hall>/floor")
def floor(hall: str) -> Response:
    """Every counter now, the hall's totals, printers and outages. Who sits where is told by role."""
    identity = who()
    with db().reading() as connection:
        place = places(db(), connection, hall)
        known = printers_now(connection, hall, now())
        missing = paperless(connection, place, now())
    names = _names_noted(hall, reach(identity.role, identity.agency, place), place)
    answer = plain(floor_now(hall), role=identity.role, agency=identity.agency, names=names)
    answer["grace_minutes"] = place.options.grace_minutes
    answer["printers"] = [
        {
            "printer": printer.code,
            "kiosk": printer.kiosk or None,
            "state": known[printer.code]["state"] if printer.code in known else "unknown",
            "reason": known[printer.code]["reason"] if printer.code in known else None,
            "since": known[printer.code]["since"].astimezone(place.tz).isoformat() if printer.code in known else None,
        }
        for printer in place.printers.values()
    ]
    answer["paperless"] = [
        {
            "ticket": one.ticket,
            "number": one.number,
            "service": one.service,
            "issued_at": one.issued_at.astimezone(place.tz).isoformat(),
            "printer": one.printer,
            "slip": one.slip,
            "reason": one.reason,
            "shown": one.shown,
        }
        for one in missing
    ]
    return jsonify(answer)


def _names_noted(hall: str, names: frozenset[str], place: Places) -> frozenset[str]:
    """The agencies whose officers are named to the caller, written down; none where that cannot be written down.

    A full disk must not close everybody's eyes to the hall.
    """
    everybody = names == frozenset(place.agencies)
    try:
        for whom in [EVERYBODY] if everybody else [f"agency:{code}" for code in sorted(names)]:
            note_look(db(), hall, who().actor, whom, "floor", now())
    except Unavailable:
        return frozenset()
    return names


def floor_now(hall: str) -> Floor:
    """The floor this minute; who asks in the same second after the same news is shown the same look."""
    moment, kept = now(), ground().kept
    with db().reading() as connection:
        seq = position(connection, hall)[0]
    known: Floor | None = kept.get(("floor", hall))
    if known is not None and known.seq == seq and timedelta() <= moment - known.at < FRESH:
        return known
    kept["floor", hall] = fresh = look_at(db(), hall, moment)
    return fresh


@api.get("/halls/<hall>/statistics")
def statistics(hall: str) -> Response:
    """A day's numbers, today's without ``date``: in all and by service, agency and counter."""
    with db().reading() as connection:
        place = places(db(), connection, hall)
    day = read_day(request.args.get("date")) or place.date(now())
    found = day_numbers(db(), hall, day)
    return jsonify(
        {
            "hall": hall,
            "date": day.isoformat(),
            "now": now().astimezone(place.tz).isoformat(),
            "total": _numbers(found.total, place.tz),
            "services": [
                {"service": code, "name": _name(place, "services", code)} | _numbers(n, place.tz)
                for code, n in found.services.items()
            ],
            "agencies": [
                {"agency": code, "name": _name(place, "agencies", code)} | _numbers(n, place.tz)
                for code, n in found.agencies.items()
            ],
            "counters": [
                {"counter": code, "name": _name(place, "counters", code)} | _numbers(n, place.tz)
                for code, n in found.counters.items()
            ],
        }
    )


def _name(place: Places, kind: str, code: str) -> str:
    known = getattr(place, kind).get(code)
    return known.name if known else code  # retired since: the code is what is left


def _numbers(numbers: Numbers, zone: ZoneInfo) -> dict[str, Any]:
    values = {field.name: getattr(numbers, field.name) for field in fields(Numbers)}
    for name, value in values.items():
        if isinstance(value, float):
            values[name] = round(value, 2)
        elif isinstance(value, datetime):
            values[name] = value.astimezone(zone).isoformat()
    return values


@api.post("/halls/<hall>/absences")
def record_absence(hall: str) -> tuple[Response, int]:
    """Records that an officer is away from ``from`` until ``to``, with the kind and the document that says so."""
    body = read_json(**{"officer": text(), "kind": text(), "from": text(), "to": text(), "document": text(longest=100)})
    start, end = read_moment(body["from"], "from"), read_moment(body["to"], "to")
    key = check_key(request.headers.get("Idempotency-Key"))
    me = Asker(who().role, who().actor, who().agency)
    fact = enter_absence(
        db(), hall, body["officer"], body["kind"], start, end, body["document"], by=me, now=now(), key=key
    )
    return jsonify({"id": fact}), 201


@api.post("/halls/<hall>/closures")
def record_closure(hall: str) -> tuple[Response, int]:
    """Closes a counter from ``from`` until ``to`` for a stated reason, so that nobody is missed there."""
    body = read_json(**{"counter": text(), "from": text(), "to": text(), "reason": text()})
    start, end = read_moment(body["from"], "from"), read_moment(body["to"], "to")
    scope = f"counter:{body['counter']}"
    fact = facts.record_closure(db(), hall, scope, start, end, body["reason"], actor=who().actor, now=now())
    return jsonify({"id": fact}), 201


@api.post("/halls/<hall>/close-day")
def close_day(hall: str) -> Response:
    """Ends the business day: who still waits or is held expires. Says how many."""
    read_json()
    return jsonify({"expired": end_the_day(db(), hall, actor=who().actor, now=now())})


def read_day(given: str | None) -> date | None:
    """A date as written, or None without one. Raises :class:`Invalid` (``bad_date``)."""
    if not given:
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise Invalid("bad_date", f"Tanggal {given!r:.40} tidak dikenal; tulis seperti 2026-03-03.") from None
    if day.year not in YEARS:
        raise Invalid("bad_date", f"Tahun {day.year} di luar jangkauan.")
    return day


def read_moment(given: str, field: str) -> datetime:
    """A moment with its offset, as aware datetime. Raises :class:`Invalid` (``bad_time``) naming the field."""
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None or moment.year not in YEARS:
        message = f"Isian {field!r} harus berupa waktu dengan zona, seperti 2026-03-03T08:00:00+07:00."
        raise Invalid("bad_time", message, field=field)
    return moment
