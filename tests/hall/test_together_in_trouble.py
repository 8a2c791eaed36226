"""Turns that share a transaction when one of them, the disk or the commit fails: who is told, and what is kept."""

from __future__ import annotations

import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from hall.database import Database
from hall.errors import Conflict, Refusal, Unavailable
from hall.fairness import FileLock
from hall.turn import turn
from tests.cast import KIOSK, TUESDAY_MORNING
from tests.hall.lineup import Queue, numbers, take

NOW = TUESDAY_MORNING


def test_a_commit_that_fails_is_told_to_everybody_and_nothing_is_stored(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each

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


def test_what_one_remembered_is_forgotten_if_the_commit_fails_even_without_a_line(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each

    def spoil() -> None:
        with turn(contoh, "contoh", NOW) as t:
            t.touched = True
            t.memory["mark"] = "never stored"

    def full(_connection: Connection) -> None:
        event.remove(contoh.engine, "commit", full)
        raise sqlite3.OperationalError("database or disk is full")

    event.listen(contoh.engine, "commit", full)
    asked = queue.behind(spoil)
    with pytest.raises(Unavailable):
        queue.run()
    assert isinstance(asked.exception(20), Unavailable)
    with turn(contoh, "contoh", NOW) as t:
        assert "mark" not in t.memory


def test_a_full_disk_that_a_verb_overlooks_is_not_overlooked_by_the_others(contoh: Database, queue: Queue) -> None:
    """SQLite undoes the whole transaction by itself then, and a commit of nothing succeeds."""

    def overlook() -> None:
        with turn(contoh, "contoh", NOW) as t:
            count = queue.writers.say(t.connection, "PRAGMA page_count")[0][0]
            queue.writers.say(t.connection, f"PRAGMA max_page_count = {count}")
            t.connection.execute(text("CREATE TEMP TABLE kept (x)"))
            with pytest.raises(OperationalError, match="full"):
                t.connection.execute(text("UPDATE halls SET regency = zeroblob(1000000) WHERE code = 'contoh'"))

    asked = [queue.behind(do) for do in (take(contoh), overlook, take(contoh))]
    with pytest.raises(Unavailable):
        queue.run()
    assert [type(f.exception(20)) for f in asked[:2]] == [Unavailable, Unavailable]
    assert asked[2].result(20) == "A-001"
    assert numbers(contoh) == ["A-001"]


def test_a_statement_that_is_wrong_costs_nobody_else_their_turn(contoh: Database, queue: Queue) -> None:
    def ask_nonsense() -> None:
        with turn(contoh, "contoh", NOW) as t:
            t.write("thing_done", "thing", {}, actor=KIOSK)
            t.connection.execute(text("SELECT :x"), {"x": {}})

    first, wrong, last = queue.behind(take(contoh)), queue.behind(ask_nonsense), queue.behind(take(contoh))
    queue.run()
    assert isinstance(wrong.exception(20), ProgrammingError)
    assert [first.result(20), last.result(20)] == numbers(contoh) == ["A-001", "A-002"]


def test_savepoints_undo_the_work_of_one_member_however_many_worked_before(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each

    def fail() -> None:
        with turn(contoh, "contoh", NOW) as t:
            with t.connection.begin_nested():
                t.connection.execute(text("DELETE FROM tickets"))
            t.connection.execute(text("DELETE FROM journal"))
            raise ZeroDivisionError

    asked = [queue.behind(take(contoh) if nr % 2 else fail) for nr in range(20)]
    queue.run()
    given = [f.result(20) for f in asked[1::2]]
    assert all(isinstance(f.exception(20), ZeroDivisionError) for f in asked[::2])
    assert given == numbers(contoh) == [f"A-{n:03d}" for n in range(1, 11)]
    assert len(queue.commits) == 1


BREAKS = (
    "SAVEPOINT mine",
    "RELEASE SAVEPOINT mine",
    "ROLLBACK TO SAVEPOINT mine",
    "PRAGMA wal_checkpoint",
    "drop",
    "unlock",
    "commit",
)


@pytest.mark.parametrize("where", BREAKS)
def test_whatever_breaks_nobody_waits_for_ever_and_nothing_acknowledged_is_lost(
    contoh: Database, queue: Queue, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    file = contoh.file
    assert file is not None
    broken: list[str] = []

    def breaking(good: Callable[..., Any], what: str = "") -> Callable[..., Any]:
        def do(*given: Any) -> Any:
            if (what or str(given[-1])).startswith(where) and not broken:
                broken.append(where)
                raise MemoryError
            return good(*given)

        return do

    def fail() -> None:
        with turn(contoh, "contoh", NOW) as t:
            t.connection.execute(text("DELETE FROM tickets"))
            raise sqlite3.OperationalError("disk I/O error") if where == "drop" else ZeroDivisionError

    asked = [queue.behind(do) for do in (take(contoh), fail, take(contoh), take(contoh))]
    monkeypatch.setattr(file, "since_checkpoint", 999)
    monkeypatch.setattr(file, "say", breaking(file.say))
    monkeypatch.setattr(file, "drop_writer", breaking(file.drop_writer, "drop"))
    monkeypatch.setattr(FileLock, "__exit__", breaking(FileLock.__exit__, "unlock"))
    event.listen(contoh.engine, "commit", breaking(lambda _connection: None, "commit"))
    with suppress(Unavailable, MemoryError):
        queue.run()
    given = [f.result() for f in asked if f.exception(20) is None]
    assert broken == [where]
    stored = numbers(contoh)
    assert set(given) <= set(stored)
    assert take(contoh)() == f"A-{len(stored) + 1:03d}"
    if where in ("SAVEPOINT mine", "RELEASE SAVEPOINT mine", "PRAGMA wal_checkpoint"):
        assert len(given) >= 2, "one member's misfortune, and not even that once all is on the disk"


def test_one_who_is_interrupted_just_as_the_transaction_is_handed_to_him_ends_it_for_the_others(
    contoh: Database, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped_waiting = queue.lock._stopped_waiting

    def handed_over_first(mine: threading.Lock, joins: bool) -> bool:
        queue.let_go()
        queue.wait_for(lambda: not queue.lock._waiting)
        return stopped_waiting(mine, joins)

    monkeypatch.setattr(queue.lock, "_stopped_waiting", handed_over_first)
    first = queue.behind(take(contoh))
    old = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            take(contoh)()
    finally:
        signal.signal(signal.SIGALRM, old)
    assert first.result(20) == "A-001"
    assert take(contoh)() == "A-002"


@pytest.fixture
def line(contoh_on_postgres: Database, endless: None) -> Iterator[Queue]:
    """A line of callers at PostgreSQL."""
    with Queue(contoh_on_postgres) as held:
        yield held


def test_a_connection_that_breaks_under_one_of_them_loses_the_work_of_all_and_says_so(line: Queue) -> None:
    db = line.db

    def lose_it() -> None:
        with turn(db, "contoh", NOW) as t:
            pid = t.connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with db.alone() as raw:
                raw.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))
            t.connection.execute(text("SELECT 1"))

    first, lost, last = line.behind(take(db)), line.behind(lose_it), line.behind(take(db))
    with pytest.raises(Unavailable):
        line.run()
    assert isinstance(first.exception(20), Unavailable)
    assert isinstance(lost.exception(20), Unavailable)
    assert last.result(20) == "A-001"
    assert numbers(db) == ["A-001"]


def test_one_who_waits_in_vain_for_another_lock_costs_nobody_else_their_turn(line: Queue) -> None:
    db = line.db

    def wait_in_vain() -> None:
        with turn(db, "contoh", NOW) as t:
            t.write("thing_done", "thing", {}, actor=KIOSK)
            t.connection.execute(text("SET LOCAL lock_timeout = '1ms'"))
            t.connection.execute(text("UPDATE services SET name = 'Lain'"))

    with db.alone() as raw, raw.transaction():
        raw.execute("UPDATE services SET name = 'Lain'")
        first, vain, last = line.behind(take(db)), line.behind(wait_in_vain), line.behind(take(db))
        line.run()
        fault = vain.exception(20)
        assert isinstance(fault, Unavailable) and fault.code == "database_locked"
        assert [first.result(20), last.result(20)] == ["A-001", "A-002"]
    assert len(line.commits) == 1
    assert numbers(db) == ["A-001", "A-002"]


def test_one_who_is_refused_alone_waits_for_no_sync(queue_on_each: Queue) -> None:
    db, line = queue_on_each.db, queue_on_each

    def be_refused() -> None:
        with turn(db, "contoh", NOW):
            raise Conflict("closed", "Tutup.")

    line.run()
    assert len(line.commits) == 1
    with pytest.raises(Conflict):
        be_refused()
    assert len(line.commits) == 1


def test_nobody_joins_one_who_was_refused_alone(contoh_on_each: Database, endless: None) -> None:
    """On PostgreSQL he has lost the hall's row, and would wait for his answer until the next has got it again."""
    db, writers = contoh_on_each, contoh_on_each.writers("contoh")
    entered, go = threading.Event(), threading.Event()

    def be_refused() -> None:
        with turn(db, "contoh", NOW):
            entered.set()
            assert go.wait(20)
            raise Conflict("closed", "Tutup.")

    def count() -> int:
        with turn(db, "contoh", NOW):
            assert writers.group is not None
            return writers.group.members

    with ThreadPoolExecutor(2) as pool:
        refused = pool.submit(be_refused)
        assert entered.wait(20)
        after = pool.submit(count)
        Queue.wait_for(lambda: len(writers.lock._waiting) == 1)
        go.set()
        assert isinstance(refused.exception(20), Conflict)
        assert after.result(20) == 1
