"""Numbers without paper: taken from the screen by a touch, or on the list of those whom staff look for."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from hall.database import Database
from hall.errors import Invalid, NotFound
from hall.journal import since
from hall.places import places
from queueing import calling
from queueing.issuing import issue
from queueing.paperless import LEFT, TOUCHED, Paperless, note_shown, paperless
from queueing.slips import give_up, report, reprint, take_next
from tests.cast import CONSOLE, KIOSK, SYSTEM, TUESDAY_MORNING

PRINTER = "kios-1"
LATER = TUESDAY_MORNING + timedelta(seconds=5)


def take(db: Database, *, print_slip: bool = True) -> str:
    """A citizen at kiosk-1; the ticket's id."""
    answer = issue(
        db, "blora", "ktp", actor=KIOSK, now=TUESDAY_MORNING, history=True, kiosk="kiosk-1", print_slip=print_slip
    )
    return str(answer["id"])


def print_next(db: Database, state: str, reason: str | None = None, *, now: datetime = LATER) -> None:
    job = take_next(db, "blora", PRINTER, now=now)
    assert job is not None
    report(db, job.id, state, reason, None, actor=SYSTEM, now=now)


def listed(db: Database, now: datetime = LATER) -> list[Paperless]:
    with db.reading() as connection:
        return paperless(connection, places(db, connection, "blora"), now)


def lines(db: Database) -> list[tuple[str, str]]:
    with db.reading() as connection:
        return [(x.subject, x.data["how"]) for x in since(connection, "blora", 0, kinds=("ticket_shown",))]


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_a_slip_that_is_not_confirmed_is_on_the_list_until_somebody_touched_the_screen(
    blora: Database, state: str
) -> None:
    ticket = take(blora)
    assert listed(blora) == []  # the slip is on its way
    print_next(blora, state, "paper_end")
    [one] = listed(blora)
    assert (one.ticket, one.number, one.slip, one.reason, one.shown) == (ticket, "B-001", state, "paper_end", False)
    note_shown(blora, ticket, LEFT, actor=KIOSK, now=LATER)
    assert [one.shown for one in listed(blora)] == [True]
    note_shown(blora, ticket, TOUCHED, actor=KIOSK, now=LATER)
    assert listed(blora) == []


def test_a_printer_that_never_answers_makes_the_floor_no_slower_for_each_who_waits(blora: Database) -> None:
    asked: list[str] = []
    event.listen(blora.engine, "before_cursor_execute", lambda c, cursor, statement, *more: asked.append(statement))

    def questions() -> int:
        asked.clear()
        assert len(listed(blora)) == len(tickets)
        return len(asked)

    tickets = [take(blora)]
    print_next(blora, "unknown")
    once = questions()
    for _ in range(4):
        tickets.append(take(blora))
        print_next(blora, "unknown")
    assert questions() == once


def test_a_confirmed_paper_or_a_later_copy_takes_the_number_off_the_list(blora: Database) -> None:
    take(blora)
    print_next(blora, "confirmed")
    assert listed(blora) == []
    second = take(blora)
    print_next(blora, "failed", "cover_open")
    reprint(blora, second, actor=KIOSK, now=LATER)
    assert listed(blora) == []  # hope
    print_next(blora, "confirmed")
    assert listed(blora, LATER + timedelta(minutes=5)) == []


def test_a_slip_that_hangs_somewhere_is_no_paper(blora: Database) -> None:
    ticket = take(blora)
    assert [one.slip for one in listed(blora, TUESDAY_MORNING + timedelta(seconds=31))] == ["queued"]
    take_next(blora, "blora", PRINTER, now=LATER)
    assert [one.slip for one in listed(blora, TUESDAY_MORNING + timedelta(seconds=31))] == ["sent"]
    give_up(blora, "blora", now=TUESDAY_MORNING + timedelta(seconds=60), after=timedelta(seconds=30))
    assert [(x.ticket, x.slip) for x in listed(blora)] == [(ticket, "unknown")]


def test_who_was_served_or_never_had_a_slip_is_not_looked_for(blora: Database) -> None:
    take(blora, print_slip=False)
    ticket = take(blora)
    print_next(blora, "failed", "paper_end")
    assert [one.ticket for one in listed(blora)] == [ticket]
    calling.cancel(blora, ticket, actor=CONSOLE, now=LATER)
    assert listed(blora) == []


def test_a_touch_may_follow_and_nothing_takes_it_back(blora: Database) -> None:
    ticket = take(blora)
    told = [
        note_shown(blora, ticket, how, actor=KIOSK, now=LATER) for how in (LEFT, LEFT, TOUCHED, TOUCHED, LEFT, TOUCHED)
    ]
    assert told == [LEFT, LEFT, TOUCHED, TOUCHED, TOUCHED, TOUCHED]
    assert lines(blora) == [(ticket, LEFT), (ticket, TOUCHED)]


def test_what_cannot_be_noted_is_refused_and_writes_nothing(blora: Database) -> None:
    ticket = take(blora)
    with pytest.raises(Invalid) as refusal:
        note_shown(blora, ticket, "photographed", actor=KIOSK, now=LATER)
    assert refusal.value.code == "bad_sight"
    with pytest.raises(NotFound):
        note_shown(blora, "nobody", TOUCHED, actor=KIOSK, now=LATER)
    assert lines(blora) == []
