"""People over HTTP: attendance of a day, absences, roll calls, and who looked at whom."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request

from admin.api import read_day, read_moment
from hall.errors import Denied, Invalid
from hall.once import check_key
from hall.places import Places, places
from staffing.absences import Away, absences_in, correct_absence, whole_days, withdraw_absence
from staffing.people_day import OfficerDay, people_on
from staffing.privacy import EVERYBODY, Asker, must_reach, note_look, reach, read_looks
from staffing.rollcall import MOST, Mark, deliver
from web.bodies import Field, read_json, text
from web.ground import db, now
from web.identity import who

api = Blueprint("people_api", __name__)
LONGEST = timedelta(days=366)


def asker() -> Asker:
    """Who asks, as the staffing room knows them."""
    identity = who()
    return Asker(identity.role, identity.actor, identity.agency)


def agencies_asked(hall: str, agency: str | None, what: str) -> frozenset[str]:
    """The agencies a person may see: the one asked for, or all within reach; the look is written down.

    Raises :class:`Denied` (``other_agency``), :class:`NotFound` (``unknown_hall``, ``unknown_agency``).
    """
    me, moment = asker(), now()
    with db().reading() as connection:
        place = places(db(), connection, hall)
    if agency:
        must_reach(db(), hall, me, agency, what, moment)
        note_look(db(), hall, me.actor, f"agency:{agency}", what, moment)
        return frozenset({agency})
    mine = reach(me.role, me.agency, place)
    if not mine:
        note_look(db(), hall, me.actor, EVERYBODY, what, moment, allowed=False)
        raise Denied("other_agency", "Presensi petugas bukan kewenangan Anda. Permintaan ini dicatat.")
    whom = [EVERYBODY] if mine == frozenset(place.agencies) else [f"agency:{code}" for code in sorted(mine)]
    for one in whom:
        note_look(db(), hall, me.actor, one, what, moment)
    return mine


@api.get("/halls/<hall>/attendance")
def attendance(hall: str) -> Response:
    """The officers of a day: planned where, come when, away with what. Today without ``date``."""
    mine = agencies_asked(hall, request.args.get("agency"), "attendance")
    place, moment = place_of(hall), now()
    day = read_day(request.args.get("date")) or place.date(moment)
    found = people_on(db(), hall, mine, day, moment)
    return jsonify(
        {
            "hall": hall,
            "date": day.isoformat(),
            "now": local(moment, place),
            "seq": found.seq,
            "officers": [_officer(o, place) for o in found.officers],
        }
    )


@api.get("/halls/<hall>/absences")
def absences(hall: str) -> Response:
    """The absences that touch ``from`` to ``to`` (dates, inclusive; today without), withdrawn ones if asked."""
    mine = agencies_asked(hall, request.args.get("agency"), "absences")
    place = place_of(hall)
    first, last = span(place)
    start, end = whole_days(place, first, last)
    with db().reading() as connection:
        found = absences_in(
            connection, hall, mine, start, end, withdrawn=request.args.get("withdrawn") in ("1", "true")
        )
    return jsonify({"hall": hall, "absences": [_absence(a, place) for a in found]})


@api.post("/halls/<hall>/absences/<absence_id>/correct")
def correct(hall: str, absence_id: str) -> tuple[Response, int]:
    """Puts another absence in place of one; the old one stays, withdrawn with the reason."""
    fields = {"kind": text(), "from": text(), "to": text(), "document": text(longest=100, shortest=0), "reason": text()}
    body = read_json(**fields)
    start, end = read_moment(body["from"], "from"), read_moment(body["to"], "to")
    fact = correct_absence(
        db(), hall, absence_id, kind=body["kind"], start=start, end=end, document=body["document"],
        reason=body["reason"], by=asker(), now=now(), key=key(),
    )  # fmt: skip
    return jsonify({"id": fact}), 201


@api.post("/halls/<hall>/absences/<absence_id>/withdraw")
def withdraw(hall: str, absence_id: str) -> Response:
    """Withdraws an absence for a stated reason."""
    body = read_json(reason=text())
    withdraw_absence(db(), hall, absence_id, body["reason"], by=asker(), now=now())
    return jsonify({"id": absence_id})


@api.post("/halls/<hall>/apel")
def roll_call(hall: str) -> Response:
    """Takes the ticks of a roll call, perhaps made hours ago without signal; each key counts once."""
    body = read_json(agency=text(longest=40), sent_at=text(), marks=Field(list))
    if len(body["marks"]) > MOST:
        raise Invalid("wrong_length", f"Paling banyak {MOST} tanda sekali kirim.", field="marks")
    marks = [_mark(nr, given) for nr, given in enumerate(body["marks"])]
    sent = read_moment(body["sent_at"], "sent_at")
    outcomes, off = deliver(db(), hall, body["agency"], marks, sent, by=asker(), now=now())
    place = place_of(hall)
    return jsonify(
        {
            "clock_off_seconds": off,
            "marks": [
                {
                    "key": o.key,
                    "state": o.state,
                    "at": local(o.at, place) if o.at else None,
                    "code": o.code,
                    "message": o.message,
                }
                for o in outcomes
            ],
        }
    )


@api.get("/halls/<hall>/looks")
def looks(hall: str) -> Response:
    """Who looked at whose attendance, newest first; ``before`` turns the page, ``refused`` shows refusals only."""
    place, before = place_of(hall), request.args.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 16):
        raise Invalid("bad_since", "'before' harus bilangan bulat.")
    with db().reading() as connection:
        found = read_looks(
            connection, hall, before=int(before) if before else None, refused=request.args.get("refused") == "1"
        )
    return jsonify(
        {
            "hall": hall,
            "looks": [
                {
                    "nr": look.nr,
                    "at": local(look.at, place),
                    "actor": look.actor,
                    "what": look.what,
                    "whom": look.whom,
                    "allowed": look.allowed,
                }
                for look in found
            ],
        }
    )


def _mark(nr: int, given: Any) -> Mark:
    wanted = {"key": str, "roll": str, "mark": str, "at": str}
    if not isinstance(given, dict) or any(not isinstance(given.get(name), kind) for name, kind in wanted.items()):
        raise Invalid("wrong_type", f"Tanda ke-{nr + 1} tidak lengkap.", field="marks")
    officer = given.get("officer")
    if (officer is not None and not isinstance(officer, str)) or set(given) - set(wanted) - {"officer"}:
        raise Invalid("wrong_type", f"Tanda ke-{nr + 1} memuat isian yang tidak dikenal.", field="marks")
    return Mark(given["key"], given["roll"], officer, given["mark"], read_moment(given["at"], "at"))


def key() -> str | None:
    """The Idempotency-Key of the request, or None. Raises :class:`Invalid` (``bad_key``)."""
    return check_key(request.headers.get("Idempotency-Key"))


def place_of(hall: str) -> Places:
    """The hall's places. Raises :class:`NotFound` (``unknown_hall``)."""
    with db().reading() as connection:
        return places(db(), connection, hall)


def span(place: Places, longest: timedelta = LONGEST) -> tuple[date, date]:
    """``from`` and ``to`` of the address, today without. Raises :class:`Invalid` (``bad_date``, ``bad_period``)."""
    first = read_day(request.args.get("from")) or place.date(now())
    last = read_day(request.args.get("to")) or first
    if not first <= last <= first + longest:
        raise Invalid("bad_period", f"'to' harus paling cepat 'from' dan paling lama {longest.days} hari sesudahnya.")
    return first, last


def local(moment: datetime, place: Places) -> str:
    """A moment in the hall's zone, as text."""
    return moment.astimezone(place.tz).isoformat()


def _officer(o: OfficerDay, place: Places) -> dict[str, Any]:
    return {
        "officer": o.nip,
        "name": o.name,
        "agency": o.agency,
        "state": o.state,
        "counter": o.counter,
        "planned": [
            {
                "counter": p.counter,
                "from": local(p.interval.start, place),
                "to": local(p.interval.end, place),
                "substitute_for": p.substitute_for,
            }
            for p in o.plans
        ],
        "arrived": local(o.arrived, place) if o.arrived else None,
        "last_punch": local(o.last_punch, place) if o.last_punch else None,
        "covered_until": local(o.covered_until, place) if o.covered_until else None,
        "absences": [_absence(a, place) for a in o.absences],
        "roll_calls": [{"roll": m.roll, "mark": m.mark, "at": local(m.at, place)} for m in o.marks],
    }


def _absence(a: Away, place: Places) -> dict[str, Any]:
    return {
        "id": a.id,
        "officer": a.officer,
        "name": a.name,
        "agency": a.agency,
        "kind": a.kind,
        "from": local(a.start, place),
        "to": local(a.end, place),
        "document": a.document,
        "recorded": local(a.recorded, place),
        "replaces": a.replaces,
        "withdrawn": local(a.withdrawn, place) if a.withdrawn else None,
        "withdrawn_reason": a.withdrawn_reason,
    }
