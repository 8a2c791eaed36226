"""Vacancies as they are read: which facts count, how far they run, and that a past day's answer changes by itself."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import event

from hall.database import Database
from hall.people import new_token
from hall.turn import turn
from queueing import calling
from staffing import facts, presence
from staffing import vacancies as subject
from staffing.changed_days import SILENT, SILENT_FAMILIES, TOUCH
from staffing.floor import floor
from staffing.reading import Span
from staffing.vacancies import Day, Period, vacancies
from tests.cast import BIMA, CONSOLE, GALIH, SARI, SYSTEM, TUESDAY, WEDNESDAY_MORNING, Person, wib
from tests.house.sources import modules, nodes
from tests.queueing.random_day import RandomDay
from tests.staffing.tuesday import at, call, give, sit

THE_DAY = date.fromisoformat(TUESDAY)


def tuesday(db: Database, now: datetime = WEDNESDAY_MORNING) -> Period:
    return vacancies(db, "contoh", THE_DAY, THE_DAY, now=now)


def of(db: Database, counter: str, now: datetime = WEDNESDAY_MORNING) -> list[tuple[str, str, str]]:
    """(from, until, cause) of a counter's vacancies on the Tuesday, in WIB."""
    local = timedelta(hours=7)
    return [
        ((v.start + local).strftime("%H:%M"), (v.end + local).strftime("%H:%M"), v.cause)
        for v in tuesday(db, now).pieces
        if v.counter == counter
    ]


def anew(db: Database) -> Period:
    """The same without anything remembered."""
    known, db.known = db.known, {}
    try:
        return tuesday(db)
    finally:
        db.known = known


# --- how far they run -------------------------------------------------------------------------------------------------


def test_no_vacancy_runs_past_now(contoh: Database) -> None:
    assert of(contoh, "2", at("08:09")) == []  # within the grace time
    assert of(contoh, "2", at("08:25")) == [("08:00", "08:25", "no_attendance_data")]
    assert of(contoh, "2", at("07:30")) == []


def test_dates_that_have_not_begun_are_left_out(contoh: Database) -> None:
    found = vacancies(contoh, "contoh", THE_DAY, date(2026, 3, 20), now=at("09:00"))
    assert [day.date for day in found.days] == [THE_DAY]
    assert vacancies(contoh, "contoh", date(2026, 3, 4), date(2026, 3, 20), now=at("09:00")).days == ()


def test_a_span_is_the_same_as_its_days_one_by_one(contoh: Database) -> None:
    for nr, day in enumerate(("2026-03-02", "2026-03-03", "2026-03-04", "2026-03-06")):
        presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=CONSOLE, now=wib(day, f"08:{15 + nr}"), beats=False)
        presence.sign_out(contoh, "contoh", "1", actor=CONSOLE, now=wib(day, "11:00"))
    first, last, now = date(2026, 2, 27), date(2026, 3, 9), wib("2026-03-09", "10:00")
    whole = vacancies(contoh, "contoh", first, last, now=now)
    contoh.known.clear()
    single: list[Day] = []
    for one in (first + timedelta(days=nr) for nr in range(11)):
        single += vacancies(contoh, "contoh", one, one, now=now).days
    assert list(whole.days) == single
    assert len({v.start.date() for v in whole.pieces}) > 5


def test_a_span_is_read_in_a_handful_of_statements_however_long_it_is(contoh: Database) -> None:
    run: list[str] = []

    def count(connection: object, cursor: object, statement: str, *_: object) -> None:
        run.append(statement)

    event.listen(contoh.engine, "before_cursor_execute", count)
    try:
        counted = []
        for days in (1, 30):
            contoh.known.clear()
            tuesday(contoh)  # the set-up is known
            contoh.known.pop("vacancies of contoh")
            run.clear()
            vacancies(contoh, "contoh", THE_DAY, THE_DAY + timedelta(days=days - 1), now=wib("2026-05-01", "09:00"))
            counted.append(len(run))
    finally:
        event.remove(contoh.engine, "before_cursor_execute", count)
    assert counted[0] == counted[1] < 20


def test_an_open_session_of_another_day_staffs_nothing(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    found = vacancies(contoh, "contoh", date(2026, 3, 4), date(2026, 3, 4), now=WEDNESDAY_MORNING)
    assert [v.cause for v in found.pieces if v.counter == "1"] == ["no_attendance_data"]


def test_a_used_up_quota_ends_what_was_due(contoh: Database) -> None:
    sit(contoh, "08:00", GALIH)
    for nr in range(60):
        give(contoh, f"08:{nr:02}", "pkb")
    for nr in range(60):
        ticket = call(contoh, f"09:{nr:02}", "3")
        calling.no_show(contoh, ticket, actor=CONSOLE, now=at(f"09:{nr:02}"))
    presence.sign_out(contoh, "contoh", "3", actor=CONSOLE, now=at("10:30"))
    assert of(contoh, "3") == []


def test_whoever_holds_a_number_of_a_used_up_quota_is_still_owed_the_counter(contoh: Database) -> None:
    for nr in range(60):
        give(contoh, f"08:{nr:02}", "pkb")
    found = [v for v in tuesday(contoh).pieces if v.counter == "3"]
    assert [v.cause for v in found] == ["agency_not_open", "agency_not_open"]
    assert [v.cost.abandoned for v in found] == [60, 60]


def test_a_number_given_back_is_a_number_to_give(contoh: Database) -> None:
    tickets = [give(contoh, f"08:{nr:02}", "pkb") for nr in range(60)]
    for ticket in tickets[:1]:
        calling.withdraw(contoh, ticket, actor=SYSTEM, now=at("09:00"))
    sit(contoh, "09:00", GALIH)
    for nr in range(59):
        calling.no_show(contoh, call(contoh, f"09:{nr:02}", "3"), actor=CONSOLE, now=at(f"09:{nr:02}"))
    presence.sign_out(contoh, "contoh", "3", actor=CONSOLE, now=at("10:30"))
    assert of(contoh, "3")[-2:] == [("10:30", "12:00", "no_one_assigned"), ("13:00", "15:00", "no_one_assigned")]


def test_free_officers_who_call_nobody_stand_apart_from_the_empty_counters(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    give(contoh, "09:00")
    call(contoh, "09:30")
    day = tuesday(contoh).days[0]
    assert [(i.counter, i.start, i.end, i.officers) for i in day.idle] == [("1", at("09:00"), at("09:30"), (SARI.nip,))]
    assert not any(v.counter == "1" and v.start < at("09:30") for v in day.pieces)


def test_agencies_and_officers_are_judged_too(contoh: Database) -> None:
    sit(contoh, "08:30", SARI)
    judged = tuesday(contoh).days[0].judgement
    assert judged.agencies["dukcapil"].opened == at("08:30")
    assert judged.agencies["samsat"].opened is None
    assert judged.officers[SARI.nip].arrival == at("08:30")


# --- late facts -------------------------------------------------------------------------------------------------------


def _absence(db: Database, now: datetime) -> None:
    facts.record_absence(db, "contoh", BIMA.nip, "leave", at("00:00"), at("23:00"), "800/1", actor=SYSTEM, now=now)


def _punch(db: Database, now: datetime) -> None:
    facts.record_punch(db, "contoh", BIMA.nip, "bkd", at("09:00"), actor=SYSTEM, now=now)


def _coverage(db: Database, now: datetime) -> None:
    facts.record_coverage(db, "contoh", "bkd", at("16:00"), actor=SYSTEM, now=now)


def _closure(db: Database, now: datetime) -> None:
    facts.record_closure(db, "contoh", "counter:2", at("08:00"), at("12:00"), "pindah", actor=SYSTEM, now=now)


def _outage(db: Database, now: datetime) -> None:
    facts.begin_outage(db, "contoh", "counter:2", actor=SYSTEM, now=at("08:00"))
    facts.end_outage(db, "contoh", "counter:2", actor=SYSTEM, now=at("12:00"))


def _sitting(db: Database, now: datetime) -> None:
    presence.sign_in(db, "contoh", "2", BIMA.nip, actor=SYSTEM, now=at("08:00"), beats=False)
    presence.sign_out(db, "contoh", "2", actor=SYSTEM, now=at("12:00"))


LATE: list[tuple[Callable[[Database, datetime], None], list[tuple[str, str, str]]]] = [
    (_absence, [("08:00", "12:00", "leave")]),
    (_punch, [("08:00", "09:00", "late"), ("09:00", "12:00", "away_from_counter")]),
    (_coverage, [("08:00", "12:00", "absent_without_notice")]),
    (_closure, []),
    (_outage, [("08:00", "12:00", "unobserved")]),
    (_sitting, []),
]


@pytest.mark.parametrize(("arrives", "then"), LATE, ids=[f.__name__.strip("_") for f, _ in LATE])
def test_a_fact_that_arrives_late_changes_the_day_by_itself(
    contoh_on_each: Database, arrives: Callable[[Database, datetime], None], then: list[tuple[str, str, str]]
) -> None:
    db = contoh_on_each
    vacancies(db, "contoh", date(2026, 2, 23), date(2026, 3, 10), now=wib("2026-03-10", "09:00"))  # all remembered
    assert of(db, "2", wib("2026-03-10", "09:00")) == [("08:00", "12:00", "no_attendance_data")]
    arrives(db, wib("2026-03-10", "09:30"))
    assert of(db, "2", wib("2026-03-10", "10:00")) == then


def test_only_the_days_a_fact_speaks_of_are_worked_out_again(contoh: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    first, last, now = date(2026, 2, 23), date(2026, 3, 9), wib("2026-03-10", "09:00")
    vacancies(contoh, "contoh", first, last, now=now)
    worked: list[date] = []
    real = subject.work_out

    def watched(span: Span, day: date) -> Day:
        worked.append(day)
        return real(span, day)

    monkeypatch.setattr(subject, "work_out", watched)
    vacancies(contoh, "contoh", first, last, now=now)
    assert worked == []
    _punch(contoh, now)
    vacancies(contoh, "contoh", first, last, now=now)
    assert worked == [THE_DAY]
    worked.clear()
    new_token(contoh, "reader", hall="contoh", name="x", now=now)
    give_now = now + timedelta(minutes=1)
    presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=CONSOLE, now=give_now, beats=False)  # today's own story
    vacancies(contoh, "contoh", first, last, now=give_now)
    assert worked == []
    with turn(contoh, "contoh", now) as t:
        t.write("something_new", "x", {}, actor=SYSTEM)
    vacancies(contoh, "contoh", first, last, now=give_now)
    assert len(worked) == 15  # of a kind of fact that nobody has told of here, everything may depend


def test_a_set_up_that_changed_without_a_word_makes_everything_be_worked_out_anew(contoh: Database) -> None:
    assert [cause for *_, cause in of(contoh, "4")] == ["post_vacant", "post_vacant"]
    with turn(contoh, "contoh", WEDNESDAY_MORNING) as t:
        t.connection.execute(facts.posts.update().values(filled=True))
        t.set_up_changed()
        t.write("signed_in", "4", {"officer": GALIH.nip, "beats": False}, actor=SYSTEM)
    assert [cause for *_, cause in of(contoh, "4")] == ["agency_not_open", "agency_not_open"]


def test_what_is_remembered_is_what_would_be_worked_out_anew(contoh: Database) -> None:
    """A day of random verbs and late facts, asked for again and again from the next morning."""
    chance = Random(5)
    day = RandomDay(contoh, chance)
    for minute in range(0, 8 * 60, 4):
        day.do_something(at("07:30") + timedelta(minutes=minute))
    late = [f for f, _ in LATE if f.__name__ not in ("_outage", "_sitting")]
    tuesday(contoh)
    for arrives in chance.sample(late, len(late)):
        arrives(contoh, WEDNESDAY_MORNING)
        assert tuesday(contoh).days == anew(contoh).days


def test_provisional_ends_when_the_time_for_explanation_has_passed(contoh: Database) -> None:
    _coverage(contoh, WEDNESDAY_MORNING)
    seen = {}
    for day in ("2026-03-04", "2026-03-06", "2026-03-07"):
        found = [v for v in tuesday(contoh, wib(day, "00:00")).pieces if v.counter == "2"]
        seen[day] = [v.provisional for v in found]
    assert seen == {"2026-03-04": [True], "2026-03-06": [True], "2026-03-07": [False]}


# --- one set of rules -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
def test_the_floor_and_the_vacancies_name_the_same_cause(contoh: Database, seed: int) -> None:
    day = RandomDay(contoh, Random(seed))
    for minute in range(0, 8 * 60, 4):
        day.do_something(at("07:30") + timedelta(minutes=minute))
    pieces = tuesday(contoh).pieces
    compared = 0
    for minute in range(0, 8 * 60, 7):
        moment = at("07:31") + timedelta(minutes=minute)
        for c in floor(contoh, "contoh", moment).counters:
            inside = [v.cause for v in pieces if v.counter == c.counter and v.start <= moment < v.end]
            if c.state == "vacant" and inside:
                assert [c.cause] == inside, (moment, c.counter)
                compared += 1
    assert compared > 50


def test_every_kind_of_line_is_known_to_say_something_about_a_day_or_nothing() -> None:
    """A kind that is forgotten makes every day be worked out anew: right, but slow."""
    seldom = {
        "hall_set_up", "absence_corrected", "absence_withdrawn", "plan_recorded", "plan_withdrawn", "post_changed",
        "post_change_withdrawn",
    }  # fmt: skip
    known = {*SILENT, *TOUCH} | seldom
    calls = [node for path in modules() for node in nodes(path) if isinstance(node, ast.Call) and node.args]
    written = {
        first.value
        for call_ in calls
        if isinstance(call_.func, ast.Attribute) and call_.func.attr == "write" and len(call_.args) >= 3
        for first in call_.args[:1]
        if isinstance(first, ast.Constant) and isinstance(first.value, str)
    }
    assert {"signed_in", "punch_recorded", "vacancies_reported"} <= written
    assert {kind for kind in written if not kind.startswith(SILENT_FAMILIES)} <= known


def test_a_substitute_who_sits_elsewhere_is_named(contoh: Database) -> None:
    sit(contoh, "08:00", Person(BIMA.nip, BIMA.name, BIMA.agency, "1"))
    found = [v for v in tuesday(contoh).pieces if v.counter == "2"]
    assert [(v.cause, v.officers) for v in found] == [("at_other_counter", (BIMA.nip,))]
    assert found[0].minutes == 240.0
