"""What became of the counter time that an officer was planned for."""

from __future__ import annotations

from datetime import timedelta

from staffing.vacancy import OfficerDay
from tests.staffing.paper_day import BIMA, GALIH, SARI, Paper, at, span


def hours(officer: OfficerDay) -> tuple[float, ...]:
    """Planned, kept, elsewhere, excused, unobserved, missed, in hours."""
    assert officer.officer in (SARI, BIMA)
    parts = (officer.planned, officer.kept, officer.elsewhere, officer.excused, officer.unobserved, officer.missed)
    assert sum(parts[1:], timedelta()) == officer.planned
    return tuple(part / timedelta(hours=1) for part in parts)


def test_time_at_the_planned_counter_is_kept() -> None:
    officers = Paper().plan("1", SARI).sit("1", SARI, "07:00", "11:00").judge().officers
    assert list(officers) == [SARI]
    assert hours(officers[SARI]) == (4, 3, 0, 0, 0, 1)


def test_time_at_another_counter_is_told_apart() -> None:
    paper = Paper().plan("1", SARI).sit("1", SARI, "08:00", "09:00").sit("2", SARI, "09:00", "11:00")
    assert hours(paper.judge().officers[SARI]) == (4, 1, 2, 0, 0, 1)


def test_somebody_else_at_the_counter_keeps_nothing_for_the_planned_officer() -> None:
    officers = Paper().plan("1", SARI).sit("1", BIMA, "08:00", "12:00").judge().officers
    assert list(officers) == [SARI]
    assert hours(officers[SARI]) == (4, 0, 0, 0, 0, 4)


def test_a_pause_beyond_its_allowance_is_missed() -> None:
    paper = Paper().plan("1", SARI).sit("1", SARI, "08:00", "12:00", ("09:00", "09:45"))
    assert hours(paper.judge().officers[SARI]) == (4, 3.5, 0, 0, 0, 0.5)


def test_recorded_absence_is_excused_except_where_the_officer_sat_there_anyway() -> None:
    paper = Paper().plan("1", SARI).absent(SARI, "sick", "08:00", "10:00").sit("1", SARI, "09:00", "10:30")
    paper.absent(BIMA, "leave")
    assert hours(paper.judge().officers[SARI]) == (4, 1.5, 0, 1, 0, 1.5)


def test_overlapping_absences_excuse_once() -> None:
    paper = Paper().plan("1", SARI).absent(SARI, "sick", "08:00", "10:00").absent(SARI, "leave", "09:00", "11:00")
    assert hours(paper.judge().officers[SARI]) == (4, 0, 0, 3, 0, 1)


def test_what_nobody_could_see_is_held_against_nobody() -> None:
    paper = Paper().plan("1", SARI).sit("1", SARI, "08:00", "10:00").outage("counter:1", "09:00", "11:00")
    assert hours(paper.judge().officers[SARI]) == (4, 1, 0, 0, 2, 1)


def test_a_day_that_goes_on_counts_up_to_now() -> None:
    paper = Paper(now=at("10:00")).plan("1", SARI).sit("1", SARI, "08:00", None)
    assert hours(paper.judge().officers[SARI]) == (2, 2, 0, 0, 0, 0)


def test_before_the_day_begins_nobody_owes_anything() -> None:
    assert Paper(now=at("00:00")).plan("1", SARI).judge().officers == {}
    assert Paper(now=at("07:00")).plan("1", SARI).judge().officers == {}


def test_only_due_time_is_planned_time() -> None:
    paper = Paper().plan("1", SARI, "07:00", "09:00").plan("2", SARI, "09:00", "12:00")
    assert hours(paper.judge().officers[SARI]) == (1, 0, 0, 0, 0, 1)


def test_plans_that_overlap_count_every_moment_once() -> None:
    paper = (
        Paper().plan("1", SARI, "08:00", "10:00").plan("1", SARI, "09:00", "12:00").plan("2", SARI, "10:00", "12:00")
    )
    paper.due = {"1": (span("08:00", "12:00"),), "2": (span("08:00", "12:00"),)}
    paper.sit("1", SARI, "08:00", "09:00").sit("2", SARI, "11:00", "12:00").sit("2", SARI, "09:30", "10:00")
    assert hours(paper.judge().officers[SARI]) == (4, 2, 0.5, 0, 0, 1.5)


def test_of_two_counters_planned_at_once_one_seen_is_enough_to_know() -> None:
    paper = (
        Paper().plan("1", SARI).plan("2", SARI).outage("counter:2", "08:00", "12:00").sit("2", SARI, "08:00", "10:00")
    )
    paper.due = {"1": (span("08:00", "12:00"),), "2": (span("08:00", "12:00"),)}
    # counter 1 could be seen all the time: nothing is unobserved, and she sat at the other one
    assert hours(paper.judge().officers[SARI]) == (4, 0, 2, 0, 0, 2)


def test_arrival_and_departure_stand_with_it_and_officers_are_sorted() -> None:
    paper = Paper().plan("1", SARI).plan("1", BIMA).punch(SARI, "07:40", "12:10").sit("1", BIMA, "08:20", "12:00")
    paper.plan("2", GALIH)
    officers = paper.judge().officers
    assert list(officers) == [BIMA, SARI]
    assert (officers[SARI].arrival, officers[SARI].departure) == (at("07:40"), at("12:10"))
    assert (officers[BIMA].arrival, officers[BIMA].departure) == (at("08:20"), None)
