"""The turn taken away: nobody waits, everybody believes what they remember. The schema still holds the line."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from sqlalchemy import Connection, Engine, func, select

import hall.turn
from hall.database import Database
from hall.faults import refusals
from hall.journal import broken_links, journal
from hall.turn import Turn, position
from queueing.tickets import tickets
from tests.torture.crowd import HALL, Got, crowd
from tests.torture.test_crowd import open_hall, the_promises_hold

PROMISES = ("uq_tickets_number", "uq_tickets_live_at_counter", "pk_journal", "pk_answers", "UNIQUE constraint failed")


def take_the_turn_away(patch: pytest.MonkeyPatch, free: Engine) -> None:
    """No fair lock, no lock file, no BEGIN IMMEDIATE, no row lock; each thread counts once and believes it for ever."""
    believed = threading.local()

    @contextmanager
    def writing(self: Database, hall: str | None = None, *, together: bool = False) -> Iterator[Connection]:
        with refusals(), free.connect() as connection, connection.begin():
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            yield connection

    def take(db: Database, connection: Connection, code: str, now: datetime) -> Turn:
        seq, hash_, config = hall.turn._read.first(connection, {"b_hall": code}) or (0, "", 0)
        if not hasattr(believed, "memory"):
            believed.memory = {}
        return Turn(db, connection, code, now, (seq, hash_, config), believed.memory)

    patch.setattr(Database, "writing", writing)
    patch.setattr(hall.turn, "_take", take)


@pytest.mark.parametrize("fresh", ["db", "postgres"])
def test_without_the_turn_the_schema_refuses_and_nothing_is_stored_twice(
    fresh: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    db: Database = open_hall(request.getfixturevalue(fresh))
    take_the_turn_away(monkeypatch, db.engine)
    got, refusing = Got(), []
    for seed in range(7, 12):  # on a busy machine a whole crowd may come by without two of them meeting
        got.add(crowd(db, 24, 8, seed=seed))
        refusing = [fault for fault in got.faults if any(promise in fault for promise in PROMISES)]
        if refusing:
            break
    monkeypatch.undo()
    assert refusing, "the guards were never touched: the test took nothing away"
    assert set(got.faults) == set(refusing)
    with pytest.raises(AssertionError):  # the attack that the turn passes goes red
        the_promises_hold(db, got, len(got.numbers))
    assert [n for n, times in Counter(got.numbers).items() if times > 1] == []
    with db.reading() as connection:
        stored = connection.execute(select(tickets.c.label)).scalars().all()
        assert Counter(stored) == Counter(got.numbers)  # told and stored agree, each once
        live = select(func.count()).where(tickets.c.state.in_(("called", "serving"))).group_by(tickets.c.counter)
        assert all(people == 1 for people in connection.execute(live).scalars())
        calls = connection.execute(select(journal.c.subject).where(journal.c.kind == "ticket_called")).scalars().all()
        assert [t for t, times in Counter(calls).items() if times > 1] == []
        assert list(broken_links(connection, HALL)) == []
        assert position(connection, HALL)[0] == connection.execute(select(func.max(journal.c.seq))).scalar()
