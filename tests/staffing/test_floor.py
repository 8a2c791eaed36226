"""The floor: each state a counter can be in, the present and the past, and what it costs the people waiting."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from app.replay import replay
from hall.database import Database
from queueing import calling
from queueing.issuing import issue
from staffing import facts, presence
from staffing.floor import CounterNow, Empty, Floor, floor, known_cause
from staffing.floor_view import plain
from tests.cast import BIMA, CONSOLE, CONTOH_DAY, GALIH, KIOSK, SARI, SYSTEM, TUESDAY, WIB, Person, wib
from tests.queueing.random_day import RandomDay


def at(clock: str) -> datetime:
    """That time of the Tuesday."""
    return wib(TUESDAY, clock)


def look(db: Database, clock: str, counter: str) -> CounterNow:
    """One counter at that time of the Tuesday."""
    return next(c for c in floor(db, "contoh", at(clock)).counters if c.counter == counter)


def brief(c: CounterNow) -> tuple[str, str | None, str]:
    """State, cause and since (WIB)."""
    return c.state, c.cause, c.since.astimezone(WIB).strftime("%H:%M")


def sit(db: Database, clock: str, person: Person, *, beats: bool = False) -> None:
    presence.sign_in(db, "contoh", person.counter, person.nip, actor=CONSOLE, now=at(clock), beats=beats)


def give(db: Database, clock: str, service: str = "ktp") -> str:
    answer = issue(db, "contoh", service, actor=KIOSK, now=at(clock), history=True)
    return str(answer["id"])


def call(db: Database, clock: str, counter: str = "1") -> str:
    called = calling.call(db, "contoh", counter, actor=CONSOLE, now=at(clock))
    assert called is not None
    return str(called["id"])


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
    assert brief(found) == ("vacant", None, "09:15")
    assert found.grace
    presence.sign_out(contoh, "contoh", "1", actor=CONSOLE, now=at("09:30"))
    assert brief(look(contoh, "09:40", "1")) == ("vacant", None, "09:15")
    assert not look(contoh, "09:40", "1").grace


def test_after_the_pause_the_counter_is_ready_since_the_pause_ended(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    presence.pause(contoh, "contoh", "1", "ibadah", actor=CONSOLE, now=at("09:00"))
    presence.unpause(contoh, "contoh", "1", actor=CONSOLE, now=at("09:10"))
    assert brief(look(contoh, "09:20", "1")) == ("waiting", None, "09:10")


def test_an_empty_counter_is_vacant_since_it_was_due(contoh: Database) -> None:
    found = look(contoh, "08:20", "2")
    assert brief(found) == ("vacant", None, "08:00")
    assert [p.name for p in found.planned] == [BIMA.name]


def test_an_empty_counter_is_vacant_since_the_last_sign_out(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    presence.sign_out(contoh, "contoh", "1", actor=CONSOLE, now=at("10:00"))
    assert brief(look(contoh, "10:30", "1")) == ("vacant", None, "10:00")


def test_after_the_break_an_empty_counter_is_vacant_since_the_break_ended(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    presence.sign_out(contoh, "contoh", "1", actor=CONSOLE, now=at("12:00"))
    assert brief(look(contoh, "12:30", "1")) == ("not_due", "break", "12:00")
    assert brief(look(contoh, "13:04", "1")) == ("vacant", None, "13:00")


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
    assert brief(found) == ("vacant", None, "09:20")
    assert found.grace


def test_an_outage_at_night_does_not_touch_a_counter_that_is_not_due(contoh: Database) -> None:
    facts.begin_outage(contoh, "contoh", "server", actor=SYSTEM, now=at("06:00"))
    assert look(contoh, "07:00", "1").state == "not_due"
    assert brief(look(contoh, "08:10", "1")) == ("unobserved", None, "08:00")


# --- causes that need no attendance -----------------------------------------------------------------------------------


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
    assert look(contoh, "10:00", "2").cause is None


def test_with_two_planned_officers_the_one_who_could_have_come_decides() -> None:
    base = {"moment": at("09:00"), "post_unfilled": False, "keeps_roster": True, "agency_seen": True}
    empty = Empty(counter=None, planned=("a", "b"), away={"a": "leave"}, **base)  # type: ignore[arg-type]
    assert known_cause(empty) is None
    both = Empty(counter=None, planned=("a", "b"), away={"a": "leave", "b": "study"}, **base)  # type: ignore[arg-type]
    assert known_cause(both) == "study"


def test_another_judge_of_causes_can_be_plugged_in(contoh: Database) -> None:
    found = floor(contoh, "contoh", at("09:00"), causes=lambda empty: f"asked about {empty.counter.code}")
    assert [c.cause for c in found.counters] == [f"asked about {code}" for code in ("1", "2", "3", "4")]


# --- the people -------------------------------------------------------------------------------------------------------


def test_waiting_people_and_their_minutes_count_for_every_counter_of_their_service(contoh: Database) -> None:
    give(contoh, "08:00")
    give(contoh, "08:10")
    give(contoh, "08:20", "pkb")
    whole = floor(contoh, "contoh", at("08:30"))
    by = {c.counter: c for c in whole.counters}
    assert (by["1"].waiting, by["1"].waiting_longest, by["1"].citizen_minutes) == (2, 30.0, 50.0)
    assert (by["3"].waiting, by["3"].citizen_minutes) == (1, 10.0)
    assert (whole.totals.waiting, whole.totals.waiting_longest, whole.totals.citizen_minutes) == (3, 30.0, 60.0)


def test_people_whom_another_counter_can_call_are_not_stranded(contoh: Database) -> None:
    give(contoh, "08:00")
    assert look(contoh, "08:30", "2").stranded == 1
    sit(contoh, "08:31", SARI)
    assert look(contoh, "08:40", "2").stranded == 0
    assert look(contoh, "08:40", "2").waiting == 1


def test_nobody_is_called_stranded_when_only_the_view_of_their_counter_was_lost(contoh: Database) -> None:
    sit(contoh, "08:00", SARI, beats=True)
    give(contoh, "08:10")
    presence.find_lost_consoles(contoh, "contoh", now=at("08:20"))
    assert look(contoh, "08:30", "2").stranded == 0


def test_a_ticket_sent_to_one_counter_waits_for_that_counter_alone(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    sit(contoh, "08:00", GALIH)
    give(contoh, "08:10")
    ticket = call(contoh, "08:20")
    calling.transfer(contoh, ticket, to_counter="3", actor=CONSOLE, now=at("08:25"))
    assert look(contoh, "08:30", "3").waiting == 1
    assert look(contoh, "08:30", "1").waiting == 0
    assert look(contoh, "08:30", "3").waiting_longest == 15.0  # ten before the call, five since


def test_minutes_waited_before_the_call_stay_counted(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    give(contoh, "08:05")
    call(contoh, "08:20")
    assert look(contoh, "09:00", "1").citizen_minutes == 15.0


def test_a_waiting_ticket_that_is_transferred_keeps_the_minutes_it_waited(contoh: Database) -> None:
    ticket = give(contoh, "08:00")
    calling.transfer(contoh, ticket, service="pkb", actor=CONSOLE, now=at("08:20"))
    assert look(contoh, "08:30", "3").waiting_longest == 30.0


def test_idle_while_waiting_needs_an_officer_waiting_people_and_time(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    assert not look(contoh, "09:00", "1").idle_while_waiting  # nobody waits
    give(contoh, "09:00")
    assert not look(contoh, "09:10", "1").idle_while_waiting  # ten minutes are allowed
    found = look(contoh, "09:11", "1")
    assert (found.idle_while_waiting, found.idle_since) == (True, at("09:00"))
    assert floor(contoh, "contoh", at("09:11")).totals.idle == 1
    call(contoh, "09:12")
    assert not look(contoh, "09:30", "1").idle_while_waiting  # a long service is not idleness


def test_who_just_finished_a_long_service_is_not_idle(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    give(contoh, "08:00")
    give(contoh, "08:00")
    ticket = call(contoh, "08:01")
    calling.start(contoh, ticket, actor=CONSOLE, now=at("08:02"))
    calling.finish(contoh, ticket, actor=CONSOLE, now=at("08:40"))
    assert not look(contoh, "08:45", "1").idle_while_waiting
    assert look(contoh, "08:51", "1").idle_since == at("08:40")


# --- the past ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def written_day(contoh: Database) -> Database:
    """The worked day of the domain reference, replayed to its end."""
    with Path(CONTOH_DAY).open(encoding="utf-8") as lines:
        assert replay(contoh, "contoh", lines).refused == []
    return contoh


@pytest.mark.parametrize(
    ("clock", "states"),
    [
        ("07:30", "not_due not_due not_due not_due"),
        ("08:00", "waiting vacant vacant vacant"),
        ("08:06", "serving vacant vacant vacant"),
        ("08:15", "waiting vacant vacant vacant"),
        ("09:05", "waiting waiting vacant vacant"),
        ("10:03", "paused waiting vacant vacant"),
        ("10:06", "waiting waiting vacant vacant"),
        ("11:33", "waiting waiting serving vacant"),
        ("12:00", "not_due not_due not_due not_due"),
        ("13:02", "vacant not_due waiting vacant"),
        ("13:10", "waiting not_due waiting vacant"),
        ("14:30", "vacant not_due waiting vacant"),
        ("15:00", "not_due not_due not_due not_due"),
    ],
)
def test_every_moment_of_a_written_day_can_be_looked_at_again(written_day: Database, clock: str, states: str) -> None:
    assert " ".join(c.state for c in floor(written_day, "contoh", at(clock)).counters) == states


def test_the_past_knows_who_waited_then_and_what_they_had_waited(written_day: Database) -> None:
    then = floor(written_day, "contoh", at("11:31"))
    assert (then.totals.waiting, then.totals.waiting_longest, then.totals.citizen_minutes) == (1, 181.0, 182.0)
    later = floor(written_day, "contoh", at("14:30"))
    assert (later.totals.waiting, later.totals.citizen_minutes) == (0, 183.0)
    assert look(written_day, "10:00", "3").stranded == 1
    assert look(written_day, "11:40", "3").last_call == at("11:32")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_looking_at_the_past_is_the_same_as_having_looked_then(contoh: Database, seed: int) -> None:
    """A day of random verbs, looked at after each one and once more when everything has happened."""
    day = RandomDay(contoh, Random(seed))
    seen: list[Floor] = []
    for minute in range(0, 9 * 60, 3):
        moment = at("07:30") + timedelta(minutes=minute)
        day.do_something(moment)
        seen.append(floor(contoh, "contoh", moment))
    assert day.done["call"] + day.done["call again"] > 10
    assert len(day.done) >= 12
    for then in seen:
        now = floor(contoh, "contoh", then.at)
        assert now.counters == then.counters, then.at
        assert (now.totals, now.down) == (then.totals, then.down), then.at


def test_a_session_left_open_overnight_does_not_staff_the_next_morning(contoh: Database) -> None:
    sit(contoh, "08:00", SARI)
    found = floor(contoh, "contoh", wib("2026-03-04", "08:30")).counters[0]
    assert (found.state, found.since) == ("vacant", wib("2026-03-04", "08:00"))
    assert look(contoh, "23:30", "1").state == "waiting"


# --- who may see what -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "agency", "sees"),
    [
        ("manager", None, {"1", "3"}),
        ("coordinator", None, {"1", "3"}),
        ("reader", None, {"1", "3"}),
        ("head", "dukcapil", {"1"}),
        ("head", None, set()),
        ("regent", None, set()),
        ("officer", "dukcapil", set()),
    ],
)
def test_names_and_nips_are_told_by_role(contoh: Database, role: str, agency: str | None, sees: set[str]) -> None:
    sit(contoh, "08:00", SARI)
    sit(contoh, "08:00", GALIH)
    told = plain(floor(contoh, "contoh", at("09:00")), role=role, agency=agency)
    officers = {c["counter"]: c["officer"] for c in told["counters"] if c["officer"]}
    assert {code for code, officer in officers.items() if "nip" in officer or "name" in officer} == sees
    assert {officer["role"] for officer in officers.values()} == {"petugas"}
    if not sees:
        assert SARI.nip not in str(told)
        assert BIMA.name not in str(told)  # nor those who are only planned


def test_the_answer_is_plain_and_in_the_halls_own_time(contoh: Database) -> None:
    told = plain(floor(contoh, "contoh", at("09:00")), role="manager")
    assert told["now"] == "2026-03-03T09:00:00+07:00"
    assert told["counters"][1]["since"] == "2026-03-03T08:00:00+07:00"
    assert set(told["totals"]) >= {"due", "staffed", "vacant", "unobserved", "not_due", "waiting", "citizen_minutes"}


def test_due_is_always_staffed_plus_vacant_plus_unobserved(written_day: Database) -> None:
    for minute in range(0, 12 * 60, 7):
        totals = floor(written_day, "contoh", at("06:00") + timedelta(minutes=minute)).totals
        assert totals.due == totals.staffed + totals.vacant + totals.unobserved
        assert totals.due + totals.not_due == totals.counters
