"""A counter's day as one band: every moment of it in exactly one stretch, from midnight to midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hall.database import Database
from hall.errors import NotFound
from hall.hours import Closure, HoursRule, day_plan
from hall.intervals import Interval, Intervals, normalise
from hall.journal import Line
from queueing import calling
from queueing.issuing import issue
from staffing import facts, presence
from staffing.seating import Pause, Sitting
from staffing.timeline import Lane, Turn, lay_out, timeline, turns
from staffing.vacancy import CounterDay
from tests.cast import BIMA, CONSOLE, KIOSK, SARI, SYSTEM, TUESDAY, WIB, wib

DAY = date(2026, 3, 3)
CALL = {"counter": "1"}


def line(seq: int, clock: str, kind: str, subject: str = "t1", **data: Any) -> Line:
    moment = wib(TUESDAY, clock)
    return Line("uji", seq, moment, moment, kind, CONSOLE, subject, data, "")


def at(clock: str) -> datetime:
    return wib(TUESDAY, clock)


def span(start: str, end: str) -> Interval:
    return Interval(at(start), at(end))


def test_a_ticket_is_at_a_counter_from_its_call_until_it_leaves_and_a_recall_is_no_new_call() -> None:
    told = [
        line(1, "08:00", "ticket_issued", number="A-001", service="ktp", agency="dukcapil"),
        line(2, "08:10", "ticket_called", **CALL),
        line(3, "08:11", "ticket_recalled", **CALL),
        line(4, "08:12", "ticket_started", **CALL),
        line(5, "08:20", "ticket_held", **CALL),
        line(6, "08:30", "ticket_resumed", service="ktp", agency="dukcapil"),
        line(7, "08:40", "ticket_called", counter="2"),
        line(8, "08:50", "ticket_transferred", service="ktp", agency="dukcapil", to_counter="1"),
        line(9, "09:00", "ticket_called", **CALL),
    ]
    assert turns(told) == {
        "1": [Turn("1", "A-001", at("08:10"), at("08:20")), Turn("1", "A-001", at("09:00"), None)],
        "2": [Turn("2", "A-001", at("08:40"), at("08:50"))],
    }


def test_a_ticket_that_left_without_a_call_was_at_no_counter() -> None:
    told = [line(1, "08:00", "ticket_issued", number="A-001"), line(2, "08:10", "ticket_cancelled")]
    assert turns(told) == {}


def plan(*closures: Closure) -> Any:
    from datetime import time

    rule = HoursRule("hall", frozenset(range(7)), time(8), time(16), ((time(12), time(13)),))
    return day_plan([rule], (), closures, zone=WIB, agency="dukcapil", counter="1", day=DAY)


def counter_day(now: str, *, staffed: Intervals = (), grace: Intervals = (), not_due: Intervals | None = None) -> Any:
    made = plan()
    away = tuple(p.interval for p in made.pieces if not p.due) if not_due is None else not_due
    ahead = tuple(Interval(max(i.start, at(now)), i.end) for i in made.due if i.end > at(now))
    return CounterDay("1", "dukcapil", made.due, away, staffed, grace, ahead, ())


def states(found: Any) -> list[tuple[str, str, str]]:
    return [
        (s.state, s.start.astimezone(WIB).strftime("%H:%M"), s.end.astimezone(WIB).strftime("%H:%M")) for s in found
    ]


def test_what_is_seen_lies_upon_what_was_planned_and_nothing_seen_lies_ahead() -> None:
    sitting = Sitting("1", SARI.nip, at("07:50"), None, (Pause(at("09:00"), at("09:10"), "ibadah"),))
    found = lay_out(
        counter_day("10:00", staffed=(span("08:00", "10:00"),)),
        plan(),
        at("10:00"),
        sittings=[sitting],
        served=[Turn("1", "A-001", at("09:30"), None)],
        idle=[span("08:20", "08:40")],
    )
    assert states(found) == [
        ("not_due", "00:00", "07:50"),
        ("staffed", "07:50", "08:00"),
        ("staffed", "08:00", "08:20"),
        ("idle", "08:20", "08:40"),
        ("staffed", "08:40", "09:00"),
        ("paused", "09:00", "09:10"),
        ("staffed", "09:10", "09:30"),
        ("serving", "09:30", "10:00"),
        ("ahead", "10:00", "12:00"),
        ("not_due", "12:00", "13:00"),
        ("ahead", "13:00", "16:00"),
        ("not_due", "16:00", "00:00"),
    ]
    paused = next(s for s in found if s.state == "paused")
    assert (paused.detail, paused.minutes, paused.due) == ("ibadah", 10.0, True)
    assert [s.cause for s in found if s.state == "not_due"] == ["outside_hours", "break", "outside_hours"]


def test_a_counter_that_has_served_its_last_number_is_not_due_for_that_reason() -> None:
    away = normalise([*(p.interval for p in plan().pieces if not p.due), span("14:00", "16:00")])
    found = lay_out(
        counter_day("16:00", staffed=(span("08:00", "12:00"), span("13:00", "14:00")), not_due=away),
        plan(),
        at("16:00"),
    )
    after = next(s for s in found if s.start == at("14:00"))
    assert (after.state, after.cause, after.end) == ("not_due", "quota_reached", at("16:00"))


def test_the_stretches_of_a_real_day_fill_it_without_gap_or_overlap(contoh: Database) -> None:
    presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=CONSOLE, now=at("07:55"), beats=False)
    issue(contoh, "contoh", "ktp", actor=KIOSK, now=at("08:05"), history=True)
    called = calling.call(contoh, "contoh", "1", actor=CONSOLE, now=at("08:10"))
    assert called is not None
    calling.start(contoh, called["id"], actor=CONSOLE, now=at("08:11"))
    calling.finish(contoh, called["id"], actor=CONSOLE, now=at("08:30"))
    presence.sign_in(contoh, "contoh", "2", BIMA.nip, actor=CONSOLE, now=at("08:40"), beats=False)
    presence.pause(contoh, "contoh", "1", "rapat", actor=CONSOLE, now=at("08:40"))
    facts.begin_outage(contoh, "contoh", "hall", actor=SYSTEM, now=at("09:30"))
    facts.end_outage(contoh, "contoh", "hall", actor=SYSTEM, now=at("09:45"))
    found = timeline(contoh, "contoh", DAY, now=at("10:00"))
    assert [lane.counter.code for lane in found.lanes] == ["1", "2", "3", "4"]
    for lane in found.lanes:
        assert lane.stretches[0].start == found.window.start
        assert lane.stretches[-1].end == found.window.end
        for one, other in zip(lane.stretches, lane.stretches[1:], strict=False):
            assert one.end == other.start
        assert sum(s.minutes for s in lane.stretches) == 24 * 60
    lanes = {lane.counter.code: lane for lane in found.lanes}
    assert told(lanes["1"], "serving") == [("08:10", "08:30", None)]
    assert told(lanes["1"], "paused")[0][0] == "08:40"
    empty = [s for s in lanes["1"].stretches if s.state == "vacant"]
    assert empty[0].start == at("08:55")  # a pause beyond its allowance is an empty counter
    assert all(s.vacancy is not None and s.vacancy.cause == s.cause for s in empty)
    assert told(lanes["1"], "unobserved") == [("09:30", "09:45", "unobserved")]
    assert lanes["2"].stretches[1].vacancy is not None
    assert lanes["1"].at(at("08:20")) is told_at(lanes["1"], "serving")


def told(lane: Lane, state: str) -> list[tuple[str, str, str | None]]:
    return [
        (f"{s.start.astimezone(WIB):%H:%M}", f"{s.end.astimezone(WIB):%H:%M}", s.cause)
        for s in lane.stretches
        if s.state == state
    ]


def told_at(lane: Lane, state: str) -> Any:
    return next(s for s in lane.stretches if s.state == state)


def test_a_day_that_is_over_has_nothing_ahead(contoh: Database) -> None:
    found = timeline(contoh, "contoh", DAY, now=at("23:59") + timedelta(days=1))
    assert {s.state for lane in found.lanes for s in lane.stretches} <= {"vacant", "not_due"}
    assert found.lanes[0].due_minutes == found.lanes[0].minutes("vacant")


def test_an_unknown_hall_has_no_timeline(contoh: Database) -> None:
    with pytest.raises(NotFound):
        timeline(contoh, "lain", DAY, now=datetime(2026, 3, 3, tzinfo=UTC))
