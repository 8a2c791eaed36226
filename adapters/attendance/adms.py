"""The door at which attendance machines of the ZKTeco family deliver by themselves (ADMS push, "iclock")."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask import Blueprint, Response, request

from adapters.attendance.attlog import handshake, read_batch, without_templates
from hall.errors import Denied, NotFound, Refusal
from hall.people import find_token
from hall.places import Places, places
from staffing import attendance, deliveries, machines
from web.ground import db, now

log = logging.getLogger("antre.adms")

bp = Blueprint("iclock", __name__, url_prefix="/iclock")
ROLE = "machine"  # of the token that is the secret in the path: it opens this door and no other
LARGEST_THROWN_AWAY = 16 * 1024 * 1024  # bytes of templates and photos: read and forgotten


@dataclass(frozen=True, slots=True)
class Caller:
    """The machine at the door: the hall of the secret in its path, and its listed serial number."""

    place: Places
    machine: machines.Machine

    @property
    def actor(self) -> str:
        """How the journal calls it."""
        return f"machine:{self.machine.serial}"


def _caller(secret: str) -> Caller:
    """Raises :class:`NotFound` for a wrong secret and :class:`Denied` for a machine that is not on the hall's list."""
    with db().reading() as connection:
        token = find_token(connection, secret) if len(secret) < 200 else None
        if token is None or token.role != ROLE or token.hall is None:
            raise NotFound("not_found", "Halaman atau data ini tidak ada.")
        place = places(db(), connection, token.hall)
        serial = request.args.get("SN", "").strip()
        known = machines.find_machine(connection, token.hall, serial[:40]) if serial else None
    if known is None or not known.active:
        _tell_of(place.code, serial)
        raise Denied("machine_not_listed", "Nomor seri mesin ini tidak terdaftar.")
    return Caller(place, known)


def _tell_of(hall: str, serial: str) -> None:
    try:
        serial = machines.check_serial(serial)
    except Refusal:
        log.warning("a machine without a sound serial number knocked at %s", hall)
        return
    machines.note_unlisted(db(), hall, serial, now=now())


@bp.get("/<secret>/cdata")
@bp.get("/<secret>/cdata.aspx", endpoint="cdata_aspx")
def introduce(secret: str) -> Response:
    """A machine introduces itself (``options=all``) and is told how to deliver; any other question gets ``OK``."""
    caller = _caller(secret)
    machines.note_contact(db(), caller.place.code, caller.machine.serial, now=now())
    if "options" in request.args:
        return _say(handshake(caller.machine.serial, caller.place.tz, now()))
    return _say("OK")


@bp.post("/<secret>/cdata")
@bp.post("/<secret>/cdata.aspx", endpoint="deliver_aspx")
def deliver(secret: str) -> Response:
    """Takes a batch. Anything but 200 makes the machine send it again: so nothing is answered that is not on disk."""
    caller = _caller(secret)
    if request.args.get("table", "").upper() != "ATTLOG":
        _throw_away()
        machines.note_contact(db(), caller.place.code, caller.machine.serial, now=now())
        return _say("OK")
    request.max_content_length = deliveries.LARGEST_BATCH
    return _say(f"OK: {take_batch(caller, request.get_data())}")


def take_batch(caller: Caller, body: bytes) -> int:
    """Keeps the batch, then reads and records it; returns how many records it had."""
    hall, serial, moment = caller.place.code, caller.machine.serial, now()
    source, body = caller.machine.source, without_templates(body)
    kept = deliveries.keep(db(), hall, "attlog", body, source=source, machine=serial, actor=caller.actor, now=moment)
    batch = read_batch(body, caller.place.tz, moment)
    if batch.faults:
        log.warning("machine %s of %s sent lines that say nothing: %s", serial, hall, "; ".join(batch.faults[:5]))
    attendance.deliver(
        db(), hall, source, batch.told, machine=serial, delivery=kept, faults=batch.faults, actor=caller.actor,
        now=moment,
    )  # fmt: skip
    if batch.told:
        machines.note_clock(db(), hall, serial, max(one.at for one in batch.told), now=moment)
    machines.note_contact(db(), hall, serial, now=moment, batch=True)
    return len(batch.told)


def _throw_away() -> None:
    """Reads a body to its end and keeps nothing: fingerprints, faces and photos are none of a queue's business."""
    request.max_content_length = LARGEST_THROWN_AWAY
    while request.stream.read(64 * 1024):
        pass


@bp.get("/<secret>/getrequest")
@bp.get("/<secret>/getrequest.aspx", endpoint="getrequest_aspx")
@bp.route("/<secret>/ping", methods=["GET", "POST"], endpoint="ping")
def ask(secret: str) -> Response:
    """A machine asks whether there is anything to do. There never is; but it is alive."""
    caller = _caller(secret)
    machines.note_contact(db(), caller.place.code, caller.machine.serial, now=now())
    return _say("OK")


@bp.post("/<secret>/devicecmd")
@bp.post("/<secret>/devicecmd.aspx", endpoint="devicecmd_aspx")
def report(secret: str) -> Response:
    """A machine reports what became of a command. None was given; what it says is not kept."""
    caller = _caller(secret)
    _throw_away()
    machines.note_contact(db(), caller.place.code, caller.machine.serial, now=now())
    return _say("OK")


def _say(text: str) -> Response:
    return Response(text, content_type="text/plain")
