"""Several servers on one database: allowed on PostgreSQL, refused on SQLite, and one of them keeps house."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.printers.pretend import PretendPrinter
from app.couriers import Couriers, PrintCourier
from app.doctor import must_be_fit_to_serve
from app.doctor_servers import meeting_findings, room_findings
from app.settings import BadSettings, Settings, read_settings
from hall import lease
from hall.database import Database
from hall.places import places
from queueing import slips
from queueing.issuing import issue
from tests.app.test_couriers import Ears, print_courier, state_of, take_number
from tests.cast import BLORA_FILE, KIOSK, TUESDAY_MORNING
from tests.clock import HandClock
from tests.conftest import load

PATIENCE_S = 30


@pytest.fixture
def clock() -> HandClock:
    """A Tuesday morning."""
    return HandClock(TUESDAY_MORNING)


def url_of(db: Database) -> str:
    return db.url.render_as_string(hide_password=False)


def test_several_processes_need_a_postgresql() -> None:
    with pytest.raises(BadSettings, match="SQLite takes one server process"):
        read_settings({"ANTRE_PROCESSES": "4"})
    assert read_settings({"ANTRE_PROCESSES": "4", "ANTRE_DATABASE_URL": "postgresql://h/d"}).processes == 4
    for name in ("ANTRE_PROCESSES", "ANTRE_DATABASE_CONNECTIONS"):
        with pytest.raises(BadSettings, match=name):
            read_settings({name: "0"})


def test_a_second_server_on_a_sqlite_file_does_not_start(
    blora: Database, tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path, database_url=url_of(blora), voice="off")
    must_be_fit_to_serve(settings, clock=clock)
    monkeypatch.setattr(lease.is_served, "__defaults__", (0.2,))
    held = lease.lease_file(blora)
    assert held.take_if_free()
    try:
        with pytest.raises(BadSettings, match="Another server already serves"):
            must_be_fit_to_serve(settings, clock=clock)
    finally:
        held.close()
    must_be_fit_to_serve(settings, clock=clock)


def test_a_postgresql_that_takes_no_writes_is_not_served(postgres: Database) -> None:
    assert list(meeting_findings(postgres)) == []
    with postgres.alone() as raw:
        raw.execute(f'ALTER DATABASE "{postgres.url.database}" SET default_transaction_read_only = on')
    fresh = Database(url_of(postgres), pool_size=2)
    try:
        [finding] = meeting_findings(fresh)
    finally:
        fresh.close()
    assert finding.level == "fault" and "takes no writes" in finding.message


def test_more_connections_than_postgresql_lets_in_are_told_beforehand(postgres: Database) -> None:
    settings = Settings(database_url=url_of(postgres))
    assert [f.level for f in room_findings(postgres, settings)] == ["ok"]
    [finding] = room_findings(postgres, replace(settings, processes=40))
    assert finding.level == "fault" and "max_connections" in finding.message


def test_a_database_with_another_isolation_of_its_own_does_not_change_how_turns_work(postgres: Database) -> None:
    with postgres.alone() as raw:
        raw.execute(f'ALTER DATABASE "{postgres.url.database}" SET default_transaction_isolation = serializable')
    fresh = Database(url_of(postgres), pool_size=2)
    try:
        with fresh.writing("blora") as connection:
            assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == "read committed"
        with fresh.reading() as connection:
            assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == "repeatable read"
    finally:
        fresh.close()


def test_who_takes_over_a_printer_waits_for_the_slip_that_is_on_its_way(blora: Database, clock: HandClock) -> None:
    with PretendPrinter() as pretend:
        first = print_courier(blora, clock, pretend)
        mine, next_one = take_number(blora, clock), take_number(blora, clock)
        job = slips.take_next(blora, "blora", first.place.code, now=clock.now())  # the other process is at it
        assert job is not None
        second = PrintCourier(blora, clock, "blora", first.place, "https://antre.example", after_another=True)
        second.step()
        assert pretend.papers == [] and state_of(blora, next_one) == ("queued", None)
        slips.report(blora, job.id, "confirmed", None, None, actor="printer:x", now=clock.now())
        second.step()
        assert state_of(blora, mine) == state_of(blora, next_one) == ("confirmed", None)
        assert len(pretend.wait_for_papers(1)) == 1


@pytest.fixture
def two(postgres: Database, clock: HandClock) -> Iterator[tuple[Couriers, Couriers]]:
    """Two processes' couriers on one PostgreSQL; the second started when the first kept house already."""
    load(postgres, BLORA_FILE)
    other = Database(url_of(postgres), pool_size=4)
    pair = tuple(Couriers(db, clock, Ears(), "https://antre.example", news={}) for db in (postgres, other))
    yield pair  # type: ignore[misc]
    for couriers in pair:
        couriers.stop()
    other.close()


def until(*what: threading.Event) -> None:
    for event in what:
        assert event.wait(PATIENCE_S)


def test_one_of_two_keeps_house_and_the_other_takes_over(
    two: tuple[Couriers, Couriers], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {couriers: threading.Event() for couriers in two}
    keep = Couriers.keep_house

    def keep_house(self: Couriers) -> float:
        kept[self].set()
        return keep(self)

    monkeypatch.setattr(Couriers, "keep_house", keep_house)
    monkeypatch.setattr(Couriers, "_hire", lambda *given: None)  # the printers of the hall's file stand elsewhere
    for couriers in two:
        couriers._hire_house_keepers()  # with what was put in their place
    first, second = two
    first.start()
    until(kept[first])
    second.start()
    assert not kept[second].wait(1.5)
    first.stop()
    until(kept[second])
    assert not first._lease.held and second._lease.held


def test_what_one_process_writes_the_other_knows_without_looking(
    two: tuple[Couriers, Couriers], clock: HandClock, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.couriers.FOLLOW_S", 1000.0)  # it would look every quarter of an hour
    monkeypatch.setattr(Couriers, "_take_over", lambda *given: None)
    second = two[1]
    second.start()
    until(second._listener.listening)
    told = threading.Event()
    monkeypatch.setattr(second._nudger, "_tell", lambda hall, seq, kinds: told.set() if kinds else None)
    issue(postgres, "blora", "ktp", actor=KIOSK, now=clock.now(), confirm=True)
    until(told)
    with postgres.reading() as connection:
        assert places(postgres, connection, "blora")
    assert second._nudger._news["blora"].line == postgres.memory["blora"][0][0]
