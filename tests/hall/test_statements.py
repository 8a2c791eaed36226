"""A statement worked out once says and does what SQLAlchemy says and does, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from hall.database import Database
from hall.once import answers
from hall.statements import Prepared
from queueing.issuing import issue
from queueing.tickets import tickets
from tests.cast import KIOSK, TUESDAY_MORNING

IN_ORDER = select(tickets).where(tickets.c.hall == bindparam("b_hall")).order_by(tickets.c.number).limit(2)


def give(db: Database, people: int) -> None:
    for _ in range(people):
        issue(db, "contoh", "ktp", actor=KIOSK, now=TUESDAY_MORNING, confirm=True)


def test_rows_are_those_that_sqlalchemy_gives(contoh_on_each: Database) -> None:
    give(contoh_on_each, 3)
    with contoh_on_each.reading() as connection:
        expected = [tuple(row) for row in connection.execute(IN_ORDER, {"b_hall": "contoh"})]
        assert Prepared(IN_ORDER).rows(connection, {"b_hall": "contoh"}) == expected
        assert len(expected) == 2, "the statement's own limit holds"
        assert Prepared(IN_ORDER).first(connection, {"b_hall": "contoh"}) == expected[0]
        assert Prepared(IN_ORDER).first(connection, {"b_hall": "elsewhere"}) is None


def test_values_are_converted_and_counted(contoh_on_each: Database) -> None:
    give(contoh_on_each, 2)
    move_on = Prepared(update(tickets).where(tickets.c.number == 1).values(called_at=bindparam("b_now")))
    with contoh_on_each.writing("contoh") as connection:
        assert move_on.run(connection, {"b_now": TUESDAY_MORNING}) == 1
        called = select(tickets.c.called_at).order_by(tickets.c.number)
        assert [row.called_at for row in connection.execute(called)] == [TUESDAY_MORNING, None]


def test_a_broken_promise_is_told_in_sqlalchemys_words(contoh_on_each: Database) -> None:
    give(contoh_on_each, 1)
    again = Prepared(tickets.insert())
    with pytest.raises(IntegrityError), contoh_on_each.writing("contoh") as connection:
        row = Prepared(IN_ORDER).first(connection, {"b_hall": "contoh"})
        assert row is not None
        again.run(connection, dict(zip(tickets.c.keys(), row, strict=True)))
    give(contoh_on_each, 1)  # and the line goes on


def test_all_reads_of_one_connection_see_one_state(contoh_on_each: Database) -> None:
    reader = Prepared(IN_ORDER)
    with contoh_on_each.reading() as connection:
        before = reader.rows(connection, {"b_hall": "contoh"})
        give(contoh_on_each, 1)
        assert reader.rows(connection, {"b_hall": "contoh"}) == before == []
    with contoh_on_each.reading() as connection:
        assert len(reader.rows(connection, {"b_hall": "contoh"})) == 1


def test_a_fault_does_not_say_the_values_it_was_about(contoh_on_each: Database) -> None:
    row = {"hall": "contoh", "key": "kunci-milik-sari", "asked": "x", "answer": "Sari Wening", "at": TUESDAY_MORNING}
    for insert in (
        lambda connection: Prepared(answers.insert()).run(connection, row),
        lambda connection: connection.execute(answers.insert().values(**row)),
    ):
        with pytest.raises(IntegrityError) as fault, contoh_on_each.writing("contoh") as connection:
            insert(connection)
            insert(connection)
        assert "Sari" not in str(fault.value)
