"""Which rule counts on which day: scopes, dates, sessions, breaks, and the faults a rule is refused for."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hall.errors import Invalid
from hall.hours import Calendar, Closure, DayPlan, Holiday, HoursRule, Piece, day_plan
from hall.intervals import Interval, total

WIB = ZoneInfo("Asia/Jakarta")
WEEK = {"sen": 0, "sel": 1, "rab": 2, "kam": 3, "jum": 4, "sab": 5, "min": 6}
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 3, day) for day in (3, 4, 5, 6))
SATURDAY, SUNDAY, MONDAY = (date(2026, 3, day) for day in (7, 8, 9))

Row = tuple[str, str, str]


def clock(text: str) -> time:
    return time.fromisoformat(text)


def rule(scope: str, days: str, hours: str, *breaks: str, **dates: Any) -> HoursRule:
    """`rule("hall", "sen sel", "08:00-15:00", "12:00-13:00", since=...)`."""
    opens, closes = hours.split("-")
    pauses = tuple((clock(first), clock(last)) for first, last in (pair.split("-") for pair in breaks))
    return HoursRule(scope, frozenset(WEEK[day] for day in days.split()), clock(opens), clock(closes), pauses, **dates)


def moment(day: date, text: str, zone: ZoneInfo = WIB) -> datetime:
    """A wall-clock time of the hall; 24:00 and later belong to the next day."""
    hour, minute = map(int, text.split(":"))
    return datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(hours=hour, minutes=minute)


def rows(plan: DayPlan, zone: ZoneInfo = WIB) -> list[Row]:
    """The plan as somebody in the hall would read it out: from, until, what."""
    assert_whole(plan)
    return [read(piece, zone) for piece in plan.pieces]


def read(piece: Piece, zone: ZoneInfo = WIB) -> Row:
    start, end = (end.astimezone(zone).strftime("%H:%M") for end in (piece.interval.start, piece.interval.end))
    return start, end, piece.reason or "due"


def assert_whole(plan: DayPlan) -> None:
    """The pieces make up the day exactly, none equals its neighbour, and only what is not due has a reason."""
    edges = [piece.interval for piece in plan.pieces]
    assert edges[0].start == plan.window.start and edges[-1].end == plan.window.end
    for left, right in zip(plan.pieces, plan.pieces[1:], strict=False):
        assert left.interval.end == right.interval.start
        assert (left.due, left.reason, left.detail) != (right.due, right.reason, right.detail)
    assert all(piece.due == (piece.reason is None) for piece in plan.pieces)
    assert plan.due == tuple(piece.interval for piece in plan.pieces if piece.due)


def due(plan: DayPlan, zone: ZoneInfo = WIB) -> list[str]:
    return [f"{start}-{end}" for start, end, what in rows(plan, zone) if what == "due"]


def calendar(
    rules: Iterable[HoursRule], holidays: Iterable[Holiday] = (), closures: Iterable[Closure] = ()
) -> Calendar:
    return Calendar(rules, holidays, closures, zone=WIB)


# The written example of the hall file, plus Imigrasi on three days, as in Blora.
HALL = (
    rule("hall", "sen sel rab kam", "08:00-15:00", "12:00-13:00"),
    rule("hall", "jum", "08:00-15:30", "11:30-13:00"),
    rule("counter:2", "sen sel rab kam jum", "08:00-12:00"),
    rule("agency:imigrasi", "sen rab jum", "09:00-14:00", "12:00-13:00"),
)
RAMADAN = {"since": date(2026, 2, 18), "until": date(2026, 3, 19)}


def test_an_ordinary_day_is_hours_with_the_lunch_break_and_the_rest_outside() -> None:
    assert rows(calendar(HALL).plan("dukcapil", "1", TUESDAY)) == [
        ("00:00", "08:00", "outside_hours"),
        ("08:00", "12:00", "due"),
        ("12:00", "13:00", "break"),
        ("13:00", "15:00", "due"),
        ("15:00", "00:00", "outside_hours"),
    ]


def test_friday_has_its_own_hours() -> None:
    assert due(calendar(HALL).plan("dukcapil", "1", FRIDAY)) == ["08:00-11:30", "13:00-15:30"]


def test_the_counter_that_serves_until_noon_is_not_on_break_in_the_afternoon() -> None:
    assert rows(calendar(HALL).plan("dukcapil", "2", TUESDAY)) == [
        ("00:00", "08:00", "outside_hours"),
        ("08:00", "12:00", "due"),
        ("12:00", "00:00", "outside_hours"),
    ]


def test_a_day_that_nobody_lists_is_no_service_day() -> None:
    assert rows(calendar(HALL).plan("dukcapil", "1", SATURDAY)) == [("00:00", "00:00", "not_service_day")]
    assert rows(calendar(()).plan("dukcapil", "1", TUESDAY)) == [("00:00", "00:00", "not_service_day")]


def test_an_agency_that_lists_three_days_is_closed_on_the_others_though_the_hall_is_open() -> None:
    hall = calendar(HALL)
    assert rows(hall.plan("imigrasi", "7", TUESDAY)) == [("00:00", "00:00", "not_service_day")]
    assert due(hall.plan("imigrasi", "7", WEDNESDAY)) == ["09:00-12:00", "13:00-14:00"]
    assert due(hall.plan("dukcapil", "1", TUESDAY)) != []


def test_the_narrowest_scope_wins_as_a_whole_so_lunch_is_covered_where_it_lists_no_break() -> None:
    hall = calendar([*HALL, rule("agency:bpjs", "sen sel rab kam jum", "08:00-15:00")])
    assert due(hall.plan("bpjs", "5", TUESDAY)) == ["08:00-15:00"]
    narrower = calendar([*HALL, rule("counter:7", "sel", "10:00-11:00")])
    assert due(narrower.plan("imigrasi", "7", TUESDAY)) == ["10:00-11:00"]
    assert rows(narrower.plan("imigrasi", "7", WEDNESDAY)) == [("00:00", "00:00", "not_service_day")]
    assert due(narrower.plan("imigrasi", "8", WEDNESDAY)) == ["09:00-12:00", "13:00-14:00"]


def test_ramadan_hours_replace_the_usual_ones_between_both_dates_inclusive() -> None:
    hall = calendar([*HALL, rule("hall", "sen sel rab kam", "08:00-14:00", "12:00-12:30", **RAMADAN)])
    usual, fasting = ["08:00-12:00", "13:00-15:00"], ["08:00-12:00", "12:30-14:00"]
    assert due(hall.plan("dukcapil", "1", date(2026, 2, 17))) == usual
    assert due(hall.plan("dukcapil", "1", date(2026, 2, 18))) == fasting
    assert due(hall.plan("dukcapil", "1", date(2026, 3, 19))) == fasting
    assert due(hall.plan("dukcapil", "1", date(2026, 3, 23))) == usual


def test_a_dated_entry_replaces_undated_ones_on_the_weekdays_it_lists_and_no_others() -> None:
    hall = calendar([*HALL, rule("hall", "jum", "08:00-11:00", **RAMADAN)])
    assert due(hall.plan("dukcapil", "1", FRIDAY)) == ["08:00-11:00"]
    assert due(hall.plan("dukcapil", "1", THURSDAY)) == ["08:00-12:00", "13:00-15:00"]


def test_a_dated_rule_of_the_hall_does_not_reach_into_a_narrower_scope() -> None:
    hall = calendar([*HALL, rule("hall", "sen sel rab kam jum", "08:00-11:00", **RAMADAN)])
    assert due(hall.plan("dukcapil", "2", TUESDAY)) == ["08:00-12:00"]
    assert due(hall.plan("imigrasi", "7", WEDNESDAY)) == ["09:00-12:00", "13:00-14:00"]


def test_a_narrower_scope_whose_rules_are_all_past_or_to_come_says_nothing() -> None:
    hall = calendar([*HALL, rule("agency:dukcapil", "sen", "09:00-10:00", since=date(2026, 4, 1))])
    assert due(hall.plan("dukcapil", "1", TUESDAY)) == ["08:00-12:00", "13:00-15:00"]
    assert rows(hall.plan("dukcapil", "1", date(2026, 4, 7))) == [("00:00", "00:00", "not_service_day")]
    assert due(hall.plan("dukcapil", "1", date(2026, 4, 6))) == ["09:00-10:00"]


def test_morning_and_afternoon_sessions_add_up_and_the_time_between_is_no_break() -> None:
    hall = calendar([rule("hall", "sel", "08:00-11:00"), rule("hall", "sel", "13:00-16:00", "14:00-14:15")])
    assert rows(hall.plan("dukcapil", "1", TUESDAY)) == [
        ("00:00", "08:00", "outside_hours"),
        ("08:00", "11:00", "due"),
        ("11:00", "13:00", "outside_hours"),
        ("13:00", "14:00", "due"),
        ("14:00", "14:15", "break"),
        ("14:15", "16:00", "due"),
        ("16:00", "00:00", "outside_hours"),
    ]


def test_a_break_of_one_session_does_not_close_another_that_is_open_then() -> None:
    hall = calendar([rule("hall", "sel", "08:00-15:00", "12:00-13:00"), rule("hall", "sel", "12:30-14:00")])
    assert due(hall.plan("dukcapil", "1", TUESDAY)) == ["08:00-12:00", "12:30-15:00"]


def test_breaks_may_touch_overlap_and_stand_at_either_end() -> None:
    hall = calendar([rule("hall", "sel", "08:00-15:00", "12:30-13:00", "12:00-12:30", "08:00-08:15", "12:45-13:15")])
    assert due(hall.plan("dukcapil", "1", TUESDAY)) == ["08:15-12:00", "13:15-15:00"]


@pytest.mark.parametrize(
    ("hours", "breaks", "dates", "sentence"),
    [
        ("08:00-08:00", (), {}, "buka dan jam tutup sama"),
        ("08:00-15:00", ("07:00-07:30",), {}, "istirahat"),
        ("08:00-15:00", ("14:30-15:30",), {}, "istirahat"),
        ("08:00-15:00", ("13:00-12:00",), {}, "istirahat"),
        ("08:00-15:00", ("12:00-12:00",), {}, "istirahat"),
        ("20:00-02:00", ("03:00-03:30",), {}, "istirahat"),
        ("08:00-15:00", (), {"since": date(2026, 3, 4), "until": date(2026, 3, 3)}, "tanggal akhir"),
        ("08:00-15:00", (), {"special": True}, "pembukaan khusus"),
        ("08:00-15:00", (), {"special": True, "since": date(2026, 3, 4)}, "pembukaan khusus"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_a_sentence(
    hours: str, breaks: tuple[str, ...], dates: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence) as refused:
        rule("hall", "sel", hours, *breaks, **dates)
    assert refused.value.code == "invalid_hours"


@pytest.mark.parametrize("days", [frozenset[int](), frozenset({7}), frozenset({-1, 2})])
def test_weekdays_run_from_zero_to_six_and_there_must_be_one(days: frozenset[int]) -> None:
    with pytest.raises(Invalid, match="hari layanan"):
        HoursRule("hall", days, time(8), time(15), (), None, None)


def test_a_time_with_a_zone_is_refused_because_the_hall_has_one() -> None:
    with pytest.raises(Invalid, match="tanpa zona"):
        HoursRule("hall", frozenset({0}), time(8, tzinfo=UTC), time(15), (), None, None)


@pytest.mark.parametrize("scope", ["", "Hall", "loket:2", "agency:", "counter", "counter: "])
def test_an_unknown_scope_is_refused_in_rules_and_closures(scope: str) -> None:
    with pytest.raises(Invalid) as refused:
        rule(scope, "sel", "08:00-15:00")
    assert refused.value.code == "invalid_scope"
    with pytest.raises(Invalid):
        Closure(scope, moment(TUESDAY, "08:00"), moment(TUESDAY, "09:00"), "pindah")


def test_one_plan_alone_is_the_plan_of_the_calendar() -> None:
    alone = day_plan(HALL, [], [], zone=WIB, agency="dukcapil", counter="1", day=TUESDAY)
    assert alone == calendar(HALL).plan("dukcapil", "1", TUESDAY)
    assert alone.day == TUESDAY
    assert alone.window == Interval(datetime(2026, 3, 2, 17, tzinfo=UTC), datetime(2026, 3, 3, 17, tzinfo=UTC))
    assert total(alone.due) == timedelta(hours=6)


def test_asking_again_gives_the_same_plan_even_after_more_days_than_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hall.hours.MEMO_LIMIT", 3)
    hall = calendar(HALL)
    days = [TUESDAY + timedelta(days=n) for n in range(10)]
    first = [hall.plan("dukcapil", "1", day) for day in days]
    assert [hall.plan("dukcapil", "1", day) for day in days] == first
    assert hall.plan("dukcapil", "1", days[0]) is hall.plan("samsat", "3", days[0])
