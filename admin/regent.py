"""The regent's page: how many counters are due, staffed and empty this minute, and the empty ones, the worst first."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask_babel import format_date

from admin.api import floor_now
from admin.flags import STAGES
from admin.pages import bp, frame, place_of
from admin.words import CAUSES, REASONS, _
from hall.places import Places, hall_codes
from staffing.day_facts import RECORDED
from staffing.flags import Flag, only_of, open_flags
from staffing.floor import NOT_DUE, UNOBSERVED, VACANT, CounterNow, Floor
from web.ground import db, now
from web.identity import who

FRESH_S = 15  # minutes run on without a journal line
SEES_FLAGS = ("coordinator", "manager", "head", "regent")


@dataclass(frozen=True, slots=True)
class Row:
    """One counter in words. ``why`` is a whole sentence; ``flag`` how far word of it has gone."""

    code: str
    name: str
    agency: str
    agency_code: str
    why: str
    lasting: str
    since: str
    stranded: str
    waiting: int
    grace: bool
    flag: str


@dataclass(frozen=True, slots=True)
class Closed:
    """Counters that are closed for the same scheduled reason, and when they open again."""

    reason: str
    names: tuple[str, ...]
    opens: str


@bp.get("/admin/bupati")
def regents() -> str | Response:
    """The page of one's own hall; whoever is of no single hall sees all of them and goes on from there."""
    me = who()
    with db().reading() as connection:
        codes = [me.hall] if me.hall is not None else hall_codes(connection)
    if len(codes) == 1:
        return redirect(url_for("admin.regent", hall=codes[0]), 303)  # type: ignore[return-value]
    return render_template("admin/regent_halls.html", found=[(code, floor_now(code)) for code in codes])


@bp.get("/admin/<hall>/bupati")
def regent(hall: str) -> str | Response:
    """One hall this minute; ``?bagian=isi`` gives what changes, as JSON, for the page that keeps itself true."""
    place = place_of(hall)
    found = floor_now(hall)
    if request.args.get("bagian") == "isi":
        return _changed(place, found)
    return render_template("admin/regent.html", **_shown(place, found), **frame(place))


def _changed(place: Places, found: Floor) -> Response:
    me = who()
    tag = f"{found.seq} {found.date} {int(found.at.timestamp()) // FRESH_S} {me.role} {me.agency}"
    etag = hashlib.sha256(tag.encode()).hexdigest()[:24]
    if etag in request.if_none_match:
        return Response(status=304, headers={"ETag": f'"{etag}"'})
    html = render_template("admin/regent_body.html", hall=place, person=me, **_shown(place, found))
    answer = jsonify(
        {"hall": place.code, "seq": found.seq, "now": now().astimezone(place.tz).isoformat(), "html": html}
    )
    answer.set_etag(etag)
    return answer


def _shown(place: Places, found: Floor) -> dict[str, Any]:
    flags = _flags(place)
    empty = sorted((c for c in found.counters if c.state == VACANT), key=_worst)
    idle = sorted((c for c in found.counters if c.idle_while_waiting and c.due), key=_worst)
    unseen = [c for c in found.counters if c.state == UNOBSERVED]
    openings = [c.next_opening for c in found.counters if c.next_opening is not None]
    return {
        "floor": found,
        "totals": found.totals,
        "longest": long_minutes(found.totals.waiting_longest),
        "at": _clock(found.at, found, place),
        "day": found.date,
        "empty": [_row(c, found, place, flags) for c in empty],
        "idle": [_row(c, found, place, flags) for c in idle],
        "unseen": [_row(c, found, place, flags) for c in unseen],
        "closed": _closed(found, place),
        "opens": _clock(min(openings), found, place) if openings and not found.totals.due else "",
        "flags": len(flags),
        "sees_flags": who().role in SEES_FLAGS,
    }


def _flags(place: Places) -> dict[str, Flag]:
    me = who()
    if me.role not in SEES_FLAGS:
        return {}
    with db().reading() as connection:
        found = open_flags(connection, place.code)
    return {flag.counter: flag for flag in only_of(found.values(), (me.agency or "") if me.role == "head" else None)}


def _worst(c: CounterNow) -> tuple[bool, int, int, float, datetime]:
    """Beyond the grace time first, then whom it costs most: nobody else can serve them, many, for long."""
    return c.grace, -c.stranded, -c.waiting, -c.waiting_longest, c.since


def _row(c: CounterNow, found: Floor, place: Places, flags: dict[str, Flag]) -> Row:
    agency = place.agencies[c.agency]
    since = c.idle_since if c.idle_while_waiting and c.idle_since is not None else c.since
    return Row(
        code=c.counter,
        name=c.name,
        agency=agency.short,
        agency_code=agency.code,
        why=_why(c, agency.short),
        lasting=long_minutes((found.at - since).total_seconds() / 60),
        since=_clock(since, found, place),
        stranded=_stranded(c),
        waiting=c.waiting,
        grace=c.grace,
        flag=_flag(flags.get(c.counter)),
    )


def _why(c: CounterNow, agency: str) -> str:
    """Why it is as it is and whom it keeps waiting, in one plain sentence that names nobody."""
    if c.idle_while_waiting:
        told = _("Petugas di loket, tetapi tidak memanggil")
    elif c.state == UNOBSERVED:
        return _("Konsol atau jaringan terputus; bukan berarti kosong, tidak dihitung terhadap siapa pun.")
    else:
        told = _cause(c, agency)
    if not c.waiting:
        return _("%(why)s; tidak ada yang menunggu.", why=told)
    longest = long_minutes(c.waiting_longest)
    if c.waiting == 1:
        return _("%(why)s; 1 orang menunggu, sudah %(time)s.", why=told, time=longest)
    return _("%(why)s; %(n)s orang menunggu, yang terlama %(time)s.", why=told, n=c.waiting, time=longest)


def _cause(c: CounterNow, agency: str) -> str:
    if c.officer is not None and c.pause_reason is not None:
        return _("Petugas jeda melewati batas (%(reason)s)", reason=c.pause_reason)
    if c.cause in RECORDED:
        return _("Petugas sedang %(cause)s", cause=CAUSES[c.cause])
    told = {
        "post_vacant": _("Formasi belum terisi"),
        "agency_not_open": _("%(agency)s belum buka", agency=agency),
        "no_one_assigned": _("Belum ada petugas %(agency)s yang ditugaskan", agency=agency),
        "late": _("Petugas terlambat"),
        "left_early": _("Petugas sudah pulang sebelum waktunya"),
        "at_other_counter": _("Petugas sedang bertugas di loket lain"),
        "away_from_counter": _("Petugas hadir, tetapi tidak di loket"),
        "no_attendance_data": _("Petugas tidak di loket, data presensi belum masuk"),
        "absent_without_notice": _("Petugas belum hadir tanpa keterangan (sementara)"),
    }
    return told.get(c.cause or "", _("Sebab belum diketahui"))


def _stranded(c: CounterNow) -> str:
    if not c.stranded:
        return ""
    if c.stranded == c.waiting:
        return _("tidak ada loket lain yang melayani mereka")
    return _("%(n)s di antaranya tanpa loket lain", n=c.stranded)


def _flag(flag: Flag | None) -> str:
    if flag is None:
        return ""
    if flag.acknowledged is not None:
        return _("bendera ditanggapi")
    return _("bendera: %(stage)s", stage=STAGES[flag.stage]) if flag.stage in STAGES else _("bendera naik")


def _closed(found: Floor, place: Places) -> list[Closed]:
    groups: dict[tuple[str, str | None, datetime | None], list[str]] = {}
    for c in found.counters:
        if c.state == NOT_DUE:
            groups.setdefault((c.cause or "outside_hours", c.detail, c.next_opening), []).append(
                f"{c.name} {place.agencies[c.agency].short}"
            )
    told = []
    for (cause, detail, opens), names in groups.items():
        reason = str(REASONS.get(cause, cause)) + (f": {detail}" if detail else "")
        again = _("buka lagi %(time)s", time=_clock(opens, found, place)) if opens else _("belum ada jadwal buka")
        told.append(Closed(reason[:1].upper() + reason[1:], tuple(names), again))
    return sorted(told, key=lambda group: -len(group.names))


def _clock(moment: datetime, found: Floor, place: Places) -> str:
    """Hours and minutes in the hall's zone, with the weekday if it is not today's."""
    local = moment.astimezone(place.tz)
    clock = local.strftime("%H.%M")
    if local.date() == found.date:
        return clock
    near = abs((local.date() - found.date).days) < 7
    return f"{format_date(local.date(), 'EEEE' if near else 'd MMMM')} {clock}"


def long_minutes(minutes: float) -> str:
    """How long, in whole words: "42 menit", "1 jam 5 menit"."""
    whole = int(minutes + 1e-9)
    if whole < 1:
        return _("kurang dari 1 menit")
    if whole < 60:
        return _("%(n)s menit", n=whole)
    if whole % 60 == 0:
        return _("%(h)s jam", h=whole // 60)
    return _("%(h)s jam %(m)s menit", h=whole // 60, m=whole % 60)
