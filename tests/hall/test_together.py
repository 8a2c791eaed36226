"""Turns that share a transaction: one commit for all, each whole or without trace, and no answer before the disk."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, text

from hall.database import Database
from hall.errors import Conflict, Refusal, Unavailable
from hall.journal import broken_links
from hall.places import places
from hall.together import MOST
from hall.turn import Turn, batch, turn
from queueing.issuing import issue
from queueing.tickets import tickets
from tests.cast import KIOSK, TUESDAY_MORNING

NOW = TUESDAY_MORNING


class Queue:
    """Holds the turn of the hall while callers line up behind it in a known order, then lets them run together."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.commits: list[int] = []
        self._go = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=MOST + 10)
        event.listen(db.engine, "commit", self._committed)
        self._first = self._pool.submit(self._hold)
        self._wait_for(lambda: bool(db._one_writer._taken))

    def _committed(self, _connection: Connection) -> None:
        self.commits.append(threading.get_ident())

    def _hold(self) -> None:
        with turn(self.db, "contoh", NOW):
            assert self._go.wait(20)

    @staticmethod
    def _wait_for(what: Callable[[], bool]) -> None:
        until = time.monotonic() + 10
        while not what():
            assert time.monotonic() < until
            time.sleep(0.001)

    def behind(self, do: Callable[[], Any]) -> Future[Any]:
        """One more caller, who has reached his place in the line when this comes back."""
        before = len(self.db._one_writer._waiting)
        asked = self._pool.submit(do)
        self._wait_for(lambda: len(self.db._one_writer._waiting) > before)
        return asked

    def run(self) -> None:
        """Lets go whoever holds the turn."""
        self._go.set()
        self._first.result(20)

    def close(self) -> None:
        """Lets go and waits for everybody."""
        self._go.set()
        self._pool.shutdown()


@pytest.fixture
def queue(contoh: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    """A line of callers, in a hall whose group waits for the slowest machine."""
    monkeypatch.setattr("hall.together.LONGEST", 60.0)
    line = Queue(contoh)
    yield line
    line.close()


def take(db: Database, key: str | None = None) -> Callable[[], str]:
    """Takes a number."""
    return lambda: str(issue(db, "contoh", "ktp", actor=KIOSK, now=NOW, confirm=True, key=key)["number"])


def numbers(db: Database) -> list[str]:
    """Every number stored."""
    with db.reading() as connection:
        assert list(broken_links(connection, "contoh")) == []
        return sorted(connection.execute(select(tickets.c.label)).scalars())


def test_those_who_queue_up_behind_a_turn_reach_the_disk_in_one_commit(contoh: Database, queue: Queue) -> None:
    asked = [queue.behind(take(contoh)) for _ in range(8)]
    queue.run()
    assert [f.result(20) for f in asked] == numbers(contoh) == [f"A-{n:03d}" for n in range(1, 9)]
    assert len(queue.commits) == 1


def test_one_who_is_refused_leaves_no_trace_and_the_others_keep_theirs(contoh: Database, queue: Queue) -> None:
    def write_then_think_better() -> None:
        with turn(contoh, "contoh", NOW) as t:
            t.write("thing_done", "thing", {}, actor=KIOSK)
            t.connection.execute(text("INSERT INTO turns VALUES ('elsewhere', 0, 'x', 1)"))
            raise Conflict("closed", "Tutup.")

    def break_the_schema() -> None:
        with turn(contoh, "contoh", NOW) as t:
            t.connection.execute(text("INSERT INTO turns VALUES ('contoh', 0, 'x', 1)"))

    first, refused = queue.behind(take(contoh)), queue.behind(write_then_think_better)
    broken, last = queue.behind(break_the_schema), queue.behind(take(contoh))
    queue.run()
    assert (first.result(20), last.result(20)) == ("A-001", "A-002")
    assert isinstance(refused.exception(20), Conflict)
    assert "UNIQUE" in str(broken.exception(20))
    assert numbers(contoh) == ["A-001", "A-002"]
    with contoh.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM turns")).scalar_one() == 1
    assert len(queue.commits) == 1


def test_the_same_key_twice_in_one_transaction_is_one_ticket(contoh: Database, queue: Queue) -> None:
    asked = [queue.behind(take(contoh, "touched-twice")) for _ in range(2)]
    queue.run()
    assert [f.result(20) for f in asked] == ["A-001", "A-001"]
    assert numbers(contoh) == ["A-001"]


def test_nobody_is_answered_before_the_commit(contoh: Database, queue: Queue) -> None:
    answered_at_commit: list[bool] = []
    asked = [queue.behind(take(contoh)) for _ in range(3)]

    def look(_connection: Connection) -> None:
        time.sleep(0.05)  # long enough for an answer that does not wait
        answered_at_commit.append(any(f.done() for f in asked))

    event.listen(contoh.engine, "commit", look)
    queue.run()
    assert [f.result(20) for f in asked] == ["A-001", "A-002", "A-003"]
    assert answered_at_commit == [False]


def test_a_commit_that_fails_is_told_to_everybody_and_nothing_is_stored(contoh: Database, queue: Queue) -> None:
    def full(_connection: Connection) -> None:
        event.remove(contoh.engine, "commit", full)
        raise sqlite3.OperationalError("database or disk is full")

    event.listen(contoh.engine, "commit", full)
    asked = [queue.behind(take(contoh)) for _ in range(3)]
    with pytest.raises(Unavailable):  # the first of them, whose turn was held
        queue.run()
    faults = [f.exception(20) for f in asked]
    assert [fault.code for fault in faults if isinstance(fault, Refusal)] == ["disk_full"] * 3
    assert numbers(contoh) == []
    assert take(contoh)() == "A-001"  # and what was remembered of the lost ones is forgotten


def test_a_disk_that_fails_under_one_of_them_loses_the_work_of_all_and_says_so(contoh: Database, queue: Queue) -> None:
    def run_into_a_fault() -> None:
        with turn(contoh, "contoh", NOW) as t:
            t.write("thing_done", "thing", {}, actor=KIOSK)
            raise sqlite3.OperationalError("disk I/O error")

    first, fault, last = queue.behind(take(contoh)), queue.behind(run_into_a_fault), queue.behind(take(contoh))
    with pytest.raises(Unavailable):
        queue.run()
    assert isinstance(first.exception(20), Unavailable)
    assert isinstance(fault.exception(20), Unavailable)
    assert last.result(20) == "A-001"  # a transaction of its own
    assert numbers(contoh) == ["A-001"]


def test_a_new_set_up_is_stored_before_anybody_builds_on_it(contoh: Database, queue: Queue) -> None:
    def change() -> None:
        with turn(contoh, "contoh", NOW) as t:
            t.connection.execute(text("UPDATE services SET name = 'Lain' WHERE code = 'ktp'"))
            t.set_up_changed()

    def look_behind() -> int:
        with turn(contoh, "contoh", NOW) as t:
            places(contoh, t.connection, "contoh", t.config)
            return len(queue.commits)

    changed, after = queue.behind(change), queue.behind(look_behind)
    queue.run()
    changed.result(20)
    assert after.result(20) == 1


def test_history_carried_in_shares_its_transaction_with_nobody(contoh: Database, queue: Queue) -> None:
    def carry_in() -> int:
        with batch(contoh, "contoh", NOW):
            commits = len(queue.commits)
            take(contoh)()
        return commits

    first, carried, last = queue.behind(take(contoh)), queue.behind(carry_in), queue.behind(take(contoh))
    queue.run()
    assert [first.result(20), carried.result(20), last.result(20)] == ["A-001", 1, "A-003"]
    assert len(queue.commits) == 3


def test_a_transaction_takes_in_only_so_many(contoh: Database, queue: Queue) -> None:
    asked = [queue.behind(take(contoh)) for _ in range(MOST + 5)]
    queue.run()
    assert [f.result(20) for f in asked] == numbers(contoh)
    assert len(queue.commits) == 2


def test_a_transaction_ends_in_time_however_many_queue_up(
    contoh: Database, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hall.together.LONGEST", 0.0)
    asked = [queue.behind(take(contoh)) for _ in range(3)]
    queue.run()
    assert [f.result(20) for f in asked] == numbers(contoh)
    assert len(queue.commits) == 4


def test_what_one_remembers_the_next_in_the_same_transaction_knows(contoh: Database, queue: Queue) -> None:
    def keep(t: Turn) -> Any:
        return t.memory.setdefault("mark", object())

    def look() -> Any:
        with turn(contoh, "contoh", NOW) as t:
            return keep(t)

    one, two = queue.behind(look), queue.behind(look)
    queue.run()
    assert one.result(20) is two.result(20)
