"""Where a ticket stands now: people before it by the rules of the counters that would call it."""

from __future__ import annotations

import pytest

from hall.database import Database
from hall.errors import Conflict
from queueing import calling
from queueing.issuing import issue
from queueing.sight import Sight, look, standing
from queueing.tickets import find_ticket
from staffing.presence import sign_in
from tests.cast import BAMBU, CONSOLE, KIOSK, SEKAR, TUESDAY_MORNING, WEDNESDAY_MORNING, Person

NOW = TUESDAY_MORNING


def sit(db: Database, person: Person) -> None:
    sign_in(db, "blora", person.counter, person.nip, actor=CONSOLE, now=NOW, beats=False)


def take(db: Database, service: str, priority: str | None = None) -> str:
    answer = issue(db, "blora", service, actor=KIOSK, now=NOW, priority=priority, confirm=True)
    return str(answer["id"])


def see(db: Database, known: Sight | None = None) -> Sight:
    with db.reading() as connection:
        return look(db, connection, "blora", NOW, known)


def ahead(db: Database, ticket: str) -> int:
    with db.reading() as connection:
        return standing(look(db, connection, "blora", NOW), find_ticket(connection, ticket)).ahead


def test_a_new_ticket_stands_where_its_issue_said(blora: Database) -> None:
    sit(blora, BAMBU)
    for service in ("ktp", "kia", "ktp"):
        take(blora, service)
    answer = issue(blora, "blora", "kia", actor=KIOSK, now=NOW)
    assert ahead(blora, answer["id"]) == answer["ahead"] == 3


def test_those_issued_later_are_not_before_it(blora: Database) -> None:
    sit(blora, BAMBU)
    first = take(blora, "ktp")
    take(blora, "ktp")
    assert ahead(blora, first) == 0


def test_priority_goes_before_an_older_normal_ticket(blora: Database) -> None:
    sit(blora, BAMBU)
    normal = take(blora, "ktp")
    priority = take(blora, "kia", "elderly")
    assert (ahead(blora, normal), ahead(blora, priority)) == (1, 0)


def test_a_service_that_no_shared_counter_serves_does_not_count(blora: Database) -> None:
    sit(blora, BAMBU)  # counter 3: ktp, kia
    take(blora, "kk")  # counters 4 and 5, both empty
    take(blora, "nib")
    assert ahead(blora, take(blora, "ktp")) == 0


def test_opening_another_counter_changes_who_competes(blora: Database) -> None:
    sit(blora, BAMBU)
    take(blora, "kk")
    mine = take(blora, "ktp")
    assert ahead(blora, mine) == 0
    sit(blora, SEKAR)  # counter 4: ktp and kk
    assert ahead(blora, mine) == 1


def test_a_ticket_sent_to_one_counter_waits_for_that_counter_alone(blora: Database) -> None:
    sit(blora, BAMBU)
    sit(blora, SEKAR)
    sent = take(blora, "kia")
    others = [take(blora, "ktp") for _ in range(3)]
    calling.transfer(blora, sent, actor=CONSOLE, now=NOW, to_counter="4")
    with blora.reading() as connection:
        sight = look(blora, connection, "blora", NOW)
        place = standing(sight, find_ticket(connection, sent))
        behind = standing(sight, find_ticket(connection, others[0]))
    assert (place.ahead, place.serving_now) == (0, 1)
    assert place.estimate is not None
    assert behind.ahead == 1  # it is older and counter 4 takes it first


def test_sent_to_an_empty_counter_nobody_can_tell_how_long(blora: Database) -> None:
    sit(blora, BAMBU)
    sent = take(blora, "kia")
    calling.transfer(blora, sent, actor=CONSOLE, now=NOW, to_counter="6")
    with blora.reading() as connection:
        place = standing(look(blora, connection, "blora", NOW), find_ticket(connection, sent))
    assert (place.estimate, place.serving_now) == (None, 0)


def test_the_place_follows_the_calls(blora: Database) -> None:
    sit(blora, BAMBU)
    line = [take(blora, "ktp") for _ in range(4)]
    for called in range(3):
        assert [ahead(blora, ticket) for ticket in line[called:]] == list(range(4 - called))
        ticket = calling.call(blora, "blora", "3", actor=CONSOLE, now=NOW)
        assert ticket is not None and ticket["id"] == line[called]
        calling.no_show(blora, line[called], actor=CONSOLE, now=NOW)


def test_nobody_looks_twice_while_nobody_writes(blora: Database) -> None:
    take(blora, "ktp")
    first = see(blora)
    assert see(blora, first) is first
    take(blora, "ktp")
    second = see(blora, first)
    assert second is not first
    assert len(second.waiters) == 2


def test_a_new_day_is_looked_at_anew(blora: Database) -> None:
    take(blora, "ktp")
    before = see(blora)
    with blora.reading() as connection:
        after = look(blora, connection, "blora", WEDNESDAY_MORNING, before)
    assert after is not before
    assert after.waiters == ()


def test_a_citizen_may_withdraw_only_while_nobody_called(blora: Database) -> None:
    sit(blora, BAMBU)
    first, second = take(blora, "ktp"), take(blora, "ktp")
    calling.call(blora, "blora", "3", actor=CONSOLE, now=NOW)
    assert calling.withdraw(blora, second, actor="citizen", now=NOW)["state"] == "cancelled"
    with pytest.raises(Conflict, match="illegal_move"):
        calling.withdraw(blora, first, actor="citizen", now=NOW)
