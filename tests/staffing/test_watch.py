"""Flags: raised after the grace time, escalated stage by stage, taken on, and taken down when somebody sits there."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from hall.database import Database, sqlite_url
from hall.errors import Conflict, Denied, Invalid, NotFound
from staffing import facts, presence
from staffing import watch as watching
from staffing.floor import Floor, floor
from staffing.watch import acknowledge, watch
from tests.cast import BIMA, CONSOLE, GALIH, SARI
from tests.staffing.tuesday import at, give
from tests.staffing.watching import (
    HALL,
    STAGES,
    leave,
    lines,
    look,
    past,
    send_all,
    set_options,
    set_stages,
    sit,
    take_all,
    told,
)

HEAD, KOOR = "head:kadis", "coordinator:koor"


@pytest.fixture
def hall(contoh: Database) -> Database:
    """The small hall with stages and channels."""
    set_stages(contoh, *STAGES)
    return contoh


def test_an_empty_counter_is_flagged_only_after_the_grace_time(hall: Database) -> None:
    assert "1" not in look(hall, "08:09")
    flag = look(hall, "08:10")["1"]
    assert (flag.since, flag.raised, flag.agency) == (at("08:00"), at("08:10"), "dukcapil")
    [line] = lines(hall, "flag_raised")
    assert line.data["counter"] == "1" and line.data["waiting"] == 0
    assert look(hall, "08:11")["1"].id == flag.id, "one flag for one empty stretch"


def test_a_counter_that_is_not_due_is_never_flagged(hall: Database) -> None:
    assert look(hall, "07:30") == {}
    assert look(hall, "12:30") == {}, "the break is by schedule"
    assert look(hall, "20:00") == {}


def test_a_flag_comes_down_when_somebody_sits_down(hall: Database) -> None:
    look(hall, "08:10")
    sit(hall, "08:20", SARI)
    assert "1" not in look(hall, "08:21")
    [down] = [f for f in past(hall) if f.counter == "1"]
    assert (down.cleared, down.cleared_why) == (at("08:21"), "staffed")
    leave(hall, "09:00", "1")
    assert "1" not in look(hall, "09:09")
    assert look(hall, "09:10")["1"].since == at("09:00")


def test_whoever_sat_there_between_two_looks_has_ended_the_old_flag(hall: Database) -> None:
    first = look(hall, "08:10")["1"]
    sit(hall, "08:20", SARI)
    leave(hall, "08:21", "1")
    second = look(hall, "08:40")["1"]
    assert (second.since, second.id != first.id) == (at("08:21"), True)
    assert [f.cleared_why for f in past(hall) if f.counter == "1"] == ["staffed"]


@pytest.mark.parametrize(("clock", "why"), [("12:00", "break"), ("15:00", "outside_hours")])
def test_a_flag_comes_down_when_the_due_time_ends(hall: Database, clock: str, why: str) -> None:
    look(hall, "11:30" if why == "break" else "14:30")
    assert look(hall, clock) == {}
    assert {f.cleared_why for f in past(hall) if f.counter == "1"} == {why}


def test_an_outage_takes_the_flag_down_and_blames_nobody(hall: Database) -> None:
    look(hall, "08:10")
    facts.begin_outage(hall, HALL, "hall", actor="system", now=at("08:15"))
    assert look(hall, "08:16") == {}
    assert {f.cleared_why for f in past(hall)} == {"unobserved"}
    facts.end_outage(hall, HALL, "hall", actor="system", now=at("08:30"))
    assert look(hall, "08:39") == {}, "the grace time runs from the end of the outage"
    assert look(hall, "08:40")["1"].since == at("08:30")


def test_a_closure_takes_the_flag_down(hall: Database) -> None:
    look(hall, "08:10")
    facts.record_closure(hall, HALL, "counter:1", at("08:20"), at("11:00"), "Pindah", actor=KOOR, now=at("08:20"))
    assert "1" not in look(hall, "08:21")
    assert [f.cleared_why for f in past(hall)] == ["closure"]


def test_a_pause_beyond_its_allowance_is_flagged_after_the_grace_time(hall: Database) -> None:
    sit(hall, "08:00", SARI)
    presence.pause(hall, HALL, "1", "salat", actor=CONSOLE, now=at("09:00"))
    assert "1" not in look(hall, "09:24")
    assert look(hall, "09:25")["1"].since == at("09:15")


def test_the_cause_follows_the_facts(hall: Database) -> None:
    assert look(hall, "08:10")["4"].cause == "post_vacant"
    before = look(hall, "08:11")["1"].cause
    facts.record_absence(hall, HALL, SARI.nip, "sick", at("08:00"), at("16:00"), "SK 1", actor=KOOR, now=at("08:12"))
    assert look(hall, "08:13")["1"].cause == "sick"
    [line] = lines(hall, "flag_changed")
    assert (line.data["was"], line.data["cause"]) == (before, "sick")


def test_the_stages_are_reached_one_after_the_other_and_each_is_told_once(hall: Database) -> None:
    look(hall, "08:10")
    assert send_all(hall, "08:10") == [("coordinator", "koordinator")] * 4
    look(hall, "08:24")
    assert send_all(hall, "08:24") == []
    assert look(hall, "08:25")["1"].stage == "head"
    assert sorted(send_all(hall, "08:25")) == [("head", "kadis")] * 3 + [("head", "samsat")]
    look(hall, "08:55")
    look(hall, "09:40")
    look(hall, "11:00")
    assert told(hall) == [
        ("coordinator", "koordinator", "sent"),
        ("head", "kadis", "sent"),
        ("sekda", "sekda", "queued"),
        ("regent", "bupati", "queued"),
    ]
    assert [ln.data["stage"] for ln in lines(hall, "flag_escalated")] == ["coordinator", "head", "sekda", "regent"]


def test_a_hall_without_stages_of_its_own_escalates_silently(contoh: Database) -> None:
    look(contoh, "08:10")
    assert look(contoh, "09:40")["1"].stage == "regent"
    assert told(contoh) == []


def test_after_a_long_stop_every_stage_is_told_once(hall: Database) -> None:
    look(hall, "08:10")
    assert look(hall, "09:00")["1"].stage == "sekda"
    assert told(hall) == [
        (s, c, "queued") for s, c in (("coordinator", "koordinator"), ("head", "kadis"), ("sekda", "sekda"))
    ]


def test_a_flag_that_somebody_takes_on_goes_no_further(hall: Database) -> None:
    flag = look(hall, "08:10")["1"]
    done = acknowledge(hall, flag.id, "  Pengganti  sedang ke loket ", actor=KOOR, now=at("08:12"))
    assert (done.reason, done.acknowledged_by) == ("Pengganti sedang ke loket", KOOR)
    assert look(hall, "10:00")["1"].stage == "coordinator"
    assert told(hall) == [("coordinator", "koordinator", "dropped")]
    with pytest.raises(Conflict, match="already_acknowledged"):
        acknowledge(hall, flag.id, "Saya juga", actor=HEAD, now=at("08:13"))
    [line] = lines(hall, "flag_acknowledged")
    assert (line.actor, line.data["reason"]) == (KOOR, "Pengganti sedang ke loket")


def test_who_may_take_a_flag_on_is_kept(hall: Database) -> None:
    flag = look(hall, "08:10")["1"]
    with pytest.raises(Denied, match="other_agency"):
        acknowledge(hall, flag.id, "bukan milik saya", actor=HEAD, now=at("08:12"), agency="samsat")
    with pytest.raises(Invalid, match="reason_needed"):
        acknowledge(hall, flag.id, "   ", actor=KOOR, now=at("08:12"))
    with pytest.raises(NotFound, match="unknown_flag"):
        acknowledge(hall, "nothing", "ya", actor=KOOR, now=at("08:12"))
    sit(hall, "08:20", SARI)
    look(hall, "08:20")
    with pytest.raises(Conflict, match="flag_cleared"):
        acknowledge(hall, flag.id, "terlambat", actor=KOOR, now=at("08:21"))


def test_what_was_not_sent_when_the_flag_came_down_is_never_sent(hall: Database) -> None:
    look(hall, "08:10")
    sit(hall, "08:11", SARI)
    look(hall, "08:11")
    assert told(hall) == [("coordinator", "koordinator", "dropped")]
    assert [ln.data["why"] for ln in lines(hall, "message_dropped")] == ["flag_cleared"]
    assert all(m.event == "coordinator" for m in take_all(hall, at("08:12")))
    assert told(hall) == [("coordinator", "koordinator", "dropped")]


def test_a_hall_with_nothing_to_do_is_left_alone(hall: Database) -> None:
    for person in (SARI, BIMA, GALIH):
        sit(hall, "08:00", person)
    look(hall, "08:15")
    with hall.reading() as connection:
        before = facts_count(connection)
    first = watch(hall, HALL, now=at("08:16"))
    with hall.reading() as connection:
        assert facts_count(connection) == before
    assert at("08:16") < first.until <= at("08:17")


def facts_count(connection: object) -> int:
    from hall.turn import position

    return position(connection, HALL)[0]  # type: ignore[arg-type]


def test_a_look_says_when_the_grace_time_of_an_empty_counter_ends(hall: Database) -> None:
    assert watch(hall, HALL, now=at("08:09:50")).until == at("08:10")


def test_two_processes_that_look_at_the_same_moment_raise_one_flag(hall: Database) -> None:
    other = Database(sqlite_url(hall.path))
    try:
        watch(hall, HALL, now=at("08:10"))
        watch(other, HALL, now=at("08:10"))
        watch(hall, HALL, now=at("08:25"))
        watch(other, HALL, now=at("08:25"))
    finally:
        other.close()
    assert len(lines(hall, "flag_raised")) == 1
    assert [ln.data["stage"] for ln in lines(hall, "flag_escalated")] == ["coordinator", "head"]


def test_many_who_look_at_the_same_moment_raise_one_flag(hall: Database) -> None:
    others = [hall, *(Database(sqlite_url(hall.path)) for _ in range(2))]
    begin = threading.Barrier(len(others))

    def look_at_once(db: Database) -> None:
        begin.wait()
        watch(db, HALL, now=at("08:30"))

    with ThreadPoolExecutor(len(others)) as pool:
        list(pool.map(look_at_once, others))
    for db in others[1:]:
        db.close()
    assert len(lines(hall, "flag_raised")) == 1
    assert told(hall) == [("coordinator", "koordinator", "queued")]


def test_whoever_sits_down_between_the_look_and_the_writing_is_not_flagged(
    hall: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Floor] = []

    def slow(db: Database, code: str, moment: datetime) -> Floor:
        looks.append(floor(db, code, moment))
        if len(looks) == 1:
            give(db, "08:10")  # somebody takes a number: the look stays true
            sit(db, "08:10", SARI)
        return looks[-1]

    monkeypatch.setattr(watching, "floor", slow)
    assert "1" not in look(hall, "08:10")
    assert len(looks) == 2
    assert lines(hall, "flag_raised") == []


def test_a_busy_line_does_not_keep_a_flag_from_being_raised(hall: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(db: Database, code: str, moment: datetime) -> Floor:
        seen = floor(db, code, moment)
        give(db, "08:10")
        return seen

    monkeypatch.setattr(watching, "floor", busy)
    assert "1" in look(hall, "08:10")


def test_a_flag_keeps_counting_who_waits(hall: Database) -> None:
    for minute in range(5):
        give(hall, f"08:0{minute}")
    look(hall, "08:10")
    assert lines(hall, "flag_raised")[0].data["waiting"] == 5


def test_grace_of_nought_raises_at_once(hall: Database) -> None:
    set_options(hall, grace_minutes=0)
    assert "1" in look(hall, "08:00")
