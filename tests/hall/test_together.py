"""Turns that share a transaction: one commit for all, each whole or without trace, and no answer before the disk."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from hall.database import Database
from hall.errors import Conflict, Refusal, Unavailable
from hall.fairness import FileLock
from hall.journal import broken_links, since
from hall.places import places
from hall.together import MOST
from hall.turn import Turn, batch, position, turn
from queueing.issuing import issue
from queueing.tickets import tickets
from tests.cast import KIOSK, TUESDAY_MORNING
from tests.hall.lineup import Queue, commits_of

NOW = TUESDAY_MORNING


@pytest.fixture
def queue(contoh: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    """A line of callers, in a hall whose group waits for the slowest machine."""
    monkeypatch.setattr("hall.together.LONGEST", 60.0)
    line = Queue(contoh)
    yield line
    line.close()


@pytest.fixture
def queue_on_each(contoh_on_each: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    """The same once on SQLite and once on PostgreSQL."""
    monkeypatch.setattr("hall.together.LONGEST", 60.0)
    line = Queue(contoh_on_each)
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


def test_those_who_queue_up_behind_a_turn_reach_the_disk_in_one_commit(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each
    asked = [queue.behind(take(contoh)) for _ in range(8)]
    queue.run()
    assert [f.result(20) for f in asked] == numbers(contoh) == [f"A-{n:03d}" for n in range(1, 9)]
    assert len(queue.commits) == 1


def test_one_who_is_refused_leaves_no_trace_and_the_others_keep_theirs(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each

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
    assert "unique" in str(broken.exception(20)).lower()
    assert numbers(contoh) == ["A-001", "A-002"]
    with contoh.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM turns")).scalar_one() == 1
    assert len(queue.commits) == 1


def test_the_same_key_twice_in_one_transaction_is_one_ticket(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each
    asked = [queue.behind(take(contoh, "touched-twice")) for _ in range(2)]
    queue.run()
    assert [f.result(20) for f in asked] == ["A-001", "A-001"]
    assert numbers(contoh) == ["A-001"]


def test_what_another_process_made_the_first_wait_does_not_keep_the_others_from_joining(
    contoh_on_postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = contoh_on_postgres
    monkeypatch.setattr("hall.together.LONGEST", 60.0)
    elsewhere = Database(db.url.render_as_string(hide_password=False))
    line = Queue(elsewhere)
    writers = db.writers("contoh")
    commits = commits_of(db)
    pool = ThreadPoolExecutor(4)
    try:
        asked = [pool.submit(take(db)) for _ in range(4)]
        line.wait_for(lambda: len(writers.lock._waiting) == 3 and writers.group is not None)
        assert writers.group is not None
        writers.group.begun -= 120  # as if the other process had been at it for two minutes
        line.run()
        assert sorted(f.result(20) for f in asked) == [f"A-{n:03d}" for n in range(1, 5)]
    finally:
        line.close()
        pool.shutdown()
        elsewhere.close()
    assert len(commits) == 1


def test_nobody_is_answered_before_the_commit(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each
    answered_at_commit: list[bool] = []
    asked = [queue.behind(take(contoh)) for _ in range(3)]

    def look(_connection: Connection) -> None:
        time.sleep(0.05)  # long enough for an answer that does not wait
        answered_at_commit.append(any(f.done() for f in asked))

    event.listen(contoh.engine, "commit", look)
    queue.run()
    assert [f.result(20) for f in asked] == ["A-001", "A-002", "A-003"]
    assert answered_at_commit == [False]


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


def test_a_disk_that_fails_under_one_of_them_loses_the_work_of_all_and_says_so(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each

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


def test_a_new_set_up_is_stored_before_anybody_builds_on_it(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each

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


def test_history_carried_in_shares_its_transaction_with_nobody(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each

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


def test_what_one_remembers_the_next_in_the_same_transaction_knows(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each

    def keep(t: Turn) -> Any:
        return t.memory.setdefault("mark", object())

    def look() -> Any:
        with turn(contoh, "contoh", NOW) as t:
            return keep(t)

    one, two = queue.behind(look), queue.behind(look)
    queue.run()
    assert one.result(20) is two.result(20)


def test_a_verb_finds_the_journal_lines_of_those_before_it_in_the_same_transaction(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each
    """The watch asks what was written since it looked, a webhook's bookmark moves past what it has read."""

    def read() -> tuple[int, int, list[str]]:
        with turn(contoh, "contoh", NOW) as t:
            lines = since(t.connection, "contoh", 0)
            return t.seq, position(t.connection, "contoh")[0], [f"{line.seq} {line.kind}" for line in lines]

    first, reads = queue.behind(take(contoh)), queue.behind(read)
    queue.run()
    first.result(20)
    seq, stored, lines = reads.result(20)
    assert seq == stored
    assert lines[-1] == f"{seq} ticket_issued"
    assert len(queue.commits) == 1


def test_a_set_up_that_was_taken_back_is_not_read_by_the_next_in_the_same_transaction(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each

    def change(name: str, fault: Exception | None = None) -> Callable[[], str]:
        def do() -> str:
            with turn(contoh, "contoh", NOW) as t:
                t.connection.execute(text("UPDATE halls SET name = :name"), {"name": name})
                t.set_up_changed()
                found = places(contoh, t.connection, "contoh", t.config).name
                if fault is not None:
                    raise fault
            return found

        return do

    failed, changed = queue.behind(change("Palsu", ZeroDivisionError())), queue.behind(change("Balai Baru"))
    queue.run()
    assert isinstance(failed.exception(20), ZeroDivisionError)
    assert changed.result(20) == "Balai Baru"


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


def test_a_database_is_closed_when_those_who_write_are_done(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each
    asked = [queue.behind(take(contoh)) for _ in range(3)]
    closed = queue.behind(contoh.close)
    queue.run()
    assert [f.result(20) for f in asked] == ["A-001", "A-002", "A-003"]
    closed.result(20)


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
