"""Nobody is forgotten when the hall file changes while people wait."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, update

from hall.database import Database
from hall.places import counters, services
from hall.turn import turn
from queueing import calling
from queueing.issuing import issue
from queueing.stranded import out_of_reach
from tests.cast import CONSOLE, KIOSK, TUESDAY_MORNING, WEDNESDAY_MORNING

NOW = TUESDAY_MORNING


def take(db: Database, service: str) -> str:
    answer = issue(db, "contoh", service, actor=KIOSK, now=NOW, history=True)
    return str(answer["id"])


def change(db: Database, table: Table, code: str, **values: Any) -> None:
    with turn(db, "contoh", NOW) as t:
        t.connection.execute(update(table).where(table.c.hall == "contoh", table.c.code == code).values(**values))
        t.set_up_changed()


def labels(db: Database) -> list[str]:
    return [ticket.label for ticket in out_of_reach(db, "contoh", now=NOW)]


def test_as_long_as_a_counter_takes_it_nobody_is_out_of_reach(contoh: Database) -> None:
    take(contoh, "ktp")
    take(contoh, "pkb")
    change(contoh, services, "ktp", active=False)  # not offered any more, but the counters still call who waits
    assert labels(contoh) == []


def test_who_waits_for_what_no_counter_takes_is_named(contoh: Database) -> None:
    take(contoh, "ktp")
    take(contoh, "pkb")
    for counter in ("1", "2", "4"):
        change(contoh, counters, counter, services=["pkb"])
    assert labels(contoh) == ["A-001"]
    assert out_of_reach(contoh, "contoh", now=WEDNESDAY_MORNING) == []


def test_who_was_sent_to_a_counter_that_is_no_more_is_named(contoh: Database) -> None:
    ticket = take(contoh, "ktp")
    calling.transfer(contoh, ticket, to_counter="3", actor=CONSOLE, now=NOW)
    assert labels(contoh) == []
    change(contoh, counters, "3", active=False)
    assert labels(contoh) == ["A-001"]
