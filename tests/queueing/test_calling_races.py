"""Several counters at once on a real database file: nobody is called twice, nobody is left out."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from hall.database import Database, sqlite_url
from hall.errors import Conflict
from hall.journal import broken_links
from queueing import calling
from queueing.issuing import issue
from staffing import presence
from tests.cast import BAMBU, CONSOLE, KIOSK, SEKAR, TUESDAY_MORNING

NOW = TUESDAY_MORNING


def prepare(db: Database, people: int) -> list[str]:
    for officer in (BAMBU, SEKAR):
        presence.sign_in(db, "blora", officer.counter, officer.nip, actor=CONSOLE, now=NOW)
    return [issue(db, "blora", "ktp", actor=KIOSK, now=NOW, history=True)["id"] for _ in range(people)]


def test_two_counters_calling_at_once_never_get_the_same_ticket(blora: Database) -> None:
    waiting = prepare(blora, 60)
    start = threading.Barrier(2)

    def work(counter: str) -> list[str]:
        mine = []
        start.wait()
        while (ticket := calling.call(blora, "blora", counter, actor=CONSOLE, now=NOW)) is not None:
            mine.append(ticket["id"])
            calling.start(blora, ticket["id"], actor=CONSOLE, now=NOW)
            calling.finish(blora, ticket["id"], actor=CONSOLE, now=NOW)
        return mine

    with ThreadPoolExecutor(2) as pool:
        here, there = pool.map(work, ("3", "4"))
    assert here and there
    assert sorted(here + there) == sorted(waiting)
    assert here == sorted(here, key=waiting.index) and there == sorted(there, key=waiting.index)
    with blora.reading() as connection:
        assert list(broken_links(connection, "blora")) == []


def test_two_processes_calling_at_once_never_get_the_same_ticket(blora: Database) -> None:
    """Two handles of the file remember the line apart from each other, like two server processes."""
    waiting = prepare(blora, 40)
    other = Database(sqlite_url(blora.path))
    start = threading.Barrier(2)

    def work(given: tuple[Database, str]) -> list[str]:
        db, counter = given
        mine = []
        start.wait()
        while (ticket := calling.call(db, "blora", counter, actor=CONSOLE, now=NOW)) is not None:
            mine.append(ticket["id"])
            calling.no_show(db, ticket["id"], actor=CONSOLE, now=NOW)
        return mine

    try:
        with ThreadPoolExecutor(2) as pool:
            here, there = pool.map(work, ((blora, "3"), (other, "4")))
    finally:
        other.close()
    assert sorted(here + there) == sorted(waiting)


def test_two_presses_at_one_counter_call_one_ticket(blora: Database) -> None:
    prepare(blora, 10)
    start = threading.Barrier(4)

    def press(_: int) -> str:
        start.wait()
        try:
            ticket = calling.call(blora, "blora", "3", actor=CONSOLE, now=NOW)
        except Conflict as refused:
            return refused.code
        assert ticket is not None
        return str(ticket["id"])

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, range(4)))
    assert answers.count("still_serving") == 3


def test_one_press_sent_four_times_with_its_key_gets_one_answer(blora: Database) -> None:
    prepare(blora, 10)
    start = threading.Barrier(4)

    def press(_: int) -> str:
        start.wait()
        ticket = calling.call(blora, "blora", "3", actor=CONSOLE, now=NOW, key="one-press")
        assert ticket is not None
        return str(ticket["id"])

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(press, range(4)))) == 1
