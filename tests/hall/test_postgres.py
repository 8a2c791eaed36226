"""PostgreSQL goes away in the middle of a turn, or somebody hangs in one: refused, and nothing is half written."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, func, select, text

from hall.database import Database
from hall.errors import Unavailable
from hall.journal import broken_links, journal
from hall.turn import position, turn
from queueing.issuing import issue
from queueing.tickets import tickets
from tests.cast import BLORA_FILE, KIOSK, TUESDAY_MORNING
from tests.conftest import load

HALL = "blora"
PATIENCE_S = 30


@pytest.fixture
def blora(postgres: Database) -> Database:
    return load(postgres, BLORA_FILE)


@pytest.fixture
def other(blora: Database) -> Iterator[Database]:
    """The same database, opened as another process would, by one with little patience and few connections."""
    database = Database(blora.url.render_as_string(hide_password=False), pool_size=4, patience=0.5)
    yield database
    database.close()


def take_number(db: Database, key: str = "") -> str:
    given = issue(db, HALL, "ktp", actor=KIOSK, now=TUESDAY_MORNING, confirm=True, history=True, key=key or None)
    return str(given["number"])


def stored(db: Database) -> tuple[int, int, int]:
    """Tickets, journal lines, and where the journal says it is."""
    with db.reading() as connection:
        count = connection.execute(select(func.count()).select_from(tickets)).scalar_one()
        lines = connection.execute(select(func.count()).where(journal.c.hall == HALL)).scalar_one()
        assert list(broken_links(connection, HALL)) == []
        return count, lines, position(connection, HALL)[0]


def cut(connection: Connection, other: Database) -> None:
    """The database hangs up on this connection."""
    pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with other.alone() as raw:
        raw.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))


def test_a_turn_whose_connection_breaks_is_refused_and_leaves_nothing(blora: Database, other: Database) -> None:
    take_number(blora)
    before = stored(blora)
    with pytest.raises(Unavailable) as refused, turn(blora, HALL, TUESDAY_MORNING) as t:
        t.connection.execute(tickets.delete())
        t.write("ticket_issued", "x", {}, actor="system")
        cut(t.connection, other)
    assert refused.value.code == "database_unavailable"
    assert stored(blora) == before
    assert take_number(blora) == "B-002"


def test_after_every_connection_broke_the_next_request_works(blora: Database, other: Database) -> None:
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(lambda nr: take_number(blora), range(8)))
    with other.alone() as raw:
        query = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s AND pid <> %s"
        raw.execute(query, (blora.url.database, raw.info.backend_pid))
    assert take_number(blora) == "B-009"
    assert take_number(other) == "B-010"


def test_a_reader_whose_connection_breaks_is_told_so_and_the_next_reads(blora: Database, other: Database) -> None:
    with pytest.raises(Unavailable) as refused, blora.reading() as connection:
        cut(connection, other)
        position(connection, HALL)
    assert refused.value.code == "database_unavailable"
    assert stored(blora)


def test_who_waits_too_long_for_a_hall_held_elsewhere_is_refused_and_may_ask_again(
    blora: Database, other: Database
) -> None:
    with turn(blora, HALL, TUESDAY_MORNING), pytest.raises(Unavailable) as refused:
        take_number(other, "same-key-0001")
    assert refused.value.code == "database_locked"
    assert take_number(other, "same-key-0001") == take_number(blora, "same-key-0001") == "B-001"


def test_whoever_hangs_in_a_turn_does_not_hold_the_hall_for_ever(blora: Database) -> None:
    """The guard is the database's own; here it is set shorter than a program would."""
    url = blora.url.update_query_dict({"options": "-c idle_in_transaction_session_timeout=200ms"})
    hung = Database(url.render_as_string(hide_password=False), pool_size=2)
    try:
        with blora.reading() as connection:
            assert connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one() == "30s"
        with pytest.raises(Unavailable) as refused, turn(hung, HALL, TUESDAY_MORNING) as t:
            t.write("ticket_issued", "x", {}, actor="system")
            assert take_number(blora) == "B-001"  # waits until the other is thrown out, and then it is its turn
        assert refused.value.code == "database_unavailable"
    finally:
        hung.close()


def test_many_more_people_than_connections_are_all_served(blora: Database) -> None:
    narrow = Database(blora.url.render_as_string(hide_password=False), pool_size=2, patience=PATIENCE_S)
    gate = threading.Barrier(64)

    def person(nr: int) -> str:
        gate.wait()
        with narrow.reading() as connection:
            position(connection, HALL)
        return take_number(narrow)

    try:
        with ThreadPoolExecutor(64) as crowd:
            numbers = list(crowd.map(person, range(64)))
    finally:
        narrow.close()
    assert len(set(numbers)) == 64 and stored(blora)[0] == 64
