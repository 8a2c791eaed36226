"""Patterns: what was empty by weekday and hour, who stands worst, and what may be called a habit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hall.database import Database
from hall.intervals import Interval, Intervals, complement, normalise, subtract
from hall.places import Places, places
from staffing import facts
from staffing.impact import Cost
from staffing.patterns import EMPTY_DAY, LEAST_DAYS, Patterns, find_patterns
from staffing.vacancies import Costs, Day, Period, vacancies
from staffing.vacancy import CounterDay, DayFacts, DayJudgement, Judge, Piece
from tests.cast import BIMA, SARI, SYSTEM, TUESDAY, WEDNESDAY_MORNING, WIB, WIT
from tests.staffing.tuesday import at, give, sit

MONDAY = date(2026, 2, 2)
DAY = timedelta(days=1)
Empty = tuple[str, str, str]  # from, until, cause


@pytest.fixture
def place(contoh: Database) -> Places:
    """The small hall; its counter 2 is due until noon only."""
    with contoh.reading() as connection:
        return places(contoh, connection, "contoh")


def when(day: date, clock: str, zone: ZoneInfo = WIB) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)


def counter_day(
    day: date,
    *empty: Empty,
    code: str = "1",
    due: tuple[str, str] = ("08:00", "12:00"),
    ahead: Intervals = (),
    zone: ZoneInfo = WIB,
    provisional: bool = False,
) -> CounterDay:
    """A counter's judged day, made of what is said of it alone."""
    window = Interval(when(day, "00:00", zone), when(day, "00:00", zone) + DAY)
    owed = (Interval(when(day, due[0], zone), when(day, due[1], zone)),)
    agency = "samsat" if code == "3" else "dukcapil"
    pieces = tuple(
        Piece(code, agency, when(day, start, zone), when(day, end, zone), cause, (), (), provisional)
        for start, end, cause in empty
    )
    there = subtract(owed, normalise([*ahead, *(Interval(p.start, p.end) for p in pieces)]))
    return CounterDay(code, agency, owed, complement(owed, window), there, (), ahead, pieces)


def judged(day: date, *counters: CounterDay, costs: Costs | None = None, zone: ZoneInfo = WIB) -> Day:
    window = Interval(when(day, "00:00", zone), when(day, "00:00", zone) + DAY)
    judge = Judge(DayFacts(day, window, window.end, {}, {}))
    return Day(
        day, window.end, (), DayJudgement(day, {c.counter: c for c in counters}, {}, judge), (), (), costs or Costs()
    )


def period(*days: Day, now: datetime | None = None) -> Period:
    return Period("contoh", days[0].date, days[-1].date, now or days[-1].ends, 7, days)


def look(place: Places, *days: Day, now: datetime | None = None) -> Patterns:
    return find_patterns(period(*days, now=now), place)


def every(first: date, number: int, *empty: Empty, step: int = 1) -> list[Day]:
    return [judged(first + nr * step * DAY, counter_day(first + nr * step * DAY, *empty)) for nr in range(number)]


def said(found: Patterns) -> list[tuple[str, str | None, int | None, int, int]]:
    return [(h.kind, h.counter, h.weekday, h.days, h.of) for h in found.habits]


# --- hours ------------------------------------------------------------------------------------------------------------


def test_an_emptiness_is_cut_at_the_full_hours_exact_to_the_second(place: Places) -> None:
    found = look(place, judged(MONDAY, counter_day(MONDAY, ("08:59:07", "10:00:01", "late"))))
    assert {hour: cell.empty for (_, hour), cell in found.cells.items()} == {
        8: timedelta(seconds=53), 9: timedelta(hours=1), 10: timedelta(seconds=1), 11: timedelta()
    }  # fmt: skip
    assert {cell.due for cell in found.cells.values()} == {timedelta(hours=1)}
    assert found.whole.empty == timedelta(hours=1, seconds=54)


def test_the_hours_are_those_of_the_halls_own_zone(place: Places) -> None:
    day = judged(MONDAY, counter_day(MONDAY, ("08:00", "08:30", "late"), zone=WIT), zone=WIT)
    found = find_patterns(period(day), replace(place, zone="Asia/Jayapura"))
    assert found.cells[0, 8].share == 0.5
    assert min(found.cells) == (0, 8)


def test_every_cell_says_how_many_dates_are_behind_it(place: Places) -> None:
    days = [*every(MONDAY, 2, ("08:00", "08:15", "late"), step=7), *every(MONDAY + 14 * DAY, 1)]
    cell = look(place, *days).cells[0, 8]
    assert (cell.days, cell.empty_days, cell.empty, cell.due) == (3, 2, timedelta(minutes=30), timedelta(hours=3))


def test_time_that_could_not_be_seen_counts_neither_as_empty_nor_as_due(place: Places) -> None:
    day = counter_day(MONDAY, ("08:00", "09:30", "unobserved"), ("10:00", "10:30", "sick"))
    found = look(place, judged(MONDAY, day))
    assert (0, 8) not in found.cells
    assert found.cells[0, 9].due == timedelta(minutes=30)
    (row,) = found.counters
    assert (row.due, row.empty, row.unobserved) == (timedelta(hours=2.5), timedelta(minutes=30), timedelta(hours=1.5))
    assert row.share == pytest.approx(0.2)


def test_what_is_still_ahead_is_not_due_yet_and_what_is_closed_by_schedule_never(place: Places) -> None:
    ahead = (Interval(when(MONDAY, "10:00"), when(MONDAY, "12:00")),)
    found = look(place, judged(MONDAY, counter_day(MONDAY, ("08:00", "09:00", "late"), ahead=ahead)))
    assert sorted(found.cells) == [(0, 8), (0, 9)]
    assert found.whole.share == 0.5


def test_one_agency_or_one_counter_may_be_asked_for_alone(place: Places) -> None:
    day = judged(
        MONDAY,
        counter_day(MONDAY, ("08:00", "12:00", "sick")),
        counter_day(MONDAY, code="3"),
    )
    whole, samsat = look(place, day), find_patterns(period(day), place, agencies=["samsat"])
    one = find_patterns(period(day), place, counter="1")
    assert [s.code for s in whole.agencies] == ["dukcapil", "samsat"]
    assert (whole.whole.share, samsat.whole.share, one.whole.share) == (0.5, 0.0, 1.0)
    assert [s.code for s in one.counters] == ["1"]
    assert find_patterns(period(day), place, agencies=["samsat"], counter="1").counters == ()


# --- rankings and what it cost ----------------------------------------------------------------------------------------


def test_the_worst_stands_first_and_says_what_is_provisional(place: Places) -> None:
    open_, shut = ("08:00", "08:30", "absent_without_notice"), ("08:00", "11:00", "agency_not_open")
    day = judged(MONDAY, counter_day(MONDAY, open_, provisional=True), counter_day(MONDAY, shut, code="3"))
    found = look(place, day)
    assert [(s.code, s.empty_days, s.days) for s in found.counters] == [("3", 1, 1), ("1", 1, 1)]
    assert [s.provisional for s in found.agencies] == [timedelta(), timedelta(minutes=30)]


def test_costs_are_added_over_the_dates(place: Places) -> None:
    costs = Costs(Cost(30.0, 10.0, 2), {"dukcapil": Cost(30.0, 10.0, 2)}, {"1": Cost(20.0, 5.0, 1)})
    days = [judged(MONDAY + nr * DAY, counter_day(MONDAY + nr * DAY), costs=costs) for nr in range(3)]
    found = look(place, *days)
    assert (found.whole.waiting_minutes, found.agencies[0].stranded_minutes, found.counters[0].abandoned) == (90, 30, 3)


def test_an_agency_counts_nobody_twice_who_waited_for_two_of_its_empty_counters(contoh: Database) -> None:
    give(contoh, "08:30")
    found = vacancies(contoh, "contoh", date(2026, 3, 3), date(2026, 3, 3), now=at("09:00"))
    single = {v.counter: v.cost.waiting_minutes for v in found.pieces}
    assert single == {"1": 30, "2": 30, "3": 0, "4": 30}
    costs = found.days[0].costs
    assert costs.agencies["dukcapil"] == Cost(30.0, 30.0, 0) == costs.hall
    assert costs.counters["2"].waiting_minutes == 30


def test_a_ticket_that_was_lost_is_lost_once_however_many_pieces_it_waited_in(contoh: Database) -> None:
    give(contoh, "08:30")
    sit(contoh, "09:00", SARI)
    facts.record_coverage(contoh, "contoh", "bkd", at("10:00"), actor=SYSTEM, now=at("10:00"))
    found = vacancies(contoh, "contoh", date(2026, 3, 3), date(2026, 3, 3), now=WEDNESDAY_MORNING)
    mine = [v for v in found.pieces if v.counter == "2"]
    assert len(mine) > 1
    assert [v.cost.abandoned for v in mine if v.cost.waiting_minutes] == [1] * len(mine)
    assert found.days[0].costs.counters["2"].abandoned == 1


def test_a_real_day_with_an_outage_holds_it_against_nobody(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    sit(contoh, "08:00", BIMA)
    facts.begin_outage(contoh, "contoh", "server", actor=SYSTEM, now=at("10:00"))
    facts.end_outage(contoh, "contoh", "server", actor=SYSTEM, now=at("11:00"))
    with contoh.reading() as connection:
        place = places(contoh, connection, "contoh")
    day = date.fromisoformat(TUESDAY)
    found = find_patterns(vacancies(contoh, "contoh", day, day, now=at("12:00")), place)
    rows = {s.code: s for s in found.counters}
    assert (rows["1"].empty, rows["1"].unobserved, rows["1"].due) == (
        timedelta(),
        timedelta(hours=1),
        timedelta(hours=3),
    )
    assert rows["3"].share == 1.0
    assert (1, 10) not in found.cells


# --- habits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("late", "of", "often"), [(3, 4, False), (4, 16, True), (4, 17, False), (5, 20, True)])
def test_often_late_wants_enough_dates_and_a_quarter_of_them(place: Places, late: int, of: int, often: bool) -> None:
    days = [*every(MONDAY, late, ("08:00", "08:20", "late")), *every(MONDAY + late * DAY, of - late)]
    assert (("late", "1", None, late, of) in said(look(place, *days))) is often


def test_often_empty_on_mondays_is_said_of_mondays_alone(place: Places) -> None:
    days = [
        judged(day, counter_day(day, *([("08:00", "09:00", "no_one_assigned")] if day.weekday() == 0 else [])))
        for day in (MONDAY + nr * DAY for nr in range(28))
        if day.weekday() < 5
    ]
    assert said(look(place, *days)) == [("empty_on_weekday", "1", 0, 4, 4)]


def test_who_is_empty_every_day_is_not_said_to_be_so_on_mondays(place: Places) -> None:
    found = look(place, *every(MONDAY, 28, ("08:00", "09:00", "post_vacant")))
    assert said(found) == [("empty", "1", None, 28, 28)]


def test_a_short_emptiness_makes_no_empty_day(place: Places) -> None:
    minutes = int(240 * EMPTY_DAY) - 1
    assert said(look(place, *every(MONDAY, 14, ("08:00", f"08:{minutes}", "sick")))) == []


def test_days_that_nobody_saw_and_the_running_day_prove_nothing(place: Places) -> None:
    dark = every(MONDAY, 10, ("08:00", "12:00", "unobserved"))
    assert said(look(place, *dark)) == []
    seen = every(MONDAY, LEAST_DAYS, ("08:00", "12:00", "agency_not_open"))
    assert [kind for kind, *_ in said(look(place, *seen))] == ["empty", "not_open"]
    assert said(look(place, *seen, now=seen[-1].ends - timedelta(hours=2))) == []


def test_an_agency_is_late_when_one_of_its_counters_is(place: Places) -> None:
    days = []
    for nr in range(8):
        day = MONDAY + nr * DAY
        late = ("08:00", "08:20", "late")
        days.append(
            judged(
                day,
                counter_day(day, *([late] if nr < 2 else [])),
                counter_day(day, *([late] if nr > 5 else []), code="2"),
            )
        )
    assert said(look(place, *days)) == [("late", None, None, 4, 8)]


def test_what_an_agency_shares_with_its_only_counter_is_said_once(place: Places) -> None:
    found = look(place, *every(MONDAY, 5, ("08:00", "08:20", "late")))
    assert said(found) == [("late", "1", None, 5, 5)]
