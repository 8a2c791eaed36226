"""Plans and posts as people enter them: who sits where on which dates, who stands in for whom, which post is filled."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Table, select, update

from hall.database import Database, new_id
from hall.errors import Conflict, Invalid, NotFound
from hall.once import answered, remember
from hall.people import officers
from hall.places import Places, places
from hall.turn import Turn, turn
from staffing.absences import check_reason, check_text
from staffing.books import post_changes, roster_entries, standing
from staffing.privacy import Asker, must_reach, must_reach_officer
from staffing.roster import roster_of

DAY = timedelta(days=1)
EVERY_DAY = frozenset(range(7))
FARTHEST = timedelta(days=366)  # a plan for longer is a week pattern: it belongs into the hall file
POST_STATES = ("filled", "vacant", "abolished")


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """One plan by date as it was entered. ``off``: the officer does not come to that counter then."""

    id: str
    officer: str
    name: str
    counter: str
    off: bool
    days: frozenset[int]
    since: date
    until: date
    start: time | None
    end: time | None
    substitute_for: str | None
    reason: str
    recorded: datetime
    recorded_by: str
    withdrawn: datetime | None
    withdrawn_by: str | None
    withdrawn_reason: str | None


@dataclass(frozen=True, slots=True)
class PostChange:
    """One change of the post register as it was entered, in force from ``since`` on."""

    id: str
    agency: str
    counter: str
    title: str
    state: str
    since: date
    reason: str
    recorded: datetime
    recorded_by: str
    withdrawn: datetime | None
    withdrawn_by: str | None
    withdrawn_reason: str | None


def plan_officer(
    db: Database,
    hall: str,
    officer: str,
    counter: str,
    first: date,
    last: date,
    *,
    by: Asker,
    now: datetime,
    days: Iterable[int] = EVERY_DAY,
    start: time | None = None,
    end: time | None = None,
    substitute_for: str | None = None,
    off: bool = False,
    reason: str = "",
    key: str | None = None,
) -> str:
    """Plans an officer at a counter from ``first`` to ``last`` (inclusive) beside the hall file's week pattern.

    ``days`` are weekdays (0 is Monday); ``start`` and ``end`` the hall's own times, both or none (then the counter's
    due hours). ``substitute_for``: whose place at this counter the officer takes. ``off``: the opposite of a plan, the
    officer does not come to this counter then. Returns the entry's id; the same ``key`` again the same one.
    Raises :class:`NotFound` (``unknown_officer``, ``unknown_counter``), :class:`Denied` (``other_agency``),
    :class:`Conflict` (``already_recorded``, ``not_planned`` where there is nobody's place to take) and
    :class:`Invalid` (``bad_period``, ``bad_hours``, ``same_officer``, ``bad_text``, ``key_reused``).
    """
    weekdays = frozenset(days)
    _check_period(first, last, weekdays)
    _check_hours(start, end)
    reason = check_text(reason, 200, "Keterangan")
    if substitute_for == officer:
        raise Invalid("same_officer", "Pengganti harus petugas yang lain.")
    for nip in [officer] if substitute_for is None else [officer, substitute_for]:
        must_reach_officer(db, hall, by, nip, "roster", now)
    _must_reach_counter(db, hall, by, counter, now)
    row: dict[str, Any] = {
        "officer": officer,
        "counter": counter,
        "off": off,
        "days": sorted(weekdays),
        "since": first,
        "until": last,
        "start": start.isoformat() if start else None,
        "end": end.isoformat() if end else None,
        "substitute_for": substitute_for,
        "reason": reason,
    }
    told = row | {"since": first.isoformat(), "until": last.isoformat()}
    with turn(db, hall, now) as t:
        if (before := answered(t, key, told)) is not None:
            return str(before)
        _must_be_active(t, officer)
        away = officer if off else substitute_for
        if away is not None:
            _must_be_planned(t, away, counter, first, last, weekdays)
        entry = _write(t, roster_entries, row, by.actor)
        t.set_up_changed()
        t.write("plan_recorded", officer, told | {"id": entry}, actor=by.actor)
        remember(t, key, told, entry)
        return entry


def withdraw_plan(db: Database, hall: str, entry: str, reason: str, *, by: Asker, now: datetime) -> None:
    """Withdraws a plan by date for a stated reason; the row stays.

    Raises :class:`NotFound` (``unknown_entry``), :class:`Conflict` (``already_withdrawn``), :class:`Invalid`
    (``reason_needed``) and :class:`Denied` (``other_agency``).
    """
    reason = check_reason(reason)
    found = _find(db, hall, roster_entries, entry)
    must_reach_officer(db, hall, by, found.officer, "roster", now)
    _must_reach_counter(db, hall, by, found.counter, now)
    with turn(db, hall, now) as t:
        _take_back(t, roster_entries, entry, reason, by.actor)
        t.set_up_changed()
        t.write("plan_withdrawn", found.officer, {"id": entry, "reason": reason}, actor=by.actor)


def change_post(
    db: Database,
    hall: str,
    counter: str,
    title: str,
    state: str,
    since: date,
    *,
    by: Asker,
    now: datetime,
    reason: str = "",
    key: str | None = None,
) -> str:
    """Says that a counter's post is filled, vacant or abolished from ``since`` on; returns the entry's id.

    A title that the register does not know yet is a new post. The hall file says how it was before the first change.
    Raises :class:`NotFound` (``unknown_counter``), :class:`Denied` (``other_agency``), :class:`Conflict`
    (``already_recorded``) and :class:`Invalid` (``unknown_state``, ``bad_text``, ``bad_period``, ``key_reused``).
    """
    if state not in POST_STATES:
        raise Invalid("unknown_state", f"Keadaan formasi {state!r:.40} tidak dikenal.", allowed=list(POST_STATES))
    title, reason = check_text(title, 200, "Nama jabatan"), check_text(reason, 200, "Keterangan")
    if not title:
        raise Invalid("bad_text", "Nama jabatan harus diisi.")
    agency = _must_reach_counter(db, hall, by, counter, now)
    row: dict[str, Any] = {"agency": agency, "counter": counter, "title": title, "state": state, "since": since}
    row["reason"] = reason
    told = row | {"since": since.isoformat()}
    with turn(db, hall, now) as t:
        if (before := answered(t, key, told)) is not None:
            return str(before)
        change = _write(t, post_changes, row, by.actor)
        t.set_up_changed()
        t.write("post_changed", counter, told | {"id": change}, actor=by.actor)
        remember(t, key, told, change)
        return change


def withdraw_post_change(db: Database, hall: str, change: str, reason: str, *, by: Asker, now: datetime) -> None:
    """Withdraws a change of the post register for a stated reason; the row stays.

    Raises :class:`NotFound` (``unknown_entry``), :class:`Conflict` (``already_withdrawn``), :class:`Invalid`
    (``reason_needed``) and :class:`Denied` (``other_agency``).
    """
    reason = check_reason(reason)
    found = _find(db, hall, post_changes, change)
    must_reach(db, hall, by, found.agency, "posts", now)
    with turn(db, hall, now) as t:
        _take_back(t, post_changes, change, reason, by.actor)
        t.set_up_changed()
        t.write("post_change_withdrawn", found.counter, {"id": change, "reason": reason}, actor=by.actor)


def plans_in(
    connection: Connection, hall: str, counters: Collection[str], first: date, last: date, *, withdrawn: bool = False
) -> list[PlanEntry]:
    """The plans entered for those counters that touch the dates, newest entry last."""
    e, o = roster_entries.c, officers.c
    query = (
        select(
            e.id, e.officer, o.name, e.counter, e.off, e.days, e.since, e.until, e.start, e.end, e.substitute_for,
            e.reason, e.recorded, e.recorded_by, e.withdrawn, e.withdrawn_by, e.withdrawn_reason,
        )
        .outerjoin(officers, (o.hall == e.hall) & (o.nip == e.officer))
        .where(e.hall == hall, e.counter.in_(sorted(counters)), e.since <= last, e.until >= first)
        .order_by(e.recorded, e.id)
    )  # fmt: skip
    if not withdrawn:
        query = query.where(standing(roster_entries))
    return [
        PlanEntry(
            **dict(row._mapping)
            | {
                "name": row.name or row.officer,
                "days": frozenset(row.days),
                "start": time.fromisoformat(row.start) if row.start else None,
                "end": time.fromisoformat(row.end) if row.end else None,
            }
        )
        for row in connection.execute(query)
    ]


def post_changes_of(connection: Connection, hall: str, agencies: Collection[str]) -> list[PostChange]:
    """Every change of those agencies' posts, also withdrawn ones, newest first."""
    x = post_changes.c
    names = [x[name] for name in PostChange.__dataclass_fields__]
    query = select(*names).where(x.hall == hall, x.agency.in_(sorted(agencies))).order_by(x.recorded.desc(), x.id)
    return [PostChange(*row) for row in connection.execute(query)]


def _check_period(first: date, last: date, days: frozenset[int]) -> None:
    if last < first:
        raise Invalid("bad_period", "Tanggal selesai tidak boleh sebelum tanggal mulai.")
    if last - first > FARTHEST:
        raise Invalid("bad_period", "Jadwal per tanggal paling lama satu tahun; pola mingguan ada di berkas balai.")
    inside = {(first + step * DAY).weekday() for step in range(min((last - first).days, 6) + 1)}
    if not days <= EVERY_DAY or inside.isdisjoint(days):
        raise Invalid("bad_period", "Tidak ada hari terpilih di antara kedua tanggal itu.")


def _check_hours(start: time | None, end: time | None) -> None:
    if (start is None) != (end is None) or (start is not None and start == end):
        raise Invalid("bad_hours", "Isi jam mulai dan jam selesai, atau kosongkan keduanya.")


def _must_reach_counter(db: Database, hall: str, by: Asker, counter: str, now: datetime) -> str:
    with db.reading() as connection:
        agency = places(db, connection, hall).counter(counter).agency
    must_reach(db, hall, by, agency, "roster", now)
    return agency


def _must_be_active(t: Turn, officer: str) -> None:
    known = select(officers.c.nip).where(officers.c.hall == t.hall, officers.c.nip == officer, officers.c.active)
    if t.connection.execute(known).first() is None:
        raise NotFound("unknown_officer", f"Petugas dengan NIP {officer} tidak bertugas lagi di balai ini.")


def _must_be_planned(t: Turn, officer: str, counter: str, first: date, last: date, days: frozenset[int]) -> None:
    roster = roster_of(t.db, t.connection, t.hall, t.config)
    for step in range((last - first).days + 1):
        day = first + step * DAY
        if day.weekday() in days and any(
            e.officer == officer and e.counter == counter and not e.off for e in roster.on(day)
        ):
            return
    raise Conflict("not_planned", "Petugas itu tidak dijadwalkan di loket ini pada tanggal tersebut.")


def _write(t: Turn, table: Table, row: dict[str, Any], actor: str) -> str:
    same = select(table.c.id).where(
        table.c.hall == t.hall, standing(table), *(table.c[n] == v for n, v in row.items() if n != "reason")
    )
    found = t.connection.execute(same).first()
    # of two states of a post the later one counts: saying again what was overtaken is no repetition
    if found is not None and (table is not post_changes or _is_newest(t, row, found.id)):
        raise Conflict("already_recorded", "Catatan yang sama sudah ada.", id=found.id)
    entry = new_id()
    kept = {"id": entry, "hall": t.hall, "recorded": t.now, "recorded_by": actor[:80]}
    t.connection.execute(table.insert().values(**row, **kept))
    return entry


def _is_newest(t: Turn, row: dict[str, Any], found: str) -> bool:
    x = post_changes.c
    query = select(x.id).where(
        x.hall == t.hall,
        x.counter == row["counter"],
        x.title == row["title"],
        x.since == row["since"],
        standing(post_changes),
    )
    newest = t.connection.execute(query.order_by(x.recorded.desc(), x.id.desc()).limit(1)).first()
    return newest is not None and newest.id == found


def _find(db: Database, hall: str, table: Table, entry: str) -> Any:
    with db.reading() as connection:
        row = connection.execute(select(table).where(table.c.hall == hall, table.c.id == entry)).first()
    if row is None:
        raise NotFound("unknown_entry", "Catatan ini tidak ada.")
    return row


def _take_back(t: Turn, table: Table, entry: str, reason: str, actor: str) -> None:
    mine = (table.c.hall == t.hall) & (table.c.id == entry) & table.c.withdrawn.is_(None)
    gone = {"withdrawn": t.now, "withdrawn_by": actor[:80], "withdrawn_reason": reason}
    if t.connection.execute(update(table).where(mine).values(**gone)).rowcount == 0:
        raise Conflict("already_withdrawn", "Catatan ini sudah ditarik sebelumnya.")


def counters_of(place: Places, agencies: Collection[str]) -> list[str]:
    """The counters of those agencies, in the hall's order."""
    return [c.code for c in place.counters.values() if c.agency in agencies]
