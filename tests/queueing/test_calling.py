"""The moves at a counter: what each may do, where a ticket stands afterwards, and who may make it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from hall.database import Database
from hall.errors import Conflict, Denied, Invalid, NotFound, Refusal
from hall.journal import since
from hall.places import halls, places
from hall.turn import turn
from queueing import calling
from queueing import tickets as tk
from queueing.desks import desk
from queueing.issuing import issue
from queueing.reach import within_reach
from queueing.upnext import ended_today, set_aside, up_next
from staffing import presence
from tests.cast import BAMBU, CONSOLE, KIOSK, RANDU, SEKAR, TUESDAY_EVENING, TUESDAY_MORNING, wib

NOW = TUESDAY_MORNING
VERBS: dict[str, Callable[..., dict[str, Any]]] = {
    "recall": calling.recall,
    "start": calling.start,
    "finish": calling.finish,
    "no-show": calling.no_show,
    "hold": calling.hold,
    "resume": calling.resume,
    "cancel": calling.cancel,
    "transfer": lambda db, ticket, **given: calling.transfer(db, ticket, to_counter="9", **given),
}


@pytest.fixture
def hall(blora: Database) -> Database:
    """Blora with Bambu at 3 (ktp, kia), Sekar at 4 (ktp, kk) and Randu at 7 (pkb)."""
    for officer in (BAMBU, SEKAR, RANDU):
        presence.sign_in(blora, "blora", officer.counter, officer.nip, actor=CONSOLE, now=NOW)
    return blora


def take(db: Database, service: str = "ktp", *, priority: str | None = None, at: datetime = NOW) -> dict[str, Any]:
    return issue(db, "blora", service, actor=KIOSK, now=at, priority=priority, history=True)


def call(db: Database, counter: str = "3", *, at: datetime = NOW, **more: Any) -> dict[str, Any]:
    ticket = calling.call(db, "blora", counter, actor=CONSOLE, now=at, **more)
    assert ticket is not None
    return ticket


def move(db: Database, ticket: Any, verb: str, *, at: datetime = NOW, **more: Any) -> dict[str, Any]:
    return VERBS[verb](db, ticket["id"], actor=CONSOLE, now=at, **more)


def stored(db: Database, ticket: Any) -> tk.Ticket:
    with db.reading() as connection:
        return tk.find_ticket(connection, ticket["id"])


def free(db: Database) -> None:
    """Clears the counter and the line."""
    with db.reading() as connection:
        left = connection.execute(select(tk.tickets.c.id).where(tk.tickets.c.state.in_((*tk.LIVE, tk.WAITING)))).all()
    for row in left:
        move(db, {"id": row.id}, "cancel")


def bring_to(db: Database, state: str) -> dict[str, Any]:
    """A ticket of counter 3 in the wanted state."""
    ticket = take(db)
    if state == "expired":
        with turn(db, "blora", NOW) as t:
            tk.change(t, tk.find_ticket(t.connection, ticket["id"]), state=tk.EXPIRED, ended_at=NOW)
        return ticket
    path = {
        "waiting": [],
        "called": ["call"],
        "serving": ["call", "start"],
        "held": ["call", "hold"],
        "finished": ["call", "start", "finish"],
        "no_show": ["call", "no-show"],
        "cancelled": ["call", "cancel"],
    }[state]
    for verb in path:
        ticket = call(db) if verb == "call" else move(db, ticket, verb)
    return ticket


STATES = (tk.WAITING, tk.HELD, tk.FINISHED, tk.NO_SHOW, tk.CANCELLED, tk.EXPIRED, tk.CALLED, tk.SERVING)


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_move_is_made_from_its_legal_states_and_refused_from_all_others(hall: Database, verb: str) -> None:
    for state in STATES:
        free(hall)
        ticket = bring_to(hall, state)
        before = stored(hall, ticket)
        if state in tk.LEGAL[verb]:
            move(hall, ticket, verb)
            assert stored(hall, ticket) != before
            continue
        with pytest.raises(Conflict) as refused:
            move(hall, ticket, verb)
        assert refused.value.code == "illegal_move"
        assert refused.value.extra["state"] == state
        assert stored(hall, ticket) == before


def test_a_counter_calls_only_when_its_last_ticket_is_dealt_with(hall: Database) -> None:
    first, second = take(hall), take(hall)
    assert call(hall)["id"] == first["id"]
    for step in ("start", "finish"):
        with pytest.raises(Conflict) as refused:
            call(hall)
        assert refused.value.code == "still_serving"
        assert refused.value.extra["ticket"]["number"] == first["number"]
        move(hall, first, step)
    assert call(hall)["id"] == second["id"]


@pytest.mark.parametrize("leave", ["hold", "no-show", "transfer", "cancel"])
def test_each_way_of_leaving_the_counter_lets_it_call_again(hall: Database, leave: str) -> None:
    take(hall)
    second = take(hall)
    move(hall, call(hall), leave)
    assert call(hall)["id"] == second["id"]


def test_nobody_waiting_is_no_error(hall: Database) -> None:
    assert calling.call(hall, "blora", "3", actor=CONSOLE, now=NOW) is None


def test_nobody_is_called_to_a_counter_without_an_officer(hall: Database) -> None:
    take(hall, "kk")
    with pytest.raises(Conflict) as refused:
        call(hall, "5")
    assert refused.value.code == "not_signed_in"


def test_a_paused_counter_does_not_call(hall: Database) -> None:
    take(hall)
    presence.pause(hall, "blora", "3", "Salat", actor=CONSOLE, now=NOW)
    with pytest.raises(Conflict) as refused:
        call(hall)
    assert refused.value.code == "paused"
    presence.unpause(hall, "blora", "3", actor=CONSOLE, now=NOW)
    call(hall)


def test_a_counter_whose_console_is_lost_does_not_call(hall: Database) -> None:
    take(hall)
    later = NOW + timedelta(minutes=5)
    assert presence.find_lost_consoles(hall, "blora", now=later) == 3
    with pytest.raises(Conflict) as refused:
        call(hall, at=later)
    assert refused.value.code == "console_lost"


def test_the_same_key_calls_once(hall: Database) -> None:
    take(hall)
    take(hall)
    assert call(hall, key="press-1") == call(hall, key="press-1")
    with pytest.raises(Invalid) as refused:
        call(hall, "4", key="press-1")
    assert refused.value.code == "key_reused"


def test_a_repeated_move_is_answered_again_even_when_the_ticket_has_gone_on(hall: Database) -> None:
    take(hall)
    ticket = call(hall)
    first = calling.transfer(hall, ticket["id"], service="pkb", actor=CONSOLE, now=NOW, key="k", counter="3")
    move(hall, call(hall, "7"), "start")
    again = calling.transfer(hall, ticket["id"], service="pkb", actor=CONSOLE, now=NOW, key="k", counter="3")
    assert again == first
    assert stored(hall, ticket).state == tk.SERVING


def test_a_held_ticket_comes_back_to_the_place_it_was_issued_at(hall: Database) -> None:
    first, second, third = take(hall), take(hall), take(hall)
    held = call(hall)
    move(hall, held, "hold")
    assert call(hall)["id"] == second["id"]
    move(hall, held, "resume")
    assert call(hall, "4")["id"] == first["id"]
    assert call_after_finishing(hall)["id"] == third["id"]


def call_after_finishing(db: Database, counter: str = "3") -> dict[str, Any]:
    with db.reading() as connection:
        live = tk.live_at(connection, "blora", counter)
    if live is not None:
        if live.state == tk.CALLED:
            move(db, {"id": live.id}, "start")
        move(db, {"id": live.id}, "finish")
    return call(db, counter)


def test_a_missed_ticket_comes_back_at_the_end(hall: Database) -> None:
    first, second, third = take(hall), take(hall), take(hall)
    move(hall, call(hall), "no-show")
    move(hall, first, "resume")
    assert [call_after_finishing(hall)["id"] for _ in range(3)] == [second["id"], third["id"], first["id"]]


def test_a_ticket_of_yesterday_does_not_come_back(hall: Database) -> None:
    take(hall)
    missed = call(hall)
    move(hall, missed, "no-show")
    with pytest.raises(Conflict) as refused:
        move(hall, missed, "resume", at=wib("2026-03-04", "09:00"))
    assert refused.value.code == "day_ended"


def test_a_transferred_ticket_keeps_its_place_of_issue_in_the_other_line(hall: Database) -> None:
    mover = take(hall)
    other = take(hall, "pkb")
    calling.transfer(hall, call(hall)["id"], actor=CONSOLE, now=NOW, service="pkb")
    assert stored(hall, mover).agency == "samsat"
    assert call(hall, "7")["id"] == mover["id"]
    assert call_after_finishing(hall, "7")["id"] == other["id"]


def test_a_ticket_sent_to_one_counter_is_called_there_and_nowhere_else(hall: Database) -> None:
    sent = take(hall)
    calling.transfer(hall, call(hall)["id"], actor=CONSOLE, now=NOW, to_counter="7")
    assert calling.call(hall, "blora", "4", actor=CONSOLE, now=NOW) is None
    assert call(hall, "7")["id"] == sent["id"]


def test_a_transfer_with_return_comes_back_to_the_sending_counter(hall: Database) -> None:
    ticket = take(hall)
    move(hall, call(hall), "start")
    calling.transfer(hall, ticket["id"], actor=CONSOLE, now=NOW, service="pkb", back=True)
    at_samsat = call(hall, "7")
    move(hall, at_samsat, "start")
    returned = move(hall, at_samsat, "finish")
    assert (returned["state"], returned["service"], returned["only_counter"]) == ("waiting", "ktp", "3")
    assert calling.call(hall, "blora", "4", actor=CONSOLE, now=NOW) is None
    assert call(hall)["id"] == ticket["id"]
    move(hall, ticket, "start")
    assert move(hall, ticket, "finish")["state"] == "finished"


def test_a_transfer_names_one_target_and_a_known_one(hall: Database) -> None:
    ticket = call(hall) if take(hall) else {}
    targets: tuple[tuple[dict[str, Any], type[Refusal], str], ...] = (
        ({}, Invalid, "service_or_counter"),
        ({"service": "pkb", "to_counter": "7"}, Invalid, "service_or_counter"),
        ({"to_counter": "3"}, Invalid, "same_counter"),
        ({"to_counter": "99"}, NotFound, "unknown_counter"),
        ({"service": "parkir"}, NotFound, "unknown_service"),
    )
    for target, error, code in targets:
        with pytest.raises(error) as refused:
            calling.transfer(hall, ticket["id"], actor=CONSOLE, now=NOW, **target)
        assert refused.value.code == code
    assert stored(hall, ticket).state == tk.CALLED


def test_a_ticket_that_was_never_called_has_no_counter_to_return_to(hall: Database) -> None:
    with pytest.raises(Invalid) as refused:
        calling.transfer(hall, take(hall)["id"], actor=CONSOLE, now=NOW, service="pkb", back=True)
    assert refused.value.code == "return_needs_counter"


def set_option(db: Database, **values: Any) -> None:
    with turn(db, "blora", NOW) as t:
        stored_options = t.connection.execute(select(halls.c.options)).scalar_one()
        t.connection.execute(update(halls).values(options=stored_options | values))
        t.set_up_changed()


def test_after_the_set_number_of_recalls_the_next_one_is_a_no_show(hall: Database) -> None:
    set_option(hall, no_show_after_recalls=2)
    take(hall)
    ticket = call(hall)
    assert [move(hall, ticket, "recall")["state"] for _ in range(3)] == ["called", "called", "no_show"]
    with hall.reading() as connection:
        line = since(connection, "blora", 0, kinds=("ticket_missed",))[-1]
    assert line.data["automatic"] is True


def test_without_that_setting_a_number_may_be_called_for_ever(hall: Database) -> None:
    take(hall)
    ticket = call(hall)
    assert [move(hall, ticket, "recall")["recalls"] for _ in range(5)] == [1, 2, 3, 4, 5]


def test_a_counter_shares_fairly_between_priority_and_the_others(hall: Database) -> None:
    normal = [take(hall)["number"] for _ in range(2)]
    first = [take(hall, priority="elderly")["number"] for _ in range(4)]
    called = [call_after_finishing(hall)["number"] for _ in range(6)]
    assert called == [first[0], first[1], normal[0], first[2], first[3], normal[1]]


def test_what_the_console_shows_as_next_is_what_gets_called(hall: Database) -> None:
    for i in range(12):
        take(hall, "kia" if i % 3 == 0 else "ktp", priority="pregnant" if i % 4 == 1 else None)
    calling.transfer(hall, take(hall, "pkb")["id"], actor=CONSOLE, now=NOW, to_counter="3")
    take(hall, "kk")
    call(hall)
    with hall.reading() as connection:
        place = places(hall, connection, "blora")
        seat = desk(connection, "blora", "3")
        assert seat is not None
        coming = up_next(connection, place, place.counter("3"), place.date(NOW), run=seat.priority_run)
        short = up_next(connection, place, place.counter("3"), place.date(NOW), run=seat.priority_run, limit=3)
    assert coming.waiting == len(coming.first) == 12
    assert (short.waiting, short.first) == (12, coming.first[:3])
    assert [call_after_finishing(hall)["number"] for _ in range(12)] == [t.label for t in coming.first]


def test_set_aside_lists_what_this_counter_would_resume_today(hall: Database) -> None:
    held = call(hall) if take(hall) else {}
    move(hall, held, "hold")
    missed = call(hall) if take(hall) else {}
    move(hall, missed, "no-show")
    pkb = call(hall, "7") if take(hall, "pkb") else {}
    move(hall, pkb, "hold")
    with hall.reading() as connection:
        place = places(hall, connection, "blora")
        day = place.date(NOW)

        def labels(counter: str, state: str) -> list[str]:
            return [t.label for t in set_aside(connection, place, place.counter(counter), day, state)]

        assert labels("3", tk.HELD) == labels("4", tk.HELD) == [held["number"]]
        assert labels("3", tk.NO_SHOW) == [missed["number"]]
        assert labels("7", tk.HELD) == [pkb["number"]]
        assert set_aside(connection, place, place.counter("3"), place.date(NOW + timedelta(days=1)), tk.HELD) == []
        assert ended_today(connection, "blora", "3", day) == {"finished": 0, "no_show": 1}


# ---- who may move what ----


@pytest.mark.parametrize("state", ["called", "serving"])
def test_a_ticket_at_a_counter_is_moved_from_that_counter_only(hall: Database, state: str) -> None:
    for verb in ("recall", "start", "finish", "no-show", "hold", "transfer", "cancel"):
        free(hall)
        ticket = bring_to(hall, state)
        before = stored(hall, ticket)
        for elsewhere in ("4", "7"):
            with pytest.raises(Denied) as refused:
                move(hall, ticket, verb, counter=elsewhere)
            assert refused.value.code == "other_counter"
        assert stored(hall, ticket) == before
        if state in tk.LEGAL[verb]:
            move(hall, ticket, verb, counter="3")


@pytest.mark.parametrize(
    ("state", "verb"), [("waiting", "cancel"), ("held", "resume"), ("held", "cancel"), ("no_show", "resume")]
)
def test_a_ticket_at_no_counter_is_moved_by_its_agency_only(hall: Database, state: str, verb: str) -> None:
    ticket = bring_to(hall, state)
    with pytest.raises(Denied):
        move(hall, ticket, verb, counter="7")
    move(hall, ticket, verb, counter="6")  # another counter of Dukcapil


def test_a_ticket_sent_to_a_foreign_counter_is_in_reach_there(hall: Database) -> None:
    ticket = take(hall)
    calling.transfer(hall, ticket["id"], actor=CONSOLE, now=NOW, to_counter="7")
    with hall.reading() as connection:
        place = places(hall, connection, "blora")
        sent = tk.find_ticket(connection, ticket["id"])
    assert within_reach(place, sent, "7")
    assert within_reach(place, sent, "3")
    assert not within_reach(place, sent, "15")
    assert not within_reach(place, sent, "no such counter")
    held_there = replace(sent, state=tk.HELD, only_counter=None, counter="7")
    assert within_reach(place, held_there, "8")


def test_who_may_act_anywhere_reaches_everything(hall: Database) -> None:
    move(hall, bring_to(hall, "called"), "cancel", counter=None)


def test_a_move_of_an_unknown_ticket_is_refused(hall: Database) -> None:
    with pytest.raises(NotFound) as refused:
        calling.start(hall, "no-such-ticket", actor=CONSOLE, now=NOW)
    assert refused.value.code == "unknown_ticket"


def test_who_waits_at_midnight_expires_and_yesterdays_ticket_is_not_called(hall: Database) -> None:
    left = take(hall, at=TUESDAY_EVENING)
    morning = wib("2026-03-04", "08:30")
    presence.end_day(hall, "blora", now=morning)
    presence.sign_in(hall, "blora", "3", BAMBU.nip, actor=CONSOLE, now=morning)
    assert calling.call(hall, "blora", "3", actor=CONSOLE, now=morning) is None
    expired = stored(hall, left)
    assert (expired.state, expired.ended_at) == (tk.EXPIRED, wib("2026-03-04", "00:00"))
