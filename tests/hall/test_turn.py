"""The turn: one at a time, all or nothing, and nothing remembered of what never happened."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from hall.database import Database
from hall.errors import Conflict, NotFound, Refusal, Unavailable
from hall.journal import journal, since
from hall.places import closures, places
from hall.turn import Turn, batch, position, turn
from queueing import calling
from queueing.issuing import issue
from queueing.line import line_of
from queueing.tickets import tickets
from staffing import facts, presence
from tests.cast import BLORA_FILE, CONSOLE, CONTOH_FILE, KIOSK, SARI, TUESDAY_AFTERNOON, TUESDAY_MORNING
from tests.conftest import load

NOW = TUESDAY_MORNING


def write(db: Database, hall: str = "contoh", now: datetime = NOW) -> int:
    """One turn with one line."""
    with turn(db, hall, now) as t:
        return t.write("thing_done", "thing", {"n": 1}, actor=KIOSK)


def number(db: Database, service: str = "ktp") -> str:
    """Takes a number and returns it."""
    return str(issue(db, "contoh", service, actor=KIOSK, now=NOW, confirm=True)["number"])


def break_off(db: Database, fault: BaseException, do: Callable[[Turn], object]) -> None:
    """Does something in a turn and then fails."""
    with turn(db, "contoh", NOW) as t:
        do(t)
        raise fault


def test_lines_are_counted_up_without_a_gap(contoh_on_each: Database) -> None:
    first = write(contoh_on_each)
    assert [write(contoh_on_each), write(contoh_on_each)] == [first + 1, first + 2]
    with contoh_on_each.reading() as connection:
        assert [line.seq for line in since(connection, "contoh", 0)] == list(range(1, first + 3))
        assert position(connection, "contoh")[0] == first + 2


def test_several_lines_of_one_turn_stand_in_their_order(contoh: Database) -> None:
    with turn(contoh, "contoh", NOW) as t:
        start = t.seq
        for kind in ("one_done", "two_done", "three_done"):
            t.write(kind, "thing", {}, actor=KIOSK)
    with contoh.reading() as connection:
        assert [line.kind for line in since(connection, "contoh", start)] == ["one_done", "two_done", "three_done"]


def test_a_late_fact_keeps_when_it_happened_and_when_it_was_written(contoh: Database) -> None:
    with turn(contoh, "contoh", TUESDAY_AFTERNOON) as t:
        seq = t.write("thing_done", "thing", {}, actor=KIOSK, at=NOW)
    with contoh.reading() as connection:
        line = since(connection, "contoh", seq - 1)[0]
    assert (line.at, line.recorded) == (NOW, TUESDAY_AFTERNOON)


def test_an_unknown_hall_has_no_turn(db: Database) -> None:
    with pytest.raises(NotFound) as refused:
        write(db, "tiada")
    assert refused.value.code == "unknown_hall"
    with db.reading() as connection, pytest.raises(NotFound):
        position(connection, "tiada")


def test_a_turn_wants_to_know_the_zone_of_now(contoh: Database) -> None:
    with pytest.raises(ValueError, match="aware"):
        write(contoh, now=datetime(2026, 3, 3, 9, 0))


@pytest.mark.parametrize("fault", [Conflict("no", "Tidak."), ZeroDivisionError("oops"), KeyboardInterrupt()])
def test_a_turn_that_fails_leaves_no_trace(contoh_on_each: Database, fault: BaseException) -> None:
    db = contoh_on_each
    number(db)

    def state() -> tuple[Any, ...]:
        with db.reading() as connection:
            return position(connection, "contoh"), len(connection.execute(select(tickets)).all())

    before = state()

    def do_much(t: Turn) -> None:
        t.write("thing_done", "thing", {}, actor=KIOSK)
        t.connection.execute(tickets.delete())
        t.set_up_changed()
        line_of(t).last_number["A"] = 500

    with pytest.raises(type(fault)):
        break_off(db, fault, do_much)
    assert state() == before
    assert number(db) == "A-002"


def test_whoever_waits_for_a_turn_that_fails_does_not_inherit_its_memory(contoh: Database) -> None:
    """The failed turn changed what is remembered; the next in line has its turn before anybody cleans up."""
    number(contoh)
    behind = ThreadPoolExecutor(1)
    for nr in range(2, 42):
        promised: list[Future[str]] = []

        def spoil(t: Turn, promised: list[Future[str]] = promised) -> None:
            line_of(t).last_number["A"] += 100
            promised.append(behind.submit(number, contoh))
            while not contoh.writers("contoh").lock._waiting:  # until the other one stands behind us
                time.sleep(0.0001)

        with pytest.raises(ZeroDivisionError):
            break_off(contoh, ZeroDivisionError(), spoil)
        assert promised[0].result(timeout=10) == f"A-{nr:03d}"
    behind.shutdown()


def test_a_commit_that_failed_is_not_remembered_even_if_another_process_wrote_the_same_line_number(
    contoh: Database,
) -> None:
    other = Database(contoh.url.render_as_string())
    try:
        assert number(contoh) == "A-001"

        def full(_connection: object) -> None:
            raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

        event.listen(contoh.engine, "commit", full)
        with pytest.raises(Unavailable) as refused:
            number(contoh)
        event.remove(contoh.engine, "commit", full)
        assert refused.value.code == "disk_full"
        # another process now writes the very line that ours failed to write
        presence.sign_in(other, "contoh", "1", SARI.nip, actor=CONSOLE, now=NOW)
        again = issue(contoh, "contoh", "ktp", actor=KIOSK, now=NOW)
        assert (again["number"], again["serving_now"], again["ahead"]) == ("A-002", 1, 1)
    finally:
        other.close()


def test_another_process_that_wrote_in_between_is_noticed(contoh: Database) -> None:
    other = Database(contoh.url.render_as_string())
    try:
        assert [number(db) for db in (contoh, contoh, other, contoh, other, other, contoh)] == [
            f"A-{nr:03d}" for nr in range(1, 8)
        ]
    finally:
        other.close()


def test_listeners_hear_the_last_line_and_the_kinds_after_the_commit(contoh: Database) -> None:
    heard: list[tuple[str, int, frozenset[str]]] = []

    def listen(hall: str, seq: int, kinds: frozenset[str]) -> None:
        with contoh.reading() as connection:
            assert position(connection, hall)[0] == seq  # committed, and readers see it
        heard.append((hall, seq, kinds))

    contoh.heard.append(listen)
    with turn(contoh, "contoh", NOW) as t:
        t.write("one_done", "thing", {}, actor=KIOSK)
        seq = t.write("two_done", "thing", {}, actor=KIOSK)
    assert heard == [("contoh", seq, frozenset({"one_done", "two_done"}))]


def test_a_turn_without_a_line_tells_nobody(contoh: Database) -> None:
    heard: list[int] = []
    contoh.heard.append(lambda hall, seq, kinds: heard.append(seq))
    with turn(contoh, "contoh", NOW):
        pass
    with pytest.raises(ZeroDivisionError):
        break_off(contoh, ZeroDivisionError(), lambda t: t.write("one_done", "thing", {}, actor=KIOSK))
    assert heard == []


def test_a_listener_that_fails_does_not_make_a_written_ticket_look_refused(
    contoh: Database, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[int] = []

    def break_down(_hall: str, _seq: int, _kinds: frozenset[str]) -> None:
        raise RuntimeError("the sockets are gone")

    contoh.heard += [break_down, lambda hall, seq, kinds: heard.append(seq)]
    with caplog.at_level(logging.ERROR):
        assert number(contoh) == "A-001"
    assert len(heard) == 1
    assert "the sockets are gone" in caplog.text


def test_a_set_up_that_was_taken_back_is_not_remembered(contoh: Database) -> None:
    def close(t: Turn) -> None:
        place = {"scope": "hall", "start": NOW, "end": NOW + timedelta(hours=9), "reason": "banjir"}
        t.connection.execute(closures.insert().values(id="x", hall="contoh", from_file=False, **place))
        t.set_up_changed()
        assert not places(t.db, t.connection, "contoh", t.config).calendar.state_at("dukcapil", "1", NOW).due

    with pytest.raises(ZeroDivisionError):
        break_off(contoh, ZeroDivisionError(), close)
    with turn(contoh, "contoh", NOW) as t:  # the next change of the set-up gets the number that the failed one had
        t.set_up_changed()
        t.write("thing_done", "thing", {}, actor=CONSOLE)
    assert number(contoh) == "A-001"


def test_halls_in_one_postgres_do_not_wait_for_each_other(postgres: Database) -> None:
    load(load(postgres, BLORA_FILE), CONTOH_FILE)
    done: list[int] = []
    with turn(postgres, "blora", NOW) as t:
        t.write("one_done", "thing", {}, actor=KIOSK)
        beside = threading.Thread(target=lambda: done.append(write(postgres, "contoh")))
        beside.start()
        beside.join(timeout=10)
        assert len(done) == 1


def test_two_processes_on_postgres_take_turns_in_one_hall(postgres: Database) -> None:
    load(postgres, BLORA_FILE)
    other = Database(postgres.url.render_as_string(hide_password=False))
    try:
        done: list[int] = []
        behind = threading.Thread(target=lambda: done.append(write(other, "blora")))
        with turn(postgres, "blora", NOW) as t:
            seq = t.write("one_done", "thing", {}, actor=KIOSK)
            behind.start()
            behind.join(timeout=0.3)
            assert done == []
        behind.join(timeout=10)
        assert done == [seq + 1]
    finally:
        other.close()


def test_a_batch_is_one_transaction_of_many_turns_and_one_nudge(contoh_on_each: Database) -> None:
    db, heard = contoh_on_each, []
    db.heard.append(lambda hall, seq, kinds: heard.append((seq, kinds)))
    presence.sign_in(db, "contoh", "1", SARI.nip, actor=CONSOLE, now=NOW, beats=False)
    heard.clear()
    with batch(db, "contoh", NOW) as together:
        ticket = issue(db, "contoh", "ktp", actor=KIOSK, now=NOW)
        with pytest.raises(Refusal):
            calling.start(db, ticket["id"], actor=CONSOLE, now=NOW)  # not called yet: this step alone is undone
        calling.call(db, "contoh", "1", actor=CONSOLE, now=NOW)
        done = calling.start(db, ticket["id"], actor=CONSOLE, now=NOW)  # finds what the batch has not committed
        assert heard == []
    assert done["state"] == "serving"
    assert heard == [(together.seq, frozenset({"ticket_issued", "ticket_called", "ticket_started"}))]


def test_a_batch_that_fails_leaves_no_trace_and_its_step_neither(contoh_on_each: Database) -> None:
    db = contoh_on_each
    with db.reading() as connection:
        before = position(connection, "contoh")

    def fail() -> None:
        with batch(db, "contoh", NOW):
            facts.record_closure(db, "contoh", "hall", NOW, NOW + timedelta(hours=3), "banjir", actor=CONSOLE, now=NOW)
            issue(db, "contoh", "ktp", actor=KIOSK, now=NOW, history=True)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with db.reading() as connection:
        assert position(connection, "contoh") == before
        assert connection.execute(select(journal).where(journal.c.kind == "ticket_issued")).all() == []
    with turn(db, "contoh", NOW) as t:
        t.set_up_changed()
        t.write("thing_done", "thing", {}, actor=CONSOLE)
    assert number(db) == "A-001"


def test_others_wait_for_a_batch_and_see_nothing_of_it_before(contoh: Database) -> None:
    got: list[str] = []
    other = threading.Thread(target=lambda: got.append(number(contoh)))
    with batch(contoh, "contoh", NOW):
        number(contoh)
        other.start()
        seen: list[int] = []
        reader = threading.Thread(target=lambda: seen.append(tickets_seen(contoh)))
        reader.start()
        reader.join(timeout=10)
        number(contoh)
    other.join(timeout=10)
    assert (seen, got) == ([0], ["A-003"])


def tickets_seen(db: Database) -> int:
    with db.reading() as connection:
        return len(connection.execute(select(tickets.c.id)).all())


def test_batches_of_two_halls_in_one_postgres_do_not_mix(postgres: Database) -> None:
    load(load(postgres, BLORA_FILE), CONTOH_FILE)
    both = threading.Barrier(2, timeout=20)

    def carry_in(hall: str, into: list[str]) -> None:
        with batch(postgres, hall, NOW):
            both.wait()
            for _ in range(5):
                into.append(issue(postgres, hall, "ktp", actor=KIOSK, now=NOW, history=True)["number"])
            both.wait()

    results: dict[str, list[str]] = {"blora": [], "contoh": []}
    threads = [threading.Thread(target=carry_in, args=item) for item in results.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert (
        [n[-3:] for n in results["blora"]] == [n[-3:] for n in results["contoh"]] == [f"{n:03d}" for n in range(1, 6)]
    )
