"""Watches a hall: raises a flag over a counter that stands empty too long, escalates it, and takes it down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import update

from hall.database import Database, new_id
from hall.errors import Conflict, Denied, Invalid
from hall.journal import since
from hall.places import Places, places
from hall.turn import Turn, turn
from staffing.escalation import due_steps, next_step_at, steps_for
from staffing.flags import Flag, find_flag, flags, open_flags
from staffing.floor import PAUSED, STAFFED, UNOBSERVED, VACANT, CounterNow, Floor, floor
from staffing.outbox import drop_messages, queue_messages

LONGEST_LOOK = timedelta(seconds=20)  # an absence may begin, or a fact arrive, without a line that says so in advance
AGAIN = timedelta(seconds=1)
TRIES = 4
LONGEST_REASON = 300
# lines that cannot make a counter empty or staffed: a look that they overtook is still true
BESIDE = ("ticket_", "slip_", "printer_", "message_", "flag_")


@dataclass(frozen=True, slots=True)
class Looked:
    """A look at a hall: the journal's line it saw, and when (aware UTC) something may change without any line."""

    seq: int
    until: datetime


def watch(db: Database, hall: str, *, now: datetime) -> Looked:
    """Looks at every counter of a hall and brings its flags in line with what is true at ``now``.

    Raised: due, empty and past the grace time. Changed: another cause. Escalated: so long after the raising, unless
    somebody took it on. Cleared: staffed, no longer due, or out of sight. Safe to call by several processes at once
    and at any pace; without anything to do it opens no turn. Raises :class:`NotFound` (``unknown_hall``).
    """
    for _ in range(TRIES):
        seen = floor(db, hall, now)
        with db.reading() as connection:
            place, known = places(db, connection, hall), open_flags(connection, hall)
        if not _anything_to_do(place, seen, known, now):
            return Looked(seen.seq, _next_change(place, seen, known, now))
        with turn(db, hall, now) as t:
            now = t.now
            if t.seq != seen.seq and not _still_true(t, seen):
                continue
            known = open_flags(t.connection, hall)
            _apply(t, places(db, t.connection, hall, t.config), seen, known)
            return Looked(t.seq, _next_change(place, seen, open_flags(t.connection, hall), now))
    return Looked(seen.seq, now + AGAIN)


def _still_true(t: Turn, seen: Floor) -> bool:
    later = since(t.connection, t.hall, seen.seq)
    return t.seq > seen.seq and all(line.kind.startswith(BESIDE) for line in later)


def _anything_to_do(place: Places, seen: Floor, known: dict[str, Flag], now: datetime) -> bool:
    counters = {c.counter: c for c in seen.counters}
    if any(c.counter not in known and _stands_empty(c) for c in seen.counters):
        return True
    return any(
        _why_down(counters.get(code), flag) is not None
        or counters[code].cause != flag.cause
        or (flag.rises and due_steps(steps_for(place, flag.agency), flag.stage, flag.raised, now))
        for code, flag in known.items()
    )


def _stands_empty(counter: CounterNow) -> bool:
    return counter.state == VACANT and not counter.grace


def _why_down(counter: CounterNow | None, flag: Flag) -> str | None:
    """Why a flag comes down, or None while its counter still stands empty."""
    if counter is None:
        return "counter_retired"
    if counter.state in STAFFED:
        return "staffed"
    if counter.state == UNOBSERVED:
        return "unobserved"
    if counter.state != VACANT:
        return counter.cause or counter.state
    # empty since later than the flag says: somebody sat there in between, or nobody could see
    return "staffed" if counter.since > flag.since else None


def _apply(t: Turn, place: Places, seen: Floor, known: dict[str, Flag]) -> None:
    counters = {c.counter: c for c in seen.counters}
    for code, flag in known.items():
        why = _why_down(counters.get(code), flag)
        if why is not None:
            _clear(t, flag, why)
        elif counters[code].cause != flag.cause:
            _change(t, flag, counters[code])
    still = open_flags(t.connection, t.hall)
    for counter in seen.counters:
        if counter.counter not in still and _stands_empty(counter):
            still[counter.counter] = _raise(t, place, counter)
    for flag in still.values():
        if flag.rises:
            _escalate(t, place, flag)


def _raise(t: Turn, place: Places, counter: CounterNow) -> Flag:
    flag = Flag(
        id=new_id(),
        hall=t.hall,
        counter=counter.counter,
        agency=counter.agency,
        day=place.date(t.now),
        since=counter.since,
        raised=t.now,
        cause=counter.cause,
        stage=None,
        stage_at=None,
        acknowledged=None,
        acknowledged_by=None,
        reason=None,
        cleared=None,
        cleared_why=None,
    )
    t.connection.execute(flags.insert().values(**{name: getattr(flag, name) for name in Flag.__slots__}))
    t.write("flag_raised", flag.id, flag.facts() | {"waiting": counter.waiting}, actor="system")
    return flag


def _change(t: Turn, flag: Flag, counter: CounterNow) -> None:
    t.connection.execute(update(flags).where(flags.c.id == flag.id).values(cause=counter.cause))
    data = replace(flag, cause=counter.cause).facts() | {"was": flag.cause}
    t.write("flag_changed", flag.id, data, actor="system")


def _clear(t: Turn, flag: Flag, why: str) -> None:
    t.connection.execute(update(flags).where(flags.c.id == flag.id).values(cleared=t.now, cleared_why=why))
    t.write("flag_cleared", flag.id, flag.facts() | {"why": why, "stage": flag.stage}, actor="system")
    drop_messages(t, flag.id, "flag_cleared")


def _escalate(t: Turn, place: Places, flag: Flag) -> None:
    for step in due_steps(steps_for(place, flag.agency), flag.stage, flag.raised, t.now):
        t.connection.execute(update(flags).where(flags.c.id == flag.id).values(stage=step.stage, stage_at=t.now))
        data = flag.facts() | {"stage": step.stage, "channels": list(step.channels)}
        t.write("flag_escalated", flag.id, data, actor="system")
        queue_messages(t, flag.id, step.stage, step.channels, always=step.always)


def _next_change(place: Places, seen: Floor, known: dict[str, Flag], now: datetime) -> datetime:
    """When a counter may become empty, due, not due, or a flag reach its next stage, without anybody writing a line."""
    grace = timedelta(minutes=place.options.grace_minutes)
    allowed = timedelta(minutes=place.options.pause_minutes)
    moments = [now + LONGEST_LOOK]
    for counter in seen.counters:
        moments += [m for m in (counter.due_until, counter.next_opening) if m is not None]
        if counter.state == VACANT:
            moments.append(counter.since + grace)
        elif counter.state == PAUSED:
            moments.append(counter.since + allowed)
    for flag in known.values():
        step = next_step_at(steps_for(place, flag.agency), flag.stage, flag.raised) if flag.rises else None
        if step is not None:
            moments.append(step)
    return min(m for m in moments if m > now)


def acknowledge(db: Database, flag: str, reason: str, *, actor: str, now: datetime, agency: str | None = None) -> Flag:
    """Somebody takes an empty counter on and says why or what they do: it goes to no further stage.

    ``agency`` binds the caller to the counters of one agency. The same person may not do it twice: who was first
    stands. Raises :class:`NotFound` (``unknown_flag``), :class:`Denied` (``other_agency``), :class:`Invalid`
    (``reason_needed``) and :class:`Conflict` (``flag_cleared``, ``already_acknowledged``).
    """
    said = " ".join(reason.split())[:LONGEST_REASON]
    if not said:
        raise Invalid("reason_needed", "Alasan atau tindak lanjut harus diisi.")
    with db.reading() as connection:
        hall = find_flag(connection, flag).hall
    with turn(db, hall, now) as t:
        now = t.now
        found = find_flag(t.connection, flag)
        if agency is not None and found.agency != agency:
            raise Denied("other_agency", "Bendera ini milik instansi lain.")
        if found.cleared is not None:
            raise Conflict("flag_cleared", "Bendera ini sudah turun; loketnya tidak kosong lagi.")
        if found.acknowledged is not None:
            raise Conflict("already_acknowledged", "Bendera ini sudah ditanggapi.")
        t.connection.execute(
            update(flags).where(flags.c.id == flag).values(acknowledged=now, acknowledged_by=actor, reason=said)
        )
        t.write("flag_acknowledged", flag, found.facts() | {"stage": found.stage, "reason": said}, actor=actor)
        drop_messages(t, flag, "acknowledged")
        return find_flag(t.connection, flag)
