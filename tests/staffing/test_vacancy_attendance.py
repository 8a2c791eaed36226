"""The attendance of a day: arrival, departure, what is not known, and facts that contradict each other."""

from __future__ import annotations

import pytest

from staffing.attendance_day import attend, turnover
from staffing.day_facts import Punch
from staffing.seating import Sitting
from tests.staffing.paper_day import BIMA, MONDAY, SARI, WEDNESDAY, WINDOW, Paper, at, facts_of, span


def planned() -> Paper:
    return Paper().plan("1", SARI).delivered("15:30")


def test_the_first_punch_is_the_arrival() -> None:
    assert planned().punch(SARI, "09:20", "08:30", "12:30").told() == [
        ("08:00", "08:30", "late", SARI),
        ("08:30", "12:00", "away_from_counter", SARI),
    ]


def test_a_sign_in_at_any_counter_before_the_first_punch_is_the_arrival() -> None:
    day = planned().punch(SARI, "09:00").sit("2", SARI, "08:20", "08:30")
    assert [(start, cause) for start, _, cause, _ in day.told()] == [
        ("08:00", "late"),
        ("08:20", "at_other_counter"),
        ("08:30", "away_from_counter"),
        ("09:00", "left_early"),  # 40 minutes after the arrival at 08.20: that punch is the departure
    ]


def test_a_sign_in_after_the_first_punch_is_not_the_arrival() -> None:
    assert planned().punch(SARI, "07:30").sit("2", SARI, "08:20", "08:30").told()[0][2] == "away_from_counter"


def test_a_sign_in_alone_is_an_arrival() -> None:
    assert planned().sit("1", SARI, "08:40", "12:00").told() == [("08:00", "08:40", "late", SARI)]


def test_a_sign_out_is_no_departure() -> None:
    assert planned().sit("1", SARI, "07:55", "10:00").told() == [("10:00", "12:00", "away_from_counter", SARI)]


def test_a_last_punch_half_an_hour_after_the_arrival_is_the_departure() -> None:
    assert planned().punch(SARI, "08:00", "08:30").told() == [
        ("08:00", "08:30", "away_from_counter", SARI),
        ("08:30", "12:00", "left_early", SARI),
    ]


def test_a_last_punch_earlier_than_that_is_a_second_try_at_the_machine() -> None:
    assert planned().punch(SARI, "08:00", "08:29:59").told() == [("08:00", "12:00", "away_from_counter", SARI)]


def test_half_an_hour_is_counted_from_the_sign_in_where_that_is_the_arrival() -> None:
    day = planned().punch(SARI, "08:25").sit("1", SARI, "07:55", "09:00")
    assert day.told() == [("09:00", "12:00", "left_early", SARI)]


def test_what_happened_in_between_is_not_looked_at() -> None:
    assert planned().punch(SARI, "07:30", "09:00", "09:40", "13:00").told() == [
        ("08:00", "12:00", "away_from_counter", SARI)
    ]


def test_punches_of_any_source_show_an_officer() -> None:
    assert planned().punch(SARI, "07:30", source="apel").told()[0][2] == "away_from_counter"


def test_after_what_was_delivered_an_officer_seen_before_is_still_present() -> None:
    day = Paper().plan("1", SARI).punch(SARI, "07:40").delivered("07:45")
    assert day.told() == [("08:00", "12:00", "away_from_counter", SARI)]


def test_after_what_was_delivered_an_officer_who_went_is_still_gone() -> None:
    day = Paper().plan("1", SARI).punch(SARI, "07:40", "09:00").delivered("09:10")
    assert day.told()[-1] == ("09:00", "12:00", "left_early", SARI)


def test_a_sign_in_shows_the_officer_present_where_no_source_has_delivered() -> None:
    assert Paper().plan("1", SARI).sit("1", SARI, "07:55", "09:00").told() == [
        ("09:00", "12:00", "away_from_counter", SARI)
    ]


def test_a_source_that_has_delivered_up_to_a_moment_says_nothing_of_that_moment() -> None:
    assert Paper().plan("1", SARI).delivered("08:00").told() == [("08:00", "12:00", "no_attendance_data", SARI)]


def test_late_facts_change_the_answer_by_themselves() -> None:
    day = Paper().plan("1", SARI).sit("1", SARI, "09:00", "12:00")
    assert day.told() == [("08:00", "09:00", "late", SARI)]
    assert day.punch(SARI, "07:50", "12:30").delivered("15:00").told() == [
        ("08:00", "09:00", "away_from_counter", SARI)
    ]


def test_punches_of_another_day_say_nothing() -> None:
    day = planned()
    day.punches = [Punch(SARI, at("23:59", MONDAY), "bkd"), Punch(SARI, WINDOW.end, "bkd")]
    assert day.told() == [("08:00", "12:00", "absent_without_notice", SARI)]
    day.punches = [Punch(SARI, WINDOW.start, "bkd")]
    assert day.told() == [("08:00", "12:00", "away_from_counter", SARI)]


def test_another_officers_punch_says_nothing() -> None:
    assert planned().punch(BIMA, "07:40").told() == [("08:00", "12:00", "absent_without_notice", SARI)]


def test_a_punch_during_leave_does_not_undo_the_leave() -> None:
    assert planned().absent(SARI, "leave").punch(SARI, "07:50").told() == [("08:00", "12:00", "leave", SARI)]


def test_who_punched_out_while_signed_in_elsewhere_has_left_as_the_table_says() -> None:
    """The table asks for the departure first; the session that speaks against it stands in the evidence."""
    day = planned().punch(SARI, "07:40", "09:00").sit("2", SARI, "08:00", "11:00")
    assert day.told() == [("08:00", "09:00", "at_other_counter", SARI), ("09:00", "12:00", "left_early", SARI)]


@pytest.mark.parametrize("source", ["bkd", "apel"])
def test_the_same_punch_from_two_machines_is_one_arrival(source: str) -> None:
    twice = planned().punch(SARI, "08:30").punch(SARI, "08:30", source=source)
    assert twice.told() == planned().punch(SARI, "08:30").told()


@pytest.mark.parametrize("end", ["09:30", None])
def test_of_two_sessions_that_contradict_each_other_the_order_of_arrival_decides_nothing(end: str | None) -> None:
    one = planned().sit("2", SARI, "09:00", "10:00").sit("2", SARI, "09:00", end)
    other = planned().sit("2", SARI, "09:00", end).sit("2", SARI, "09:00", "10:00")
    rested = one.judge(), other.judge()
    assert rested[0] == rested[1]
    assert [e.end for e in facts_of(one.pieces()[0], "sign_in")] == [at("09:30" if end else "10:00")]


def test_of_two_sessions_that_differ_in_their_pauses_the_order_decides_nothing() -> None:
    pauses: list[tuple[str, str | None]] = [("09:00", "10:00"), ("09:00", None), ("09:05", "10:00"), ("09:00", "10:30")]
    for first in pauses:
        for second in pauses:
            one = planned().sit("1", SARI, "08:00", "12:00", first).sit("1", SARI, "08:00", "12:00", second)
            other = planned().sit("1", SARI, "08:00", "12:00", second).sit("1", SARI, "08:00", "12:00", first)
            assert one.judge() == other.judge()


def test_an_officer_who_was_never_seen_has_neither_arrival_nor_departure() -> None:
    day = attend((), (), WINDOW.start, WINDOW.end)
    assert (day.arrival, day.departure, day.came, day.went) == (None, None, None, None)


def test_a_punch_at_the_moment_of_the_sign_in_is_the_arrival() -> None:
    punch = Punch(SARI, at("08:00"), "bkd")
    day = attend((punch,), (Sitting("1", SARI, at("08:00"), None),), WINDOW.start, WINDOW.end)
    assert day.came == punch


def test_a_day_has_its_first_moment_and_not_the_first_of_the_next() -> None:
    first, next_first = Sitting("1", SARI, WINDOW.start, None), Sitting("1", SARI, WINDOW.end, None)
    assert attend((), (next_first,), WINDOW.start, WINDOW.end).came is None
    assert attend((), (first, next_first), WINDOW.start, WINDOW.end).came == first


def test_the_morning_begins_half_the_way_from_the_night_to_the_next_service() -> None:
    night = span("00:00", "02:00")
    assert turnover((night, span("08:00", "12:00")), WINDOW) == at("05:00")
    assert turnover((night,), WINDOW) == at("13:00")  # nothing else that day: half the way to its end
    assert turnover((span("00:01", "02:00"),), WINDOW) is None
    assert turnover((span("08:00", "12:00"),), WINDOW) is None
    assert turnover((), WINDOW) is None
    assert turnover((span("00:00", "24:00"),), WINDOW) == WINDOW.end


def test_a_service_that_ended_at_midnight_does_not_reach_into_the_day() -> None:
    evening = type(WINDOW)(at("20:00", MONDAY), WINDOW.start)
    assert turnover((evening, span("08:00", "12:00")), WINDOW) is None
    beyond = type(WINDOW)(at("20:00", MONDAY), at("01:00", WEDNESDAY))
    assert turnover((beyond,), WINDOW) == at("01:00", WEDNESDAY)
