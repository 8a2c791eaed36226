"""Every cause of the table, in its order, and what makes a counter count as empty at all."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from staffing.vacancy import CAUSES
from tests.staffing.paper_day import BIMA, GALIH, MELATI, SARI, Paper, at, span, spans

ABSENCES = ("leave", "sick", "permission", "study", "official_travel")


def planned() -> Paper:
    """Sari is planned at counter 1 from eight to twelve; her source has delivered the whole day."""
    return Paper().plan("1", SARI).delivered("15:30")


def test_the_table_has_the_order_of_the_domain() -> None:
    assert CAUSES == (
        "unobserved",
        "leave",
        "sick",
        "permission",
        "study",
        "official_travel",
        "post_vacant",
        "agency_not_open",
        "no_one_assigned",
        "late",
        "left_early",
        "at_other_counter",
        "away_from_counter",
        "no_attendance_data",
        "absent_without_notice",
    )


def test_a_counter_that_is_staffed_all_the_time_has_no_piece() -> None:
    day = planned().sit("1", SARI, "07:58", "12:10").judge()
    assert (day.day, day.pieces) == (date(2026, 3, 3), ())
    assert day.counters["1"].counter == "1"
    assert spans(day.counters["1"].staffed) == [("08:00", "12:00")]


def test_a_substitute_at_the_counter_staffs_it_whoever_was_planned() -> None:
    assert planned().sit("1", BIMA, "08:00", "12:00").told() == []


@pytest.mark.parametrize("kind", ABSENCES)
def test_a_recorded_absence_of_the_only_planned_officer_is_the_cause(kind: str) -> None:
    assert planned().absent(SARI, kind).told() == [("08:00", "12:00", kind, SARI)]


def test_an_absence_of_some_hours_is_the_cause_of_those_hours_only() -> None:
    day = planned().punch(SARI, "07:40", "14:00").absent(SARI, "permission", "09:00", "10:00")
    assert day.told() == [
        ("08:00", "09:00", "away_from_counter", SARI),
        ("09:00", "10:00", "permission", SARI),
        ("10:00", "12:00", "away_from_counter", SARI),
    ]


def test_of_two_absences_at_once_the_first_of_the_table_counts_in_whatever_order_they_came() -> None:
    assert planned().absent(SARI, "sick").absent(SARI, "leave").told() == [("08:00", "12:00", "leave", SARI)]
    assert planned().absent(SARI, "leave").absent(SARI, "sick").told() == [("08:00", "12:00", "leave", SARI)]


def test_somebody_elses_absence_is_no_reason() -> None:
    assert planned().absent(BIMA, "leave").told() == [("08:00", "12:00", "absent_without_notice", SARI)]


def test_nobody_planned_and_no_post_filled_is_a_vacant_post() -> None:
    assert Paper().post("1", filled=False).told() == [("08:00", "12:00", "post_vacant", "")]


def test_one_filled_post_is_enough_for_the_post_not_to_be_the_reason() -> None:
    assert Paper().post("1", filled=False).post("1", filled=True).told() == [("08:00", "12:00", "agency_not_open", "")]


def test_a_vacant_post_is_no_reason_while_somebody_is_planned() -> None:
    assert planned().post("1", filled=False).told()[0][2] == "absent_without_notice"


def test_another_counters_vacant_post_is_no_reason() -> None:
    assert Paper().post("2", filled=False).told() == [("08:00", "12:00", "agency_not_open", "")]


def test_without_a_plan_the_agency_is_not_open_until_its_first_sign_in_at_any_counter() -> None:
    day = Paper().sit("2", BIMA, "09:30", "09:31")
    assert day.told() == [("08:00", "09:30", "agency_not_open", ""), ("09:30", "12:00", "no_one_assigned", "")]


def test_a_sign_in_before_opening_hours_opens_the_agency() -> None:
    assert Paper().sit("2", BIMA, "06:10", "06:12").told() == [("08:00", "12:00", "no_one_assigned", "")]


def test_another_agencys_sign_in_opens_nothing() -> None:
    assert Paper().sit("3", GALIH, "08:00", "12:00").told() == [("08:00", "12:00", "agency_not_open", "")]


def test_where_no_roster_is_kept_a_plan_does_not_make_the_agency_open() -> None:
    day = Paper(due={"3": (span("08:00", "12:00"),)}).plan("3", GALIH).sit("3", GALIH, "09:00", "10:00")
    assert day.told("3") == [
        ("08:00", "09:00", "agency_not_open", ""),
        ("10:00", "12:00", "away_from_counter", GALIH),
    ]


def test_where_no_roster_is_kept_a_recorded_absence_of_everybody_planned_still_comes_first() -> None:
    day = Paper(due={"3": (span("08:00", "12:00"),)}).plan("3", GALIH).plan("3", MELATI, "10:00", "12:00")
    assert day.absent(GALIH, "leave").told("3") == [
        ("08:00", "10:00", "leave", GALIH),
        ("10:00", "12:00", "agency_not_open", ""),
    ]


def test_where_a_roster_is_kept_the_planned_officer_is_asked_for_even_if_the_agency_never_opened() -> None:
    assert planned().told() == [("08:00", "12:00", "absent_without_notice", SARI)]


def test_who_arrives_after_the_piece_is_late() -> None:
    day = planned().punch(SARI, "09:00").sit("1", SARI, "09:05", "12:00")
    assert day.told() == [("08:00", "09:00", "late", SARI), ("09:00", "09:05", "away_from_counter", SARI)]


def test_who_left_before_the_piece_left_early() -> None:
    day = planned().punch(SARI, "07:40", "11:02").sit("1", SARI, "08:00", "11:00")
    assert day.told() == [("11:00", "11:02", "away_from_counter", SARI), ("11:02", "12:00", "left_early", SARI)]


def test_who_sits_at_another_counter_is_there() -> None:
    day = planned().punch(SARI, "07:40").sit("2", SARI, "08:30", "10:00")
    assert day.told() == [
        ("08:00", "08:30", "away_from_counter", SARI),
        ("08:30", "10:00", "at_other_counter", SARI),
        ("10:00", "12:00", "away_from_counter", SARI),
    ]


def test_one_officer_planned_for_two_counters_is_at_one_of_them() -> None:
    paper = planned().plan("2", SARI).sit("2", SARI, "08:00", "12:00").punch(SARI, "07:50")
    paper.due = {"1": (span("08:00", "12:00"),), "2": (span("08:00", "12:00"),)}
    assert paper.told("1") == [("08:00", "12:00", "at_other_counter", SARI)]
    assert paper.told("2") == []


def test_who_is_known_in_the_building_is_away_from_the_counter() -> None:
    assert planned().punch(SARI, "07:40").told() == [("08:00", "12:00", "away_from_counter", SARI)]


def test_a_source_that_has_delivered_nothing_says_nothing() -> None:
    assert Paper().plan("1", SARI).told() == [("08:00", "12:00", "no_attendance_data", SARI)]


def test_an_officer_without_a_source_is_no_absentee() -> None:
    assert Paper().plan("1", MELATI).delivered("15:30").told() == [("08:00", "12:00", "no_attendance_data", MELATI)]


def test_another_sources_delivery_says_nothing() -> None:
    assert Paper().plan("1", SARI).delivered("15:30", "apel").told()[0][2] == "no_attendance_data"


def test_who_is_not_in_a_source_is_absent_up_to_where_it_has_delivered() -> None:
    assert Paper().plan("1", SARI).delivered("10:00").told() == [
        ("08:00", "10:00", "absent_without_notice", SARI),
        ("10:00", "12:00", "no_attendance_data", SARI),
    ]


def test_absent_without_notice_is_provisional_until_the_day_is_closed() -> None:
    day = planned()
    assert [piece.provisional for piece in day.pieces()] == [True]
    day.closed = True
    assert [piece.provisional for piece in day.pieces()] == [False]
    assert [piece.provisional for piece in Paper().plan("1", SARI).pieces()] == [False]


def test_of_two_planned_officers_the_cause_that_comes_last_counts_and_names_those_officers() -> None:
    day = planned().plan("1", BIMA).punch(BIMA, "09:00").absent(SARI, "leave")
    assert day.told() == [("08:00", "09:00", "late", BIMA), ("09:00", "12:00", "away_from_counter", BIMA)]
    both = planned().plan("1", BIMA)
    assert both.told() == [("08:00", "12:00", "absent_without_notice", f"{BIMA}+{SARI}")]


def test_two_planned_officers_away_for_different_reasons_give_the_last_of_the_table() -> None:
    day = planned().plan("1", BIMA).absent(SARI, "leave").absent(BIMA, "study")
    assert day.told() == [("08:00", "12:00", "study", BIMA)]


def test_of_an_absence_that_began_earlier_and_one_that_stands_earlier_in_the_table_the_table_decides() -> None:
    day = planned().absent(SARI, "sick", "07:00", "12:00").absent(SARI, "leave", "08:00", "12:00")
    assert day.told() == [("08:00", "12:00", "leave", SARI)]


def test_every_edge_of_every_plan_cuts() -> None:
    day = Paper().plan("1", SARI, "08:00", "09:00").plan("1", BIMA, "10:00", "11:00").delivered("15:30")
    assert day.told() == [
        ("08:00", "09:00", "absent_without_notice", SARI),
        ("09:00", "10:00", "agency_not_open", ""),
        ("10:00", "11:00", "absent_without_notice", BIMA),
        ("11:00", "12:00", "agency_not_open", ""),
    ]


def test_a_plan_at_a_counter_the_hall_no_longer_has_says_nothing() -> None:
    day = Paper().plan("9", SARI).judge()
    assert (list(day.counters), day.officers) == (["1", "2", "3"], {})


def test_a_plan_holds_in_its_own_hours_only() -> None:
    day = Paper().plan("1", SARI, "08:00", "10:00").delivered("15:30")
    assert day.told() == [("08:00", "10:00", "absent_without_notice", SARI), ("10:00", "12:00", "agency_not_open", "")]


def test_an_absent_substitute_is_the_one_who_is_missing() -> None:
    day = Paper().plan("1", BIMA, instead_of=SARI).delivered("15:30").absent(SARI, "leave")
    assert day.told() == [("08:00", "12:00", "absent_without_notice", BIMA)]


def test_one_officer_planned_twice_at_one_counter_is_one_officer() -> None:
    day = planned().plan("1", SARI, "09:00", "11:00")
    assert day.told() == [("08:00", "12:00", "absent_without_notice", SARI)]


def test_minutes_are_exact() -> None:
    day = planned().punch(SARI, "08:20:20").sit("1", SARI, "08:30:50", "12:00")
    assert day.told() == [("08:00", "08:20:20", "late", SARI), ("08:20:20", "08:30:50", "away_from_counter", SARI)]
    assert [piece.minutes for piece in day.pieces()] == [20 + 1 / 3, 10.5]


def test_when_the_quota_is_reached_the_counter_is_no_longer_due() -> None:
    paper = planned()
    paper.quota_reached = {"1": at("10:00")}
    day = paper.judge().counters["1"]
    assert paper.told() == [("08:00", "10:00", "absent_without_notice", SARI)]
    assert spans(day.due) == [("08:00", "10:00")]
    assert spans(day.not_due) == [("00:00", "08:00"), ("10:00", "00:00")]


def test_pieces_never_run_past_now() -> None:
    paper = planned()
    paper.now = at("09:00")
    day = paper.judge().counters["1"]
    assert paper.told() == [("08:00", "09:00", "absent_without_notice", SARI)]
    assert spans(day.ahead) == [("09:00", "12:00")]
    assert spans(day.due) == [("08:00", "12:00")]


def test_at_the_moment_a_counter_becomes_due_all_of_it_is_ahead() -> None:
    paper = planned()
    paper.now = at("08:00")
    day = paper.judge().counters["1"]
    assert (spans(day.ahead), day.grace, day.pieces) == ([("08:00", "12:00")], (), ())


def test_pieces_come_in_the_halls_order_of_counters_then_by_time() -> None:
    paper = Paper(agencies={"2": "dukcapil", "1": "dukcapil"}, due={"1": (span("08:00", "09:00"),)})
    paper.due["2"] = (span("08:00", "09:00"), span("10:00", "11:00"))
    assert [(p.counter, p.start) for p in paper.judge().pieces] == [
        ("2", at("08:00")),
        ("2", at("10:00")),
        ("1", at("08:00")),
    ]


def test_a_counter_that_is_not_due_has_a_day_too() -> None:
    day = planned().judge().counters["2"]
    assert day.counter == "2"
    assert (day.agency, day.due, day.staffed, day.grace, day.ahead, day.pieces) == ("dukcapil", (), (), (), (), ())
    assert spans(day.not_due) == [("00:00", "00:00")]


def test_an_agency_says_since_when_it_was_due_and_when_its_first_sign_in_was() -> None:
    paper = Paper(due={"1": (span("08:30", "12:00"),), "2": (span("08:00", "12:00"),)}).sit("1", SARI, "09:15", "10:00")
    paper.sit("2", BIMA, "09:10", "09:12")
    agencies = paper.judge().agencies
    assert (agencies["dukcapil"].due, agencies["dukcapil"].opened) == (at("08:00"), at("09:10"))
    assert (agencies["samsat"].due, agencies["samsat"].opened) == (None, None)
    assert [(code, one.agency) for code, one in agencies.items()] == [("dukcapil", "dukcapil"), ("samsat", "samsat")]


def test_the_grace_time_may_be_nothing_and_then_every_second_counts() -> None:
    paper = planned().punch(SARI, "07:40").sit("1", SARI, "08:00:01", "12:00")
    paper.grace = timedelta()
    assert paper.told() == [("08:00", "08:00:01", "away_from_counter", SARI)]
