"""What an empty counter cost: exactly from the tickets' own times, and who sat there calling nobody."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from hall.database import Database
from hall.intervals import Interval, Intervals, normalise
from hall.places import Counter, places
from queueing import calling
from queueing.day_end import close_day
from queueing.history import lines_of_day
from queueing.waits import Times, Wait, read_times, times_told
from staffing import facts, presence
from staffing.impact import Cost, Idle, Line, Staffed, cost, idle_while_waiting
from staffing.seating import Pause, Sitting
from tests.cast import BIMA, CONSOLE, SARI, SYSTEM, TUESDAY, WEDNESDAY_MORNING
from tests.staffing.tuesday import at, call, give, sit

ONE = Counter("1", "dukcapil", "Loket 1", ("ktp",), "Barat")
TWO = Counter("2", "dukcapil", "Loket 2", ("ktp", "kk"), "Barat")
THREE = Counter("3", "samsat", "Loket 3", ("pkb",), "Timur")
COUNTERS = {c.code: c for c in (ONE, TWO, THREE)}
TEN = timedelta(minutes=10)


def stretch(start: str, end: str) -> Interval:
    return Interval(at(start), at(end))


def staffed(**counters: Intervals) -> Staffed:
    return Staffed({name.removeprefix("at_"): found for name, found in counters.items()}, COUNTERS)


def waits(*found: tuple[str, str, str], lost: bool = False, only: str | None = None) -> list[Wait]:
    return [Wait(f"t{nr}", service, only, at(a), at(b), lost) for nr, (service, a, b) in enumerate(found)]


# --- the cost of a piece ----------------------------------------------------------------------------------------------


def test_only_the_part_of_a_wait_inside_the_piece_counts() -> None:
    line = Line(waits(("ktp", "08:50", "09:10"), ("ktp", "09:20", "09:30"), ("ktp", "09:55", "11:00")))
    assert cost(ONE, at("09:00"), at("10:00"), line, staffed()) == Cost(25.0, 25.0, 0)


def test_waiting_that_touches_the_piece_at_its_ends_alone_costs_nothing() -> None:
    line = Line(waits(("ktp", "08:00", "09:00"), ("ktp", "10:00", "11:00"), lost=True))
    assert cost(ONE, at("09:00"), at("10:00"), line, staffed()) == Cost(0.0, 0.0, 0)


def test_waiting_is_stranded_while_no_counter_of_that_very_service_is_staffed() -> None:
    line = Line(waits(("ktp", "09:00", "10:00"), ("kk", "09:00", "10:00")))
    seen = staffed(at_1=(stretch("09:15", "09:45"),))  # counter 1 takes ktp, and not kk
    assert cost(TWO, at("09:00"), at("10:00"), line, seen) == Cost(120.0, 30.0 + 60.0, 0)


def test_people_for_other_services_do_not_count() -> None:
    line = Line(waits(("pkb", "09:00", "10:00"), lost=True))
    assert cost(ONE, at("09:00"), at("10:00"), line, staffed()) == Cost(0.0, 0.0, 0)


def test_a_ticket_sent_to_one_counter_waits_for_that_one_alone() -> None:
    line = Line(waits(("ktp", "09:00", "10:00"), only="3"))
    seen = staffed(at_1=(stretch("08:00", "12:00"),))
    assert cost(ONE, at("09:00"), at("10:00"), line, seen) == Cost(0.0, 0.0, 0)
    assert cost(THREE, at("09:00"), at("10:00"), line, seen) == Cost(60.0, 60.0, 0)


def test_a_ticket_that_left_and_came_back_is_lost_once() -> None:
    twice = [*waits(("ktp", "09:00", "09:10"), lost=True), *waits(("ktp", "09:20", "09:30"), lost=True)]
    assert cost(ONE, at("09:00"), at("10:00"), Line(twice), staffed()) == Cost(20.0, 20.0, 1)


def test_a_wait_of_seconds_is_not_rounded() -> None:
    line = Line([Wait("t", "ktp", None, at("09:00:00"), at("09:00:07"), False)])
    assert cost(ONE, at("09:00"), at("10:00"), line, staffed()).waiting_minutes == pytest.approx(7 / 60, abs=1e-12)


# --- free and calling nobody ------------------------------------------------------------------------------------------


def idle(sittings: list[Sitting], line: list[Wait], busy: Intervals = (), unseen: Intervals = ()) -> list[Idle]:
    return idle_while_waiting(ONE, sittings, busy, unseen, Line(line), allowed=TEN, until=at("15:00"))


def sitting(start: str, end: str | None, *pauses: tuple[str, str | None]) -> Sitting:
    rests = tuple(Pause(at(a), at(b) if b else None, "") for a, b in pauses)
    return Sitting("1", SARI.nip, at(start), at(end) if end else None, rests)


def test_an_officer_who_is_free_while_somebody_waits_too_long_is_named_with_the_time_it_began() -> None:
    found = idle([sitting("08:00", "10:00")], waits(("ktp", "09:00", "09:25"), ("ktp", "09:10", "09:22")))
    assert found == [Idle("1", (SARI.nip,), at("09:00"), at("09:25"), 25.0 + 12.0)]


def test_ten_minutes_to_the_second_are_not_too_long() -> None:
    assert idle([sitting("08:00", "10:00")], waits(("ktp", "09:00", "09:10"))) == []


def test_nobody_is_idle_who_serves_pauses_cannot_be_seen_or_is_not_there() -> None:
    line = waits(("ktp", "09:00", "09:30"))
    assert idle([sitting("08:00", "10:00")], line, busy=(stretch("09:08", "09:20"),)) == []
    assert idle([sitting("08:00", "10:00", ("09:09", "09:25"))], line) == []
    assert idle([sitting("08:00", "10:00")], line, unseen=(stretch("09:09", "09:21"),)) == []
    assert idle([sitting("09:21", "10:00")], line) == []


def test_a_pause_that_goes_on_is_no_time_of_being_free() -> None:
    assert idle([sitting("08:00", None, ("08:30", None))], waits(("ktp", "08:25", "14:00"))) == []


def test_people_who_wait_a_little_each_make_nobody_idle() -> None:
    line = waits(*(("ktp", f"09:{m:02d}", f"09:{m + 9:02d}") for m in range(0, 40, 5)))
    assert idle([sitting("08:00", "10:00")], line) == []


# --- the tickets' own times, from rows and journal --------------------------------------------------------------------


def read(db: Database, now: str = "15:00") -> Times:
    day = date.fromisoformat(TUESDAY)
    with db.reading() as connection:
        here = places(db, connection, "contoh")
        found = read_times(connection, here, day, day, at(now)).get(day, Times())
        told = times_told(lines_of_day(connection, "contoh", here.zone, day, until=at(now)), at(now), over=False)
    # rows and journal, read apart, tell the same story
    assert sorted(found.waits, key=str) == sorted(told.waits, key=str)
    assert {c: sorted(b) for c, b in found.busy.items() if b} == {c: sorted(b) for c, b in told.busy.items() if b}
    return found


def in_line(found: Times, ticket: str) -> list[tuple[str, str | None, str, str, bool]]:
    mine = sorted((w for w in found.waits if w.ticket == ticket), key=lambda w: w.start)
    clock = "%H:%M"
    local = [w._replace(start=w.start + timedelta(hours=7), end=w.end + timedelta(hours=7)) for w in mine]
    return [(w.service, w.only_counter, w.start.strftime(clock), w.end.strftime(clock), w.lost) for w in local]


def test_time_put_back_in_the_line_is_time_waited(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    ticket = give(contoh, "08:05")
    call(contoh, "08:10")
    calling.hold(contoh, ticket, actor=CONSOLE, now=at("08:15"))
    calling.resume(contoh, ticket, actor=CONSOLE, now=at("08:30"))
    call(contoh, "08:42")
    calling.start(contoh, ticket, actor=CONSOLE, now=at("08:43"))
    calling.finish(contoh, ticket, actor=CONSOLE, now=at("08:50"))
    found = read(contoh)
    assert in_line(found, ticket) == [("ktp", None, "08:05", "08:10", False), ("ktp", None, "08:30", "08:42", False)]
    assert normalise(found.busy["1"]) == (stretch("08:10", "08:15"), stretch("08:42", "08:50"))


def test_a_transfer_waits_for_the_other_service_and_a_sent_ticket_for_its_counter(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    ticket = give(contoh, "08:05")
    calling.transfer(contoh, ticket, service="pkb", actor=CONSOLE, now=at("08:20"))
    calling.transfer(contoh, ticket, to_counter="1", actor=CONSOLE, now=at("08:30"))
    call(contoh, "08:35")
    calling.no_show(contoh, ticket, actor=CONSOLE, now=at("08:40"))
    assert in_line(read(contoh), ticket) == [
        ("ktp", None, "08:05", "08:20", True),
        ("pkb", None, "08:20", "08:30", True),
        ("pkb", "1", "08:30", "08:35", True),
    ]


def test_a_no_show_who_comes_back_and_is_served_was_not_lost(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    ticket = give(contoh, "08:05")
    call(contoh, "08:10")
    calling.no_show(contoh, ticket, actor=CONSOLE, now=at("08:12"))
    assert [lost for *_, lost in in_line(read(contoh), ticket)] == [True]
    calling.resume(contoh, ticket, actor=CONSOLE, now=at("08:20"))
    call(contoh, "08:25")
    calling.start(contoh, ticket, actor=CONSOLE, now=at("08:25"))
    calling.finish(contoh, ticket, actor=CONSOLE, now=at("08:30"))
    assert [lost for *_, lost in in_line(read(contoh), ticket)] == [False, False]


def test_whoever_still_waits_waits_until_now_and_no_further(contoh: Database) -> None:
    ticket = give(contoh, "08:05")
    assert in_line(read(contoh, "09:00"), ticket) == [("ktp", None, "08:05", "09:00", False)]


def test_a_moment_before_later_moves_is_told_by_the_journal(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    ticket = give(contoh, "08:05")
    call(contoh, "08:30")
    calling.no_show(contoh, ticket, actor=CONSOLE, now=at("08:35"))
    assert in_line(read(contoh, "08:20"), ticket) == [("ktp", None, "08:05", "08:20", False)]


def test_tickets_that_nobody_called_are_lost_when_their_day_ends(contoh: Database) -> None:
    ticket = give(contoh, "14:00")
    day = date.fromisoformat(TUESDAY)
    for closed in (False, True):  # before anybody has written down that they expired, and after
        if closed:
            close_day(contoh, "contoh", actor=SYSTEM, now=WEDNESDAY_MORNING)
        with contoh.reading() as connection:
            here = places(contoh, connection, "contoh")
            found = read_times(connection, here, day, day, WEDNESDAY_MORNING)[day]
        assert [(w.ticket, w.end, w.lost) for w in found.waits] == [
            (ticket, at("23:59:59") + timedelta(seconds=1), True)
        ]


def test_closing_early_ends_the_waiting(contoh: Database) -> None:
    ticket = give(contoh, "08:05")
    close_day(contoh, "contoh", actor=SYSTEM, now=at("09:00"))
    assert in_line(read(contoh), ticket) == [("ktp", None, "08:05", "09:00", True)]


def test_cancelled_and_withdrawn_tickets_are_lost(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    first, second = give(contoh, "08:05"), give(contoh, "08:06")
    calling.withdraw(contoh, first, actor=CONSOLE, now=at("08:20"))
    call(contoh, "08:25")
    calling.start(contoh, second, actor=CONSOLE, now=at("08:26"))
    calling.hold(contoh, second, actor=CONSOLE, now=at("08:30"))
    calling.cancel(contoh, second, actor=CONSOLE, now=at("08:40"))
    found = read(contoh)
    assert in_line(found, first) == [("ktp", None, "08:05", "08:20", True)]
    assert in_line(found, second) == [("ktp", None, "08:06", "08:25", True)]
    assert normalise(found.busy["1"]) == (stretch("08:25", "08:30"),)


def test_the_cost_of_a_real_morning_adds_up(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    tickets = [give(contoh, f"08:{m:02d}") for m in (5, 10, 15)]
    call(contoh, "08:20")
    calling.start(contoh, tickets[0], actor=CONSOLE, now=at("08:20"))
    calling.finish(contoh, tickets[0], actor=CONSOLE, now=at("08:30"))
    presence.sign_out(contoh, "contoh", "1", actor=CONSOLE, now=at("08:30"))
    facts.begin_outage(contoh, "contoh", "counter:4", actor=SYSTEM, now=at("08:40"))
    sit(contoh, "09:00", BIMA)
    call(contoh, "09:05", "2")
    line = Line(read(contoh, "09:30").waits)
    seen = Staffed({"1": (stretch("08:00", "08:30"),), "2": (stretch("09:00", "09:30"),)}, COUNTERS)
    # 08.30 to 09.30: the second waited 35 minutes, the third 60; until 09.00 nobody was there for them
    assert cost(ONE, at("08:30"), at("09:30"), line, seen) == Cost(95.0, 60.0, 0)
