"""The house-keeper's lease: one at a time, gone with its holder, and given back before another has it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from hall.database import Database
from hall.lease import Lease
from hall.postgres import KEEPING_HOUSE
from hall.schema import migrate

PATIENCE_S = 30


class Keeper:
    """A process that would keep house."""

    def __init__(self, url: str, log: list[str], name: str) -> None:
        self.db = Database(url, pool_size=2)
        self.gained, self.lost, self.after_another = threading.Event(), threading.Event(), False
        self._log, self._name = log, name
        self.lease = Lease(self.db, self._gain, self._lose)

    def _gain(self, after_another: bool) -> None:
        self.after_another = after_another
        self._log.append(f"{self._name} gained")
        self.lost.clear()
        self.gained.set()

    def _lose(self) -> None:
        self._log.append(f"{self._name} lost")
        self.gained.clear()
        self.lost.set()


Hire = Callable[[str], Keeper]


@contextmanager
def hiring(url: str, log: list[str]) -> Iterator[Hire]:
    keepers: list[Keeper] = []

    def hire(name: str) -> Keeper:
        keepers.append(Keeper(url, log, name))
        keepers[-1].lease.start()
        return keepers[-1]

    try:
        yield hire
    finally:
        for keeper in keepers:
            keeper.lease.stop()
            keeper.db.close()


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture(params=["sqlite", "postgresql"])
def hire(request: pytest.FixtureRequest, log: list[str]) -> Iterator[Hire]:
    db: Database = request.getfixturevalue("db" if request.param == "sqlite" else "postgres")
    with hiring(db.url.render_as_string(hide_password=False), log) as hire:
        yield hire


def test_one_holds_it_and_the_next_gets_it_when_it_is_given_back(hire: Hire, log: list[str]) -> None:
    first = hire("first")
    assert first.gained.wait(PATIENCE_S) and not first.after_another
    second = hire("second")
    assert not second.gained.wait(1.5)  # it tried at least once
    first.lease.stop()
    assert second.gained.wait(PATIENCE_S) and second.after_another
    assert log == ["first gained", "first lost", "second gained"]


def test_tables_are_brought_up_to_date_while_somebody_keeps_house(hire: Hire) -> None:
    """A hall file is loaded while its server runs; both take a lock."""
    keeper = hire("keeper")
    assert keeper.gained.wait(PATIENCE_S)
    migrate(keeper.db)
    assert keeper.lease.held


def test_a_holder_whose_line_breaks_has_lost_it_and_may_have_it_again(postgres: Database, log: list[str]) -> None:
    with hiring(postgres.url.render_as_string(hide_password=False), log) as hire:
        first = hire("first")
        assert first.gained.wait(PATIENCE_S)
        kill_the_holder(postgres)
        assert first.lost.wait(PATIENCE_S) and first.gained.wait(PATIENCE_S)
        assert first.after_another  # somebody else may have had it meanwhile


def test_when_the_holder_is_gone_another_takes_over(postgres: Database, log: list[str]) -> None:
    with hiring(postgres.url.render_as_string(hide_password=False), log) as hire:
        first = hire("first")
        assert first.gained.wait(PATIENCE_S)
        second = hire("second")
        until = time.monotonic() + PATIENCE_S
        while not second.lease._after_another and time.monotonic() < until:
            time.sleep(0.05)  # until it has tried once in vain
        kill_the_holder(postgres)
        first.lease._stop.set()  # it will not try again; any earlier, and it would give the lease back itself
        assert second.gained.wait(PATIENCE_S) and second.after_another


def kill_the_holder(db: Database) -> None:
    with db.writing() as connection:
        query = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND (classid::bigint << 32) + objid::bigint = :key"
        )
        assert connection.execute(text(query), {"key": KEEPING_HOUSE}).scalar_one() == 1
