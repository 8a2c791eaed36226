"""Who came and when, as machines, lists and programs tell it: every reading is kept once and becomes a punch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select

from hall.database import Database
from hall.errors import Invalid, NotFound
from hall.places import Places, places
from hall.turn import Turn, turn
from staffing import deliveries, source_keys
from staffing.facts import coverage
from staffing.readings import owners_of, punch, readings, told_by

LONGEST_WHO = 24  # characters of a PIN or NIP; machines take 24 at most
AHEAD = timedelta(days=1)  # a reading further in the future than this is a fault of a clock or a column
EARLIEST_YEAR = 2000
MOST_FAULTS = 50  # of one delivery that are kept beside it


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


def sources_now(connection: Connection, place: Places) -> list[SourceNow]:
    """Every source of the hall, in the hall's order."""
    until = covered(connection, place.code)
    query = select(readings.c.source, func.max(readings.c.recorded)).where(readings.c.hall == place.code)
    last = {row[0]: row[1] for row in connection.execute(query.group_by(readings.c.source))}
    return [SourceNow(code, name, until.get(code), last.get(code)) for code, name in place.sources.items()]


def _take(t: Turn, place: Places, source: str, machine: str, told: Sequence[Told], actor: str) -> Taken:
    wanted = {(one.who, one.at) for one in told}
    if not wanted:
        return NOTHING
    first, last = min(at for _, at in wanted), max(at for _, at in wanted)
    query = select(readings.c.who, readings.c.at).where(
        told_by(readings, t.hall, source, machine), readings.c.at.between(first, last)
    )
    fresh = sorted(
        wanted - {(row.who, row.at) for row in t.connection.execute(query)}, key=lambda one: (one[1], one[0])
    )
    owners = owners_of(t, source, machine, {who for who, _ in fresh})
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
    punch(t, place, source, [(owners[who], at) for who, at in fresh if who in owners], actor)
    return Taken(len(told), len(rows) - kept, len(told) - len(rows), kept)
