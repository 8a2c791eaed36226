"""The statements of every turn look at today and at what is open, not at the hall's whole history."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import event

from hall.database import Database
from queueing import calling
from queueing.issuing import issue
from staffing import presence
from tests.cast import CONSOLE, KIOSK, SARI, TUESDAY_MORNING, WEDNESDAY_MORNING


@pytest.fixture
def asked(contoh: Database) -> list[str]:
    """Every statement that SQLite runs from now on, values written in, as its own trace gives them."""
    heard: list[str] = []

    def listen(raw: sqlite3.Connection, *_: object) -> None:
        raw.set_trace_callback(heard.append)

    contoh._drop_writer()
    contoh.engine.dispose()
    event.listen(contoh.engine, "connect", listen)
    return heard


def test_no_statement_of_a_working_day_reads_all_tickets_of_a_hall(contoh: Database, asked: list[str]) -> None:
    now = TUESDAY_MORNING
    presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=CONSOLE, now=now)
    for _ in range(3):
        issue(contoh, "contoh", "ktp", actor=KIOSK, now=now, key=None)
        contoh.memory.clear()  # as if another process had written
        called = calling.call(contoh, "contoh", "1", actor=CONSOLE, now=now)
        assert called is not None
        calling.start(contoh, called["id"], actor=CONSOLE, now=now)
        calling.finish(contoh, called["id"], actor=CONSOLE, now=now)
    calling.end_old_days(contoh, "contoh", now=WEDNESDAY_MORNING)
    issue(contoh, "contoh", "ktp", actor=KIOSK, now=WEDNESDAY_MORNING, confirm=True)
    plans = {}
    raw = sqlite3.connect(contoh.path)
    for statement in set(asked):
        if "tickets" in statement and not statement.startswith(("INSERT", "--")):
            plans[statement] = " ".join(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}"))
    raw.close()
    assert len(plans) > 8
    bounded = (
        "(id=?",
        "(secret=?",
        "hall=? AND business_date=?",
        "ix_tickets_line",
        "ix_tickets_held",
        "uq_tickets_live",
    )
    greedy = [f"{plan}: {statement}" for statement, plan in plans.items() if not any(way in plan for way in bounded)]
    assert greedy == []
