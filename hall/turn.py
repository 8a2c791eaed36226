"""The hall's turn: all who change a hall pass through here, one at a time, and leave their lines in the journal."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, String, Table, bindparam, func, or_, select, update

from hall.database import Database, metadata
from hall.errors import NotFound, Refusal
from hall.journal import FIRST_HASH, chain, journal
from hall.listening import CHANNEL, announce, announcement
from hall.statements import Prepared

log = logging.getLogger("antre.turn")

turns = Table(
    "turns",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("config", BigInteger, nullable=False),
)

_state = select(turns.c.seq, turns.c.hash, turns.c.config).where(turns.c.hall == bindparam("b_hall"))
_read, _read_locked = Prepared(_state), Prepared(_state.with_for_update())
_written = Prepared(
    select(journal.c.seq, journal.c.hash, journal.c.recorded).where(
        journal.c.hall == bindparam("b_hall"),
        or_(journal.c.seq == bindparam("b_seq"), journal.c.seq == bindparam("b_before")),
    )
)
_forward = (
    update(turns)
    .where(turns.c.hall == bindparam("b_hall"))
    .values(seq=bindparam("b_seq"), hash=bindparam("b_hash"), config=bindparam("b_config"))
)
_advance = Prepared(_forward)
_advance_and_say = _forward.returning(func.pg_notify(CHANNEL, bindparam("b_said")))  # one way to the server, not two
_insert = Prepared(journal.insert())

Known = tuple[tuple[int, str, int], dict[str, Any], datetime | None]
FAR_BACK = 1000  # lines by others after which it is cheaper to look at everything anew than at what they speak of


class Turn:
    """The open turn of one hall.

    ``now`` never stands before the last line: time in a hall does not run backwards, whatever the machine's clock does
    and whoever asked first. ``asked`` is the moment that the caller gave.
    ``seq`` is the last journal line so far; ``config`` counts changes of the hall's set-up; ``memory`` is what this
    process still knows from the turn before: it is empty when anybody else wrote in between, or when a turn failed, so
    what is in it is true. Whoever changes what it speaks of sets ``touched`` first. What was true at an earlier line is
    offered by :meth:`take_earlier`.
    """

    def __init__(
        self,
        db: Database,
        connection: Connection,
        hall: str,
        now: datetime,
        state: tuple[int, str, int],
        memory: dict[str, Any],
        recorded: datetime | None = None,
        earlier: Known | None = None,
    ) -> None:
        self.db = db
        self.connection = connection
        self.hall = hall
        self.asked = now
        self.now = now if recorded is None else max(now, recorded)
        self.seq, self.hash, self.config = state
        self.lines: list[dict[str, Any]] = []
        self.memory = memory
        self.touched = False
        self._config_before = self.config
        self._recorded = recorded
        self._earlier = earlier

    @property
    def state(self) -> tuple[int, str, int]:
        """Where the turn has come to: number and hash of the last line, and the set-up."""
        return self.seq, self.hash, self.config

    @property
    def set_up_was_changed(self) -> bool:
        """Whether this turn changed the set-up."""
        return self.config != self._config_before

    @property
    def untouched(self) -> bool:
        """Whether nothing was changed so far: what is remembered is then as true after a refusal as before."""
        return not (self.touched or self.lines or self.set_up_was_changed)

    def write(self, kind: str, subject: str, data: dict[str, Any], *, actor: str, at: datetime | None = None) -> int:
        """Adds a line to the journal and returns its number. ``kind`` is past tense; ``at`` defaults to now."""
        at = at or self.now
        self.seq += 1
        self.hash = chain(self.hash, self.hall, self.seq, at, self.now, kind, actor, subject, data)
        self.lines.append(
            {
                "hall": self.hall,
                "seq": self.seq,
                "at": at,
                "recorded": self.now,
                "kind": kind,
                "actor": actor,
                "subject": subject,
                "data": data,
                "hash": self.hash,
            }
        )
        return self.seq

    @property
    def known(self) -> Known:
        """What the next turn of this process may believe, if nobody else writes before it."""
        if self._earlier is not None and not self.memory:
            return self._earlier  # nobody needed it in this turn: it is as old as it was
        return self.state, self.memory, self.now if self.lines else self._recorded

    def take_earlier(self) -> tuple[int, dict[str, Any]] | None:
        """What this process knew at an earlier line of this journal, and that line's number; once.

        The set-up is the same since, and others wrote the lines after it. None if there is nothing of the kind, or if
        this turn has already changed something of which no line tells yet.
        """
        earlier, self._earlier = self._earlier, None
        return None if earlier is None or not self.untouched else (earlier[0][0], earlier[1])

    def set_up_changed(self) -> None:
        """Says that places, people, hours or options changed: everybody reads them anew, and nothing is remembered."""
        self.config += 1
        self.memory = {}

    def flush(self, *, quietly: bool = False) -> None:
        """Puts the lines into the transaction. Called once, last in the turn: a verb does not read its own lines.

        On PostgreSQL other processes hear of them at the commit, unless ``quietly``.
        """
        if self.lines:
            _insert.run_each(self.connection, self.lines)
        if self.lines or self.set_up_was_changed:
            seq, last, config = self.state
            values = {"b_hall": self.hall, "b_seq": seq, "b_hash": last, "b_config": config}
            if self.db.is_sqlite or quietly or not self.lines:
                _advance.run(self.connection, values)
            else:
                said = announcement(self.db, self.hall, seq, [line["kind"] for line in self.lines])
                self.connection.execute(_advance_and_say, values | {"b_said": said})


@contextmanager
def turn(db: Database, hall: str, now: datetime) -> Iterator[Turn]:
    """Opens the hall's transaction and commits it, lines and all, or leaves no trace.

    Only verbs open a turn; inside there is no network, no printing and no rendering. ``now`` is aware.
    Raises :class:`NotFound` (``unknown_hall``) and what :meth:`Database.writing` raises. After the commit the listeners
    in ``db.heard`` are told (hall, seq, kinds of the lines).
    """
    if now.tzinfo is None:
        raise ValueError("a turn needs an aware now")
    together: Batch | None = db.batches.get(hall)
    if together is not None and together.mine():
        with together.step(now) as inner:
            yield inner
        return
    t: Turn | None = None
    try:
        with db.writing(hall, together=True) as connection:
            t = _take(db, connection, hall, now)
            group = db.writers(hall).group
            if group is not None:
                group.has_the_hall()
            try:
                yield t
                t.flush()
            except BaseException as fault:
                if isinstance(fault, Refusal) and t.untouched:
                    db.memory[hall] = t.known  # most refusals: or each would cost the next a fresh count
                if t.set_up_was_changed:
                    db.known.clear()  # a set-up read inside this turn never came to be; before the next one looks
                raise
            if t.set_up_was_changed and group is not None:
                group.closed = True  # nobody reads, and keeps, a set-up that may yet fail to be stored
            db.memory[hall] = t.known  # before the lock goes, or the next turn would have to read it all
    except BaseException:
        if t is not None and t.set_up_was_changed:
            db.known.clear()  # its commit failed
        raise
    if t.lines:
        _tell(db, hall, t.seq, frozenset(line["kind"] for line in t.lines))


def _tell(db: Database, hall: str, seq: int, kinds: frozenset[str]) -> None:
    """Tells the listeners. What they do wrong is logged and no more: the turn is committed, its caller must hear so."""
    for tell in db.heard:
        try:
            tell(hall, seq, kinds)
        except Exception:
            log.exception("a listener failed after line %d of %s", seq, hall)


def _take(db: Database, connection: Connection, hall: str, now: datetime) -> Turn:
    row = (_read if db.is_sqlite else _read_locked).first(connection, {"b_hall": hall})
    if row is None:
        raise NotFound("unknown_hall", f"Tidak ada balai layanan dengan kode {hall!r}.")
    # Taken out, not looked at: a turn that fails may have changed it, and only one that succeeds puts it back. The hash
    # tells whether anybody else wrote; the number alone would not, once a commit of our own has failed.
    seq, last, config = row
    known, state = db.memory.pop(hall, None), (seq, last, config)
    if known is not None and known[0] == state:
        return Turn(db, connection, hall, now, *known)
    before = known[0] if known is not None and known[1] else (seq, last, config)
    written = _written.rows(connection, {"b_hall": hall, "b_seq": seq, "b_before": before[0]})
    lines = {nr: (told, recorded) for nr, told, recorded in written}
    # A line's hash covers all before it: if ours still stands there, what we knew was true then. It is not there after
    # a commit of our own that failed, or when an older backup was restored.
    stands = 0 < seq - before[0] <= FAR_BACK and before[0] in lines and lines[before[0]][0] == before[1]
    earlier = known if stands and before[2] == config else None
    return Turn(db, connection, hall, now, state, {}, lines[seq][1] if seq in lines else None, earlier)


class Batch:
    """Many turns of one hall in one transaction, each still whole or without trace: history carried in by a replay."""

    def __init__(self, db: Database, connection: Connection, hall: str, first: Turn) -> None:
        self._db = db
        self.connection = connection
        self._hall = hall
        self._thread = threading.get_ident()
        self._state = first.state
        self._memory = first.memory
        self.kinds: set[str] = set()

    @property
    def seq(self) -> int:
        """The last journal line so far."""
        return self._state[0]

    def mine(self) -> bool:
        """Whether the calling thread opened this batch: its turns belong into it, those of others wait."""
        return threading.get_ident() == self._thread

    @contextmanager
    def step(self, now: datetime) -> Iterator[Turn]:
        """One turn inside the batch, behind a savepoint: a refusal undoes this step and no other."""
        t = Turn(self._db, self.connection, self._hall, now, self._state, self._memory)
        try:
            with self.connection.begin_nested():
                yield t
                t.flush(quietly=True)  # one word for the whole batch
        except BaseException as fault:
            self._memory = t.memory if isinstance(fault, Refusal) and t.untouched else {}
            if t.set_up_was_changed:
                self._db.known.clear()
            raise
        self._state, self._memory = t.state, t.memory
        self.kinds.update(line["kind"] for line in t.lines)


@contextmanager
def batch(db: Database, hall: str, now: datetime) -> Iterator[Batch]:
    """Opens one transaction for many turns of ``hall`` by the calling thread; one nudge at its end."""
    try:
        with db.writing(hall) as connection:
            together = Batch(db, connection, hall, _take(db, connection, hall, now))
            db.batches[hall] = together
            try:
                yield together
                if together.kinds and not db.is_sqlite:
                    announce(db, connection, hall, together.seq, sorted(together.kinds))
            except BaseException:
                db.known.clear()  # a set-up read inside this batch never came to be; before the next one looks
                raise
            finally:
                del db.batches[hall]
    except BaseException:
        db.known.clear()  # its commit failed
        raise
    if together.kinds:
        _tell(db, hall, together.seq, frozenset(together.kinds))


def position(connection: Connection, hall: str) -> tuple[int, int]:
    """(seq, config) of a hall now, without waiting. Raises :class:`NotFound` (``unknown_hall``)."""
    row = _read.first(connection, {"b_hall": hall})
    if row is None:
        raise NotFound("unknown_hall", f"Tidak ada balai layanan dengan kode {hall!r}.")
    seq, _, config = row
    return seq, config


def open_journal(connection: Connection, hall: str) -> None:
    """Gives a new hall its first, empty page."""
    connection.execute(turns.insert().values(hall=hall, seq=0, hash=FIRST_HASH, config=1))
