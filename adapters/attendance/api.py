"""Attendance from programs: signed JSON, or JSON with a token."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from hall.errors import Denied, Invalid, NotSignedIn
from hall.places import places
from staffing import source_keys
from staffing.attendance import Told, deliver
from web.bodies import Field, read_json, text
from web.ground import db, now
from web.identity import NOBODY, who

api = Blueprint("attendance_api", __name__)
KEY, TIMESTAMP, SIGNATURE = "X-Antre-Key", "X-Antre-Timestamp", "X-Antre-Signature"


@api.post("/attendance")
def take() -> Response:
    """Takes the punches of one source; people the hall does not know are kept aside and counted in the answer."""
    signed = _signed()
    body = read_json(
        hall=text(optional=True, longest=40), source=text(longest=40), punches=Field(list),
        covered_until=text(optional=True),
    )  # fmt: skip
    hall = _hall(signed, body["hall"])
    if signed is not None:
        source_keys.must_speak_for(signed, body["source"])
    told = [_punch(one, f"punches[{nr}]") for nr, one in enumerate(body["punches"])]
    until = None if body["covered_until"] is None else _moment(body["covered_until"], "covered_until")
    actor = who().actor if signed is None else f"source:{signed.source}"
    signature = None if signed is None else request.headers[SIGNATURE]
    taken = deliver(db(), hall, body["source"], told, covered_until=until, signature=signature, actor=actor, now=now())
    with db().reading() as connection:
        zone = places(db(), connection, hall).tz
    return jsonify(
        {
            "hall": hall,
            "source": body["source"],
            "told": taken.told,
            "new": taken.new,
            "again": taken.again,
            "strangers": taken.strangers,
            "covered_until": None if until is None else until.astimezone(zone).isoformat(),
        }
    )


def _signed() -> source_keys.SourceKey | None:
    """The key that signed this request, or None where a token or a person asks."""
    if KEY in request.headers:
        with db().reading() as connection:
            return source_keys.verify(
                connection, request.headers[KEY], request.headers.get(TIMESTAMP, ""),
                request.headers.get(SIGNATURE, ""), request.get_data(), now=now(),
            )  # fmt: skip
    if who() == NOBODY:
        raise NotSignedIn("sign_in_needed", "Permintaan ini memerlukan token atau tanda tangan.")
    return None


def _hall(signed: source_keys.SourceKey | None, named: str | None) -> str:
    bound = signed.hall if signed is not None else who().hall
    if bound is None and named is None:
        raise Invalid("hall_needed", "Token ini berlaku untuk semua balai; sebutkan balainya.", field="hall")
    if bound is not None and named is not None and bound != named:
        raise Denied("other_hall", "Akses ini berlaku untuk balai layanan yang lain.")
    return str(bound if bound is not None else named)


def _punch(value: Any, field: str) -> Told:
    if not isinstance(value, dict) or set(value) != {"officer", "at"}:
        raise Invalid("wrong_type", f"{field} harus berupa objek dengan officer dan at.", field=field)
    officer, at = value["officer"], value["at"]
    if not isinstance(officer, str) or not isinstance(at, str):
        raise Invalid("wrong_type", f"officer dan at pada {field} harus berupa teks.", field=field)
    number = "".join(officer.split())
    if not (number.isascii() and number.isdigit()):
        raise Invalid("bad_who", f"{field}: {officer!r:.40} bukan NIP.", field=field)
    return Told(number, _moment(at, f"{field}.at"))


def _moment(given: str, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
        if moment.utcoffset() is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    message = f"Isian {field!r:.60} harus berupa waktu dengan zona, seperti 2026-03-03T08:00:00+07:00."
    raise Invalid("bad_time", message, field=field)
