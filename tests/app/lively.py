"""A lively hall for tests: some days of every verb in a random but repeatable order, refusals included."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from hall.database import Database
from hall.errors import Refusal
from hall.people import officers
from hall.places import PRIORITIES, places
from queueing import calling, issuing, slips
from queueing.tickets import tickets
from staffing import presence
from tests.cast import wib

# state -> moves that people make then; now and then somebody tries another one
MOVES = {
    "waiting": ("cancel", "transfer"),
    "called": ("start", "start", "start", "start", "no_show", "recall", "hold", "transfer"),
    "serving": ("finish", "finish", "finish", "finish", "hold", "transfer"),
    "held": ("resume", "resume", "transfer", "cancel"),
    "no_show": ("resume",),
}
ANY = ("recall", "start", "finish", "no_show", "hold", "resume", "cancel", "transfer")


class Hall:
    """Plays a hall. ``done`` counts what went through, ``refused`` what was refused, by code."""

    def __init__(self, db: Database, hall: str, seed: int) -> None:
        self.db, self.hall, self.chance = db, hall, random.Random(seed)
        with db.reading() as connection:
            self.places = places(db, connection, hall)
            query = select(officers.c.nip).where(officers.c.hall == hall).order_by(officers.c.nip)
            self.officers = [row.nip for row in connection.execute(query)]
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.now = wib("2026-03-02", "07:00")

    def play(self, day: str, steps: int) -> None:
        """A day of ``steps`` random verbs from 07.00 on, half a minute apart; nobody tidies up at its end."""
        self.now = wib(day, "07:00")
        for counter, nip in zip(self.places.counters, self.officers, strict=False):
            self._try("sign_in", counter, nip)
        for step in range(steps):
            self.now += timedelta(seconds=self.chance.randint(1, 60))
            what = self.chance.choices(
                ("issue", "call", "move", "print", "pause", "unpause", "sign_out", "sign_in"),
                (30, 25, 50, 5, 2, 6, 1, 3),
            )[0]
            counter = self.chance.choice(list(self.places.counters)[:6])
            if what == "issue":
                self._issue(step)
            elif what == "move":
                self._move()
            elif what == "print":
                self._try("take_next", next(iter(self.places.printers), "none"))
            elif what == "sign_in":
                self._try("sign_in", counter, self.chance.choice(self.officers))
            else:
                self._try(what, counter)

    def _issue(self, step: int) -> None:
        service = self.chance.choice(list(self.places.services)[:4])
        priority = self.chance.choice((None, None, None, *PRIORITIES[:2]))
        self._do(
            "issue",
            lambda: issuing.issue(
                self.db, self.hall, service, actor="kiosk:kiosk-1", now=self.now, priority=priority, history=True,
                key=f"{self.now}-{step}", kiosk="kiosk-1",
            ),
        )  # fmt: skip

    def _move(self) -> None:
        with self.db.reading() as connection:
            today = (tickets.c.hall == self.hall) & (tickets.c.business_date == self.places.date(self.now))
            query = select(tickets.c.id, tickets.c.state).where(today, tickets.c.state.in_(MOVES))
            found = connection.execute(query.order_by(tickets.c.state, tickets.c.place).limit(60)).all()
        live = [row for row in found if row.state != "waiting"]
        choice = live if self.chance.random() < 0.9 else found
        if not choice:
            return
        ticket, state = self.chance.choice(choice)
        move = self.chance.choice(MOVES[state] if self.chance.random() < 0.95 else ANY)
        more: dict[str, Any] = {}
        if move == "transfer":
            if self.chance.random() < 0.5:
                more["service"] = self.chance.choice(list(self.places.services)[:4])
            else:
                more["to_counter"] = self.chance.choice(list(self.places.counters)[:4])
            more["back"] = self.chance.random() < 0.4
        verb = getattr(calling, move)
        self._do(move, lambda: verb(self.db, ticket, actor="officer:x", now=self.now, **more))

    def _try(self, what: str, *given: str) -> None:
        room = calling if what == "call" else slips if what == "take_next" else presence
        verb = getattr(room, what)
        if what == "pause":
            given = (*given, "ke belakang")
        more: dict[str, Any] = {} if what == "take_next" else {"actor": "officer:x"}
        if what == "sign_in":
            more["beats"] = False
        self._do(what, lambda: verb(self.db, self.hall, *given, now=self.now, **more))

    def _do(self, what: str, act: Callable[[], Any]) -> None:
        try:
            act()
            self.done[what] += 1
        except Refusal as refusal:
            self.refused[refusal.code] += 1
