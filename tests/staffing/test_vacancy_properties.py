"""What must hold for any facts whatever: the law read slowly, a day made up whole, order and strangers of no effect."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hall.intervals import Interval, find, intersect, normalise, total
from staffing.day_facts import RECORDED, Absence, DayFacts, Punch
from staffing.roster import Planned, Post
from staffing.seating import Sitting
from staffing.vacancy import Judge, Piece, judge_day
from tests.staffing.paper_day import MONDAY, WEDNESDAY, WINDOW, at
from tests.staffing.random_facts import CELL, CELLS, SPANS, STEP, cells, day_facts, moment, read_slowly, shuffled

# deadline: no test times things; database: what failed once is written down as a sentence, not left on a disk
thorough = settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)


def piece_at(pieces: tuple[Piece, ...], when: datetime) -> Piece | None:
    return next((p for p in pieces if p.start <= when < p.end), None)


@thorough
@given(day_facts())
def test_every_five_minutes_are_what_the_law_says_of_them(facts: DayFacts) -> None:
    for counter, day in judge_day(facts).counters.items():
        slowly = read_slowly(facts, counter)
        kinds = {"not_due": day.not_due, "ahead": day.ahead, "staffed": day.staffed, "grace": day.grace}
        for when in cells():
            quick: list[tuple[str, tuple[str, ...]]] = [
                (kind, ()) for kind, spans in kinds.items() if find(spans, when) is not None
            ]
            quick += [(p.cause, p.officers) for p in day.pieces if p.start <= when < p.end]
            assert quick == [slowly[when]], (counter, when)


@thorough
@given(day_facts())
def test_pieces_and_staffed_and_grace_and_not_due_make_up_the_whole_day_without_overlap(facts: DayFacts) -> None:
    for day in judge_day(facts).counters.values():
        pieces = [Interval(piece.start, piece.end) for piece in day.pieces]
        parts = [*pieces, *day.staffed, *day.grace, *day.not_due, *day.ahead]
        assert normalise(parts) == (WINDOW,)
        assert total(parts) == WINDOW.duration
        assert intersect(normalise(pieces), day.due) == normalise(pieces)
        assert pieces == sorted(pieces)
        for one, other in zip(day.pieces, day.pieces[1:], strict=False):
            assert one.end < other.start or (one.cause, one.officers) != (other.cause, other.officers)
        for piece in day.pieces:
            assert piece.end <= facts.now
            assert piece.provisional == (piece.cause == "absent_without_notice" and not facts.closed)
            assert piece.cause == "unobserved" or any(one.decides for one in piece.evidence)


@thorough
@given(day_facts(), st.integers(0, 2**32))
def test_the_order_of_the_facts_changes_nothing(facts: DayFacts, seed: int) -> None:
    first, second = judge_day(facts), judge_day(shuffled(facts, Random(seed)))
    assert first == second
    assert first.officers == second.officers


STRANGER = "z"  # planned nowhere in the hall
UNRELATED = (
    "punch",
    "absence",
    "sign_in",
    "plan",
    "outage",
    "post",
    "coverage",
    "yesterday",
    "tomorrow",
    "other_absence",
)


def with_unrelated(facts: DayFacts, kind: str, span: Interval) -> DayFacts:
    """One fact more that concerns no counter, no officer or no moment of this day."""
    if kind == "punch":
        return replace(facts, punches=[*facts.punches, Punch(STRANGER, span.start, "bkd")])
    if kind == "absence":
        return replace(facts, absences=[*facts.absences, Absence(STRANGER, "leave", span.start, span.end, "SK")])
    if kind == "sign_in":
        gone = [Sitting("9", STRANGER, span.start, span.end)]  # a counter the hall no longer has
        return replace(facts, sittings={**facts.sittings, "9": gone})
    if kind == "plan":
        return replace(facts, plans=[*facts.plans, Planned("9", "a", span, None)])
    if kind == "outage":
        return replace(facts, down={**facts.down, "counter:9": (span,)})
    if kind == "post":
        return replace(facts, posts={**facts.posts, "9": [Post("9", "Operator", False)]})
    if kind == "coverage":
        return replace(facts, covered={**facts.covered, "kertas": span.start})
    if kind == "yesterday":
        return replace(facts, punches=[*facts.punches, Punch("a", at("23:00", MONDAY), "bkd")])
    if kind == "tomorrow":
        return replace(facts, punches=[*facts.punches, Punch("a", at("07:30", WEDNESDAY), "bkd")])
    later = Absence("a", "leave", WINDOW.end, WINDOW.end + timedelta(days=2), "SK")
    return replace(facts, absences=[*facts.absences, later])


@thorough
@given(day_facts(), st.sampled_from(UNRELATED), SPANS)
def test_a_fact_that_concerns_nobody_here_changes_nothing(facts: DayFacts, kind: str, span: Interval) -> None:
    before, after = judge_day(facts), judge_day(with_unrelated(facts, kind, span))
    assert after == before
    assert after.officers == before.officers


@thorough
@given(day_facts(), st.sampled_from(("server", "hall", "counter:1", "counter:2")), SPANS)
def test_an_outage_never_becomes_anybodys_absence(facts: DayFacts, what: str, span: Interval) -> None:
    darker = replace(facts, down={**facts.down, what: (*facts.down.get(what, ()), span)})
    before, after = judge_day(facts), judge_day(darker)
    for counter, day in after.counters.items():
        for piece in day.pieces:
            if piece.cause == "unobserved":
                assert (piece.officers, piece.provisional) == ((), False)
                continue
            if what in ("server", "hall", f"counter:{counter}"):
                assert piece.end <= span.start or span.end <= piece.start
            was = piece_at(before.counters[counter].pieces, piece.start)
            assert was is not None
            assert (was.cause, was.officers) == (piece.cause, piece.officers)
            assert piece.end <= was.end
    for officer, kept in after.officers.items():
        assert kept.planned == before.officers[officer].planned
        assert kept.missed <= before.officers[officer].missed
        assert kept.unobserved >= before.officers[officer].unobserved


@thorough
@given(day_facts(), CELL, st.integers(0, 299))
def test_the_floor_and_the_engine_say_the_same_of_any_moment(facts: DayFacts, cell: int, seconds: int) -> None:
    when = moment(cell) + timedelta(seconds=seconds)
    floor = Judge(replace(facts, now=max(when + STEP, facts.window.start)))
    for counter, day in judge_day(facts).counters.items():
        piece = piece_at(day.pieces, when)
        if piece is not None and piece.cause != "unobserved":
            verdict = floor.verdict(counter, when)
            assert (verdict.cause, verdict.officers) == (piece.cause, piece.officers)


@thorough
@given(day_facts())
def test_what_became_of_an_officers_planned_time_adds_up(facts: DayFacts) -> None:
    for officer, kept in judge_day(facts).officers.items():
        parts = (kept.kept, kept.elsewhere, kept.excused, kept.unobserved, kept.missed)
        assert sum(parts, timedelta()) == kept.planned
        assert timedelta() < kept.planned
        assert all(part >= timedelta() for part in parts)
        planned = 0
        for when in cells():
            mine = {p.counter for p in facts.plans if p.officer == officer and when in p.interval}
            slow = [c for c in mine if any(when in due for due in facts.due[c]) and when < facts.now]
            slow = [c for c in slow if when < facts.quota_reached.get(c, WINDOW.end)]
            planned += bool(slow)
        assert kept.planned == planned * STEP


@thorough
@given(day_facts(), st.sampled_from(RECORDED), CELL, st.integers(1, CELLS))
def test_a_recorded_absence_more_touches_only_pieces_about_planned_officers(
    facts: DayFacts, kind: str, cell: int, length: int
) -> None:
    """A late letter changes pieces inside its own dates and nowhere else."""
    letter = Absence("a", kind, moment(cell), moment(cell + length), "SK-susulan")
    before, after = judge_day(facts), judge_day(replace(facts, absences=[*facts.absences, letter]))
    for counter, day in after.counters.items():
        old = before.counters[counter]
        assert (day.staffed, day.grace, day.not_due, day.due) == (old.staffed, old.grace, old.not_due, old.due)
        for when in cells():
            now, then = piece_at(day.pieces, when), piece_at(old.pieces, when)
            if now is None or then is None:
                assert now is then
            elif not letter.start <= when < letter.end:
                assert (now.cause, now.officers) == (then.cause, then.officers)
