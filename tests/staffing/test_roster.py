"""The roster: rows become stretches of time, substitutes take places, dated rows are found among many."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from hall.database import Database
from hall.hours import Calendar, HoursRule
from hall.intervals import Interval
from hall.places import places
from staffing.roster import Entry, Planned, Post, Roster, roster_of
from tests.cast import BIMA, GALIH, SARI, TUESDAY_BEFORE_OPENING, WIB, wib

ALL_WEEK = frozenset(range(5))
AGENCIES = {"1": "dukcapil", "2": "dukcapil"}
TUESDAY, WEDNESDAY = "2026-03-03", "2026-03-04"


@pytest.fixture
def calendar() -> Calendar:
    """Monday to Friday 08.00 to 15.00 with a break from 12.00 to 13.00."""
    rule = HoursRule("hall", ALL_WEEK, time(8), time(15), breaks=((time(12), time(13)),))
    return Calendar([rule], zone=WIB)


def entry(officer: str = SARI.nip, counter: str = "1", **more: object) -> Entry:
    """A weekday row from Monday to Friday unless told otherwise."""
    values: dict[str, object] = {
        "officer": officer, "counter": counter, "days": ALL_WEEK, "day": None, "start": None, "end": None,
        "since": None, "until": None, "substitute_for": None,
    }  # fmt: skip
    return Entry(**(values | more))  # type: ignore[arg-type]


def plans(calendar: Calendar, *entries: Entry, start: datetime, end: datetime) -> list[tuple[str, str, str, str]]:
    """Counter, officer, start and end (HH:MM in WIB) of every plan."""
    found = Roster(entries).plans(calendar, AGENCIES, start, end)
    return [(p.counter, p.officer, _clock(p.interval.start), _clock(p.interval.end)) for p in found]


def _clock(moment: datetime) -> str:
    return moment.astimezone(WIB).strftime("%H:%M")


def tuesday(calendar: Calendar, *entries: Entry) -> list[tuple[str, str, str, str]]:
    return plans(calendar, *entries, start=wib(TUESDAY, "00:00"), end=wib(WEDNESDAY, "00:00"))


def test_without_own_hours_an_officer_is_planned_while_the_counter_is_due(calendar: Calendar) -> None:
    assert tuesday(calendar, entry()) == [("1", SARI.nip, "08:00", "12:00"), ("1", SARI.nip, "13:00", "15:00")]


def test_own_hours_are_kept_as_written_even_over_the_break(calendar: Calendar) -> None:
    assert tuesday(calendar, entry(start=time(7, 30), end=time(12, 30))) == [("1", SARI.nip, "07:30", "12:30")]


def test_one_missing_end_is_taken_from_the_due_hours(calendar: Calendar) -> None:
    assert tuesday(calendar, entry(start=time(10))) == [
        ("1", SARI.nip, "10:00", "12:00"),
        ("1", SARI.nip, "13:00", "15:00"),
    ]
    assert tuesday(calendar, entry(end=time(11))) == [("1", SARI.nip, "08:00", "11:00")]


def test_a_plan_past_midnight_reaches_into_the_next_day(calendar: Calendar) -> None:
    night = entry(days=frozenset([0]), start=time(22), end=time(2))  # Monday evening
    assert tuesday(calendar, night) == [("1", SARI.nip, "00:00", "02:00")]


def test_a_weekday_that_is_not_listed_plans_nobody(calendar: Calendar) -> None:
    assert tuesday(calendar, entry(days=frozenset([0, 2]))) == []


@pytest.mark.parametrize(
    ("since", "until", "planned"),
    [
        (date(2026, 3, 3), date(2026, 3, 3), True),
        (date(2026, 3, 4), None, False),
        (None, date(2026, 3, 2), False),
        (date(2026, 1, 1), None, True),
    ],
)
def test_both_dates_of_a_row_are_inclusive(
    calendar: Calendar, since: date | None, until: date | None, planned: bool
) -> None:
    assert bool(tuesday(calendar, entry(since=since, until=until))) is planned


def test_a_dated_row_speaks_of_its_day_alone(calendar: Calendar) -> None:
    row = entry(days=frozenset(), day=date(2026, 3, 3), start=time(8), end=time(12))
    week = plans(calendar, row, start=wib("2026-03-02", "00:00"), end=wib("2026-03-09", "00:00"))
    assert week == [("1", SARI.nip, "08:00", "12:00")]


def test_a_substitute_takes_the_named_officers_place_for_the_substitutes_time_only(calendar: Calendar) -> None:
    cover = entry(
        BIMA.nip, days=frozenset(), day=date(2026, 3, 3), start=time(10), end=time(12), substitute_for=SARI.nip
    )
    assert tuesday(calendar, entry(), cover) == [
        ("1", SARI.nip, "08:00", "10:00"),
        ("1", BIMA.nip, "10:00", "12:00"),
        ("1", SARI.nip, "13:00", "15:00"),
    ]


def test_a_substitute_at_one_counter_leaves_the_officers_plan_at_another_alone(calendar: Calendar) -> None:
    cover = entry(BIMA.nip, counter="1", days=frozenset(), day=date(2026, 3, 3), substitute_for=SARI.nip)
    assert ("2", SARI.nip, "08:00", "12:00") in tuesday(calendar, entry(counter="2"), cover)


def test_several_officers_may_be_planned_for_one_counter(calendar: Calendar) -> None:
    roster = Roster([entry(), entry(BIMA.nip)])
    assert roster.planned_at(calendar, AGENCIES, wib(TUESDAY, "09:00")) == {"1": sorted([SARI.nip, BIMA.nip])}


def test_the_same_row_twice_plans_once(calendar: Calendar) -> None:
    assert len(tuesday(calendar, entry(), entry())) == 2  # morning and afternoon


def test_rows_of_counters_that_are_no_longer_there_say_nothing(calendar: Calendar) -> None:
    assert tuesday(calendar, entry(counter="9")) == []


def test_the_range_cuts_the_plans(calendar: Calendar) -> None:
    found = Roster([entry()]).plans(calendar, AGENCIES, wib(TUESDAY, "09:00"), wib(TUESDAY, "09:30"))
    assert found == (Planned("1", SARI.nip, Interval(wib(TUESDAY, "09:00"), wib(TUESDAY, "09:30")), None),)


def test_nobody_is_planned_in_the_break_or_at_the_very_end(calendar: Calendar) -> None:
    roster = Roster([entry()])
    for clock in ("12:00", "12:59", "15:00", "07:59"):
        assert roster.planned_at(calendar, AGENCIES, wib(TUESDAY, clock)) == {}, clock
    assert roster.planned_at(calendar, AGENCIES, wib(TUESDAY, "08:00")) == {"1": [SARI.nip]}


def test_a_year_of_dated_rows_is_asked_for_one_day_only(calendar: Calendar) -> None:
    first = date(2026, 1, 1)
    rows = [entry(f"{SARI.nip[:-3]}{n:03}", days=frozenset(), day=first + timedelta(days=n)) for n in range(365)]
    roster = Roster(rows)
    assert len(roster.on(date(2026, 3, 3))) == 1


def test_the_reader_knows_rows_posts_and_names_and_reads_them_once(contoh: Database) -> None:
    with contoh.reading() as connection:
        place = places(contoh, connection, "contoh")
        roster = roster_of(contoh, connection, "contoh")
        again = roster_of(contoh, connection, "contoh")
    assert again is roster
    agencies = {c.code: c.agency for c in place.counters.values()}
    at_nine = roster.planned_at(place.calendar, agencies, wib(TUESDAY, "09:00"))
    assert at_nine == {"1": [SARI.nip], "2": [BIMA.nip]}
    assert roster.posts_on(date.fromisoformat(TUESDAY))["4"] == [Post("4", "Operator layanan operasional", False)]
    assert roster.names[GALIH.nip] == GALIH.name


def test_the_roster_is_read_anew_when_the_set_up_changed(contoh: Database) -> None:
    from staffing.facts import record_closure

    with contoh.reading() as connection:
        before = roster_of(contoh, connection, "contoh")
    now = TUESDAY_BEFORE_OPENING
    record_closure(
        contoh, "contoh", "counter:1", now, now + timedelta(hours=1), "perbaikan", actor="manager:x", now=now
    )
    with contoh.reading() as connection:
        assert roster_of(contoh, connection, "contoh") is not before
