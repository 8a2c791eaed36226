"""What the hours say when they refuse, to the letter, and what they keep to the second."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from hall.errors import Invalid
from hall.hours import Calendar, Closure, Holiday, HoursRule, check_scope, day_plan
from hall.intervals import Interval
from tests.hall.test_hours import TUESDAY, WEDNESDAY, WIB, clock, moment, rows, rule

DAY = frozenset({1})


def refused(**wrong: object) -> str:
    """The sentence for a rule of counter 1 from eight to three in which one thing is wrong."""
    right: dict[str, object] = {"scope": "counter:1", "days": DAY, "open": time(8), "close": time(15)}
    with pytest.raises(Invalid) as told:
        HoursRule(**(right | wrong))  # type: ignore[arg-type]
    assert told.value.code == "invalid_hours"
    return told.value.message


def test_every_fault_of_a_rule_has_its_sentence() -> None:
    first, second = date(2026, 3, 1), date(2026, 3, 2)
    rule = "Jam layanan counter:1 08:00-15:00: "
    assert refused(days=frozenset()) == rule + "sebutkan hari layanan, Senin sampai Minggu."
    assert refused(days=frozenset({7})) == rule + "sebutkan hari layanan, Senin sampai Minggu."
    assert refused(open=time(8, tzinfo=UTC)) == rule + "jam ditulis tanpa zona, menurut jam setempat."
    assert refused(since=second, until=first) == rule + "tanggal akhir mendahului tanggal awal."
    assert refused(special=True, since=first) == rule + "pembukaan khusus wajib punya tanggal awal dan akhir."
    assert refused(breaks=((time(14), time(16)),)) == rule + "istirahat harus di dalam jam layanan."
    assert refused(close=time(8)) == "Jam layanan counter:1 08:00-08:00: jam buka dan jam tutup sama."


def test_an_unknown_scope_is_named_with_what_would_be_known() -> None:
    with pytest.raises(Invalid) as told:
        check_scope("loket:1")
    assert told.value.code == "invalid_scope"
    assert told.value.message == 'Cakupan "loket:1" tidak dikenal: "hall", "agency:KODE" atau "counter:KODE".'


def test_a_code_may_itself_contain_a_colon() -> None:
    check_scope("counter:A:1")


def test_a_closure_that_runs_backwards_is_refused_with_its_sentence() -> None:
    with pytest.raises(Invalid) as told:
        Closure("hall", moment(TUESDAY, "10:00"), moment(TUESDAY, "10:00"), "Pindah")
    assert told.value.code == "invalid_closure"
    assert told.value.message == "Penutupan harus berakhir setelah waktu mulainya."


def test_seconds_of_an_opening_count() -> None:
    hours = HoursRule("hall", DAY, time(8, 0, 30), time(9, 0, 15))
    assert Calendar([hours], zone=WIB).plan("a", "1", TUESDAY).due == (
        Interval(datetime(2026, 3, 3, 1, 0, 30, tzinfo=UTC), datetime(2026, 3, 3, 2, 0, 15, tzinfo=UTC)),
    )


def test_one_second_past_midnight_is_already_the_next_day() -> None:
    hours = HoursRule("hall", DAY, time(22), time(0, 0, 1))
    midnight = datetime(2026, 3, 3, 17, tzinfo=UTC)
    assert Calendar([hours], zone=WIB).plan("a", "1", WEDNESDAY).due == (
        Interval(midnight, midnight.replace(second=1)),
    )


def test_a_break_at_the_opening_leaves_no_empty_sitting_before_it() -> None:
    hours = HoursRule("hall", DAY, time(8), time(10), ((clock("08:00"), clock("09:00")),))
    assert hours.sittings() == [(9 * 3600, 10 * 3600)]


def test_one_plan_and_one_state_are_those_of_that_counter_and_that_agency() -> None:
    rules = [
        rule("hall", "sel", "08:00-15:00"),
        rule("agency:a", "sel", "09:00-15:00"),
        rule("counter:1", "sel", "10:00-15:00"),
    ]
    whole = Calendar(rules, zone=WIB)
    for agency, counter, opens in (("a", "1", "10:00"), ("a", "2", "09:00"), ("b", "2", "08:00")):
        alone = day_plan(rules, (), (), zone=WIB, agency=agency, counter=counter, day=TUESDAY)
        assert rows(alone)[1] == (opens, "15:00", "due")
        assert whole.state_at(agency, counter, moment(TUESDAY, opens)).due
        assert whole.state_at(agency, counter, moment(TUESDAY, opens)).interval.start == moment(TUESDAY, opens)


def test_one_plan_alone_knows_holidays_and_closures() -> None:
    rules = [rule("hall", "sel rab", "08:00-15:00")]
    shut = [Closure("counter:1", moment(TUESDAY, "08:00"), moment(TUESDAY, "10:00"), "Pindah")]
    holidays = [Holiday(WEDNESDAY, "Hari jadi")]
    tuesday, wednesday = (
        day_plan(rules, holidays, shut, zone=WIB, agency="a", counter="1", day=day) for day in (TUESDAY, WEDNESDAY)
    )
    assert rows(tuesday)[1:3] == [("08:00", "10:00", "closure"), ("10:00", "15:00", "due")]
    assert rows(wednesday) == [("00:00", "00:00", "holiday")]
