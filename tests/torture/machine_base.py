"""How a hall and its model go side by side: each step does a verb to both, and then nothing may differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine

from app.verify import verify
from hall.database import Database
from hall.errors import Refusal
from hall.journal import broken_links
from tests.torture.compare import all_alike, days_alike, floor_alike, memory_alike
from tests.torture.model_hall import Refused, Ticket
from tests.torture.model_people import WholeModel
from tests.torture.model_stage import Stage

Real = Callable[[Database, str | None, datetime], Any]
Alike = Callable[[Any, str | None, datetime], Any]  # what was answered, key, now


@dataclass
class Request:
    """What was asked with a key, and what was answered (None: it was refused, or there was nothing to answer)."""

    key: str
    real: Real
    alike: Alike
    answer: Any


class SideBySide(RuleBasedStateMachine):
    """One history of one hall on one :class:`Stage`."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.model: WholeModel
        self.now: datetime
        self.pace: timedelta  # how long each verb takes
        self.code = ""
        self.whole = False  # whether the last step came to its end
        self.steps = 0
        self.requests: list[Request] = []

    def do(self, process: int, real: Real, alike: Alike, key: str | None = None) -> Any:
        """The same verb to both: both do it, or both refuse with the same word. Returns what was answered."""
        self.whole = False
        self.steps += 1
        self.now += self.pace
        before, db, refused, answer = self.model.seq, self.stage.processes[process], "", None
        try:
            answer = real(db, key, self.now)
        except Refusal as refusal:
            refused = refusal.code
        try:
            wanted = self.model.attempt(self.now, lambda moment: alike(answer, key, moment))
        except Refused as refusal:
            if refused != refusal.code:
                raise AssertionError(f"the hall: {refused or answer!r}, the model refuses: {refusal.code}") from None
        else:
            assert not refused, f"the hall refuses: {refused}, the model: {wanted!r}"
            if isinstance(wanted, dict):
                assert isinstance(answer, dict)
                assert {name: answer[name] for name in wanted} == wanted
            else:
                assert answer == wanted
        memory_alike(db, self.code)
        all_alike(self.stage.processes[1 - process], self.code, self.model, before, self.now, self.steps)
        self.now_and_then()
        self.whole = True
        return answer

    def ask(self, process: int, with_key: bool, real: Real, alike: Alike) -> Any:
        """A verb that people and machines may ask for again."""
        key = f"key-{len(self.requests)}" if with_key else None
        answer = self.do(process, real, alike, key)
        if key is not None:
            self.requests.append(Request(key, real, alike, answer))
        return answer

    def one(self, which: int, *states: str) -> Ticket:
        """One of the tickets in these states, or of all."""
        found = [t for t in self.model.tickets.values() if not states or t.state in states]
        return found[which % len(found)]

    def now_and_then(self) -> None:
        """What costs more to compare: the days in numbers, the floor, the journal's chain."""
        here, there = self.stage.processes
        if self.steps % 4 == 3:
            days_alike(here, self.code, self.model)
            floor_alike(there, self.code, self.model, self.now)
        if self.steps % 10 == 9:
            with here.reading() as connection:
                assert list(broken_links(connection, self.code)) == []

    def teardown(self) -> None:
        """The end of a history: all promises, unless a step has failed already and says more."""
        if self.whole:
            self.stage.tally.add(histories=1, tickets=len(self.model.tickets))
            breaches = verify(self.stage.processes[0], halls=[self.code])
            for breach in breaches:
                kept = self.stage.tally.breaches
                kept[breach.promise] = kept.get(breach.promise, 0) + 1
            assert breaches == []
