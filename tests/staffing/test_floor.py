"""The floor: each state a counter can be in, since when, and the causes told apart."""

from __future__ import annotations

import pytest

from hall.database import Database
from queueing import calling
from staffing import facts, presence
from staffing.floor import floor
from tests.cast import BIMA, CONSOLE, GALIH, SARI, SYSTEM, Person, wib
from tests.staffing.tuesday import at, brief, call, give, look, sit

# --- the states -----------------------------------------------------------------------------------------------------


def test_an_officer_without_a_ticket_is_ready_since_sign_in(contoh: Database) -> None:
    sit(contoh, "07:58", SARI)
    found = look(contoh, "08:30", "1")
    assert brief(found) == ("waiting", None, "07:58")
    assert found.officer is not None
    assert found.officer.name == SARI.name
    assert (found.due, found.grace, found.idle_while_waiting) == (True, False, False)


def test_a_called_ticket_makes_the_counter_serving_since_the_call(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    give(contoh, "08:05")
    ticket = call(contoh, "08:07")
    assert brief(look(contoh, "08:08", "1")) == ("serving", None, "08:07")
    calling.start(contoh, ticket, actor=CONSOLE, now=at("08:09"))
    found = look(contoh, "08:10", "1")
    assert (found.ticket, found.ticket_state, found.since) == ("A-001", "serving", at("08:07"))


@pytest.mark.parametrize("way", ["finish", "hold", "transfer", "no-show", "cancel"])
def test_a_counter_is_ready_again_from_the_moment_its_ticket_left(contoh: Database, way: str) -> None:
    sit(contoh, "08:00", SARI)
    give(contoh, "08:05")
    ticket = call(contoh, "08:07")
    if way == "finish":
        calling.start(contoh, ticket, actor=CONSOLE, now=at("08:08"))
        calling.finish(contoh, ticket, actor=CONSOLE, now=at("08:15"))
    elif way == "hold":
        calling.hold(contoh, ticket, actor=CONSOLE, now=at("08:15"))
    elif way == "transfer":
        calling.transfer(contoh, ticket, service="pkb", actor=CONSOLE, now=at("08:15"))
    elif way == "no-show":
        calling.no_show(contoh, ticket, actor=CONSOLE, now=at("08:15"))
    else:
        calling.cancel(contoh, ticket, actor=CONSOLE, now=at("08:15"))
    assert brief(look(contoh, "08:30", "1")) == ("waiting", None, "08:15")


def test_a_held_ticket_that_is_given_up_later_does_not_move_the_time_its_counter_was_free(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    give(contoh, "08:05")
    ticket = call(contoh, "08:07")
    calling.hold(contoh, ticket, actor=CONSOLE, now=at("08:15"))
    calling.cancel(contoh, ticket, actor=CONSOLE, now=at("08:40"))
    assert brief(look(contoh, "08:45", "1")) == ("waiting", None, "08:15")


def test_a_pause_within_its_allowance_is_a_pause(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    presence.pause(contoh, "contoh", "1", "ke belakang", actor=CONSOLE, now=at("09:00"))
    found = look(contoh, "09:14", "1")
    assert brief(found) == ("paused", None, "09:00")
    assert found.pause_reason == "ke belakang"


def test_a_pause_beyond_its_allowance_is_an_empty_counter_since_the_allowance_ended(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    presence.pause(contoh, "contoh", "1", "ke belakang", actor=CONSOLE, now=at("09:00"))
    found = look(contoh, "09:15", "1")
    assert brief(found) == ("vacant", "away_from_counter", "09:15")
    assert found.grace
    presence.sign_out(contoh, "contoh", "1", actor=CONSOLE, now=at("09:30"))
    assert brief(look(contoh, "09:40", "1")) == ("vacant", "away_from_counter", "09:15")
    assert not look(contoh, "09:40", "1").grace


def test_after_the_pause_the_counter_is_ready_since_the_pause_ended(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    presence.pause(contoh, "contoh", "1", "ibadah", actor=CONSOLE, now=at("09:00"))
    presence.unpause(contoh, "contoh", "1", actor=CONSOLE, now=at("09:10"))
    assert brief(look(contoh, "09:20", "1")) == ("waiting", None, "09:10")


def test_an_empty_counter_is_vacant_since_it_was_due(contoh: Database) -> None:
    found = look(contoh, "08:20", "2")
    assert brief(found) == ("vacant", "no_attendance_data", "08:00")
    assert [p.name for p in found.planned] == [BIMA.name]


def test_an_empty_counter_is_vacant_since_the_last_sign_out(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    presence.sign_out(contoh, "contoh", "1", actor=CONSOLE, now=at("10:00"))
    assert brief(look(contoh, "10:30", "1")) == ("vacant", "away_from_counter", "10:00")


def test_after_the_break_an_empty_counter_is_vacant_since_the_break_ended(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    presence.sign_out(contoh, "contoh", "1", actor=CONSOLE, now=at("12:00"))
    assert brief(look(contoh, "12:30", "1")) == ("not_due", "break", "12:00")
    assert brief(look(contoh, "13:04", "1")) == ("vacant", "away_from_counter", "13:00")


def test_the_grace_time_ends_when_it_is_reached(contoh: Database) -> None:
    assert look(contoh, "08:09", "2").grace
    assert not look(contoh, "08:10", "2").grace


def test_before_opening_a_counter_is_not_due_and_says_when_it_opens(contoh: Database) -> None:
    found = look(contoh, "07:30", "1")
    assert (found.state, found.cause) == ("not_due", "outside_hours")
    assert found.next_opening == at("08:00")
    assert found.since == wib("2026-03-02", "15:00")  # Monday's closing


def test_an_officer_who_stays_after_closing_is_shown_as_there(contoh: Database) -> None:
    sit(contoh, "08:00", BIMA)
    found = look(contoh, "12:30", "2")
    assert (found.state, found.due) == ("waiting", False)


def test_a_holiday_and_a_free_day_say_so(contoh: Database) -> None:
    holiday = floor(contoh, "contoh", wib("2026-03-05", "10:00")).counters[0]
    assert (holiday.state, holiday.cause, holiday.detail) == ("not_due", "holiday", "Hari jadi kabupaten")
    sunday = floor(contoh, "contoh", wib("2026-03-08", "10:00")).counters[0]
    assert (sunday.state, sunday.cause) == ("not_due", "not_service_day")


def test_a_recorded_closure_is_not_a_vacancy(contoh: Database) -> None:
    facts.record_closure(
        contoh, "contoh", "counter:1", at("09:00"), at("10:00"), "pemadaman", actor=SYSTEM, now=at("08:00")
    )
    found = look(contoh, "09:30", "1")
    assert brief(found) == ("not_due", "closure", "09:00")
    assert found.detail == "pemadaman"
    assert found.next_opening == at("10:00")


def test_a_used_up_quota_ends_the_day_only_when_nobody_who_holds_a_number_waits(contoh: Database) -> None:
    sit(contoh, "08:00", GALIH)
    for nr in range(60):
        give(contoh, f"08:{nr:02}", "pkb")
    presence.sign_out(contoh, "contoh", "3", actor=CONSOLE, now=at("09:00"))
    assert look(contoh, "09:30", "3").state == "vacant"
    sit(contoh, "09:31", GALIH)
    for nr in range(60):
        ticket = call(contoh, f"10:{nr:02}", "3")
        calling.no_show(contoh, ticket, actor=CONSOLE, now=at(f"10:{nr:02}"))
    presence.sign_out(contoh, "contoh", "3", actor=CONSOLE, now=at("11:05"))
    found = look(contoh, "11:30", "3")
    assert brief(found) == ("not_due", "quota_reached", "11:05")
    assert found.next_opening == wib("2026-03-04", "08:00")
    assert brief(look(contoh, "09:30", "3")) == ("vacant", "no_one_assigned", "09:00")  # and still so in the past


def test_a_lost_console_is_unobserved_and_never_empty(contoh: Database) -> None:
    sit(contoh, "08:00", SARI, beats=True)
    presence.heartbeat(contoh, "contoh", "1", actor=CONSOLE, now=at("09:00"))
    presence.find_lost_consoles(contoh, "contoh", now=at("09:05"))
    found = look(contoh, "09:30", "1")
    assert brief(found) == ("unobserved", None, "09:00")
    whole = floor(contoh, "contoh", at("09:30"))
    assert whole.down == (("counter:1", at("09:00")),)
    presence.heartbeat(contoh, "contoh", "1", actor=CONSOLE, now=at("09:40"))
    assert brief(look(contoh, "09:41", "1")) == ("waiting", None, "09:40")
    assert brief(look(contoh, "09:30", "1")) == ("unobserved", None, "09:00")


@pytest.mark.parametrize("what", ["server", "hall"])
def test_while_the_server_or_the_network_is_down_nothing_is_said_about_people(contoh: Database, what: str) -> None:
    facts.begin_outage(contoh, "contoh", what, actor=SYSTEM, now=at("09:00"))
    now = floor(contoh, "contoh", at("09:10"))
    assert {c.state for c in now.counters} == {"unobserved"}
    assert (now.totals.due, now.totals.unobserved, now.totals.vacant) == (4, 4, 0)
    facts.end_outage(contoh, "contoh", what, actor=SYSTEM, now=at("09:20"))
    found = look(contoh, "09:25", "2")
    assert brief(found) == ("vacant", "no_attendance_data", "09:20")
    assert found.grace


def test_an_outage_at_night_does_not_touch_a_counter_that_is_not_due(contoh: Database) -> None:
    facts.begin_outage(contoh, "contoh", "server", actor=SYSTEM, now=at("06:00"))
    assert look(contoh, "07:00", "1").state == "not_due"
    assert brief(look(contoh, "08:10", "1")) == ("unobserved", None, "08:00")


# --- the causes, by the rules of the engine ---------------------------------------------------------------------------


def test_the_empty_post_the_closed_agency_and_the_missing_plan_are_told_apart(contoh: Database) -> None:
    assert look(contoh, "09:00", "4").cause == "post_vacant"
    assert look(contoh, "09:00", "3").cause == "agency_not_open"
    sit(contoh, "09:10", GALIH)
    presence.sign_out(contoh, "contoh", "3", actor=CONSOLE, now=at("09:20"))
    assert look(contoh, "09:30", "3").cause == "no_one_assigned"


def test_leave_is_named_only_while_it_lasts(contoh: Database) -> None:
    facts.record_absence(
        contoh, "contoh", BIMA.nip, "leave", at("00:00"), at("10:00"), "800/1/2026", actor=SYSTEM, now=at("07:00")
    )
    assert look(contoh, "09:59", "2").cause == "leave"
    assert look(contoh, "10:00", "2").cause == "no_attendance_data"


def test_attendance_tells_who_is_late_who_is_about_and_who_is_missing(contoh: Database) -> None:
    def punched(clock: str) -> None:
        facts.record_punch(contoh, "contoh", BIMA.nip, "bkd", at(clock), actor=SYSTEM, now=at(clock))

    facts.record_coverage(contoh, "contoh", "bkd", at("08:45"), actor=SYSTEM, now=at("08:45"))
    assert look(contoh, "08:40", "2").cause == "absent_without_notice"
    assert look(contoh, "08:50", "2").cause == "no_attendance_data"  # the source has not delivered so far
    punched("09:00")
    assert look(contoh, "09:10", "2").cause == "away_from_counter"
    sit(contoh, "09:15", Person(BIMA.nip, BIMA.name, BIMA.agency, "1"))
    assert look(contoh, "09:20", "2").cause == "at_other_counter"
    punched("11:00")
    presence.sign_out(contoh, "contoh", "1", actor=CONSOLE, now=at("11:00"))
    assert look(contoh, "11:10", "2").cause == "left_early"


def test_a_moment_of_the_past_is_judged_by_what_is_known_today(contoh: Database) -> None:
    assert look(contoh, "08:30", "2").cause == "no_attendance_data"
    facts.record_punch(contoh, "contoh", BIMA.nip, "bkd", at("09:00"), actor=SYSTEM, now=at("09:00"))
    assert look(contoh, "08:30", "2").cause == "late"


def test_another_judge_of_causes_can_be_plugged_in(contoh: Database) -> None:
    found = floor(contoh, "contoh", at("09:00"), causes=lambda counter, moment: f"{counter.code} at {moment:%H:%M}")
    assert [c.cause for c in found.counters] == [f"{code} at 02:00" for code in "1234"]
