"""Who came and when, as machines, lists and programs tell it: every reading is kept once and becomes a punch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKeyConstraint,
    Index,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from hall.database import Database, Moment, metadata, must_fit, new_id
from hall.errors import Invalid, NotFound
from hall.people import officers
from hall.places import Places, places
from hall.turn import Turn, turn
from staffing import deliveries, source_keys
from staffing.facts import coverage, punches
from staffing.privacy import Asker, OutOfReach, must_reach_officers

LONGEST_WHO = 24  # characters of a PIN or NIP; machines take 24 at most
AHEAD = timedelta(days=1)  # a reading further in the future than this is a fault of a clock or a column
EARLIEST_YEAR = 2000
MOST_FAULTS = 50  # of one delivery that are kept beside it
AT_ONCE = 400  # values in one IN list

readings = Table(
    "readings",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("source", String(40), primary_key=True),
    Column("machine", String(40), primary_key=True),
    Column("who", String(40), primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("officer", String(18)),
    Column("recorded", Moment, nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_readings_officer", "hall", "officer", "at"),
)
pins = Table(
    "pins",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("source", String(40), primary_key=True),
    Column("machine", String(40), primary_key=True),
    Column("pin", String(40), primary_key=True),
    Column("officer", String(18), nullable=False),
    Column("assigned", Moment, nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)


@dataclass(frozen=True, slots=True)
class Told:
    """One punch as it was told: ``who`` is a NIP, or a PIN on a machine; ``at`` is aware."""

    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a delivery.

    ``told`` readings came, of them ``new`` were recorded for officers of the hall, ``again`` had been told before, and
    ``strangers`` speak of people unknown to the hall and are kept aside for the first time.
    """

    told: int
    new: int
    again: int
    strangers: int

    def __add__(self, other: Taken) -> Taken:
        """Both together: a large delivery is taken in several turns."""
        return Taken(
            self.told + other.told,
            self.new + other.new,
            self.again + other.again,
            self.strangers + other.strangers,
        )


NOTHING = Taken(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody unknown to the hall of whom a source tells: how often, first and last time (UTC)."""

    source: str
    machine: str
    who: str
    readings: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class SourceNow:
    """A source and until when it has delivered (UTC, None: never said), and when something last came in."""

    code: str
    name: str
    until: datetime | None
    last: datetime | None


def deliver(
    db: Database,
    hall: str,
    source: str,
    told: Sequence[Told],
    *,
    machine: str = "",
    covered_until: datetime | None = None,
    delivery: str | None = None,
    faults: Sequence[str] = (),
    signature: str | None = None,
    actor: str,
    now: datetime,
) -> Taken:
    """Records what a source tells, in one turn: every (source, machine, who, at) once, in any order.

    ``machine`` is the serial number or empty. People the hall does not know are kept aside (:func:`strangers`) and
    adopted when they become known. ``covered_until`` says that the source has delivered everything up to then.
    ``delivery`` is the kept raw body to mark as done, with the ``faults`` found in it; ``signature`` that of a signed
    request, taken once only.
    Raises :class:`NotFound` (``unknown_source``), :class:`Invalid` (``bad_time``, ``bad_who``) and
    :class:`hall.errors.Conflict` (``replayed``); nothing is recorded then.
    """
    check_told(told, now)
    if covered_until is not None and covered_until > now + timedelta(minutes=5):
        raise Invalid("bad_time", "Batas data yang sudah dikirim tidak boleh di masa depan.", field="covered_until")
    if covered_until is not None and covered_until.year < EARLIEST_YEAR:  # what begins before year 1 UTC is never read
        raise Invalid("bad_time", "Batas data yang sudah dikirim tidak masuk akal.", field="covered_until")
    with turn(db, hall, now) as t:
        place = places(db, t.connection, hall, t.config)
        source_of(place, source)
        if signature is not None:
            source_keys.once(t, signature)
        taken = _take(t, place, source, machine, told, actor)
        if covered_until is not None:
            cover(t, source, covered_until, actor=actor)
        if delivery is not None:
            told_too = {"faulty": len(faults), "faults": list(faults[:MOST_FAULTS])}
            deliveries.done(t.connection, delivery, asdict(taken) | told_too)
        return taken


def check_told(told: Iterable[Told], now: datetime) -> None:
    """Refuses (``bad_who``, ``bad_time``) readings that no clock and no machine can mean."""
    for one in told:
        if not 1 <= len(one.who) <= LONGEST_WHO or not one.who.isascii() or not one.who.isalnum():
            raise Invalid("bad_who", f"{one.who!r:.40} bukan NIP dan bukan PIN.")
        if one.at.utcoffset() is None or one.at.year < EARLIEST_YEAR or one.at > now + AHEAD:
            raise Invalid("bad_time", f"Waktu presensi {one.at.isoformat()} tidak masuk akal.", field="at")


def source_of(place: Places, source: str) -> str:
    """The name of a source. Raises :class:`NotFound` (``unknown_source``)."""
    try:
        return place.sources[source]
    except KeyError:
        raise NotFound("unknown_source", f"Sumber presensi {source!r} tidak dikenal.") from None


def cover(t: Turn, source: str, until: datetime, *, actor: str) -> bool:
    """Notes inside a turn that ``source`` has delivered everything up to ``until``; False if that was known."""
    if (latest := covered(t.connection, t.hall).get(source)) is not None and latest >= until:
        return False
    t.connection.execute(coverage.insert().values(hall=t.hall, source=source, until=until, recorded=t.now))
    t.write("source_covered", source, {"until": until.isoformat()}, actor=actor)
    return True


def covered(connection: Connection, hall: str) -> dict[str, datetime]:
    """Source -> the moment (UTC) up to which it has delivered."""
    query = select(coverage.c.source, func.max(coverage.c.until)).where(coverage.c.hall == hall)
    return {row[0]: row[1] for row in connection.execute(query.group_by(coverage.c.source))}


def assign_pin(
    db: Database, hall: str, source: str, machine: str, pin: str, officer: str | None, *, actor: str, now: datetime,
    by: Asker | None = None,
) -> int:  # fmt: skip
    """Says who ``pin`` on ``machine`` (or in the lists of ``source``: machine empty) is; None: nobody known.

    Everything that was ever told of this PIN becomes that officer's, also what another officer had been given by
    mistake. Returns how many readings changed hands. Raises :class:`NotFound` (``unknown_officer``,
    ``unknown_source``), :class:`Invalid` (``bad_who``) and, when ``by`` does not reach everybody whose attendance this
    changes, :class:`hall.errors.Denied` (``other_agency``). ``by`` None: the server's own command line.
    """
    if not 1 <= len(pin) <= LONGEST_WHO or not pin.isascii() or not pin.isalnum():
        raise Invalid("bad_who", f"{pin!r:.40} bukan NIP dan bukan PIN.")
    must_fit(pins.c.machine, machine)
    try:
        with turn(db, hall, now) as t:
            return _assign(t, places(db, t.connection, hall, t.config), source, machine, pin, officer, actor, by)
    except OutOfReach as refusal:
        refusal.keep(db, hall, "attendance_list", now)
        raise


def adopt_known(db: Database, hall: str, *, actor: str, now: datetime) -> int:
    """Gives what was kept aside to officers whom the hall has come to know by NIP; returns how many readings."""
    with db.reading() as connection:
        if not _adoptable(connection, hall):
            return 0  # the usual case: no turn for nothing
    with turn(db, hall, now) as t:
        place = places(db, t.connection, hall, t.config)
        return sum(
            _attribute(t, place, source, machine, who, who, actor)
            for source, machine, who in _adoptable(t.connection, hall)
        )


def _adoptable(connection: Connection, hall: str) -> list[tuple[str, str, str]]:
    known = (officers.c.hall == readings.c.hall) & (officers.c.nip == readings.c.who)
    query = select(readings.c.source, readings.c.machine, readings.c.who).join(officers, known)
    query = query.where(readings.c.hall == hall, readings.c.officer.is_(None)).distinct()
    return [(row.source, row.machine, row.who) for row in connection.execute(query.order_by(*query.selected_columns))]


def strangers(connection: Connection, hall: str) -> list[Stranger]:
    """Everybody unknown to the hall of whom a source tells, most often told first."""
    often = func.count()
    keys = (readings.c.source, readings.c.machine, readings.c.who)
    query = (
        select(*keys, often, func.min(readings.c.at), func.max(readings.c.at))
        .where(readings.c.hall == hall, readings.c.officer.is_(None))
        .group_by(*keys)
        .order_by(often.desc(), *keys)
    )
    return [Stranger(*row) for row in connection.execute(query)]


def pins_of(connection: Connection, hall: str) -> list[tuple[str, str, str, str]]:
    """(source, machine, PIN, officer) of every PIN that somebody assigned."""
    query = select(pins.c.source, pins.c.machine, pins.c.pin, pins.c.officer).where(pins.c.hall == hall)
    return [tuple(row) for row in connection.execute(query.order_by(pins.c.source, pins.c.machine, pins.c.pin))]


def sources_now(connection: Connection, place: Places) -> list[SourceNow]:
    """Every source of the hall, in the hall's order."""
    until = covered(connection, place.code)
    query = select(readings.c.source, func.max(readings.c.recorded)).where(readings.c.hall == place.code)
    last = {row[0]: row[1] for row in connection.execute(query.group_by(readings.c.source))}
    return [SourceNow(code, name, until.get(code), last.get(code)) for code, name in place.sources.items()]


# ---- inside a turn ----


def _assign(
    t: Turn, place: Places, source: str, machine: str, pin: str, officer: str | None, actor: str, by: Asker | None
) -> int:
    source_of(place, source)
    if officer is not None and not _officers(t, [officer]):
        raise NotFound("unknown_officer", f"Petugas dengan NIP {officer} tidak terdaftar di balai ini.")
    mine = _key(pins, t.hall, source, machine) & (pins.c.pin == pin)
    before = t.connection.execute(select(pins.c.officer).where(mine)).scalar_one_or_none()
    if by is not None:  # in here: asked before the turn, another could give the PIN away in between
        theirs = _key(readings, t.hall, source, machine) & (readings.c.who == pin)
        told = t.connection.execute(select(readings.c.officer).where(theirs).distinct()).scalars()
        must_reach_officers(t.connection, place, by, filter(None, {officer, before, pin, *told}))
    if before != officer:
        t.connection.execute(delete(pins).where(mine))
        if officer is not None:
            row = {"hall": t.hall, "source": source, "machine": machine, "pin": pin}
            t.connection.execute(insert(pins).values(**row, officer=officer, assigned=t.now))
        data = {"source": source, "machine": machine, "pin": pin, "officer": officer, "before": before}
        t.write("pin_assigned", machine or source, data, actor=actor)
    owner = officer if officer is not None else next(iter(_officers(t, [pin])), None)
    return _attribute(t, place, source, machine, pin, owner, actor)


def _take(t: Turn, place: Places, source: str, machine: str, told: Sequence[Told], actor: str) -> Taken:
    wanted = {(one.who, one.at) for one in told}
    if not wanted:
        return NOTHING
    first, last = min(at for _, at in wanted), max(at for _, at in wanted)
    query = select(readings.c.who, readings.c.at).where(
        _key(readings, t.hall, source, machine), readings.c.at.between(first, last)
    )
    fresh = sorted(
        wanted - {(row.who, row.at) for row in t.connection.execute(query)}, key=lambda one: (one[1], one[0])
    )
    owners = _owners(t, source, machine, {who for who, _ in fresh})
    rows = [
        {"hall": t.hall, "source": source, "machine": machine, "who": who, "at": at, "officer": owners.get(who),
         "recorded": t.now}
        for who, at in fresh
    ]  # fmt: skip
    if rows:
        t.connection.execute(insert(readings), rows)
    kept = sum(row["officer"] is None for row in rows)
    if kept:
        t.write("strangers_kept", source, {"source": source, "machine": machine, "readings": kept}, actor=actor)
    _punch(t, place, source, [(owners[who], at) for who, at in fresh if who in owners], actor)
    return Taken(len(told), len(rows) - kept, len(told) - len(rows), kept)


def _owners(t: Turn, source: str, machine: str, who: set[str]) -> dict[str, str]:
    """PIN or NIP -> officer: what somebody assigned, else the number itself if it is an officer's."""
    owners = {nip: nip for nip in _officers(t, who)}
    query = select(pins.c.pin, pins.c.officer).where(_key(pins, t.hall, source, machine))
    return owners | {row.pin: row.officer for row in t.connection.execute(query) if row.pin in who}


def _officers(t: Turn, numbers: Iterable[str]) -> set[str]:
    """Those of the numbers that are officers of the hall; also retired ones: their past is still told."""
    wanted: list[str] = sorted(numbers)
    found: set[str] = set()
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        query = select(officers.c.nip).where(officers.c.hall == t.hall, officers.c.nip.in_(part))
        found.update(t.connection.execute(query).scalars())
    return found


def _punch(t: Turn, place: Places, source: str, wanted: list[tuple[str, datetime]], actor: str) -> None:
    """Records punches that are not there yet, and writes one line for each business date they belong to."""
    if not wanted:
        return
    first, last = min(at for _, at in wanted), max(at for _, at in wanted)
    query = select(punches.c.officer, punches.c.at).where(
        punches.c.hall == t.hall, punches.c.source == source, punches.c.at.between(first, last)
    )
    fresh = sorted(set(wanted) - {(row.officer, row.at) for row in t.connection.execute(query)}, key=lambda p: p[::-1])
    if fresh:
        rows = [{"id": new_id(), "hall": t.hall, "source": source, "officer": who, "at": at, "recorded": t.now}
                for who, at in fresh]  # fmt: skip
        t.connection.execute(insert(punches), rows)
        _write_days(t, place, "punches_recorded", source, fresh, actor)


def _write_days(
    t: Turn, place: Places, kind: str, source: str, changed: list[tuple[str, datetime]], actor: str
) -> None:
    """A line a day, at the time of its first punch: whoever keeps answers about a day sees that it changed."""
    days: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for who, at in sorted(changed, key=lambda punch: punch[::-1]):
        days[place.date(at).isoformat()].append((who, at))
    for day, of_day in days.items():
        told: list[Any] = [[who, at.isoformat()] for who, at in of_day]
        t.write(kind, source, {"source": source, "date": day, "punches": told}, actor=actor, at=of_day[0][1])


def _attribute(t: Turn, place: Places, source: str, machine: str, who: str, owner: str | None, actor: str) -> int:
    """Makes ``owner`` the one of whom all readings of ``who`` speak; punches follow."""
    mine = _key(readings, t.hall, source, machine) & (readings.c.who == who)
    other = readings.c.officer.is_not(None) if owner is None else readings.c.officer.is_distinct_from(owner)
    found = list(t.connection.execute(select(readings.c.officer, readings.c.at).where(mine, other)))
    if not found:
        return 0
    t.connection.execute(update(readings).where(mine, other).values(officer=owner))
    _withdraw(t, place, source, [(row.officer, row.at) for row in found if row.officer is not None], actor)
    if owner is not None:
        _punch(t, place, source, [(owner, row.at) for row in found], actor)
    return len(found)


def _withdraw(t: Turn, place: Places, source: str, wrong: list[tuple[str, datetime]], actor: str) -> None:
    """Takes punches from an officer who had been given them by mistake, unless another reading tells them too."""
    gone = []
    for start in range(0, len(wrong), AT_ONCE):
        part = wrong[start : start + AT_ONCE]
        query = select(readings.c.officer, readings.c.at).where(
            readings.c.hall == t.hall, readings.c.source == source, tuple_(readings.c.officer, readings.c.at).in_(part)
        )
        still = {(row.officer, row.at) for row in t.connection.execute(query)}
        gone += [punch for punch in part if punch not in still]
    for officer, at in gone:
        t.connection.execute(
            delete(punches).where(
                punches.c.hall == t.hall, punches.c.source == source, punches.c.officer == officer, punches.c.at == at
            )
        )
    if gone:
        _write_days(t, place, "punches_withdrawn", source, gone, actor)


def _key(table: Table, hall: str, source: str, machine: str) -> Any:
    return (table.c.hall == hall) & (table.c.source == source) & (table.c.machine == machine)
