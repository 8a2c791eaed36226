"""The statements of every turn look at today and at what is open, not at the hall's whole history."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Connection, event

from hall.database import Database
from hall.statements import Prepared
from queueing import calling, day_end
from queueing.issuing import issue
from staffing import presence
from tests.cast import CONSOLE, KIOSK, SARI, TUESDAY_MORNING, WEDNESDAY_MORNING


@pytest.fixture
def asked(contoh: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement from now on as SQLite gets it, its values not yet bound: that is what the plan is made for."""
    heard: list[str] = []
    really = Prepared._execute

    def execute(self: Prepared, connection: Connection, values: Mapping[str, Any]) -> sqlite3.Cursor:
        cursor = really(self, connection, values)
        heard.append(self._text)
        return cursor

    monkeypatch.setattr(Prepared, "_execute", execute)
    event.listen(contoh.engine, "before_cursor_execute", lambda c, cursor, statement, *more: heard.append(statement))
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
    day_end.end_old_days(contoh, "contoh", now=WEDNESDAY_MORNING)
    issue(contoh, "contoh", "ktp", actor=KIOSK, now=WEDNESDAY_MORNING, confirm=True)
    plans = {}
    raw = sqlite3.connect(contoh.path)
    for statement in set(asked):
        if "tickets" in statement and not statement.startswith("INSERT"):
            nothing = [None] * statement.count("?")
            plans[statement] = " ".join(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", nothing))
    raw.close()
    assert len(plans) > 8
    bounded = (
        "(id=?",
        "(secret=?",
        "hall=? AND business_date=?",
        "ix_tickets_line",
        "ix_tickets_held",
        "ix_tickets_sent",
        "uq_tickets_live",
    )
    sent_here = [
        plan for statement, plan in plans.items() if "only_counter = ?" in statement and "rank = ?" not in statement
    ]
    assert sent_here and all("ix_tickets_sent" in plan for plan in sent_here), "else each call reads all who wait"
    greedy = [f"{plan}: {statement}" for statement, plan in plans.items() if not any(way in plan for way in bounded)]
    assert greedy == []
