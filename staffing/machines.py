"""The attendance machines of a hall: which are listed, when they were last heard, how their clocks stand."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Boolean, Column, Connection, ForeignKeyConstraint, Integer, String, Table, func, select, update

from hall.database import Database, Moment, metadata
from hall.errors import Invalid, NotFound
from hall.places import places
from hall.turn import turn
from staffing.attendance import cover, covered, source_of

log = logging.getLogger("antre.machines")

NOTE_EVERY = timedelta(seconds=30)  # a machine asks every ten seconds; that often nobody needs to write it down
BROKEN = timedelta(minutes=2)  # a longer silence breaks the contact
SETTLED = timedelta(minutes=5)  # in unbroken contact this long, everything older than this has come
COVER_EVERY = timedelta(minutes=10)  # how often a source's "delivered until" moves by contact alone
CLOCK_TOLERANCE = timedelta(minutes=2)
MOST_UNLISTED = 50  # a hall's unlisted machines that are remembered

machines = Table(
    "machines",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("serial", String(40), primary_key=True),
    Column("source", String(40), nullable=False),
    Column("name", String(100), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("contact_since", Moment),
    Column("last_contact", Moment),
    Column("last_batch", Moment),
    Column("delivered_until", Moment),
    Column("clock_off", Integer),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)
unlisted = Table(
    "unlisted_machines",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("serial", String(40), primary_key=True),
    Column("first", Moment, nullable=False),
    Column("last", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """A listed machine. Moments are UTC.

    ``contact_since`` begins the contact that has not been broken since; ``clock_off`` is how many seconds its clock is
    ahead of the hall's (behind: negative), None when it is right or nobody could tell.
    """

    hall: str
    serial: str
    source: str
    name: str
    active: bool
    contact_since: datetime | None
    last_contact: datetime | None
    last_batch: datetime | None
    delivered_until: datetime | None
    clock_off: int | None


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A machine that knocked with the hall's secret and is not on the list."""

    serial: str
    first: datetime
    last: datetime
    tries: int


def check_serial(serial: str) -> str:
    """A serial number as machines write it. Refuses (``bad_serial``) what is not 1 to 40 letters, digits, - and _."""
    plain = serial.strip()
    if not 1 <= len(plain) <= 40 or not plain.isascii() or not plain.replace("-", "").replace("_", "").isalnum():
        raise Invalid("bad_serial", "Nomor seri mesin harus 1 sampai 40 huruf, angka, - atau _.")
    return plain


def list_machine(db: Database, hall: str, serial: str, *, source: str, name: str, actor: str, now: datetime) -> None:
    """Lets a machine deliver for ``source``, or changes its name and source; the same again changes nothing.

    Raises :class:`Invalid` (``bad_serial``, ``bad_name``) and :class:`NotFound` (``unknown_source``).
    """
    serial, name = check_serial(serial), name.strip()
    if len(name) > 100 or not (name.isprintable() or not name):
        raise Invalid("bad_name", "Nama mesin paling panjang 100 karakter yang dapat dicetak.")
    with turn(db, hall, now) as t:
        source_of(places(db, t.connection, hall, t.config), source)
        old = find_machine(t.connection, hall, serial)
        mine = (machines.c.hall == hall) & (machines.c.serial == serial)
        values = {"source": source, "name": name, "active": True}
        if old is None:
            t.connection.execute(machines.insert().values(hall=hall, serial=serial, **values))
        elif (old.source, old.name, old.active) == (source, name, True):
            return
        else:
            # what it delivered for another source says nothing of this one
            fresh = {} if old.source == source and old.active else {"contact_since": None, "delivered_until": None}
            t.connection.execute(update(machines).where(mine).values(**values, **fresh))
        t.connection.execute(unlisted.delete().where(unlisted.c.hall == hall, unlisted.c.serial == serial))
        t.write("machine_listed", serial, {"source": source, "name": name}, actor=actor)


def unlist_machine(db: Database, hall: str, serial: str, *, actor: str, now: datetime) -> None:
    """Lets a machine deliver no longer; what it told stays. Raises :class:`NotFound` (``unknown_machine``)."""
    with turn(db, hall, now) as t:
        mine = (machines.c.hall == hall) & (machines.c.serial == serial) & machines.c.active
        if t.connection.execute(update(machines).where(mine).values(active=False)).rowcount == 0:
            raise NotFound("unknown_machine", f"Mesin {serial!r:.60} tidak terdaftar.")
        t.write("machine_unlisted", serial, {}, actor=actor)


def find_machine(connection: Connection, hall: str, serial: str) -> Machine | None:
    """The machine with this serial number, also one that is no longer listed (``active`` false), or None."""
    row = connection.execute(select(machines).where(machines.c.hall == hall, machines.c.serial == serial)).first()
    return None if row is None else Machine(*row)


def machines_of(connection: Connection, hall: str) -> list[Machine]:
    """Every listed machine."""
    query = select(machines).where(machines.c.hall == hall, machines.c.active)
    return [Machine(*row) for row in connection.execute(query.order_by(machines.c.source, machines.c.serial))]


def unlisted_of(connection: Connection, hall: str) -> list[Unlisted]:
    """Machines that knocked and are not listed, the latest first."""
    query = select(unlisted.c.serial, unlisted.c.first, unlisted.c.last, unlisted.c.tries)
    query = query.where(unlisted.c.hall == hall).order_by(unlisted.c.last.desc(), unlisted.c.serial)
    return [Unlisted(*row) for row in connection.execute(query)]


def note_unlisted(db: Database, hall: str, serial: str, *, now: datetime) -> None:
    """Remembers that an unlisted machine knocked; the first time that staff should hear of it is a line."""
    with db.reading() as connection:
        mine = (unlisted.c.hall == hall) & (unlisted.c.serial == serial)
        known = connection.execute(select(unlisted.c.last).where(mine)).scalar_one_or_none()
        many = connection.execute(select(func.count()).where(unlisted.c.hall == hall)).scalar_one()
    if known is not None:
        if now - known >= NOTE_EVERY:
            with db.writing(hall) as connection:
                connection.execute(update(unlisted).where(mine).values(last=now, tries=unlisted.c.tries + 1))
        return
    if many >= MOST_UNLISTED:
        log.warning("an unlisted machine knocked at %s, and %d others are remembered already", hall, many)
        return
    with turn(db, hall, now) as t:
        now = t.now
        if t.connection.execute(select(unlisted.c.last).where(mine)).first() is None:
            t.connection.execute(unlisted.insert().values(hall=hall, serial=serial, first=now, last=now, tries=1))
            t.write("machine_refused", serial, {}, actor=f"machine:{serial}")


def note_contact(db: Database, hall: str, serial: str, *, now: datetime, batch: bool = False) -> None:
    """Notes that a listed machine was heard, and what follows from an unbroken contact.

    A machine in contact for five minutes has sent what it had: everything older has come. A source has delivered as
    far as the slowest of its machines, and says so every ten minutes.
    """
    with db.reading() as connection:
        known = find_machine(connection, hall, serial)
    if known is None or not known.active:
        return
    if not batch and known.last_contact is not None and timedelta() <= now - known.last_contact < NOTE_EVERY:
        return
    with db.writing(hall) as connection:
        known = find_machine(connection, hall, serial)  # again, or a move in between is undone: see list_machine
        if known is None or not known.active:
            return
        broken = known.contact_since is None or known.last_contact is None or now - known.last_contact > BROKEN
        since = now if broken or known.contact_since is None else known.contact_since
        values = {"last_contact": now, "contact_since": since} | ({"last_batch": now} if batch else {})
        if now - since >= SETTLED:
            values["delivered_until"] = now - SETTLED
        mine = (machines.c.hall == hall) & (machines.c.serial == serial)
        mine &= machines.c.active & (machines.c.source == known.source)  # another process may have moved it just now
        noted = connection.execute(update(machines).where(mine).values(**values)).rowcount
    if noted and "delivered_until" in values:
        _cover_by_contact(db, hall, known.source, serial, now)


def _cover_by_contact(db: Database, hall: str, source: str, serial: str, now: datetime) -> None:
    with db.reading() as connection:
        until = _delivered_by_all(connection, hall, source)
        latest = covered(connection, hall).get(source)
    if until is None or (latest is not None and until - latest < COVER_EVERY):
        return
    with turn(db, hall, now) as t:
        again = _delivered_by_all(t.connection, hall, source)
        if again is not None and source in places(db, t.connection, hall, t.config).sources:
            cover(t, source, again, actor=f"machine:{serial}")


def _delivered_by_all(connection: Connection, hall: str, source: str) -> datetime | None:
    told = [machine.delivered_until for machine in machines_of(connection, hall) if machine.source == source]
    known = [until for until in told if until is not None]
    return min(known) if told and len(known) == len(told) else None


def note_delivered(db: Database, hall: str, source: str, serial: str, until: datetime, *, now: datetime) -> None:
    """Notes that everything a machine held up to ``until`` was fetched from it: a pull takes all there is.

    Nothing is noted of one that was moved to another source or unlisted meanwhile: that one has heard nothing of it.
    """
    with db.writing(hall) as connection:
        mine = (machines.c.hall == hall) & (machines.c.serial == serial)
        mine &= machines.c.active & (machines.c.source == source)
        values = {"delivered_until": until, "last_contact": now, "last_batch": now}
        noted = connection.execute(update(machines).where(mine).values(**values)).rowcount
    if noted:
        _cover_by_contact(db, hall, source, serial, now)


def note_clock(db: Database, hall: str, serial: str, newest: datetime, *, now: datetime) -> None:
    """Compares the newest punch of a batch with the moment it came, and tells once when the clock goes wrong or right.

    A punch from the future shows a clock that is ahead. One from the past may simply have waited: it shows a clock
    that is behind only where the machine has been in contact all the while, since then it sends at once.
    Its times are never mended: nobody knows since when it has been wrong.
    """
    with db.reading() as connection:
        known = find_machine(connection, hall, serial)
    if known is None:
        return
    off = newest - now
    in_contact = known.contact_since is not None and now - known.contact_since >= SETTLED
    if off <= CLOCK_TOLERANCE and not in_contact:
        return
    if abs(off) <= CLOCK_TOLERANCE:
        told = None
    elif off > timedelta() or newest >= now - timedelta(hours=12):
        told = int(off.total_seconds())
    else:
        return  # older than half a day: a batch of old records that somebody asked for, not a clock
    if _is_told(known, told):
        return
    with turn(db, hall, now) as t:
        known = find_machine(t.connection, hall, serial)
        if known is None or _is_told(known, told):  # by another batch of it, which came at the same time
            return
        mine = (machines.c.hall == hall) & (machines.c.serial == serial)
        t.connection.execute(update(machines).where(mine).values(clock_off=told))
        kind = "machine_clock_right" if told is None else "machine_clock_wrong"
        t.write(kind, serial, {} if told is None else {"seconds": told}, actor=f"machine:{serial}")


def _is_told(known: Machine, off: int | None) -> bool:
    """Whether its clock is known to be ``off`` so many seconds already, to the minute; None: right."""
    return (known.clock_off is None) == (off is None) and abs((known.clock_off or 0) - (off or 0)) < 60
