"""Flags over empty counters: the page on which somebody takes one on, and the same over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext

from admin.api import read_day
from admin.pages import frame, place_of
from admin.words import CAUSES, REASONS
from hall.errors import Conflict, Invalid, Refusal
from hall.options import STAGES as ORDER
from hall.places import Places
from hall.turn import position
from staffing.escalation import steps_for
from staffing.flags import Flag, only_of, open_flags, past_flags
from staffing.flags_view import RECORDED, plain
from staffing.floor import CounterNow
from staffing.floor import floor as look_at
from staffing.outbox import told_of
from staffing.watch import LONGEST_REASON, acknowledge
from web.bodies import read_json, text
from web.ground import db, now
from web.identity import who

bp = Blueprint("flags", __name__, template_folder="templates")
api = Blueprint("flags_api", __name__)
MAY_TAKE_ON = ("coordinator", "manager", "head")
PUBLIC_CAUSES = CAUSES | {RECORDED: lazy_gettext("petugas berhalangan (tercatat)")}
STAGES = {
    "coordinator": lazy_gettext("Koordinator"),
    "head": lazy_gettext("Kepala instansi"),
    "sekda": lazy_gettext("Sekda"),
    "regent": lazy_gettext("Bupati"),
}
ROLES = {
    "coordinator": lazy_gettext("koordinator"),
    "manager": lazy_gettext("pengelola"),
    "head": lazy_gettext("kepala instansi"),
}
ENDS = REASONS | {
    "staffed": lazy_gettext("petugas sudah di loket"),
    "unobserved": lazy_gettext("tidak terpantau"),
    "counter_retired": lazy_gettext("loket tidak dipakai lagi"),
}
FATES = {
    "queued": lazy_gettext("menunggu dikirim"),
    "sending": lazy_gettext("sedang dikirim"),
    "sent": lazy_gettext("terkirim"),
    "failed": lazy_gettext("gagal dikirim"),
    "unknown": lazy_gettext("tidak pasti terkirim"),
    "dropped": lazy_gettext("tidak jadi dikirim"),
}


def _agency() -> str | None:
    """The agency to which the caller is bound, or None."""
    identity = who()
    return (identity.agency or "") if identity.role == "head" else None


@bp.get("/admin/<hall>/bendera")
def show(hall: str) -> str:
    """The flags that are up, with a form to take one on, and those of a day that came down."""
    return _page(hall)


def _page(hall: str, fault: Refusal | None = None, typed: dict[str, str] | None = None) -> str:
    place, moment = place_of(hall), now()
    today = place.date(moment)
    day = min(read_day(request.args.get("tanggal")) or today, today)
    _, up, down = _read(place, day, moment)
    seen = {c.counter: c for c in look_at(db(), hall, moment).counters} if up else {}
    return render_template(
        "admin/flags.html",
        up=[(flag, seen.get(flag["counter"]), _stages(place, flag)) for flag in _worst_first(up, seen)],
        down=down,
        day=day,
        today=today,
        may_take_on=who().role in MAY_TAKE_ON,
        longest=LONGEST_REASON,
        fault=fault,
        typed=typed or {},
        causes=PUBLIC_CAUSES,
        stages=STAGES,
        roles=ROLES,
        ends=ENDS,
        fates=FATES,
        clock=lambda value: datetime.fromisoformat(value).strftime("%H.%M"),
        **frame(place),
    )


def _stages(place: Places, flag: dict[str, Any]) -> list[dict[str, Any]]:
    """The stages of this flag: which are reached, and when each of the others will be if nobody takes it on."""
    reached, raised = flag["stage"], datetime.fromisoformat(flag["raised"])
    found = []
    for step in steps_for(place, flag["agency"]):
        done = reached is not None and ORDER.index(step.stage) <= ORDER.index(reached)
        comes = None if done or flag["acknowledged"] else (raised + step.after).strftime("%H.%M")
        found.append({"name": STAGES[step.stage], "reached": done, "now": step.stage == reached, "comes": comes})
    return found


def _worst_first(up: list[dict[str, Any]], seen: dict[str, CounterNow]) -> list[dict[str, Any]]:
    """Nobody took it on, and most people wait: that comes first."""

    def rank(flag: dict[str, Any]) -> tuple[bool, int, str]:
        counter = seen.get(flag["counter"])
        return flag["acknowledged"] is not None, -(counter.waiting if counter else 0), flag["since"]

    return sorted(up, key=rank)


@bp.post("/admin/<hall>/bendera/<flag_id>")
def take_on(hall: str, flag_id: str) -> Response:
    """Takes a flag on from the form; a refusal is told on the page itself."""
    try:
        _acknowledge(flag_id, request.form.get("reason", ""))
    except (Invalid, Conflict) as refusal:
        return make_response(
            _page(hall, refusal, {flag_id: request.form.get("reason", "")[:LONGEST_REASON]}), refusal.status
        )
    return redirect(url_for("flags.show", hall=hall), 303)  # type: ignore[return-value]


@api.get("/halls/<hall>/flags")
def flags(hall: str) -> Response:
    """The flags that are up now, and those of ``date`` (today without it) that came down."""
    place, moment = place_of(hall), now()
    day = read_day(request.args.get("date")) or place.date(moment)
    seq, up, down = _read(place, day, moment)
    return jsonify(
        {
            "hall": hall,
            "seq": seq,
            "now": moment.astimezone(place.tz).isoformat(),
            "date": day.isoformat(),
            "open": up,
            "past": down,
        }
    )


@api.post("/flags/<flag_id>/acknowledge")
def acknowledge_flag(flag_id: str) -> Response:
    """Takes a flag on with a ``reason``: it goes to no further stage."""
    flag = _acknowledge(flag_id, read_json(reason=text(longest=LONGEST_REASON))["reason"])
    place = place_of(flag.hall)
    with db().reading() as connection:
        told = told_of(connection, [flag.id])
    return jsonify(plain(flag, place, now(), told))


def _acknowledge(flag: str, reason: str) -> Flag:
    return acknowledge(db(), flag, reason, actor=who().actor, now=now(), agency=_agency())


def _read(place: Places, day: date, moment: datetime) -> tuple[int, list[dict[str, Any]], list[dict[str, Any]]]:
    with db().reading() as connection:
        up = only_of(open_flags(connection, place.code).values(), _agency())
        down = only_of(past_flags(connection, place.code, day, day), _agency())
        told = told_of(connection, [f.id for f in (*up, *down)])
        seq = position(connection, place.code)[0]
    return seq, [plain(f, place, moment, told) for f in up], [plain(f, place, moment, told) for f in down]
