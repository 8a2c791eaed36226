"""What breaks the weekly rhythm: holidays, special openings, closures, a spent quota, midnight and the three zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hall.errors import Invalid
from hall.hours import Calendar, Closure, Holiday, reach_quota
from hall.intervals import Interval, contains
from tests.hall.test_hours import (
    FRIDAY,
    HALL,
    MONDAY,
    RAMADAN,
    SATURDAY,
    SUNDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    WIB,
    calendar,
    due,
    moment,
    read,
    rows,
    rule,
)

ANNIVERSARY = Holiday(THURSDAY, "Hari jadi kabupaten")
NIGHT = rule("hall", "jum sab", "20:00-02:00", "22:00-22:15", "23:50-00:10", "01:00-01:15")


def shut(scope: str, start: datetime, end: datetime, reason: str = "Pindah ke kantor induk") -> Closure:
    return Closure(scope, start, end, reason)


def once(day: date) -> dict[str, object]:
    return {"since": day, "until": day, "special": True}


def test_a_holiday_closes_the_whole_day_and_gives_its_name() -> None:
    plan = calendar(HALL, [ANNIVERSARY]).plan("dukcapil", "1", THURSDAY)
    assert rows(plan) == [("00:00", "00:00", "holiday")]
    assert plan.pieces[0].detail == "Hari jadi kabupaten"


def test_two_holidays_on_one_day_are_both_named_whatever_their_order() -> None:
    pair = [ANNIVERSARY, Holiday(THURSDAY, "Cuti Bersama")]
    details = {calendar(HALL, order).plan("dukcapil", "1", THURSDAY).pieces[0].detail for order in (pair, pair[::-1])}
    assert details == {"Cuti Bersama; Hari jadi kabupaten"}


def test_a_holiday_on_a_day_without_service_is_still_called_holiday() -> None:
    assert rows(calendar(HALL, [Holiday(SUNDAY, "x")]).plan("dukcapil", "1", SUNDAY)) == [("00:00", "00:00", "holiday")]


def test_a_special_opening_on_a_holiday_opens_every_counter_it_covers() -> None:
    """Blora opened on 4 May for people travelling home."""
    day = date(2026, 5, 1)
    hall = calendar(
        [*HALL, rule("hall", "jum", "08:00-12:00", **once(day))], [Holiday(day, "Hari Buruh Internasional")]
    )
    for agency, counter in (("dukcapil", "1"), ("dukcapil", "2"), ("imigrasi", "7")):
        assert rows(hall.plan(agency, counter, day)) == [
            ("00:00", "08:00", "outside_hours"),
            ("08:00", "12:00", "due"),
            ("12:00", "00:00", "outside_hours"),
        ]


def test_a_special_opening_of_one_agency_leaves_the_others_on_holiday() -> None:
    hall = calendar([*HALL, rule("agency:samsat", "kam", "08:00-10:00", **once(THURSDAY))], [ANNIVERSARY])
    assert due(hall.plan("samsat", "3", THURSDAY)) == ["08:00-10:00"]
    assert rows(hall.plan("dukcapil", "1", THURSDAY)) == [("00:00", "00:00", "holiday")]


def test_a_narrower_special_opening_wins_over_a_wider_one() -> None:
    wide, narrow = (
        rule("hall", "kam", "08:00-12:00", **once(THURSDAY)),
        rule("counter:1", "kam", "09:00-10:00", **once(THURSDAY)),
    )
    hall = calendar([*HALL, wide, narrow], [ANNIVERSARY])
    assert due(hall.plan("dukcapil", "1", THURSDAY)) == ["09:00-10:00"]
    assert due(hall.plan("dukcapil", "2", THURSDAY)) == ["08:00-12:00"]


def test_a_special_opening_wins_over_dated_hours_of_any_scope_and_replaces_the_usual_ones() -> None:
    fasting = rule("agency:dukcapil", "sel", "08:00-14:00", **RAMADAN)
    hall = calendar([*HALL, fasting, rule("hall", "sel", "16:00-18:00", **once(TUESDAY))])
    assert due(hall.plan("dukcapil", "1", TUESDAY)) == ["16:00-18:00"]
    assert due(hall.plan("dukcapil", "1", TUESDAY + timedelta(days=7))) == ["08:00-14:00"]


def test_a_special_opening_says_nothing_about_weekdays_it_does_not_list() -> None:
    week = {"since": MONDAY, "until": MONDAY + timedelta(days=6), "special": True}
    hall = calendar([*HALL, rule("hall", "sab", "08:00-11:00", **week)])
    assert due(hall.plan("dukcapil", "1", MONDAY + timedelta(days=5))) == ["08:00-11:00"]
    assert due(hall.plan("dukcapil", "1", MONDAY)) == ["08:00-12:00", "13:00-15:00"]


def test_a_closure_takes_service_time_and_gives_its_reason() -> None:
    hall = calendar(HALL, (), [shut("agency:dukcapil", moment(TUESDAY, "09:00"), moment(TUESDAY, "10:30"))])
    plan = hall.plan("dukcapil", "1", TUESDAY)
    assert rows(plan)[1:4] == [("08:00", "09:00", "due"), ("09:00", "10:30", "closure"), ("10:30", "12:00", "due")]
    assert plan.at(moment(TUESDAY, "10:00")).detail == "Pindah ke kantor induk"
    assert "closure" not in {what for _, _, what in rows(hall.plan("samsat", "3", TUESDAY))}


def test_a_closure_over_days_covers_breaks_but_not_the_night_nor_days_without_service() -> None:
    hall = calendar(HALL, (), [shut("hall", moment(THURSDAY, "10:00"), moment(MONDAY, "09:00"))])
    assert rows(hall.plan("dukcapil", "1", FRIDAY)) == [
        ("00:00", "08:00", "outside_hours"),
        ("08:00", "15:30", "closure"),
        ("15:30", "00:00", "outside_hours"),
    ]
    assert rows(hall.plan("dukcapil", "1", SATURDAY)) == [("00:00", "00:00", "not_service_day")]
    assert due(hall.plan("dukcapil", "1", THURSDAY)) == ["08:00-10:00"]
    assert due(hall.plan("dukcapil", "1", MONDAY)) == ["09:00-12:00", "13:00-15:00"]


def test_where_closures_overlap_the_narrowest_gives_the_reason() -> None:
    closures = [
        shut("hall", moment(TUESDAY, "08:00"), moment(TUESDAY, "12:00"), "Listrik padam"),
        shut("counter:1", moment(TUESDAY, "09:00"), moment(TUESDAY, "10:00"), "Komputer diganti"),
        shut("hall", moment(TUESDAY, "11:00"), moment(TUESDAY, "14:00"), "Apel"),
    ]
    for order in (closures, closures[::-1]):
        plan = calendar(HALL, (), order).plan("dukcapil", "1", TUESDAY)
        said = [(*read(piece)[:2], piece.detail) for piece in plan.pieces if piece.reason == "closure"]
        assert said == [
            ("08:00", "09:00", "Listrik padam"),
            ("09:00", "10:00", "Komputer diganti"),
            ("10:00", "12:00", "Listrik padam"),
            ("12:00", "14:00", "Apel"),
        ]


def test_a_closure_without_a_zone_or_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        shut("hall", datetime(2026, 3, 3, 8), moment(TUESDAY, "09:00"))
    with pytest.raises(Invalid) as refused:
        shut("hall", moment(TUESDAY, "09:00"), moment(TUESDAY, "09:00"))
    assert refused.value.code == "invalid_closure"


def test_a_night_service_belongs_whole_to_the_day_it_opened() -> None:
    hall = calendar([NIGHT])
    assert rows(hall.plan("a", "1", FRIDAY)) == [
        ("00:00", "20:00", "outside_hours"),
        ("20:00", "22:00", "due"),
        ("22:00", "22:15", "break"),
        ("22:15", "23:50", "due"),
        ("23:50", "00:00", "break"),
    ]
    assert rows(hall.plan("a", "1", SUNDAY)) == [
        ("00:00", "00:10", "break"),
        ("00:10", "01:00", "due"),
        ("01:00", "01:15", "break"),
        ("01:15", "02:00", "due"),
        ("02:00", "00:00", "not_service_day"),
    ]
    assert due(hall.plan("a", "1", SATURDAY))[:2] == ["00:10-01:00", "01:15-02:00"]


def test_what_follows_midnight_stays_due_on_a_holiday_and_is_not_there_after_one() -> None:
    evenings = rule("hall", "sen sel rab kam jum sab min", "20:00-02:00")
    hall = calendar([evenings], [ANNIVERSARY])
    assert rows(hall.plan("a", "1", THURSDAY)) == [("00:00", "02:00", "due"), ("02:00", "00:00", "holiday")]
    assert due(hall.plan("a", "1", FRIDAY)) == ["20:00-00:00"]


def test_a_session_may_end_at_midnight_exactly() -> None:
    hall = calendar([rule("hall", "jum", "20:00-00:00", "23:30-00:00")])
    assert due(hall.plan("a", "1", FRIDAY)) == ["20:00-23:30"]
    assert rows(hall.plan("a", "1", FRIDAY))[-1] == ("23:30", "00:00", "break")
    assert rows(hall.plan("a", "1", SATURDAY)) == [("00:00", "00:00", "not_service_day")]


def test_service_over_midnight_is_one_interval_and_does_not_open_again_at_midnight() -> None:
    hall = calendar([rule("hall", "jum sab", "20:00-02:00")])
    start, end = moment(FRIDAY, "00:00"), moment(SUNDAY, "24:00")
    assert hall.due_intervals("a", "1", start, end) == (
        Interval(moment(FRIDAY, "20:00"), moment(SATURDAY, "02:00")),
        Interval(moment(SATURDAY, "20:00"), moment(SUNDAY, "02:00")),
    )
    assert hall.next_opening("a", "1", moment(FRIDAY, "21:00")) == moment(SATURDAY, "20:00")


def test_a_spent_quota_turns_only_the_due_time_that_is_left() -> None:
    plan = calendar(HALL).plan("imigrasi", "7", WEDNESDAY)
    spent = reach_quota(plan, moment(WEDNESDAY, "10:20"))
    assert rows(spent) == [
        ("00:00", "09:00", "outside_hours"),
        ("09:00", "10:20", "due"),
        ("10:20", "12:00", "quota_reached"),
        ("12:00", "13:00", "break"),
        ("13:00", "14:00", "quota_reached"),
        ("14:00", "00:00", "outside_hours"),
    ]
    assert reach_quota(plan, moment(WEDNESDAY, "14:00")) == plan
    assert reach_quota(spent, moment(WEDNESDAY, "09:00")).due == ()
    assert len(reach_quota(spent, moment(WEDNESDAY, "09:30")).pieces) == len(spent.pieces)


@pytest.mark.parametrize(("zone", "offset"), [("Asia/Jakarta", 7), ("Asia/Makassar", 8), ("Asia/Jayapura", 9)])
def test_each_zone_opens_at_its_own_eight_o_clock_and_has_its_own_date(zone: str, offset: int) -> None:
    here = ZoneInfo(zone)
    hall = Calendar(HALL, [ANNIVERSARY], zone=here)
    plan = hall.plan("dukcapil", "1", TUESDAY)
    assert due(plan, here) == ["08:00-12:00", "13:00-15:00"]
    assert plan.due[0].start == moment(TUESDAY, "08:00", here)
    assert plan.window.start == datetime(2026, 3, 3, tzinfo=UTC) - timedelta(hours=offset)
    last_second = datetime(2026, 3, 4, tzinfo=UTC) - timedelta(hours=offset, seconds=1)
    assert hall.local_date(last_second) == TUESDAY
    assert hall.local_date(last_second + timedelta(seconds=1)) == WEDNESDAY
    assert hall.state_at("dukcapil", "1", moment(THURSDAY, "00:00", here)).reason == "holiday"


def test_the_state_at_a_moment_is_the_piece_it_lies_in() -> None:
    hall = calendar(HALL)
    assert hall.state_at("dukcapil", "1", moment(TUESDAY, "08:00")).due
    assert read(hall.state_at("dukcapil", "1", moment(TUESDAY, "12:00"))) == ("12:00", "13:00", "break")
    assert hall.state_at("dukcapil", "1", moment(TUESDAY, "15:00")).reason == "outside_hours"
    assert hall.state_at("dukcapil", "1", moment(TUESDAY, "24:00")).interval.start == moment(WEDNESDAY, "00:00")
    with pytest.raises(ValueError, match="is not on"):
        hall.plan("dukcapil", "1", TUESDAY).at(moment(WEDNESDAY, "00:00"))
    with pytest.raises(ValueError, match="without a zone"):
        hall.state_at("dukcapil", "1", datetime(2026, 3, 3, 8))


def test_due_time_over_a_range_is_cut_at_its_ends() -> None:
    hall = calendar(HALL, [ANNIVERSARY])
    found = hall.due_intervals("dukcapil", "1", moment(TUESDAY, "14:00"), moment(FRIDAY, "09:00"))
    assert found == (
        Interval(moment(TUESDAY, "14:00"), moment(TUESDAY, "15:00")),
        Interval(moment(WEDNESDAY, "08:00"), moment(WEDNESDAY, "12:00")),
        Interval(moment(WEDNESDAY, "13:00"), moment(WEDNESDAY, "15:00")),
        Interval(moment(FRIDAY, "08:00"), moment(FRIDAY, "09:00")),
    )
    assert contains(found, moment(FRIDAY, "08:30"))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (moment(TUESDAY, "07:59"), moment(TUESDAY, "08:00")),
        (moment(TUESDAY, "08:00"), moment(TUESDAY, "13:00")),
        (moment(TUESDAY, "12:30"), moment(TUESDAY, "13:00")),
        (moment(TUESDAY, "15:00"), moment(WEDNESDAY, "08:00")),
        (moment(WEDNESDAY, "16:00"), moment(FRIDAY, "08:00")),
        (moment(FRIDAY, "15:30"), moment(MONDAY, "08:00")),
    ],
)
def test_the_next_opening_steps_over_breaks_nights_holidays_and_weekends(after: datetime, expected: datetime) -> None:
    assert calendar(HALL, [ANNIVERSARY]).next_opening("dukcapil", "1", after) == expected


def test_there_is_no_next_opening_beyond_sixty_days() -> None:
    hall = calendar([rule("hall", "jum", "08:00-15:00", since=FRIDAY)])
    assert hall.next_opening("a", "1", moment(FRIDAY, "08:00") - timedelta(days=60)) == moment(FRIDAY, "08:00")
    assert hall.next_opening("a", "1", moment(FRIDAY, "07:59") - timedelta(days=60)) is None
    assert calendar(()).next_opening("a", "1", moment(FRIDAY, "08:00")) is None


def test_a_zone_that_changes_its_clocks_still_gives_whole_days() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    hall = Calendar([rule("hall", "sab min", "22:00-04:00"), rule("hall", "min", "02:30-03:05")], zone=berlin)
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        plan = hall.plan("a", "1", day)
        assert rows(plan, berlin)[0] == ("00:00", "04:00", "due")
        assert plan.window.duration == timedelta(hours=hours)


def test_the_calendar_of_the_written_example_day() -> None:
    """3 March 2026: counter 2 until 12.00, all others until 15.00 with lunch; 5 March is the regency's anniversary."""
    hall = Calendar(HALL[:3], [ANNIVERSARY], zone=WIB)
    assert (
        due(hall.plan("samsat", "3", TUESDAY))
        == due(hall.plan("dukcapil", "4", TUESDAY))
        == ["08:00-12:00", "13:00-15:00"]
    )
    assert due(hall.plan("dukcapil", "2", FRIDAY)) == ["08:00-12:00"]
    assert due(hall.plan("dukcapil", "2", THURSDAY)) == []
