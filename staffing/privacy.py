"""Whose attendance somebody may see, and who looked at whose: a list that only grows, refusals included."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    ForeignKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    select,
)

from hall.database import Database, Moment, canonical, metadata
from hall.errors import Denied, NotFound
from hall.journal import FIRST_HASH
from hall.people import officers
from hall.places import Places, places
from hall.turn import turn

EVERYBODY = "hall"  # the subject of a look at the officers of the whole hall
SEES_ALL = ("manager", "coordinator", "reader", "attendance")
OTHER_AGENCY = "Presensi petugas instansi lain bukan kewenangan Anda. Permintaan ini dicatat."
REGENCY = "opd"  # the regent may instruct and discipline the regency's own officers only: domain, section 1

looks = Table(
    "looks",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("nr", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("day", Date, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("what", String(40), nullable=False),
    Column("whom", String(60), nullable=False),
    Column("allowed", Boolean, nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("hall", "day", "actor", "what", "whom", "allowed", name="uq_looks_once"),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the role, how the journal calls them (``role:login``), and the agency of a head."""

    role: str
    actor: str
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One line of the list: on ``day`` somebody first looked at ``at`` (aware UTC), or was refused to.

    ``whom`` is ``hall``, ``agency:CODE`` or ``officer:NIP``; ``what`` is the page or call, for example ``attendance``.
    """

    nr: int
    at: datetime
    day: date
    actor: str
    what: str
    whom: str
    allowed: bool


def reach(role: str, own_agency: str | None, place: Places) -> frozenset[str]:
    """The agencies whose officers a role may see by name: absences, attendance, evidence.

    The hall's management all; the head of an agency the own one; the personnel office (BKD, BKPSDM) those of the
    regency (kind ``opd``), since officers of vertical agencies, the province, BPJS and companies answer to their own
    house; everybody else, the regent too, none.
    """
    if role in SEES_ALL:
        return frozenset(place.agencies)
    if role == "head" and own_agency in place.agencies:
        return frozenset({str(own_agency)})
    if role == "personnel":
        return frozenset(a.code for a in place.agencies.values() if a.kind == REGENCY)
    return frozenset()


def must_reach(db: Database, hall: str, asker: Asker, agency: str, what: str, now: datetime) -> None:
    """Lets an asker see or change the attendance of an agency's officers, or refuses and keeps the refusal.

    Raises :class:`NotFound` (``unknown_hall``, ``unknown_agency``) and :class:`Denied` (``other_agency``).
    """
    with db.reading() as connection:
        place = places(db, connection, hall)
    if agency not in place.agencies:
        raise NotFound("unknown_agency", f"Instansi {agency!r} tidak ada di balai ini.")
    if agency not in reach(asker.role, asker.agency, place):
        note_look(db, hall, asker.actor, f"agency:{agency}", what, now, allowed=False)
        raise _other_agency()


def must_reach_officer(db: Database, hall: str, asker: Asker, officer: str, what: str, now: datetime) -> str:
    """The same for one officer; returns the officer's agency. Officers who have left stay within reach.

    Raises :class:`NotFound` (``unknown_hall``, ``unknown_officer``) and :class:`Denied` (``other_agency``).
    """
    with db.reading() as connection:
        place = places(db, connection, hall)
        query = select(officers.c.agency).where(officers.c.hall == hall, officers.c.nip == officer)
        row = connection.execute(query).first()
    if row is None:
        raise NotFound("unknown_officer", f"Petugas dengan NIP {officer:.20} tidak terdaftar di balai ini.")
    agency: str = row.agency
    if agency not in reach(asker.role, asker.agency, place):
        note_look(db, hall, asker.actor, f"officer:{officer}", what, now, allowed=False)
        raise _other_agency()
    return agency


def must_reach_officers(connection: Connection, place: Places, asker: Asker, nips: Iterable[str]) -> None:
    """The same for several, inside a turn: what is true when it is asked is still true when the turn writes.

    Numbers that are no officer's are passed over. Raises :class:`OutOfReach` (``other_agency``), which the verb keeps.
    """
    mine = reach(asker.role, asker.agency, place)
    query = select(officers.c.nip, officers.c.agency).where(
        officers.c.hall == place.code, officers.c.nip.in_(set(nips))
    )
    beyond = sorted(row.nip for row in connection.execute(query) if row.agency not in mine)
    if beyond:
        raise OutOfReach(asker, beyond)


class OutOfReach(Denied):
    """Refused because of these officers. They are for the list of looks, not for the answer: it would name them."""

    def __init__(self, asker: Asker, nips: list[str]) -> None:
        super().__init__("other_agency", OTHER_AGENCY)
        self.asker, self.nips = asker, nips

    def keep(self, db: Database, hall: str, what: str, now: datetime) -> None:
        """Writes the refusal down, once the turn is undone: a look written inside would vanish with it."""
        for nip in self.nips:
            note_look(db, hall, self.asker.actor, f"officer:{nip}", what, now, allowed=False)


def _other_agency() -> Denied:
    return Denied("other_agency", OTHER_AGENCY)


def note_look(
    db: Database, hall: str, actor: str, whom: str, what: str, now: datetime, *, allowed: bool = True
) -> bool:
    """Writes down that ``actor`` saw ``whom``'s attendance (or was refused): once a business date for each purpose.

    ``whom``: ``hall``, ``agency:CODE`` or ``officer:NIP``. Call it before the data is given: what cannot be written
    down is not shown. Returns whether a line was added. Raises :class:`NotFound` (``unknown_hall``) and
    :class:`Unavailable`.
    """
    with db.reading() as connection:
        day = places(db, connection, hall).date(now)
    known: tuple[date, set[Any]] | None = db.known.get(f"looks of {hall}")
    if known is None or known[0] != day:
        known = db.known[f"looks of {hall}"] = (day, set())
    key = (actor[:80], what[:40], whom[:60], allowed)
    if key in known[1]:
        return False
    c = looks.c
    same = select(c.nr).where(
        c.hall == hall, c.day == day, c.actor == key[0], c.what == key[1], c.whom == key[2], c.allowed.is_(allowed)
    )
    with turn(db, hall, now) as t:  # no line in the journal: a look changes nothing on any screen
        now = t.now
        added = t.connection.execute(same).first() is None
        if added:
            newest = select(c.nr, c.hash).where(c.hall == hall).order_by(c.nr.desc()).limit(1)
            last = t.connection.execute(newest).first()
            nr, before = (last.nr + 1, last.hash) if last is not None else (1, FIRST_HASH)
            row = {"hall": hall, "nr": nr, "at": now, "day": day}
            row |= {"actor": key[0], "what": key[1], "whom": key[2], "allowed": allowed}
            t.connection.execute(looks.insert().values(**row, hash=_chain(before, row)))
    known[1].add(key)
    return added


def _chain(before: str, row: dict[str, Any]) -> str:
    plain = row | {"at": row["at"].timestamp(), "day": row["day"].isoformat()}
    return hashlib.sha256(f"{before}{canonical(plain)}".encode()).hexdigest()


def read_looks(
    connection: Connection, hall: str, *, before: int | None = None, limit: int = 200, refused: bool = False
) -> list[Look]:
    """The newest looks first, at most ``limit``, of numbers below ``before``; ``refused``: the refusals only."""
    c = looks.c
    query = select(c.nr, c.at, c.day, c.actor, c.what, c.whom, c.allowed).where(c.hall == hall)
    if before is not None:
        query = query.where(c.nr < before)
    if refused:
        query = query.where(c.allowed.is_(False))
    return [Look(*row) for row in connection.execute(query.order_by(c.nr.desc()).limit(limit))]


def broken_looks(connection: Connection, hall: str) -> Iterator[str]:
    """Every gap in the list and every line that was changed, as sentences."""
    expected, before = 1, FIRST_HASH
    for row in connection.execute(select(looks).where(looks.c.hall == hall).order_by(looks.c.nr)):
        if row.nr != expected:
            yield f"looks of {hall}: expected line {expected}, found {row.nr}"
            expected = row.nr
        content = {name: value for name, value in row._mapping.items() if name != "hash"}
        if _chain(before, content) != row.hash:
            yield f"looks of {hall}: line {row.nr} was changed or follows one that was"
        expected, before = row.nr + 1, row.hash
