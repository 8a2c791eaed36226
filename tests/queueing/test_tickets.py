"""A ticket and what the schema promises about it, whoever writes."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from hall.database import Database, new_id
from hall.errors import Conflict, NotFound
from hall.turn import turn
from queueing.issuing import issue
from queueing.tickets import (
    LEGAL,
    LIVE,
    OPEN,
    Ticket,
    change,
    find_by_secret,
    find_ticket,
    live_at,
    must_be_legal,
    of_hall,
    tickets,
)
from staffing.presence import sessions
from tests.cast import BLORA_FILE, KIOSK, SARI, TUESDAY_MORNING, WIB
from tests.conftest import load

NOW = TUESDAY_MORNING
STATES = {"waiting", "called", "serving", "held", "finished", "no_show", "cancelled", "expired"}


def given(db: Database) -> Ticket:
    answer = issue(db, "contoh", "ktp", actor=KIOSK, now=NOW, confirm=True)
    with db.reading() as connection:
        return find_ticket(connection, answer["id"])


def store_another(db: Database, like: Ticket, **other: Any) -> None:
    """Writes a ticket past all verbs, as a program without manners would."""
    row = {field.name: getattr(like, field.name) for field in fields(Ticket)}
    fresh = {"id": new_id(), "secret": new_id()[:32], "number": like.number + 500}
    with db.writing("contoh") as connection:
        connection.execute(insert(tickets).values(row | fresh | other))


def test_the_table_holds_exactly_what_a_ticket_is() -> None:
    assert [column.name for column in tickets.c] == [field.name for field in fields(Ticket)]


def test_every_state_is_left_or_final() -> None:
    left = {state for states in LEGAL.values() for state in states}
    assert left <= STATES
    assert STATES - left == {"finished", "cancelled", "expired"}  # a no-show may come back
    assert set(LIVE) < set(OPEN) < STATES


@pytest.mark.parametrize(("move", "state"), [(move, state) for move in sorted(LEGAL) for state in sorted(STATES)])
def test_a_move_is_legal_from_its_states_alone(contoh: Database, move: str, state: str) -> None:
    ticket = Ticket(**{f.name: getattr(given(contoh), f.name) for f in fields(Ticket)} | {"state": state})
    if state in LEGAL[move]:
        must_be_legal(ticket, move)
    else:
        with pytest.raises(Conflict) as refused:
            must_be_legal(ticket, move)
        assert (refused.value.code, refused.value.extra) == ("illegal_move", {"state": state, "move": move})


def test_what_anybody_may_know_of_a_ticket_does_not_open_its_page(contoh: Database) -> None:
    ticket = given(contoh)
    public = ticket.public(WIB)
    assert ticket.secret not in str(public)
    assert (public["number"], public["issued_at"], public["called_at"]) == ("A-001", "2026-03-03T09:00:00+07:00", None)


def test_a_ticket_is_found_by_its_id_or_its_secret_and_by_nothing_else(contoh: Database) -> None:
    ticket = given(contoh)
    with contoh.reading() as connection:
        assert find_ticket(connection, ticket.id) == find_by_secret(connection, ticket.secret) == ticket
        for find, wrong in ((find_ticket, ticket.secret), (find_by_secret, ticket.id), (find_by_secret, "")):
            with pytest.raises(NotFound):
                find(connection, wrong)
        assert live_at(connection, "contoh", "1") is None


def test_a_ticket_of_another_hall_is_unknown_here(contoh: Database) -> None:
    load(contoh, BLORA_FILE)
    ticket = given(contoh)
    with turn(contoh, "blora", NOW) as t, pytest.raises(NotFound):
        of_hall(t, ticket.id)


def test_time_in_the_line_adds_up_over_several_waits(contoh: Database) -> None:
    ticket = given(contoh)
    with turn(contoh, "contoh", NOW + timedelta(minutes=5)) as t:
        ticket = change(t, ticket, state="held")
        t.write("ticket_held", ticket.id, {}, actor=KIOSK)
    assert ticket.waited == 5 * 60 * 1_000_000
    with turn(contoh, "contoh", NOW + timedelta(minutes=20)) as t:
        ticket = change(t, ticket, state="waiting", line_since=t.now)
        t.write("ticket_resumed", ticket.id, {}, actor=KIOSK)
    with turn(contoh, "contoh", NOW + timedelta(minutes=27)) as t:
        ticket = change(t, ticket, state="called", counter="1", called_at=t.now)
        t.write("ticket_called", ticket.id, {}, actor=KIOSK)
    assert ticket.waited == 12 * 60 * 1_000_000
    with contoh.reading() as connection:
        assert find_ticket(connection, ticket.id) == ticket == live_at(connection, "contoh", "1")


@pytest.mark.parametrize(
    "same",
    [
        {"number": 1},  # the number of its day
        {"secret": None},  # the citizen's link
        {"id": None},
        {"state": "called", "counter": "1"},  # one live ticket at a counter
        {"state": "serving", "counter": "1"},
    ],
    ids=str,
)
def test_the_schema_refuses_a_second_one(contoh_on_each: Database, same: dict[str, Any]) -> None:
    first = given(contoh_on_each)
    with contoh_on_each.writing("contoh") as connection:
        connection.execute(update(tickets).values(state="called", counter="1"))
    same = {name: getattr(first, name) if value is None else value for name, value in same.items()}
    with pytest.raises(IntegrityError):
        store_another(contoh_on_each, first, **same)
    store_another(contoh_on_each, first)  # and lets one pass that is different


@pytest.mark.parametrize("other", [{"business_date": "tomorrow"}, {"prefix": "B"}, {"state": "called", "counter": "2"}])
def test_the_schema_lets_the_same_number_pass_on_another_day_prefix_or_counter(
    contoh_on_each: Database, other: dict[str, Any]
) -> None:
    first = given(contoh_on_each)
    if "business_date" in other:
        other = {"business_date": first.business_date + timedelta(days=1)}
    number = {} if "counter" in other else {"number": first.number}
    store_another(contoh_on_each, first, **number, **other)


@pytest.mark.parametrize("other", [{"counter": "2"}, {"officer": "198507202010011002"}])
def test_the_schema_lets_nobody_sit_twice(contoh_on_each: Database, other: dict[str, Any]) -> None:
    seat: dict[str, Any] = {"hall": "contoh", "counter": "1", "officer": SARI.nip, "start": NOW, "beats": False}
    with contoh_on_each.writing("contoh") as connection:
        connection.execute(insert(sessions).values(id="1", end=NOW, **seat))
        connection.execute(insert(sessions).values(id="2", **seat))
    with pytest.raises(IntegrityError), contoh_on_each.writing("contoh") as connection:
        connection.execute(insert(sessions).values(id="3", **(seat | other)))
