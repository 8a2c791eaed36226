"""News of other processes: heard at the commit, never before it, of others only, and again after the line broke."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Empty, SimpleQueue

import pytest
from sqlalchemy import text

from hall.database import Database
from hall.errors import Conflict
from hall.listening import Listener
from hall.turn import batch, turn
from tests.cast import CONTOH_FILE, TUESDAY_MORNING
from tests.conftest import load

PATIENCE_S = 30
HALL = "contoh"


def url_of(db: Database) -> str:
    return db.url.render_as_string(hide_password=False)


class Ear:
    """A process that listens."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.heard: SimpleQueue[tuple[str, int, frozenset[str]]] = SimpleQueue()
        self.looked = threading.Semaphore(0)
        self.listener = Listener(db, lambda *news: self.heard.put(news), self.looked.release)

    def next(self) -> tuple[str, int, frozenset[str]]:
        return self.heard.get(timeout=PATIENCE_S)


@pytest.fixture
def ear(postgres: Database) -> Iterator[Ear]:
    load(postgres, CONTOH_FILE)
    other = Database(url_of(postgres), pool_size=2)
    ear = Ear(other)
    ear.listener.start()
    assert ear.looked.acquire(timeout=PATIENCE_S)
    yield ear
    ear.listener.stop()
    other.close()


def write(db: Database, *kinds: str) -> int:
    with turn(db, HALL, TUESDAY_MORNING) as t:
        for kind in kinds:
            t.write(kind, "x", {}, actor="system")
        return t.seq


def test_a_turn_is_heard_with_its_hall_its_last_line_and_its_kinds(postgres: Database, ear: Ear) -> None:
    seq = write(postgres, "ticket_issued", "slip_sent")
    assert ear.next() == (HALL, seq, frozenset({"ticket_issued", "slip_sent"}))


def test_nothing_is_heard_of_what_was_not_committed_nor_of_ones_own(postgres: Database, ear: Ear) -> None:
    with pytest.raises(Conflict), turn(postgres, HALL, TUESDAY_MORNING) as t:
        t.write("ticket_issued", "x", {}, actor="system")
        raise Conflict("changed_my_mind", "Tidak jadi.")
    write(ear.db, "ticket_called")
    seq = write(postgres, "printer_changed")
    assert ear.next() == (HALL, seq, frozenset({"printer_changed"}))


def test_nothing_is_heard_before_the_commit(postgres: Database, ear: Ear) -> None:
    with turn(postgres, HALL, TUESDAY_MORNING) as t:
        t.write("ticket_issued", "x", {}, actor="system")
        t.flush()
        t.lines.clear()
        with pytest.raises(Empty):
            ear.heard.get(timeout=0.3)
    assert ear.next()[2] == {"ticket_issued"}


def test_a_batch_is_one_word(postgres: Database, ear: Ear) -> None:
    with batch(postgres, HALL, TUESDAY_MORNING):
        for kind in ("ticket_issued", "ticket_called", "ticket_issued"):
            last = write(postgres, kind)
    assert ear.next() == (HALL, last, frozenset({"ticket_issued", "ticket_called"}))
    assert ear.heard.empty()


def test_a_listener_whose_line_broke_listens_again_and_says_that_it_may_have_missed_something(
    postgres: Database, ear: Ear
) -> None:
    with postgres.writing() as connection:
        killed = connection.execute(
            text("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'")
        ).scalar_one()
    assert killed == 1
    assert ear.looked.acquire(timeout=PATIENCE_S)
    seq = write(postgres, "ticket_issued")
    assert ear.next()[1] == seq


def test_a_word_that_is_none_of_ours_ends_no_listening(postgres: Database, ear: Ear) -> None:
    with postgres.writing() as connection:  # the channel is open to everybody who may use the database
        for word in ("", "hello", "somebody one-line contoh ticket_issued"):
            connection.execute(text("SELECT pg_notify('antre', :word)"), {"word": word})
    seq = write(postgres, "ticket_issued")
    assert ear.next()[1] == seq


def test_who_hears_and_fails_goes_on_hearing(postgres: Database) -> None:
    load(postgres, CONTOH_FILE)
    heard: SimpleQueue[int] = SimpleQueue()
    ready = threading.Event()

    def hear(hall: str, seq: int, kinds: frozenset[str]) -> None:
        heard.put(seq)
        raise RuntimeError("the screens are gone")

    other = Database(url_of(postgres), pool_size=2)
    listener = Listener(other, hear, ready.set)
    listener.start()
    try:
        assert ready.wait(PATIENCE_S)
        for _ in range(2):
            seq = write(postgres, "ticket_issued")
            assert heard.get(timeout=PATIENCE_S) == seq
    finally:
        listener.stop()
        other.close()
