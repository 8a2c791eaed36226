"""What was told about empty counters, when and by what; where facts have since changed it, which of them did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    ForeignKeyConstraint,
    Index,
    String,
    Table,
    UniqueConstraint,
    select,
)

from hall.database import Database, Json, Moment, canonical, metadata, new_id
from hall.journal import Line, journal
from hall.turn import turn
from staffing.deciding import read_facts_since, which_decided
from staffing.vacancy import Piece

BY = ("asked", "day_closed", "flag", "letter")
"""By what something was told: a person asked, the day was closed, a flag was raised, a letter was written."""
ZERO = timedelta()

reported = Table(
    "reported",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("day", Date, nullable=False),
    Column("counter", String(40), nullable=False),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Column("cause", String(30), nullable=False),
    Column("officers", Json, nullable=False),
    Column("told", Moment, nullable=False),
    Column("told_by", String(20), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("seq", BigInteger, nullable=False),
    UniqueConstraint("hall", "counter", "start", "end", "cause", "officers", name="uq_reported_once"),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_reported_day", "hall", "day"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """A piece as it was told: at ``at`` (aware UTC), by one of :data:`BY`, as the journal's line ``seq`` had it."""

    day: date
    counter: str
    start: datetime
    end: datetime
    cause: str
    officers: tuple[str, ...]
    at: datetime
    by: str
    seq: int

    def speaks_of(self, piece: Piece) -> bool:
        """Whether it is about the same counter at the same time, at least in part."""
        return self.counter == piece.counter and self.start < piece.end and piece.start < self.end

    def agrees(self, piece: Piece) -> bool:
        """Whether it gave the same cause, of the same officers."""
        return self.cause == piece.cause and self.officers == piece.officers

    def shared(self, piece: Piece) -> timedelta:
        """How much of the piece it speaks of."""
        return max(ZERO, min(self.end, piece.end) - max(self.start, piece.start))


@dataclass(frozen=True, slots=True)
class Change:
    """A piece was told otherwise before; ``facts`` are the lines of the journal that changed it, oldest first."""

    told: Told
    facts: tuple[Line, ...]


def told_of(connection: Connection, hall: str, first: date, last: date) -> dict[date, list[Told]]:
    """What was told of every date in [first, last], oldest first."""
    c = reported.c
    query = select(
        c.day, c.counter, c.start, c.end, c.cause, c.officers, c.told, c.told_by, c.seq
    ).where(c.hall == hall, c.day >= first, c.day <= last)  # fmt: skip
    found: dict[date, list[Told]] = defaultdict(list)
    for day, counter, start, end, cause, officers, at, by, seq in connection.execute(query):
        found[day].append(Told(day, counter, start, end, cause, tuple(officers), at, by, seq))
    for one in found.values():
        one.sort(key=lambda t: (t.seq, t.at, t.counter, t.start))
    return dict(found)


def compare(
    connection: Connection,
    hall: str,
    zone: str,
    pieces: Mapping[date, Sequence[Piece]],
    told: Mapping[date, list[Told]],
) -> dict[tuple[date, int], Change]:
    """(date, place of the piece) -> how it was told before, for every piece whose cause or officers have changed."""
    before: dict[tuple[date, int], tuple[Told, int | None]] = {}
    for day, found in told.items():
        by_counter: dict[str, list[Told]] = defaultdict(list)
        for one in found:
            by_counter[one.counter].append(one)
        for nr, piece in enumerate(pieces.get(day, ())):
            was = _before(piece, by_counter.get(piece.counter, ()))
            if was is not None:
                again = [
                    t.seq
                    for t in by_counter[piece.counter]
                    if t.seq > was.seq and t.speaks_of(piece) and t.agrees(piece)
                ]
                before[day, nr] = was, min(again, default=None)
    if not before:
        return {}
    since = min(was.seq for was, _ in before.values())
    ends = [until for _, until in before.values()]
    known = [until for until in ends if until is not None]
    lines = read_facts_since(connection, hall, since, max(known) if len(known) == len(ends) else None)
    changes = {}
    for (day, nr), (was, until) in before.items():
        since_then = [line for line in lines if line.seq > was.seq and (until is None or line.seq <= until)]
        facts = which_decided(pieces[day][nr], was.officers, was.cause, day, zone, since_then)
        changes[day, nr] = Change(was, facts)
    return changes


def _before(piece: Piece, told: Iterable[Told]) -> Told | None:
    """The latest thing told of the piece's time that does not agree with it; of several the one that shares most."""
    other = [t for t in told if t.speaks_of(piece) and not t.agrees(piece)]
    return max(other, key=lambda t: (t.seq, t.shared(piece), t.at), default=None)


def no_longer(pieces: Sequence[Piece], told: Iterable[Told]) -> list[Told]:
    """What was told of a date and is an empty counter no more, at no time of it; the latest telling of each."""
    gone: dict[tuple[str, datetime], Told] = {}
    for one in told:
        if not any(one.speaks_of(piece) for piece in pieces):
            gone[one.counter, one.start] = one
    return sorted(gone.values(), key=lambda t: (t.counter, t.start))


def tell(
    db: Database,
    hall: str,
    pieces: Iterable[tuple[date, Piece]],
    by: str,
    *,
    seq: int,
    known: Mapping[date, Iterable[Told]],
    actor: str,
    now: datetime,
    mark: date | None = None,
) -> int:
    """Notes that these pieces were told to somebody, ``by`` one of :data:`BY`, as the journal's line ``seq`` has them.

    ``known`` is what was told of those dates before (:func:`told_of`): what was told once is not noted again, so most
    calls write nothing. ``mark``: the date that is closed by this, for which a line is written even if nothing is new
    (:func:`was_closed`). Returns how many were noted. Raises :class:`NotFound` (``unknown_hall``).
    """
    if by not in BY:
        raise ValueError(f"nothing is told by {by!r}")
    before = {_key(t.counter, t.start, t.end, t.cause, t.officers) for found in known.values() for t in found}
    fresh = {_key(p.counter, p.start, p.end, p.cause, p.officers): (day, p) for day, p in pieces}
    if mark is None and not fresh.keys() - before:
        return 0
    days = sorted({day for day, _ in fresh.values()} | ({mark} if mark is not None else set()))
    with turn(db, hall, now) as t:
        now = t.now
        for found in told_of(
            t.connection, hall, days[0], days[-1]
        ).values():  # somebody may have asked at the same time
            before |= {_key(o.counter, o.start, o.end, o.cause, o.officers) for o in found}
        rows = [
            {
                "id": new_id(), "hall": hall, "day": day, "counter": p.counter, "start": p.start, "end": p.end,
                "cause": p.cause, "officers": list(p.officers), "told": now, "told_by": by, "actor": actor[:80],
                "seq": seq,
            }
            for key, (day, p) in fresh.items() if key not in before
        ]  # fmt: skip
        if rows:
            t.connection.execute(reported.insert(), rows)
        if rows or mark is not None:
            data = {"by": by, "from": days[0].isoformat(), "to": days[-1].isoformat(), "pieces": len(rows)}
            t.write("vacancies_reported", f"day:{days[0].isoformat()}", data, actor=actor)
        return len(rows)


def was_closed(connection: Connection, hall: str, day: date) -> bool:
    """Whether what a date had to tell was noted when it was closed."""
    j = journal.c
    query = select(j.data).where(j.hall == hall, j.subject == f"day:{day.isoformat()}", j.kind == "vacancies_reported")
    return any(row.data["by"] == "day_closed" for row in connection.execute(query))


def _key(counter: str, start: datetime, end: datetime, cause: str, officers: tuple[str, ...]) -> tuple[object, ...]:
    return counter, start, end, cause, canonical(officers)
