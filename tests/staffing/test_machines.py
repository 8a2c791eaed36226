"""Machines at the door: how far they have delivered, whether their clocks are right, and those that nobody listed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hall.database import Database
from hall.errors import Invalid, NotFound
from staffing import machines
from staffing.attendance import covered
from tests.cast import TUESDAY_AFTERNOON, TUESDAY_MORNING
from tests.staffing.beside import kinds, meanwhile

AT, LATER = TUESDAY_MORNING, TUESDAY_AFTERNOON


@pytest.fixture
def listed(contoh: Database) -> Database:
    """contoh with the listed machine M1."""
    machines.list_machine(contoh, "contoh", "M1", source="bkd", name="Lobi", actor="x", now=AT)
    return contoh


def look(db: Database) -> machines.Machine:
    with db.reading() as connection:
        found = machines.find_machine(connection, "contoh", "M1")
    assert found is not None
    return found


def keep_in_contact(db: Database, start: datetime, minutes: int) -> datetime:
    """The machine asks once a minute; returns the last time."""
    for minute in range(minutes + 1):
        machines.note_contact(db, "contoh", "M1", now=start + timedelta(minutes=minute))
    return start + timedelta(minutes=minutes)


def test_unbroken_contact_moves_delivered_until_and_silence_does_not(listed: Database) -> None:
    last = keep_in_contact(listed, AT, 16)
    assert look(listed).delivered_until == last - machines.SETTLED
    with listed.reading() as connection:
        assert covered(connection, "contoh")["bkd"] == AT + timedelta(minutes=10)
    after = keep_in_contact(listed, LATER, 4)  # hours of silence in between: what waited has not come yet
    assert look(listed).delivered_until == last - machines.SETTLED
    assert look(listed).contact_since == LATER
    machines.note_contact(listed, "contoh", "M1", now=after + timedelta(minutes=1))
    assert look(listed).delivered_until == LATER


def test_a_source_has_delivered_as_far_as_its_slowest_machine(listed: Database) -> None:
    machines.list_machine(listed, "contoh", "M2", source="bkd", name="", actor="x", now=AT)
    keep_in_contact(listed, AT, 30)
    with listed.reading() as connection:
        assert covered(connection, "contoh") == {}
    machines.unlist_machine(listed, "contoh", "M2", actor="x", now=AT)
    keep_in_contact(listed, AT + timedelta(minutes=31), 1)
    with listed.reading() as connection:
        assert covered(connection, "contoh")["bkd"] == AT + timedelta(minutes=26)


def test_a_clock_that_is_ahead_is_told_once_and_again_when_it_is_right(listed: Database) -> None:
    machines.note_clock(listed, "contoh", "M1", AT + timedelta(minutes=9), now=AT)
    machines.note_clock(listed, "contoh", "M1", AT + timedelta(minutes=9, seconds=20), now=AT)
    assert look(listed).clock_off == 540
    last = keep_in_contact(listed, AT, 6)
    machines.note_clock(listed, "contoh", "M1", last - timedelta(seconds=3), now=last)
    assert look(listed).clock_off is None
    assert [kind for kind in kinds(listed) if "clock" in kind] == ["machine_clock_wrong", "machine_clock_right"]


def test_a_wrong_clock_is_told_once_by_two_batches_at_once(listed: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = AT + timedelta(minutes=9)
    meanwhile(listed, monkeypatch, lambda: machines.note_clock(listed, "contoh", "M1", ahead, now=AT))
    machines.note_clock(listed, "contoh", "M1", ahead, now=AT)
    assert kinds(listed).count("machine_clock_wrong") == 1


def test_a_punch_that_waited_is_no_clock_that_is_behind_unless_the_machine_was_there_all_the_while(
    listed: Database,
) -> None:
    machines.note_clock(listed, "contoh", "M1", AT - timedelta(minutes=20), now=AT)
    assert look(listed).clock_off is None
    last = keep_in_contact(listed, AT, 6)
    machines.note_clock(listed, "contoh", "M1", last - timedelta(minutes=20), now=last)
    assert look(listed).clock_off == -1200


def test_unlisted_machines_are_remembered_counted_and_bounded(contoh: Database) -> None:
    for minute in range(3):
        machines.note_unlisted(contoh, "contoh", "X0", now=AT + timedelta(minutes=minute))
    for number in range(1, 80):
        machines.note_unlisted(contoh, "contoh", f"X{number}", now=AT)
    with contoh.reading() as connection:
        told = machines.unlisted_of(connection, "contoh")
    assert len(told) == machines.MOST_UNLISTED
    assert (told[0].serial, told[0].tries) == ("X0", 3)
    assert kinds(contoh).count("machine_refused") == machines.MOST_UNLISTED


def test_a_machine_that_moves_to_another_source_says_nothing_of_it_yet(listed: Database) -> None:
    keep_in_contact(listed, AT, 6)
    machines.unlist_machine(listed, "contoh", "M1", actor="x", now=LATER)
    machines.list_machine(listed, "contoh", "M1", source="bkd", name="Lobi", actor="x", now=LATER)
    assert look(listed).delivered_until is None
    with pytest.raises(NotFound):
        machines.unlist_machine(listed, "contoh", "M9", actor="x", now=LATER)
    with pytest.raises(Invalid):
        machines.list_machine(listed, "contoh", "M 1", source="bkd", name="", actor="x", now=LATER)


def test_a_machine_that_moves_while_it_is_heard_begins_its_contact_anew(
    listed: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def move() -> None:
        machines.unlist_machine(listed, "contoh", "M1", actor="x", now=late)
        machines.list_machine(listed, "contoh", "M1", source="bkd", name="", actor="x", now=late)

    late = keep_in_contact(listed, AT, 6) + timedelta(minutes=1)
    meanwhile(listed, monkeypatch, move)
    machines.note_contact(listed, "contoh", "M1", now=late)
    assert (look(listed).contact_since, look(listed).delivered_until) == (late, None)


def test_what_was_fetched_says_nothing_of_a_machine_that_was_moved_or_unlisted_meanwhile(listed: Database) -> None:
    machines.note_delivered(listed, "contoh", "another", "M1", LATER, now=LATER)
    assert look(listed).delivered_until is None
    machines.unlist_machine(listed, "contoh", "M1", actor="x", now=LATER)
    machines.note_delivered(listed, "contoh", "bkd", "M1", LATER, now=LATER)
    assert look(listed).delivered_until is None
