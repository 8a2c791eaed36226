"""What counts as an empty stretch: grace, pauses, outages, sessions left open, and what lies around midnight."""

from __future__ import annotations

from datetime import datetime, timedelta

from hall.intervals import Interval
from staffing.day_facts import Punch
from staffing.roster import Planned
from staffing.seating import Pause, Sitting
from staffing.vacancy import Judge
from tests.staffing.paper_day import (
    BIMA,
    MONDAY,
    SARI,
    WEDNESDAY,
    WINDOW,
    Paper,
    at,
    span,
    spans,
)


def seen() -> Paper:
    """Sari is planned at counter 1 from eight to twelve and known to be in the building."""
    return Paper().plan("1", SARI).delivered("15:30").punch(SARI, "07:40")


def test_an_emptiness_shorter_than_the_grace_time_is_no_vacancy() -> None:
    day = seen().sit("1", SARI, "08:09:59", "12:00").judge().counters["1"]
    assert day.pieces == ()
    assert spans(day.grace) == [("08:00", "08:09:59")]


def test_an_emptiness_that_reaches_the_grace_time_counts_whole() -> None:
    paper = seen().sit("1", SARI, "08:10", "12:00")
    assert paper.told() == [("08:00", "08:10", "away_from_counter", SARI)]
    assert paper.judge().counters["1"].grace == ()


def test_a_stretch_that_counts_is_cut_into_pieces_of_any_length() -> None:
    day = Paper().plan("1", SARI).delivered("15:30").punch(SARI, "08:14").sit("1", SARI, "08:15", "12:00")
    assert day.told() == [("08:00", "08:14", "late", SARI), ("08:14", "08:15", "away_from_counter", SARI)]


def test_two_short_stretches_do_not_add_up() -> None:
    day = seen().sit("1", SARI, "08:00", "09:00").sit("1", SARI, "09:09", "11:00").sit("1", SARI, "11:09", "12:00")
    assert day.told() == []
    assert spans(day.judge().counters["1"].grace) == [("09:00", "09:09"), ("11:00", "11:09")]


def test_a_break_ends_a_stretch() -> None:
    paper = seen().plan("1", SARI, "13:00", "15:00").sit("1", SARI, "08:00", "11:55").sit("1", SARI, "13:05", "15:00")
    paper.due = {"1": (span("08:00", "12:00"), span("13:00", "15:00"))}
    assert paper.told() == []


def test_a_pause_within_its_allowance_takes_nothing() -> None:
    day = seen().sit("1", SARI, "08:00", "12:00", ("09:00", "09:15")).judge().counters["1"]
    assert day.pieces == ()
    assert spans(day.staffed) == [("08:00", "12:00")]


def test_a_pause_is_empty_from_the_end_of_its_allowance() -> None:
    paper = seen().sit("1", SARI, "08:00", "12:00", ("09:00", "09:30"))
    assert paper.told() == [("09:15", "09:30", "away_from_counter", SARI)]


def test_what_a_pause_takes_beyond_its_allowance_may_be_too_short_to_count() -> None:
    day = seen().sit("1", SARI, "08:00", "12:00", ("09:00", "09:20")).judge().counters["1"]
    assert day.pieces == ()
    assert spans(day.grace) == [("09:15", "09:20")]


def test_a_pause_before_a_sign_out_makes_one_stretch_with_what_follows() -> None:
    paper = seen().sit("1", SARI, "08:00", "09:20", ("09:00", "09:20"))
    assert paper.told() == [("09:15", "12:00", "away_from_counter", SARI)]


def test_a_pause_of_somebody_nobody_planned_leaves_the_counter_without_a_plan() -> None:
    paper = Paper().sit("1", BIMA, "08:00", "12:00", ("09:00", "09:40"))
    assert paper.told() == [("09:15", "09:40", "no_one_assigned", "")]


def test_one_officers_long_pause_takes_nothing_from_another_who_sits_there() -> None:
    paper = seen().sit("1", SARI, "08:00", "10:00", ("09:00", None)).sit("1", BIMA, "09:00", "12:00")
    assert paper.told() == []


def test_an_outage_is_unobserved_whoever_was_there() -> None:
    for what in ("server", "hall", "counter:1"):
        day = seen().sit("1", SARI, "08:00", "12:00").outage(what, "09:00", "09:30").judge().counters["1"]
        assert [(p.cause, p.officers, p.provisional) for p in day.pieces] == [("unobserved", (), False)]
        assert [(p.counter, p.agency) for p in day.pieces] == [("1", "dukcapil")]
        assert spans(day.staffed) == [("08:00", "09:00"), ("09:30", "12:00")]


def test_the_outage_of_another_console_changes_nothing() -> None:
    assert seen().sit("1", SARI, "08:00", "12:00").outage("counter:2", "09:00", "09:30").told() == []


def test_an_outage_shorter_than_the_grace_time_is_not_listed() -> None:
    day = seen().sit("1", SARI, "08:00", "12:00").outage("hall", "09:00", "09:09").judge().counters["1"]
    assert day.pieces == ()
    assert spans(day.grace) == [("09:00", "09:09")]


def test_an_outage_that_reaches_the_grace_time_is_listed() -> None:
    paper = seen().sit("1", SARI, "08:00", "12:00").outage("hall", "09:00", "09:10")
    assert paper.told() == [("09:00", "09:10", "unobserved", "")]


def test_an_outage_ends_an_empty_stretch_and_nine_minutes_on_each_side_are_no_vacancy() -> None:
    day = seen().sit("1", SARI, "08:00", "09:00").sit("1", SARI, "09:30", "12:00")
    assert day.outage("server", "09:09", "09:21").told() == [("09:09", "09:21", "unobserved", "")]
    assert spans(day.judge().counters["1"].grace) == [("09:00", "09:09"), ("09:21", "09:30")]


def test_outages_that_touch_are_one_unobserved_stretch() -> None:
    day = seen().sit("1", SARI, "08:00", "12:00").outage("server", "09:00", "09:06").outage("hall", "09:06", "09:12")
    assert day.told() == [("09:00", "09:12", "unobserved", "")]
    assert [one.detail["what"] for one in day.pieces()[0].evidence] == ["server", "hall"]


def test_an_outage_outside_the_due_time_is_not_listed() -> None:
    assert seen().sit("1", SARI, "08:00", "12:00").outage("server", "06:00", "08:05").told() == []


def test_pieces_around_an_outage_stand_in_order_of_time() -> None:
    assert [(start, cause) for start, _, cause, _ in seen().outage("hall", "09:00", "10:00").told()] == [
        ("08:00", "away_from_counter"),
        ("09:00", "unobserved"),
        ("10:00", "away_from_counter"),
    ]


def test_somebody_who_still_sits_there_staffs_the_counter_up_to_now() -> None:
    paper = seen().sit("1", SARI, "08:00", None)
    paper.now = at("10:00")
    day = paper.judge().counters["1"]
    assert (spans(day.staffed), day.pieces, spans(day.ahead)) == ([("08:00", "10:00")], (), [("10:00", "12:00")])


def yesterday(start: str, end: datetime | None, *pauses: Pause) -> Sitting:
    return Sitting("1", SARI, at(start, MONDAY), end, pauses)


def test_a_session_left_open_overnight_staffs_nothing_the_next_morning() -> None:
    paper = seen()
    paper.sittings = {"1": [yesterday("13:00", None, Pause(at("14:00", MONDAY), None, "pulang"))]}
    assert paper.told() == [("08:00", "12:00", "away_from_counter", SARI)]
    paper.sit("1", SARI, "08:00", "12:00")
    assert paper.told() == []


def test_a_session_that_begins_at_midnight_is_one_of_this_day() -> None:
    paper = Paper(due={"1": (span("00:00", "02:00"),)})
    paper.sittings = {"1": [Sitting("1", SARI, WINDOW.start, None)]}
    assert paper.told() == []


def test_a_session_of_yesterday_neither_opens_the_agency_nor_is_an_arrival_today() -> None:
    paper = Paper()
    paper.sittings = {"1": [yesterday("13:00", at("00:05"))]}
    assert paper.told() == [("08:00", "12:00", "agency_not_open", "")]
    assert paper.judge().agencies["dukcapil"].opened is None
    assert paper.plan("1", SARI).delivered("15:30").told() == [("08:00", "12:00", "absent_without_notice", SARI)]


def test_a_session_of_tomorrow_neither_opens_the_agency_nor_is_an_arrival_today() -> None:
    paper = Paper(now=at("10:00", WEDNESDAY))
    paper.sittings = {"1": [Sitting("1", SARI, at("08:00", WEDNESDAY), None)]}
    assert paper.told() == [("08:00", "12:00", "agency_not_open", "")]
    assert paper.judge().agencies["dukcapil"].opened is None
    assert paper.plan("1", SARI).delivered("15:30").told() == [("08:00", "12:00", "absent_without_notice", SARI)]


def test_a_session_that_a_call_after_midnight_carried_on_staffs_up_to_that_call() -> None:
    paper = Paper(due={"1": (Interval(at("20:00", MONDAY), at("02:00")),)})
    paper.sittings = {"1": [yesterday("20:00", at("00:40"))]}
    paper.plans.append(Planned("1", SARI, Interval(at("20:00", MONDAY), at("02:00")), None))
    assert paper.told() == [("00:40", "02:00", "away_from_counter", SARI)]


def night(start: str, *, until: str, eve: list[Punch]) -> Paper:
    """A service from eight in the evening of Monday to two on Tuesday, and the day's own from eight to twelve."""
    paper = Paper(due={"1": (Interval(at("20:00", MONDAY), at("02:00")), span("08:00", "12:00"))})
    paper.plans = [
        Planned("1", SARI, Interval(WINDOW.start, at("02:00")), None),
        Planned("1", SARI, span("08:00", "12:00"), None),
    ]
    paper.punches = eve
    paper.sittings = {"1": [yesterday("20:00", None), Sitting("1", SARI, at(start), at(until))]}
    paper.covered = {"bkd": at("15:30")}
    return paper


def test_after_midnight_the_evening_before_says_who_came() -> None:
    """Signed out at midnight by the house, back at the counter at 00.20: in the building all the while, not late."""
    paper = night("00:20", until="02:00", eve=[Punch(SARI, at("19:50", MONDAY), "bkd")])
    assert paper.told()[0] == ("00:00", "00:20", "away_from_counter", SARI)


def test_who_goes_home_after_midnight_has_not_come_early_in_the_morning() -> None:
    eve = [Punch(SARI, at("19:50", MONDAY), "bkd"), Punch(SARI, at("01:30"), "bkd"), Punch(SARI, at("09:00"), "bkd")]
    paper = night("00:00", until="01:20", eve=eve)
    assert paper.told() == [
        ("01:20", "01:30", "away_from_counter", SARI),
        ("01:30", "02:00", "left_early", SARI),
        ("08:00", "09:00", "late", SARI),
        ("09:00", "12:00", "away_from_counter", SARI),
    ]
    assert paper.judge().officers[SARI].arrival == at("09:00")


def test_an_officer_of_the_night_who_is_planned_again_in_a_service_without_a_gap_begins_a_day_of_their_own() -> None:
    """The counter is due from the evening to noon without a gap; only the officer goes home in between."""
    paper = Paper(due={"1": (Interval(at("20:00", MONDAY), at("12:00")),)})
    paper.plans = [
        Planned("1", SARI, Interval(WINDOW.start, at("02:00")), None),
        Planned("1", SARI, span("08:00", "12:00"), None),
    ]
    paper.punches = [Punch(SARI, at("19:50", MONDAY), "bkd"), Punch(SARI, at("04:59"), "bkd")]
    paper.punches += [Punch(SARI, at("09:00"), "bkd"), Punch(SARI, at("11:00"), "bkd")]
    paper.sittings = {"2": [Sitting("2", BIMA, at("20:00", MONDAY), at("21:00", MONDAY))]}
    assert paper.told() == [
        ("00:00", "02:00", "away_from_counter", SARI),
        ("02:00", "08:00", "no_one_assigned", ""),
        ("08:00", "09:00", "late", SARI),
        ("09:00", "11:00", "away_from_counter", SARI),
        ("11:00", "12:00", "left_early", SARI),
    ]
    judge = Judge(paper.facts())
    assert judge.span(("officer", SARI), at("04:59:59")) == (at("12:00", MONDAY), at("05:00"))
    assert judge.span(("officer", SARI), at("05:00")) == (at("05:00"), WINDOW.end)


def test_what_lies_more_than_half_a_day_before_midnight_is_not_the_evening() -> None:
    paper = night("00:00", until="01:20", eve=[Punch(SARI, at("11:59", MONDAY), "bkd")])
    paper.sittings["1"].pop(0)
    paper.sittings["1"][0] = Sitting("1", BIMA, at("00:00"), at("01:20"))
    assert paper.told()[0] == ("01:20", "02:00", "absent_without_notice", SARI)
    paper.punches = [Punch(SARI, at("12:00", MONDAY), "bkd")]
    assert paper.told()[0] == ("01:20", "02:00", "away_from_counter", SARI)


def test_a_night_service_that_opened_in_the_evening_is_open_after_midnight_but_not_for_the_morning() -> None:
    paper = night("00:30", until="02:00", eve=[])
    paper.plans = []
    assert paper.told() == [
        ("00:00", "00:30", "no_one_assigned", ""),
        ("08:00", "12:00", "agency_not_open", ""),
    ]
    paper.sittings["1"].append(Sitting("1", SARI, at("05:00"), at("05:05")))
    assert paper.told()[1] == ("08:00", "12:00", "no_one_assigned", "")  # half the way from two to eight is the morning


def test_a_counter_that_never_closes_looks_back_over_midnight_all_day() -> None:
    paper = Paper(due={"1": (Interval(at("20:00", MONDAY), at("04:00", WEDNESDAY)),)})
    paper.sittings = {"1": [yesterday("20:00", None)]}
    assert paper.told() == [("00:00", "16:00", "no_one_assigned", "")]


def test_an_emptiness_around_midnight_is_measured_whole_and_each_day_lists_its_part() -> None:
    before = Interval(at("23:55", MONDAY), at("02:00"))
    paper = Paper(due={"1": (before,)})
    paper.sittings = {"1": [Sitting("1", SARI, at("00:06"), at("02:00"))]}
    assert paper.told() == [("00:00", "00:06", "agency_not_open", "")]
    paper.sittings = {"1": [Sitting("1", SARI, at("00:04:59"), at("02:00"))]}
    assert paper.told() == []
    assert spans(paper.judge().counters["1"].grace) == [("00:00", "00:04:59")]


def test_an_emptiness_that_begins_before_midnight_is_a_vacancy_of_this_day_too() -> None:
    after = Interval(at("22:00"), at("00:10", WEDNESDAY))
    paper = Paper(due={"1": (after,)}, now=at("10:00", WEDNESDAY))
    paper.sittings = {"1": [Sitting("1", SARI, at("22:00"), at("23:53"))]}
    assert paper.told() == [("23:53", "00:00", "no_one_assigned", "")]
    day = paper.judge().counters["1"]
    assert spans(day.due) == [("22:00", "00:00")]
    assert spans(day.staffed) == [("22:00", "23:53")]


def test_an_outage_around_midnight_is_measured_whole() -> None:
    paper = Paper(due={"1": (Interval(at("22:00"), at("00:10", WEDNESDAY)),)}, now=at("10:00", WEDNESDAY))
    paper.sittings = {"1": [Sitting("1", SARI, at("22:00"), at("23:59"))]}
    paper.down = {"server": (Interval(at("23:55"), at("00:06", WEDNESDAY)),)}
    assert paper.told() == [("23:55", "00:00", "unobserved", "")]


def test_the_quota_of_a_day_says_nothing_of_the_next() -> None:
    paper = Paper(due={"1": (Interval(at("22:00"), at("00:10", WEDNESDAY)),)}, now=at("10:00", WEDNESDAY))
    paper.sittings = {"1": [Sitting("1", SARI, at("22:00"), at("23:53"))]}
    paper.quota_reached = {"1": WINDOW.end}
    assert paper.told() == [("23:53", "00:00", "no_one_assigned", "")]
    paper.quota_reached = {"1": WINDOW.end - timedelta(minutes=2)}
    assert paper.told() == []
    assert spans(paper.judge().counters["1"].grace) == [("23:53", "23:58")]
