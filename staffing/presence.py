"""Presence at the counter: sign-in, pause, heartbeat, sign-out, and a console that fell silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKeyConstraint,
    Index,
    String,
    Table,
    bindparam,
    case,
    func,
    literal,
    select,
    text,
    update,
)

from hall.clock import midnight_after
from hall.database import Database, Moment, metadata, new_id
from hall.errors import Conflict, NotFound
from hall.journal import journal
from hall.people import officers
from hall.places import places
from hall.turn import Turn, turn
from queueing import tickets as tk
from queueing.desks import CLOSED, LOST, OPEN, PAUSED, desk, must_still_sit, set_desk
from queueing.line import line_of
from staffing.facts import outages

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("counter", String(40), nullable=False),
    Column("officer", String(18), nullable=False),
    Column("start", Moment, nullable=False),
    Column("end", Moment),
    Column("beats", Boolean, nullable=False),
    Column("last_beat", Moment),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_sessions_start", "hall", "start"),
)
_IN_ORDER = (sessions.c.start, sessions.c.id)  # or each engine would write the lines of a night in an order of its own
_OPEN_SESSION = text('"end" IS NULL')
for _name, _column in (("uq_sessions_counter", sessions.c.counter), ("uq_sessions_officer", sessions.c.officer)):
    Index(_name, sessions.c.hall, _column, unique=True, sqlite_where=_OPEN_SESSION, postgresql_where=_OPEN_SESSION)

pauses = Table(
    "pauses",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("session", String(36), nullable=False),
    Column("start", Moment, nullable=False),
    Column("end", Moment),
    Column("reason", String(200), nullable=False),
    ForeignKeyConstraint(["session"], ["sessions.id"]),
    Index("ix_pauses_session", "session"),
)
Index("uq_pauses_open", pauses.c.session, unique=True, sqlite_where=_OPEN_SESSION, postgresql_where=_OPEN_SESSION)


@dataclass(frozen=True, slots=True)
class Session:
    """An officer at a counter. Aware UTC; ``beats`` says whether the console is expected to send heartbeats."""

    id: str
    hall: str
    counter: str
    officer: str
    start: datetime
    end: datetime | None
    beats: bool
    last_beat: datetime | None


_open_at = select(sessions).where(
    sessions.c.hall == bindparam("b_hall"), sessions.c.counter == bindparam("b_counter"), sessions.c.end.is_(None)
)


def session_at(connection: Connection, hall: str, counter: str) -> Session | None:
    """Who sits at a counter now, or None."""
    row = connection.execute(_open_at, {"b_hall": hall, "b_counter": counter}).first()
    return None if row is None else Session(*row)


def open_sessions(connection: Connection, hall: str) -> list[Session]:
    """Everybody who sits at a counter now."""
    query = select(sessions).where(sessions.c.hall == hall, sessions.c.end.is_(None)).order_by(*_IN_ORDER)
    return [Session(*row) for row in connection.execute(query)]


def open_pause(connection: Connection, session: str) -> tuple[datetime, str] | None:
    """Since when (aware UTC) and why a session pauses now, or None."""
    row = connection.execute(
        select(pauses.c.start, pauses.c.reason).where(pauses.c.session == session, pauses.c.end.is_(None))
    ).first()
    return None if row is None else (row.start, row.reason)


def sign_in(
    db: Database, hall: str, counter: str, officer: str, *, actor: str, now: datetime, beats: bool = True
) -> Session:
    """Seats an officer at a counter, at any hour. The same officer at the same counter again changes nothing.

    Whether it is really them is proved before (:func:`hall.people.verify_pin`). ``beats``: the console sends
    heartbeats. Raises :class:`NotFound` (``unknown_hall``, ``unknown_counter``, ``unknown_officer``) and
    :class:`Conflict`: ``counter_taken`` (somebody else sits there), ``officer_elsewhere`` (signed in at another
    counter).
    """
    with turn(db, hall, now) as t:
        now = t.now
        line = line_of(t)
        place = line.places.counter(counter)
        known = select(officers.c.nip).where(officers.c.hall == hall, officers.c.nip == officer, officers.c.active)
        if t.connection.execute(known).first() is None:
            raise NotFound("unknown_officer", f"Petugas dengan NIP {officer} tidak terdaftar di balai ini.")
        end_old_sessions(t, line.date)
        there = session_at(t.connection, hall, counter)
        if there is not None:
            if there.officer != officer:
                raise Conflict("counter_taken", f"{place.name} sedang dipakai petugas lain.")
            _beat(t, there)
            return there
        elsewhere = t.connection.execute(
            select(sessions.c.counter).where(
                sessions.c.hall == hall, sessions.c.officer == officer, sessions.c.end.is_(None)
            )
        ).first()
        if elsewhere is not None:
            name = line.places.counter(elsewhere.counter).name
            raise Conflict(
                "officer_elsewhere", f"Anda masih masuk di {name}; keluar dahulu di sana.", counter=elsewhere.counter
            )
        session = Session(new_id(), hall, counter, officer, now, None, beats, now if beats else None)
        t.connection.execute(sessions.insert().values(**{n: getattr(session, n) for n in Session.__dataclass_fields__}))
        set_desk(t, counter, OPEN, officer)
        t.write("signed_in", counter, {"officer": officer, "beats": beats}, actor=actor)
        return session


def sign_out(db: Database, hall: str, counter: str, *, actor: str, now: datetime, officer: str | None = None) -> None:
    """Ends the session at a counter.

    ``officer``, here and below, is who must sit there, or None (:func:`queueing.desks.must_still_sit`). Raises
    :class:`Conflict`: ``not_signed_in``, ``still_serving`` while a ticket is called or served there.
    """
    with turn(db, hall, now) as t:
        now = t.now
        session = _seated(t, counter, officer)
        serving = tk.live_at(t.connection, hall, counter)
        if serving is not None:
            raise Conflict(
                "still_serving",
                f"Nomor {serving.label} belum selesai; selesaikan atau tunda dahulu.",
                ticket=serving.public(line_of(t).places.tz),
            )
        _end(t, session, now, actor, "sign_out")


def pause(
    db: Database, hall: str, counter: str, reason: str, *, actor: str, now: datetime, officer: str | None = None
) -> None:
    """Pauses a counter for a stated reason: it does not call until :func:`unpause`.

    Raises :class:`Conflict`: ``not_signed_in``, ``already_paused``, ``still_serving``.
    """
    with turn(db, hall, now) as t:
        now = t.now
        session = _seated(t, counter, officer)
        if open_pause(t.connection, session.id) is not None:
            raise Conflict("already_paused", "Loket ini sudah dalam keadaan istirahat.")
        serving = tk.live_at(t.connection, hall, counter)
        if serving is not None:
            raise Conflict("still_serving", f"Nomor {serving.label} belum selesai; selesaikan atau tunda dahulu.")
        t.connection.execute(
            pauses.insert().values(id=new_id(), hall=hall, session=session.id, start=now, reason=reason[:200])
        )
        _beat(t, session)
        set_desk(t, counter, PAUSED, session.officer)
        t.write("paused", counter, {"officer": session.officer, "reason": reason[:200]}, actor=actor)


def unpause(db: Database, hall: str, counter: str, *, actor: str, now: datetime, officer: str | None = None) -> None:
    """Goes on after a pause. Raises :class:`Conflict`: ``not_signed_in``, ``not_paused``."""
    with turn(db, hall, now) as t:
        now = t.now
        session = _seated(t, counter, officer)
        if open_pause(t.connection, session.id) is None:
            raise Conflict("not_paused", "Loket ini tidak sedang istirahat.")
        t.connection.execute(
            update(pauses).where(pauses.c.session == session.id, pauses.c.end.is_(None)).values(end=now)
        )
        _beat(t, session)
        set_desk(t, counter, OPEN, session.officer)
        t.write("unpaused", counter, {"officer": session.officer}, actor=actor)


def heartbeat(db: Database, hall: str, counter: str, *, actor: str, now: datetime, officer: str | None = None) -> None:
    """The console is alive. Leaves no line in the journal, unless it was lost and is back.

    Raises :class:`NotFound` (``unknown_counter``) and :class:`Conflict` (``not_signed_in``).
    """
    with turn(db, hall, now) as t:
        session = _seated(t, counter, officer)
        _beat(t, session)


def _beat(t: Turn, session: Session) -> None:
    """Moves the last beat on, and ends the outage of a console that had fallen silent."""
    if not session.beats and session.last_beat is None:
        return
    t.connection.execute(update(sessions).where(sessions.c.id == session.id).values(last_beat=t.now))
    what = f"counter:{session.counter}"
    down = (outages.c.hall == t.hall) & (outages.c.what == what) & outages.c.end.is_(None)
    ended = t.connection.execute(update(outages).where(down).values(end=t.now)).rowcount
    seat = desk(t.connection, t.hall, session.counter)
    # somebody else may have ended the outage: without a look at the desk it would stay lost, and never call again
    if ended or (seat is not None and seat.state == LOST):
        paused = open_pause(t.connection, session.id) is not None
        set_desk(t, session.counter, PAUSED if paused else OPEN, session.officer)
        t.write("outage_ended", what, {"officer": session.officer}, actor="system")


def find_lost_consoles(db: Database, hall: str, *, now: datetime) -> int:
    """Notes every console that fell silent while somebody is signed in: down since its last beat. Returns how many.

    The officer may well be there: the counter becomes *unobserved*, never empty (section 3 of the domain reference).
    """
    with db.reading() as connection:
        silent = timedelta(seconds=places(db, connection, hall).options.beat_seconds)
        overdue = (
            (sessions.c.hall == hall)
            & sessions.c.end.is_(None)
            & sessions.c.beats
            & (sessions.c.last_beat < now - silent)
        )
        if not _not_yet_down(
            connection, hall, [Session(*r) for r in connection.execute(select(sessions).where(overdue))]
        ):
            return 0
    with turn(db, hall, now) as t:
        found = [Session(*row) for row in t.connection.execute(select(sessions).where(overdue).order_by(*_IN_ORDER))]
        lost = _not_yet_down(t.connection, hall, found)
        for session in lost:
            what = f"counter:{session.counter}"
            t.connection.execute(outages.insert().values(id=new_id(), hall=hall, what=what, start=session.last_beat))
            set_desk(t, session.counter, LOST, session.officer, at=session.last_beat)
            t.write("outage_began", what, {"officer": session.officer}, actor="system", at=session.last_beat)
        return len(lost)


def _not_yet_down(connection: Connection, hall: str, found: list[Session]) -> list[Session]:
    query = select(outages.c.what).where(outages.c.hall == hall, outages.c.end.is_(None))
    down = {row.what for row in connection.execute(query)}
    return [s for s in found if f"counter:{s.counter}" not in down]


def _seated(t: Turn, counter: str, officer: str | None) -> Session:
    places(t.db, t.connection, t.hall, t.config).counter(counter)
    must_still_sit(desk(t.connection, t.hall, counter), officer)
    session = session_at(t.connection, t.hall, counter)
    if session is None:
        raise Conflict("not_signed_in", "Belum ada petugas yang masuk di loket ini.")
    return session


def _end(t: Turn, session: Session, at: datetime, actor: str, how: str) -> None:
    t.connection.execute(update(pauses).where(pauses.c.session == session.id, pauses.c.end.is_(None)).values(end=at))
    t.connection.execute(update(sessions).where(sessions.c.id == session.id).values(end=at))
    what = f"counter:{session.counter}"
    down = (outages.c.hall == t.hall) & (outages.c.what == what) & outages.c.end.is_(None)
    begun_later = case((outages.c.start > at, outages.c.start), else_=literal(at, Moment()))
    t.connection.execute(update(outages).where(down).values(end=begun_later))
    set_desk(t, session.counter, CLOSED, None, at=at)
    t.write("signed_out", session.counter, {"officer": session.officer, "how": how}, actor=actor, at=at)


def end_old_sessions(t: Turn, today: date) -> int:
    """Ends sessions left open overnight, at the midnight that ended their day; returns how many.

    Whoever did something there after midnight is taken to have left with that, or it would have happened to nobody.
    Also, at once, those at a counter that the hall no longer has: nobody could sign out there.
    A ticket still at that counter is finished or, if nobody came, missed, so that no ticket blocks the next morning.
    Sessions of a later day stay: history that is carried in signs nobody out who sits there now.
    """
    hall = places(t.db, t.connection, t.hall, t.config)
    query = select(sessions).where(sessions.c.hall == t.hall, sessions.c.end.is_(None)).order_by(*_IN_ORDER)
    ended = 0
    for session in [Session(*row) for row in t.connection.execute(query)]:
        day = hall.date(session.start)
        if day > today or (day == today and session.counter in hall.counters):
            continue
        retired = day == today
        at = t.now if retired else midnight_after(day, hall.zone)
        seat, left = desk(t.connection, t.hall, session.counter), tk.live_at(t.connection, t.hall, session.counter)
        last = [seat.last_call if seat else None, *_moments_of(t, session, left)]
        at = max([at, *(moment for moment in last if moment is not None)])
        if left is not None:
            state = tk.FINISHED if left.state == tk.SERVING else tk.NO_SHOW
            tk.change(t, left, state=state, ended_at=at)
            kind = "ticket_finished" if state == tk.FINISHED else "ticket_missed"
            t.write(
                kind,
                left.id,
                {"number": left.label, "service": left.service, "counter": session.counter, "automatic": True},
                actor="system",
                at=at,
            )
        _end(t, session, at, "system", "counter_retired" if retired else "day_ended")
        ended += 1
    return ended


def _moments_of(t: Turn, session: Session, left: tk.Ticket | None) -> list[datetime]:
    """When a session's pauses began and ended, and when something last happened to the ticket left at its counter."""
    mine = select(pauses.c.start, pauses.c.end).where(pauses.c.session == session.id)
    found = [moment for row in t.connection.execute(mine) for moment in row if moment is not None]
    if left is not None:
        # what becomes of its paper says nothing of the officer
        at_counter = journal.c.kind.in_(("ticket_called", "ticket_recalled", "ticket_started"))
        newest = select(func.max(journal.c.at)).where(
            journal.c.hall == t.hall, journal.c.subject == left.id, at_counter
        )
        found.append(t.connection.execute(newest).scalar_one())
    return found


def end_day(db: Database, hall: str, *, now: datetime) -> int:
    """Ends sessions left open by earlier business dates, or at a counter that was taken out of the hall.

    The couriers call it every few seconds; harmless at any time.
    """
    with db.reading() as connection:
        place = places(db, connection, hall)
        today = place.date(now)
        if all(place.date(s.start) >= today and s.counter in place.counters for s in open_sessions(connection, hall)):
            return 0
    with turn(db, hall, now) as t:
        return end_old_sessions(t, today)
