"""The doorway: whether a number may be taken now, and what is said when not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from hall.database import Database
from hall.places import places
from queueing.doorway import REASONS, expected_at, full, may_issue, opening, quota_left
from queueing.issuing import issue
from queueing.line import Line, count
from staffing import facts, presence
from tests.cast import (
    BIMA,
    CONSOLE,
    FRIDAY_MORNING,
    KIOSK,
    SARI,
    SUNDAY_MORNING,
    TUESDAY,
    TUESDAY_AFTERNOON,
    TUESDAY_BEFORE_OPENING,
    TUESDAY_EVENING,
    TUESDAY_LUNCH,
    TUESDAY_MORNING,
    wib,
)

See = Callable[..., Line]


@pytest.fixture
def see(contoh: Database) -> See:
    """The line of the small hall at a moment, with other options if wanted."""

    def look(now: datetime, **options: Any) -> Line:
        with contoh.reading() as connection:
            hall = places(contoh, connection, "contoh")
            hall = replace(hall, options=replace(hall.options, **options))
            return count(connection, hall, hall.date(now))

    return look


@pytest.mark.parametrize(
    ("now", "reason", "again"),
    [
        (TUESDAY_MORNING, None, None),
        (TUESDAY_BEFORE_OPENING, "outside_hours", wib(TUESDAY, "08:00")),
        (TUESDAY_LUNCH, "break", wib(TUESDAY, "13:00")),
        (TUESDAY_EVENING, "outside_hours", wib("2026-03-04", "08:00")),
        (wib("2026-03-04", "16:00"), "outside_hours", wib("2026-03-06", "08:00")),  # the 5th is a holiday
        (wib("2026-03-05", "10:00"), "holiday", wib("2026-03-06", "08:00")),
        (wib("2026-03-06", "12:00"), "break", wib("2026-03-06", "13:00")),  # Friday's own hours
        (SUNDAY_MORNING, "not_service_day", wib("2026-03-09", "08:00")),
    ],
)
def test_a_closed_service_says_why_and_until_when(
    see: See, now: datetime, reason: str | None, again: datetime | None
) -> None:
    state = opening(see(now), "pkb", now)
    assert (state.open, state.reason, state.next_opening) == (reason is None, reason, again)
    refusal = may_issue(see(now), "pkb", now, confirmed=True)
    if reason is None:
        assert refusal is None
    else:
        assert refusal is not None and again is not None
        assert (refusal.code, refusal.extra["reason"]) == ("closed", reason)
        assert datetime.fromisoformat(refusal.extra["next_opening"]) == again
        assert refusal.extra["next_opening"].endswith("+07:00")
        assert REASONS[reason].lower() in refusal.message


def test_the_door_opens_and_closes_to_the_second(see: See) -> None:
    for clock, open_ in (("07:59:59", False), ("08:00:00", True), ("11:59:59", True), ("12:00:00", False)):
        now = wib(TUESDAY, clock)
        assert opening(see(now), "pkb", now).open is open_
    assert not opening(see(TUESDAY_EVENING), "pkb", wib(TUESDAY, "15:00")).open


def test_one_due_counter_is_enough(see: See, contoh: Database) -> None:
    now = TUESDAY_AFTERNOON  # counter 2 closed at noon, 1 and 4 have not
    assert opening(see(now), "ktp", now).open
    for counter in ("1", "4"):
        facts.record_closure(
            contoh, "contoh", f"counter:{counter}", now, now + timedelta(minutes=20), "rapat", actor=CONSOLE, now=now
        )
    state = opening(see(now), "ktp", now)
    assert (state.open, state.reason, state.detail) == (False, "closure", "rapat")
    assert state.next_opening == now + timedelta(minutes=20)


def test_numbers_before_opening_and_in_breaks_are_the_halls_choice(see: See) -> None:
    early = wib(TUESDAY, "07:35")
    assert not opening(see(early), "pkb", early).open
    assert opening(see(early, early_minutes=30), "pkb", early).open
    assert not opening(see(early, early_minutes=24), "pkb", early).open
    assert opening(see(TUESDAY_LUNCH, issue_in_breaks=True), "pkb", TUESDAY_LUNCH).open
    assert not opening(see(TUESDAY_EVENING, issue_in_breaks=True, early_minutes=60), "pkb", TUESDAY_EVENING).open


def test_the_quota_counts_down(see: See, contoh: Database) -> None:
    assert quota_left(see(TUESDAY_MORNING), "ktp") is None
    for left in (60, 59, 58):
        assert quota_left(see(TUESDAY_MORNING), "pkb") == left
        issue(contoh, "contoh", "pkb", actor=KIOSK, now=TUESDAY_MORNING, confirm=True)
    assert quota_left(see(FRIDAY_MORNING), "pkb") == 60


def test_somebody_is_expected_at_the_next_start_today_and_never_promised_where_one_is_due(see: See) -> None:
    early = wib(TUESDAY, "07:35")
    assert expected_at(see(early), "pkb", early) == wib(TUESDAY, "08:00")
    assert expected_at(see(TUESDAY_LUNCH), "pkb", TUESDAY_LUNCH) == wib(TUESDAY, "13:00")
    assert expected_at(see(TUESDAY_MORNING), "pkb", TUESDAY_MORNING) is None
    assert expected_at(see(TUESDAY_EVENING), "pkb", TUESDAY_EVENING) is None
    refusal = may_issue(see(early, early_minutes=60), "pkb", early, confirmed=False)
    assert refusal is not None
    assert (refusal.code, refusal.extra) == (
        "unstaffed_needs_confirmation",
        {"waiting": 0, "expected_at": "2026-03-03T08:00:00+07:00"},
    )


def test_only_counters_that_are_really_open_make_capacity(see: See, contoh: Database) -> None:
    now = wib(TUESDAY, "14:36")  # 24 minutes to go: two of 12
    assert not full(see(now), "ktp", now)  # nobody serves: that is another warning
    presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=CONSOLE, now=now)
    presence.sign_in(contoh, "contoh", "4", BIMA.nip, actor=CONSOLE, now=now)
    for _ in range(4):
        assert not full(see(now), "ktp", now)
        issue(contoh, "contoh", "ktp", actor=KIOSK, now=now)
    assert full(see(now), "ktp", now)
    assert not full(see(now, capacity="off"), "ktp", now)
    presence.pause(contoh, "contoh", "4", "salat", actor=CONSOLE, now=now)
    assert full(see(now), "ktp", now)
