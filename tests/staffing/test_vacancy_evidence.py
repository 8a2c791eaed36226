"""What stands behind a cause: the facts that decided, the causes they ruled out, and facts that contradict."""

from __future__ import annotations

from datetime import date

import pytest

from hall.intervals import Interval
from staffing.evidence import KINDS, join
from staffing.roster import Planned, Post
from staffing.seating import Sitting
from staffing.vacancy import CAUSES, Absence, Evidence, Punch
from tests.staffing.paper_day import BIMA, GALIH, MELATI, MONDAY, SARI, WEDNESDAY, WINDOW, Paper, at, facts_of, span

ABSENCES = ("leave", "sick", "permission", "study", "official_travel")
PERSONAL = (
    "late",
    "left_early",
    "at_other_counter",
    "away_from_counter",
    "no_attendance_data",
    "absent_without_notice",
)


def planned() -> Paper:
    return Paper().plan("1", SARI).delivered("15:30")


def evidence(paper: Paper, number: int = 0, counter: str = "1") -> list[Evidence]:
    return list(paper.pieces(counter)[number].evidence)


PLAN = Evidence(
    "plan", SARI, at("08:00"), at("12:00"), {}, ("post_vacant", "agency_not_open", "no_one_assigned"), False
)
NO_ABSENCE = Evidence("no_absence", SARI, None, None, {}, ABSENCES, False)
NO_PLAN = Evidence("no_plan", None, None, None, {}, (*ABSENCES, *PERSONAL), True)


def test_an_outage_says_what_was_down_and_since_when() -> None:
    paper = planned().outage("server", "08:00", "12:00").outage("counter:1", "07:00", "09:00")
    paper.outage("hall", "12:00", "13:00").outage("hall", "07:00", "08:00").outage("counter:1", "09:00", "09:30")
    assert evidence(paper) == [
        Evidence("outage", None, at("08:00"), at("12:00"), {"what": "server"}, (), True),
        Evidence("outage", None, at("07:00"), at("09:00"), {"what": "counter:1"}, (), True),
        Evidence("outage", None, at("09:00"), at("09:30"), {"what": "counter:1"}, (), True),
    ]


def test_an_outage_that_only_touches_the_piece_is_no_evidence_of_it() -> None:
    paper = planned().sit("1", SARI, "08:00", "12:00").outage("server", "09:00", "10:00")
    paper.outage("hall", "08:55", "08:57").outage("counter:1", "10:03", "10:05")
    assert [one.detail["what"] for one in evidence(paper)] == ["server"]


def test_a_vacant_post_is_shown_with_the_register() -> None:
    paper = Paper()
    paper.posts = {"1": [Post("1", "Verifikator", False, date(2026, 1, 5)), Post("1", "Operator", False)]}
    assert evidence(paper) == [
        NO_PLAN,
        Evidence("post", None, None, None, {"title": "Operator", "filled": False}, (), True),
        Evidence("post", None, None, None, {"title": "Verifikator", "filled": False, "since": "2026-01-05"}, (), True),
    ]


def test_a_closed_agency_is_shown_with_what_ruled_out_the_post() -> None:
    closed = Evidence("agency_unopened", None, None, None, {"agency": "dukcapil", "keeps_roster": True}, (), True)
    no_post = Evidence("no_post", None, None, None, {}, ("post_vacant",), False)
    filled = Evidence("post", None, None, None, {"title": "Operator", "filled": True}, ("post_vacant",), False)
    empty = Evidence("post", None, None, None, {"title": "Operator", "filled": False}, (), False)
    assert evidence(Paper()) == [NO_PLAN, no_post, closed]
    assert evidence(Paper().post("1", filled=True).post("1", filled=False)) == [NO_PLAN, empty, filled, closed]


def test_an_open_agency_is_shown_with_its_first_sign_in() -> None:
    opened = Evidence(
        "agency_opened",
        BIMA,
        at("07:55"),
        None,
        {"agency": "dukcapil", "counter": "2"},
        ("agency_not_open",),
        False,
    )
    paper = Paper().sit("2", BIMA, "07:55", "12:00").sit("2", BIMA, "13:00", "15:00")
    assert evidence(paper)[-1] == opened


def test_an_agency_without_roster_shows_its_plan_but_the_plan_does_not_open_it() -> None:
    paper = Paper(due={"3": (span("08:00", "12:00"),)}).plan("3", GALIH).sit("3", GALIH, "09:00", "09:30")
    first, second = (evidence(paper, number, "3") for number in (0, 1))
    plan = Evidence("plan", GALIH, at("08:00"), at("12:00"), {}, ("post_vacant", "no_one_assigned"), False)
    assert first == [
        plan,
        Evidence("agency_unopened", None, None, None, {"agency": "samsat", "keeps_roster": False}, (), True),
        Evidence("no_absence", GALIH, None, None, {}, ABSENCES, False),
    ]
    assert [one.kind for one in second] == ["plan", "agency_opened", "no_absence", "sign_in", "out_punch_missing"]


def test_a_closed_agency_does_not_decide_where_everybody_planned_is_on_leave() -> None:
    paper = Paper(due={"3": (span("08:00", "12:00"),)}).plan("3", GALIH).absent(GALIH, "leave")
    assert [(one.kind, one.decides) for one in evidence(paper, 0, "3")] == [
        ("plan", False),
        ("agency_unopened", False),
        ("absence", True),
    ]


def test_a_recorded_absence_is_shown_with_its_document_and_dates() -> None:
    paper = planned().absent(SARI, "study", "07:00", "15:00")
    assert evidence(paper) == [
        PLAN,
        Evidence("absence", SARI, at("07:00"), at("15:00"), {"absence": "study", "document": "SK-study"}, (), True),
    ]


def test_of_two_absences_the_one_that_gave_the_cause_decides() -> None:
    paper = planned().absent(SARI, "sick").absent(SARI, "leave")
    assert [(one.detail["absence"], one.decides) for one in facts_of(paper.pieces()[0], "absence")] == [
        ("leave", True),
        ("sick", False),
    ]


def test_a_punch_and_a_sign_in_during_leave_are_shown_as_contradicting() -> None:
    paper = planned().absent(SARI, "leave", "08:00", "12:00").punch(SARI, "07:59", "08:00", "11:59", "12:00")
    paper.sit("2", SARI, "08:00", "09:00").sit("2", SARI, "12:00", "13:00").sit("2", SARI, "07:00", "07:30")
    told = {"role": "contradicts", "contradicts": "leave"}
    assert evidence(paper)[2:] == [
        Evidence("punch", SARI, at("08:00"), None, {"source": "bkd", **told}, (), False),
        Evidence("punch", SARI, at("11:59"), None, {"source": "bkd", **told}, (), False),
        Evidence("sign_in", SARI, at("08:00"), at("09:00"), {"counter": "2", **told}, (), False),
    ]


def test_a_contradiction_is_shown_once_even_if_two_absences_hold() -> None:
    paper = planned().absent(SARI, "sick").absent(SARI, "leave").punch(SARI, "09:00").sit("2", SARI, "09:00", "09:30")
    shown = [one for one in evidence(paper) if one.detail.get("role") == "contradicts"]
    assert [(one.kind, one.detail["contradicts"]) for one in shown] == [("punch", "leave"), ("sign_in", "leave")]


def test_a_punch_of_yesterday_does_not_contradict_a_leave_of_many_days() -> None:
    paper = planned().absent(SARI, "leave")
    paper.absences = [type(paper.absences[0])(SARI, "leave", at("00:00", MONDAY), at("12:00"), "SK")]
    paper.sittings = {"2": [Sitting("2", SARI, at("08:00", MONDAY), at("15:00", MONDAY))]}
    paper.punches = [type(p)(SARI, at("08:00", MONDAY), "bkd") for p in Paper().punch(SARI, "08:00").punches]
    assert [one.kind for one in evidence(paper)] == ["plan", "absence"]


def test_who_is_late_is_shown_with_the_arrival() -> None:
    excluded = ("left_early", "away_from_counter", "no_attendance_data", "absent_without_notice")
    arrival = Evidence("punch", SARI, at("09:00"), None, {"source": "bkd", "role": "arrival"}, excluded, True)
    assert evidence(planned().punch(SARI, "09:00", "13:00")) == [PLAN, NO_ABSENCE, arrival]


def test_who_is_late_by_a_sign_in_alone_is_shown_with_what_the_source_has_delivered() -> None:
    paper = Paper().plan("1", SARI).sit("1", SARI, "09:00", "12:00").delivered("08:30")
    sign_in, coverage = evidence(paper)[2:]
    assert (sign_in.kind, sign_in.start, sign_in.end, sign_in.decides) == ("sign_in", at("09:00"), at("12:00"), True)
    assert sign_in.detail == {"counter": "1", "role": "arrival"}
    assert sign_in.rules_out == ("left_early", "away_from_counter", "no_attendance_data", "absent_without_notice")
    assert coverage == Evidence(
        "coverage", SARI, None, at("08:30"), {"source": "bkd"}, ("absent_without_notice",), False
    )


def test_who_is_away_is_shown_with_arrival_and_departure() -> None:
    excluded = ("late", "no_attendance_data", "absent_without_notice")
    assert evidence(planned().punch(SARI, "07:40", "13:00"))[2:] == [
        Evidence("punch", SARI, at("07:40"), None, {"source": "bkd", "role": "arrival"}, excluded, True),
        Evidence("punch", SARI, at("13:00"), None, {"source": "bkd", "role": "departure"}, ("left_early",), True),
    ]


def test_a_missing_out_punch_is_shown() -> None:
    assert evidence(planned().punch(SARI, "07:40"))[-1] == Evidence(
        "out_punch_missing", SARI, at("07:40"), None, {}, ("left_early",), False
    )


def test_who_left_early_is_shown_with_the_departure_and_with_sign_ins_after_it() -> None:
    paper = planned().punch(SARI, "07:40", "09:00").sit("2", SARI, "09:00", "09:05").sit("2", SARI, "10:00", "10:30")
    piece = paper.pieces()[1]
    assert (piece.cause, piece.start) == ("left_early", at("09:00"))
    punches, sign_ins = facts_of(piece, "punch"), facts_of(piece, "sign_in")
    assert [(one.detail["role"], one.rules_out, one.decides) for one in punches] == [
        ("arrival", ("late", "no_attendance_data", "absent_without_notice"), False),
        ("departure", ("away_from_counter",), True),
    ]
    assert [(one.start, one.detail["role"], one.detail["contradicts"]) for one in sign_ins] == [
        (at("09:00"), "contradicts", "left_early"),
        (at("10:00"), "contradicts", "left_early"),
    ]


def test_only_sessions_that_reach_beyond_the_departure_contradict_it() -> None:
    paper = planned().punch(SARI, "07:40", "09:00").sit("2", SARI, "08:00", "09:00").sit("2", SARI, "10:00", None)
    paper.sittings["2"].append(Sitting("2", SARI, at("08:00", WEDNESDAY), None))
    piece = paper.pieces()[1]
    assert (piece.cause, [one.start for one in facts_of(piece, "sign_in")]) == ("left_early", [at("10:00")])


def test_who_sits_elsewhere_is_shown_with_that_session() -> None:
    excluded = ("away_from_counter", "no_attendance_data", "absent_without_notice")
    paper = planned().punch(SARI, "07:40").sit("2", SARI, "08:00", "12:00")
    here = Evidence("sign_in", SARI, at("08:00"), at("12:00"), {"counter": "2", "role": "elsewhere"}, excluded, True)
    assert evidence(paper)[-1] == here
    assert [one.decides for one in facts_of(paper.pieces()[0], "punch")] == [False]


def test_who_sits_elsewhere_since_before_the_day_needs_no_delivery() -> None:
    paper = planned()
    paper.sittings = {"2": [Sitting("2", SARI, at("20:00", MONDAY), at("12:00"))]}
    assert paper.told() == [("08:00", "12:00", "at_other_counter", SARI)]
    assert [one.kind for one in evidence(paper)] == ["plan", "no_absence", "sign_in"]


@pytest.mark.parametrize(
    ("until", "cause", "excluded"),
    [
        ("15:30", "absent_without_notice", ("left_early", "away_from_counter", "no_attendance_data")),
        ("08:00", "no_attendance_data", ("absent_without_notice",)),
    ],
)
def test_what_the_source_has_delivered_decides_where_nothing_was_seen(
    until: str, cause: str, excluded: tuple[str, ...]
) -> None:
    paper = Paper().plan("1", SARI).delivered(until)
    assert paper.told()[0][2] == cause
    assert evidence(paper)[2:] == [Evidence("coverage", SARI, None, at(until), {"source": "bkd"}, excluded, True)]


def test_a_source_without_any_delivery_is_named() -> None:
    assert evidence(Paper().plan("1", SARI))[-1] == Evidence(
        "coverage", SARI, None, None, {"source": "bkd"}, ("absent_without_notice",), True
    )


def test_an_officer_without_source_is_shown_as_such() -> None:
    assert evidence(Paper().plan("1", MELATI))[-1] == Evidence(
        "no_source", MELATI, None, None, {}, ("absent_without_notice",), True
    )


def test_everybody_planned_is_shown_but_only_those_it_is_about_decide() -> None:
    paper = planned().plan("1", BIMA).punch(BIMA, "07:40").plan("1", MELATI).absent(MELATI, "leave")
    assert paper.told() == [("08:00", "12:00", "absent_without_notice", SARI)]
    shown = [(one.kind, one.officer, one.decides) for one in evidence(paper)]
    assert shown == [
        ("plan", BIMA, False),
        ("plan", MELATI, False),
        ("plan", SARI, False),
        ("no_absence", BIMA, False),
        ("punch", BIMA, False),
        ("out_punch_missing", BIMA, False),
        ("absence", MELATI, False),
        ("no_absence", SARI, False),
        ("coverage", SARI, True),
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_two_plans_of_one_officer_stand_in_one_order_whoever_told_them_first(order: int) -> None:
    paper = Paper().plan("1", BIMA).plan("1", BIMA, instead_of="1990")
    paper.plans = paper.plans[::order]
    assert [one.detail for one in facts_of(paper.pieces()[0], "plan")] == [{}, {"substitute_for": "1990"}]


def test_two_states_of_one_post_stand_in_one_order() -> None:
    states = [Post("1", "Operator", False, date(2026, 1, 5)), Post("1", "Operator", False)]
    for order in (1, -1):
        paper = Paper(posts={"1": states[::order]})
        assert [one.detail.get("since") for one in facts_of(paper.pieces()[0], "post")] == [None, "2026-01-05"]


def test_somebody_with_an_earlier_cause_decides_nothing() -> None:
    """Bima is away and the cause is about him; Sari was in the building too, but at another counter."""
    paper = (
        planned().plan("1", BIMA).punch(BIMA, "07:40").punch(SARI, "07:30", "13:00").sit("2", SARI, "07:50", "12:00")
    )
    assert paper.told() == [("08:00", "12:00", "away_from_counter", BIMA)]
    assert [one.officer for one in evidence(paper) if one.decides] == [BIMA]


def night() -> Paper:
    """Due from Monday evening to two, and from eight to twelve; the morning begins at five."""
    paper = Paper(due={"1": (Interval(at("20:00", MONDAY), at("02:00")), span("08:00", "12:00"))})
    paper.plans = [Planned("1", SARI, span("00:00", "02:00"), None), Planned("1", SARI, span("08:00", "12:00"), None)]
    return paper


def test_what_was_seen_during_leave_is_shown_with_the_night_or_the_day_to_which_it_belongs() -> None:
    paper = night()
    paper.absences = [Absence(SARI, "leave", at("00:00", MONDAY), WINDOW.end, "SK")]
    paper.punches = [Punch(SARI, at("11:59:59", MONDAY), "bkd"), Punch(SARI, at("12:00", MONDAY), "bkd")]
    paper.punches += [Punch(SARI, at("05:00"), "bkd"), Punch(SARI, WINDOW.end, "bkd")]
    paper.sittings = {"2": [Sitting("2", SARI, at("12:00", MONDAY), at("12:30", MONDAY))]}
    paper.sit("2", SARI, "05:00", "05:30")
    first, second = paper.pieces()
    for kind in ("punch", "sign_in"):
        assert [one.start for one in facts_of(first, kind)] == [at("12:00", MONDAY)]
        assert [one.start for one in facts_of(second, kind)] == [at("05:00")]


def test_a_session_of_the_next_morning_does_not_contradict_a_departure_in_the_night() -> None:
    paper = night().punch(SARI, "01:00")
    paper.punches.append(Punch(SARI, at("19:50", MONDAY), "bkd"))
    paper.sit("2", SARI, "05:00", "05:30").sit("2", SARI, "04:59:59", "05:00")
    piece = paper.pieces()[1]
    assert (piece.cause, piece.start, piece.end) == ("left_early", at("01:00"), at("02:00"))
    assert [one.start for one in facts_of(piece, "sign_in")] == [at("04:59:59")]


def test_a_substitutes_plan_says_whose_place_it_takes() -> None:
    paper = Paper().plan("1", BIMA, instead_of=SARI)
    assert evidence(paper)[0].detail == {"substitute_for": SARI}


def test_a_pause_beyond_its_allowance_is_shown() -> None:
    paper = planned().sit("1", SARI, "08:00", "12:00", ("09:00", "09:30"))
    paper.sit("1", BIMA, "09:00", "09:05", ("09:01", None))  # over before the piece
    assert [one.kind for one in evidence(paper)][2:] == ["sign_in", "out_punch_missing", "pause"]
    assert evidence(paper)[-1] == Evidence(
        "pause", SARI, at("09:00"), at("09:30"), {"reason": "ke belakang", "allowance_minutes": 15.0}, (), False
    )


def test_a_pause_within_its_allowance_is_no_evidence() -> None:
    paper = planned().sit("1", SARI, "08:00", "12:00", ("09:00", "09:40")).sit("1", BIMA, "08:00", "09:20")
    paper.sittings["1"].append(Sitting("1", MELATI, at("09:10"), at("09:12")))
    assert paper.told() == [("09:20", "09:40", "away_from_counter", SARI)]
    assert len(facts_of(paper.pieces()[0], "pause")) == 1


def test_a_piece_grown_from_several_shows_every_fact_once() -> None:
    """The coverage ends in the middle of a piece whose cause it does not touch."""
    paper = planned().plan("1", BIMA, "08:00", "10:00").plan("1", BIMA, "10:00", "12:00").absent(BIMA, "leave")
    assert paper.told() == [("08:00", "12:00", "absent_without_notice", SARI)]
    assert [(one.kind, one.officer) for one in evidence(paper)] == [
        ("plan", BIMA),
        ("plan", SARI),
        ("absence", BIMA),
        ("no_absence", SARI),
        ("coverage", SARI),
        ("plan", BIMA),
    ]


def test_a_fact_that_excludes_something_in_one_part_only_does_not_exclude_it_in_the_whole() -> None:
    """Bima comes in the middle: before, his punch rules out that he had gone; after, that he was late."""
    paper = planned().plan("1", BIMA).punch(BIMA, "10:00")
    assert paper.told() == [("08:00", "12:00", "absent_without_notice", SARI)]
    assert facts_of(paper.pieces()[0], "punch")[0].rules_out == ("no_attendance_data", "absent_without_notice")


def test_facts_that_differ_in_anything_are_two_facts() -> None:
    one = Evidence("punch", SARI, at("08:00"), None, {"source": "bkd"}, ("late",), False)
    variants = [
        Evidence("sign_in", SARI, at("08:00"), None, {"source": "bkd"}),
        Evidence("punch", BIMA, at("08:00"), None, {"source": "bkd"}),
        Evidence("punch", SARI, at("08:01"), None, {"source": "bkd"}),
        Evidence("punch", SARI, at("08:00"), at("09:00"), {"source": "bkd"}),
        Evidence("punch", SARI, at("08:00"), None, {"source": "apel"}),
    ]
    assert join([(one,), tuple(variants)]) == (one, *variants)
    decided = Evidence("punch", SARI, at("08:00"), None, {"source": "bkd"}, ("late",), True)
    assert join([(one,), (decided,), (one,)]) == (decided,)
    narrower = Evidence("punch", SARI, at("08:00"), None, {"source": "bkd"}, (), False)
    assert join([(decided,), (narrower,)])[0].rules_out == ()


def test_every_kind_of_evidence_and_every_cause_has_its_name() -> None:
    paper = (
        planned().plan("1", BIMA).punch(SARI, "07:40").sit("2", BIMA, "09:00", "10:00").absent(SARI, "leave", "09:00")
    )
    for piece in paper.pieces():
        assert piece.cause in CAUSES
        assert {one.kind for one in piece.evidence} <= set(KINDS)
        assert {cause for one in piece.evidence for cause in one.rules_out} <= set(CAUSES)


def test_the_cause_itself_is_never_ruled_out_by_the_facts_that_decided() -> None:
    for paper in (planned(), planned().punch(SARI, "09:00"), Paper(), planned().absent(SARI, "sick")):
        for piece in paper.pieces():
            deciding = [one for one in piece.evidence if one.decides]
            assert deciding
            assert all(piece.cause not in one.rules_out for one in deciding)


def test_an_absence_that_ended_before_the_piece_is_not_shown() -> None:
    paper = planned().absent(SARI, "permission", "06:00", "08:00").sit("2", BIMA, "08:00", "08:05")
    assert [one.kind for one in evidence(paper)] == ["plan", "no_absence", "coverage"]
    assert Interval(at("06:00"), at("08:00")).end == at("08:00")
