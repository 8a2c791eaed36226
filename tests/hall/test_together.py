"""Turns that share a transaction: one commit for all, each whole or without trace, and no answer before the disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from hall.database import Database
from hall.errors import Conflict
from hall.journal import since
from hall.places import places
from hall.together import MOST
from hall.turn import Turn, batch, position, turn
from tests.cast import KIOSK, TUESDAY_MORNING
from tests.hall.lineup import Queue, commits_of, numbers, take

NOW = TUESDAY_MORNING


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
    writers, commits = db.writers("contoh"), commits_of(db)
    with closing(elsewhere), ThreadPoolExecutor(4) as pool, Queue(elsewhere) as line:
        asked = [pool.submit(take(db)) for _ in range(4)]
        line.wait_for(lambda: len(writers.lock._waiting) == 3 and writers.group is not None)
        assert writers.group is not None
        writers.group.begun -= 120  # as if the other process had been at it for two minutes
        line.run()
        assert sorted(f.result(20) for f in asked) == [f"A-{n:03d}" for n in range(1, 5)]
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


def test_a_database_is_closed_when_those_who_write_are_done(queue_on_each: Queue) -> None:
    contoh, queue = queue_on_each.db, queue_on_each
    asked = [queue.behind(take(contoh)) for _ in range(3)]
    closed = queue.behind(contoh.close)
    queue.run()
    assert [f.result(20) for f in asked] == ["A-001", "A-002", "A-003"]
    closed.result(20)
