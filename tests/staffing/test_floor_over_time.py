"""The floor over time: what it costs the people waiting, the past looked at again, and who may see names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from app.replay import replay
from hall.database import Database
from queueing import calling
from staffing import presence
from staffing.floor import CounterNow, Floor, floor
from staffing.floor_view import plain
from tests.cast import BIMA, CONSOLE, CONTOH_DAY, GALIH, SARI, wib
from tests.queueing.random_day import RandomDay
from tests.staffing.tuesday import at, call, give, look, sit

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


def without_causes(seen: Floor) -> list[CounterNow]:
    """Why somebody is missing is judged by what is known today: that alone may have changed since."""
    return [replace(c, cause=None) if c.state == "vacant" else c for c in seen.counters]


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
        assert without_causes(now) == without_causes(then), then.at
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
