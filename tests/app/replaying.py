"""What the tests of a replay do over and over: write lines, carry them in, look at what came of them."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from app.replay import Replayed, replay
from hall.database import Database
from hall.journal import Line, since
from queueing import tickets as tk
from tests.cast import SARI

DAY = "2026-03-03"


def line(clock: str, do: str, **more: Any) -> str:
    return json.dumps({"at": f"{DAY}T{clock}+07:00", "do": do} | more)


def carry(db: Database, *lines: str, **more: Any) -> Replayed:
    return replay(db, "contoh", lines, **more)


def told(db: Database) -> list[Line]:
    """The journal after the set-up."""
    with db.reading() as connection:
        return [found for found in since(connection, "contoh", 0, limit=100_000) if found.kind != "hall_set_up"]


def kinds(db: Database) -> list[str]:
    return [found.kind for found in told(db)]


def rows(db: Database, table: Any) -> list[Any]:
    with db.reading() as connection:
        return list(connection.execute(select(table)).all())


def ticket(db: Database, label: str) -> tk.Ticket:
    with db.reading() as connection:
        return tk.Ticket(*connection.execute(select(tk.tickets).where(tk.tickets.c.label == label)).one())


OPEN_COUNTER = line("08:00:00", "sign-in", counter="1", officer=SARI.nip)
