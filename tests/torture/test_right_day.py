"""The right day: zones, midnight, leap days, year ends, and clocks that are set, reset, or have never been set."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hall.clock import SteadyClock
from hall.database import Database
from hall.turn import turn
from queueing import calling
from queueing.issuing import issue
from queueing.tickets import EXPIRED, find_ticket
from tests.cast import CONSOLE, KIOSK, TUESDAY_MORNING
from tests.torture.leaping import LEAPS, Machine, open_life, promises_kept, spend
from tests.torture.tally import Tally, size

ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
DAYS = ("2027-03-02", "2028-02-28", "2028-02-29", "2026-12-31")
CLOCKS = ("10:00", "23:20", "23:52", "00:05")
HISTORIES = list(product(ZONES, DAYS, CLOCKS, LEAPS))


def moment(day: str, clock: str, zone: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def live_through(db: Database, histories: list[tuple[str, str, str, str]], folder: Path, tally: Tally) -> None:
    for nr, (zone, day, clock, leap) in enumerate(histories):
        life = open_life(db, f"h{nr}", zone, moment(day, clock, zone), folder)
        spend(life, leap)
        promises_kept(life, leap)
        tally.add(histories=1, faults=2, tickets=len(life.given))
    tally.verified(db)


def test_every_zone_day_hour_and_leap_gives_the_right_number_or_none(
    db: Database, tmp_path: Path, tally: Tally
) -> None:
    live_through(db, HISTORIES[:: size(5, 1)], tmp_path, tally)  # 5 divides none of their sides: all of each are met


def test_on_postgresql_too(postgres: Database, tmp_path: Path, tally: Tally) -> None:
    live_through(postgres, HISTORIES[3 :: size(67, 13)], tmp_path, tally)


@pytest.fixture(params=["UTC", "America/New_York", "Pacific/Kiritimati"])
def machine_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_the_zone_of_the_machine_means_nothing(machine_zone: str, db: Database, tmp_path: Path, tally: Tally) -> None:
    assert os.environ["TZ"] == machine_zone
    live_through(db, [("Asia/Jayapura", "2026-12-31", "23:52", "an hour forward")], tmp_path, tally)


def test_halls_of_three_zones_in_one_database_each_turn_their_own_day(
    db: Database, tmp_path: Path, tally: Tally
) -> None:
    start = moment("2028-02-28", "21:30", "Asia/Jakarta")  # 23.30 WIT: the leap day comes to each an hour later
    lives = [open_life(db, f"z{nr}", zone, start, tmp_path) for nr, zone in enumerate(ZONES)]
    for _ in range(16):
        for life in lives:
            life.errands()
            life.sit()
            assert life.take()
            life.machine.move(minutes=15)
    for life, first_of_the_leap_day in zip(lives, (10, 6, 2), strict=True):
        promises_kept(life, "")
        days = [one.day.isoformat() for one in life.given]
        assert days == ["2028-02-28"] * first_of_the_leap_day + ["2028-02-29"] * (16 - first_of_the_leap_day)
        assert life.given[first_of_the_leap_day].number == "A-001"
        tally.add(histories=1, tickets=16)
    tally.verified(db)


def test_a_number_of_the_last_microsecond_of_a_year_is_of_that_year_and_over_a_moment_later(
    db: Database, tmp_path: Path, tally: Tally
) -> None:
    for nr, zone in enumerate(ZONES):
        life = open_life(db, f"e{nr}", zone, moment("2026-12-31", "23:50", zone), tmp_path)
        life.machine.leap(moment("2026-12-31", "23:59:59.999998", zone))
        assert life.take()
        assert calling.call(db, life.code, "1", actor=CONSOLE, now=life.clock.now()) is not None
        life.machine.leap(moment("2026-12-31", "23:59:59.999999", zone))
        assert life.take()
        life.machine.leap(moment("2027-01-01", "00:00:01", zone))
        calling.start(db, life.given[0].id, actor=CONSOLE, now=life.clock.now())  # who was called is served
        calling.finish(db, life.given[0].id, actor=CONSOLE, now=life.clock.now())
        life.sit()
        assert not life.serve()  # nobody waits any more: the other number was of last year
        with db.reading() as connection:
            left = find_ticket(connection, life.given[1].id)
        assert (left.state, left.waited, left.business_date.isoformat()) == (EXPIRED, 1, "2026-12-31")
        assert left.ended_at == moment("2027-01-01", "00:00", zone)
        assert life.take()
        assert [(g.number, g.day.isoformat()) for g in life.given] == [
            ("A-001", "2026-12-31"), ("A-002", "2026-12-31"), ("A-001", "2027-01-01"),
        ]  # fmt: skip
        tally.add(histories=1, tickets=3)
    tally.verified(db)


def test_a_clock_put_back_over_midnight_gives_no_number_a_second_time(
    contoh_on_each: Database, tmp_path: Path, tally: Tally
) -> None:
    """Another process, or one started anew, whose clock is late: it has no pace of its own to go by."""
    db = contoh_on_each
    late = moment("2028-02-28", "23:58", "Asia/Jakarta")
    life = open_life(db, "put-back", "Asia/Jakarta", late, tmp_path)
    for _ in range(2):
        assert life.take()
    life.machine.move(minutes=5)
    assert life.take()
    back = life.machine.wall - timedelta(minutes=30)  # 23.33 of the leap day's eve, again
    again = SteadyClock(Machine(back), pace=lambda: 0.0)
    life.clock = again
    assert not life.take()
    assert "28-02-2028 23.33" in life.refused[0] and "29-02-2028" in life.refused[0]
    life.clock = SteadyClock(life.machine, pace=life.machine.pace)
    assert life.take()
    assert [(g.number, g.day.day) for g in life.given] == [("A-001", 28), ("A-002", 28), ("A-001", 29), ("A-002", 29)]
    tally.add(histories=1, faults=1, tickets=4)
    tally.verified(db)


def test_who_asked_before_midnight_and_had_the_turn_after_it_is_given_the_new_day(
    contoh_on_each: Database, tmp_path: Path
) -> None:
    zone = "Asia/Jakarta"
    life = open_life(contoh_on_each, "waited", zone, moment("2027-03-02", "23:59:59", zone), tmp_path)
    after, before = (moment("2027-03-03", "00:00:00.1", zone), moment("2027-03-02", "23:59:59.9", zone))
    first = issue(life.db, life.code, "ktp", actor=KIOSK, now=after, confirm=True)
    second = issue(life.db, life.code, "ktp", actor=KIOSK, now=before, confirm=True)
    assert [(t["number"], t["business_date"]) for t in (first, second)] == [
        ("A-001", "2027-03-03"), ("A-002", "2027-03-03"),
    ]  # fmt: skip
    assert second["issued_at"] == first["issued_at"]  # time in a hall does not run backwards


def test_a_turn_stands_no_earlier_than_the_last_line_whichever_process_wrote_it(contoh_on_each: Database) -> None:
    db, other = contoh_on_each, Database(contoh_on_each.url.render_as_string(hide_password=False))
    try:
        with turn(db, "contoh", TUESDAY_MORNING) as t:
            t.write("thing_done", "thing", {}, actor=CONSOLE)
        for who in (db, other, db):
            with turn(who, "contoh", TUESDAY_MORNING - timedelta(hours=3)) as t:
                assert t.now == TUESDAY_MORNING and t.asked == TUESDAY_MORNING - timedelta(hours=3)
            with turn(who, "contoh", TUESDAY_MORNING + timedelta(hours=1)) as t:
                assert t.now == TUESDAY_MORNING + timedelta(hours=1)  # nothing was written then: nobody is held to it
    finally:
        other.close()


# ---- the clock of a running server ----


def test_a_clock_that_is_set_back_is_caught_up_with_slowly_and_never_run_backwards() -> None:
    machine = Machine(TUESDAY_MORNING)
    clock = SteadyClock(machine, pace=machine.pace)
    machine.move(minutes=10)
    assert clock.now() == machine.wall
    machine.leap(machine.wall - timedelta(hours=1))
    seen = [clock.now()]
    for _ in range(11):
        machine.move(hours=1)
        seen.append(clock.now())
    assert seen == sorted(seen)
    assert [round((b - a).total_seconds() / 60) for a, b in pairwise(seen)][:9] == [54] * 9
    assert seen[-1] == machine.wall  # an hour is made up in ten


def test_a_machine_without_a_battery_that_begins_where_it_was_switched_off_is_set_right_while_it_is_young() -> None:
    friday, monday = moment("2027-03-05", "16:00", "Asia/Jakarta"), moment("2027-03-08", "07:00", "Asia/Jakarta")
    machine = Machine(friday, up=timedelta(seconds=20))
    clock = SteadyClock(machine, pace=machine.pace)
    machine.move(minutes=2)
    machine.leap(monday)  # the first answer of a time server
    assert clock.now() == monday
    machine.leap(monday + timedelta(days=5 * 365))  # that, a server would not start with either
    assert clock.now() == monday
    machine.leap(monday - timedelta(days=1))
    assert clock.now() == monday
    machine.leap(monday)
    machine.move(hours=1)
    assert clock.now() == machine.wall
    machine.leap(monday + timedelta(days=1))  # from now on people are in the line
    assert clock.now() == monday + timedelta(hours=1)


def test_a_clock_that_was_late_at_the_start_of_the_day_is_followed_and_one_that_leaps_a_day_is_not() -> None:
    machine = Machine(TUESDAY_MORNING)
    clock = SteadyClock(machine, pace=machine.pace)
    machine.leap(TUESDAY_MORNING + timedelta(hours=7))  # it had taken the local time for UTC
    assert clock.now() == clock.machine() == machine.wall
    for leap in ("to 1970", "five years ahead", "a day ahead", "a day back"):
        before = clock.now()
        machine.leap(LEAPS[leap](before))
        machine.move(seconds=30)
        assert clock.now() == before + timedelta(seconds=30) and clock.machine() == machine.wall
        machine.leap(before + timedelta(seconds=30))
        assert clock.now() == machine.wall  # right again
