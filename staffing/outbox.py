"""What has to be told outside the house: each message is stored before it is sent, and its fate is kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    and_,
    func,
    or_,
    select,
    update,
)

from hall.database import Database, Moment, metadata, new_id
from hall.journal import Line, journal, since
from hall.places import places
from hall.turn import Turn, position, turn
from staffing.escalation import quiet_until
from staffing.flags import find_flag

MESSAGE, WEBHOOK = "message", "webhook"
QUEUED, SENDING, SENT, FAILED, UNKNOWN, DROPPED = "queued", "sending", "sent", "failed", "unknown", "dropped"
LEASE = timedelta(seconds=90)  # longer than any attempt may take: who has not reported by then is gone
BACKOFF = (15, 60, 240, 900)  # seconds until the second, third... attempt; after the last one it has failed
TOLD = ("flag_raised", "flag_changed", "flag_escalated", "flag_acknowledged", "flag_cleared")  # to webhooks
FAR_BEHIND, MOST = 1000, 500  # journal lines

messages = Table(
    "messages",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("flag", String(36), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("event", String(20), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("always", Boolean, nullable=False),
    Column("state", String(10), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try", Moment, nullable=False),
    Column("lease", Moment),
    Column("created", Moment, nullable=False),
    Column("done", Moment),
    Column("fault", String(60)),
    ForeignKeyConstraint(["flag"], ["flags.id"]),
    UniqueConstraint("flag", "kind", "event", "channel", name="uq_messages_once"),
    Index("ix_messages_state", "hall", "state", "next_try"),
)
bookmarks = Table(
    "bookmarks",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("follower", String(60), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell through one channel: of kind ``message`` a stage (``event``), of kind ``webhook`` a journal
    line of a flag (``event`` is its number). ``tries`` counts the attempts, this one included."""

    id: str
    hall: str
    flag: str
    kind: str
    event: str
    channel: str
    tries: int


def queue_messages(t: Turn, flag: str, stage: str, channels: Collection[str], *, always: bool) -> None:
    """Stores the messages of a stage that a flag has just reached, in the turn that writes it down."""
    for channel in channels:
        _queue(t, flag, MESSAGE, stage, channel, always)


def drop_messages(t: Turn, flag: str, why: str) -> None:
    """Takes back what was not sent yet: the counter is staffed again, or somebody took it on. Nothing is told late."""
    mine = and_(messages.c.flag == flag, messages.c.kind == MESSAGE, messages.c.state == QUEUED)
    told = select(messages.c.id, messages.c.channel, messages.c.event).where(mine).order_by(messages.c.id)
    dropped = t.connection.execute(told).all()
    t.connection.execute(update(messages).where(mine).values(state=DROPPED, done=t.now, fault=why))
    for row in dropped:
        data = {"message": row.id, "channel": row.channel, "stage": row.event, "why": why}
        t.write("message_dropped", flag, data, actor="system")


def follow_for_webhooks(db: Database, hall: str, names: Collection[str], *, now: datetime) -> int:
    """Queues for each webhook the flags' journal lines that it has not seen; returns how many.

    Each webhook has a bookmark of its own. One that is new begins with the present: history is not poured out.
    """
    if not names:
        return 0
    with db.reading() as connection:
        marks = _bookmarks(connection, hall, names)
        oldest = min(marks.values(), default=0)
        behind = position(connection, hall)[0] - oldest
        # far behind, the mark is moved on even over lines that are none of its business: they need not be read again
        near = len(marks) == len(names) and behind < FAR_BEHIND
        if near and (not behind or not since(connection, hall, oldest, kinds=TOLD, limit=1)):
            return 0
    queued = 0
    with turn(db, hall, now) as t:
        marks = _bookmarks(t.connection, hall, names)
        for name in names:
            if name not in marks:
                t.connection.execute(bookmarks.insert().values(hall=hall, follower=f"webhook:{name}", seq=t.seq))
                continue
            fresh = since(t.connection, hall, marks[name], kinds=TOLD, limit=MOST)
            for line in fresh:
                _queue(t, line.subject, WEBHOOK, str(line.seq), name, always=True)
            queued += len(fresh)
            marks[name] = fresh[-1].seq if len(fresh) == MOST else t.seq
            mine = (bookmarks.c.hall == hall) & (bookmarks.c.follower == f"webhook:{name}")
            t.connection.execute(update(bookmarks).where(mine).values(seq=marks[name]))
    return queued


def _bookmarks(connection: Connection, hall: str, names: Collection[str]) -> dict[str, int]:
    query = select(bookmarks.c.follower, bookmarks.c.seq).where(bookmarks.c.hall == hall)
    found = {row.follower.removeprefix("webhook:"): row.seq for row in connection.execute(query)}
    return {name: found[name] for name in names if name in found}


def _queue(t: Turn, flag: str, kind: str, event: str, channel: str, always: bool) -> None:
    t.connection.execute(
        messages.insert().values(
            id=new_id(),
            hall=t.hall,
            flag=flag,
            kind=kind,
            event=event,
            channel=channel,
            always=always,
            state=QUEUED,
            tries=0,
            next_try=t.now,
            created=t.now,
        )
    )


def take_message(
    db: Database, hall: str, *, now: datetime, besides: Collection[tuple[str, str]] = ()
) -> Message | None:
    """Hands out the next message that may be sent now, to one caller only, or None.

    In quiet hours only what is marked ``always`` and webhooks (programs do not sleep). A message that was handed out
    before and never reported is left unknown: it may have arrived, and nobody is told twice; a webhook is tried again,
    since its receiver knows it by its id. ``besides``: (kind, channel) through which one is on its way already.
    """
    with db.reading() as connection:
        hall_now = places(db, connection, hall)
        quiet = quiet_until(hall_now.options, hall_now.tz, now) is not None
        lost = and_(messages.c.hall == hall, messages.c.state == SENDING, messages.c.lease <= now)
        ready = and_(messages.c.hall == hall, messages.c.state == QUEUED, messages.c.next_try <= now)
        if quiet:
            ready = and_(ready, messages.c.always)
        for kind, channel in besides:
            ready = and_(ready, or_(messages.c.kind != kind, messages.c.channel != channel))
        if connection.execute(select(messages.c.id).where(or_(lost, ready)).limit(1)).first() is None:
            return None
    with turn(db, hall, now) as t:
        now = t.now
        for row in t.connection.execute(select(messages).where(lost).order_by(messages.c.id)).all():
            _settle(t, _message(row), UNKNOWN, "no_report")
        first = select(messages).where(ready).order_by(messages.c.next_try, messages.c.id).limit(1)
        found = t.connection.execute(first).first()
        if found is None:
            return None
        taken = {"state": SENDING, "tries": found.tries + 1, "lease": now + LEASE}
        t.connection.execute(update(messages).where(messages.c.id == found.id).values(**taken))
        return _message(found, tries=found.tries + 1)


def report_message(
    db: Database, message: Message, state: str, *, now: datetime, fault: str = "", again: bool = True
) -> None:
    """Says what became of a message that was handed out: ``sent``, ``failed`` (certainly not sent) or ``unknown``.

    A failed one is tried again later, unless ``again`` is False (it cannot succeed) or its flag has come down since. A
    report that comes after the lease ran out changes nothing.
    """
    with turn(db, message.hall, now) as t:
        row = t.connection.execute(select(messages).where(messages.c.id == message.id)).one()
        if row.state == SENDING and row.tries == message.tries:
            _settle(t, message, state, fault, again=again)


def _settle(t: Turn, message: Message, state: str, fault: str, *, again: bool = True) -> None:
    mine = update(messages).where(messages.c.id == message.id)
    if message.kind == WEBHOOK and state == UNKNOWN:
        state = FAILED
    data: dict[str, object] = {"message": message.id, "kind": message.kind, "channel": message.channel}
    data |= {("stage" if message.kind == MESSAGE else "line"): message.event, "tries": message.tries}
    if state == FAILED and message.kind == MESSAGE and not find_flag(t.connection, message.flag).rises:
        t.connection.execute(mine.values(state=DROPPED, done=t.now, lease=None, fault=fault[:60] or None))
        t.write("message_dropped", message.flag, data | {"why": "flag_settled"}, actor="system")
        return
    if state == FAILED and again and message.tries <= len(BACKOFF):
        later = t.now + timedelta(seconds=BACKOFF[message.tries - 1])
        t.connection.execute(mine.values(state=QUEUED, next_try=later, lease=None, fault=fault[:60] or None))
        return
    t.connection.execute(mine.values(state=state, done=t.now, lease=None, fault=fault[:60] or None))
    kind = {SENT: "message_sent", FAILED: "message_failed", UNKNOWN: "message_left_unknown"}[state]
    t.write(kind, message.flag, data | ({"fault": fault[:60]} if fault else {}), actor="system")


def _message(row: object, tries: int | None = None) -> Message:
    fields = {name: getattr(row, name) for name in Message.__slots__}
    return Message(**fields if tries is None else fields | {"tries": tries})


def next_due(connection: Connection, hall: str) -> datetime | None:
    """When the next message may have to be sent or given up, or None when there is nothing to do."""
    waiting = select(func.min(messages.c.next_try)).where(messages.c.hall == hall, messages.c.state == QUEUED)
    leased = select(func.min(messages.c.lease)).where(messages.c.hall == hall, messages.c.state == SENDING)
    return min((m for q in (waiting, leased) if (m := connection.execute(q).scalar()) is not None), default=None)


def line_of(connection: Connection, message: Message) -> Line:
    """The journal line that a webhook is about."""
    query = select(journal).where(journal.c.hall == message.hall, journal.c.seq == int(message.event))
    return Line(*connection.execute(query).one())


def told_of(connection: Connection, flags: Collection[str]) -> dict[str, list[tuple[str, str, str]]]:
    """Flag -> (stage, channel, state) of its messages, in the order in which they were made."""
    found: dict[str, list[tuple[str, str, str]]] = {flag: [] for flag in flags}
    query = select(messages).where(messages.c.flag.in_(flags), messages.c.kind == MESSAGE).order_by(messages.c.id)
    for row in connection.execute(query):
        found[row.flag].append((row.event, row.channel, row.state))
    return found


def count_messages(connection: Connection, hall: str) -> dict[tuple[str, str], int]:
    """(kind, state) -> how many messages of the hall ended or stand so."""
    m = messages.c
    query = select(m.kind, m.state, func.count()).where(m.hall == hall).group_by(m.kind, m.state)
    return {(kind, state): n for kind, state, n in connection.execute(query)}
