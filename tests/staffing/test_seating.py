"""Presence as stretches of time: what a pause takes, what was out of sight, and sessions nobody ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from hall.database import Database
from hall.intervals import Interval
from hall.places import places
from staffing import facts, presence
from staffing.seating import Pause, Sitting, read_outages, read_sittings, staffed, unseen
from tests.cast import CONSOLE, SARI, SYSTEM, TUESDAY, wib

ALLOWED = timedelta(minutes=15)


def at(clock: str) -> datetime:
    return wib(TUESDAY, clock)


def between(start: str, end: str) -> Interval:
    return Interval(at(start), at(end))


def test_a_pause_takes_only_what_goes_beyond_its_allowance() -> None:
    sitting = Sitting("1", SARI.nip, at("08:00"), at("12:00"), (Pause(at("09:00"), at("09:40"), "ke belakang"),))
    assert staffed([sitting], at("15:00"), ALLOWED) == (between("08:00", "09:15"), between("09:40", "12:00"))


def test_each_pause_has_its_own_allowance() -> None:
    rests = (Pause(at("09:00"), at("09:15"), "a"), Pause(at("10:00"), at("10:15"), "b"))
    sitting = Sitting("1", SARI.nip, at("08:00"), at("12:00"), rests)
    assert staffed([sitting], at("15:00"), ALLOWED) == (between("08:00", "12:00"),)


def test_what_goes_on_is_known_up_to_the_moment_of_asking_only() -> None:
    sitting = Sitting("1", SARI.nip, at("08:00"), None, (Pause(at("09:00"), None, "ibadah"),))
    assert staffed([sitting], at("08:30"), ALLOWED) == (between("08:00", "08:30"),)
    assert staffed([sitting], at("10:00"), ALLOWED) == (between("08:00", "09:15"),)
    assert sitting.pause_at(at("08:59")) is None
    assert sitting.there_at(at("08:00"))
    assert not sitting.there_at(at("07:59"))


def test_a_session_nobody_ended_is_over_at_its_own_midnight(contoh: Database) -> None:
    presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=CONSOLE, now=at("08:00"), beats=False)
    presence.pause(contoh, "contoh", "1", "ibadah", actor=CONSOLE, now=at("09:00"))
    with contoh.reading() as connection:
        place = places(contoh, connection, "contoh")
        week = read_sittings(connection, place, at("00:00"), wib("2026-03-10", "00:00"))
        day = read_sittings(connection, place, at("00:00"), at("10:00"))
    assert [(s.start, s.end) for s in week["1"]] == [(at("08:00"), wib("2026-03-04", "00:00"))]
    assert day["1"][0].end is None
    assert [p.reason for p in day["1"][0].pauses] == ["ibadah"]


def test_what_was_down_is_told_for_the_counter_it_hides(contoh: Database) -> None:
    for what, down, up in (("server", "08:00", "08:10"), ("hall", "08:10", "08:20"), ("counter:2", "09:00", None)):
        facts.begin_outage(contoh, "contoh", what, actor=SYSTEM, now=at(down))
        if up:
            facts.end_outage(contoh, "contoh", what, actor=SYSTEM, now=at(up))
    with contoh.reading() as connection:
        down_then = read_outages(connection, "contoh", at("07:00"), at("10:00"))
    assert unseen(down_then, "1") == (between("08:00", "08:20"),)
    assert unseen(down_then, "2") == (between("08:00", "08:20"), between("09:00", "10:00"))
