"""One hall on one engine under a scripted story: what each verb answers, writes and leaves alone is checked."""

from __future__ import annotations

import inspect
import itertools
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from hall.database import Database, metadata
from hall.errors import Refusal
from hall.journal import journal
from staffing.privacy import Asker
from tests.cast import CONSOLE, TUESDAY_BEFORE_OPENING
from tests.conformance.verbs import verbs

HALL = "contoh"
MANAGER = Asker("manager", "manager:kelola")
SAMSAT_HEAD = Asker("head", "head:samsat", "samsat")
ALWAYS = {"journal", "turns"}  # every verb with a line touches these
Tables = dict[str, list[tuple[Any, ...]]]


def tables_of(db: Database) -> Tables:
    """Every table of the database as the program reads it, rows in the order of their keys."""
    with db.reading() as connection:
        return {
            table.name: [tuple(r) for r in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in metadata.sorted_tables
        }


@contextmanager
def same_chance() -> Iterator[None]:
    """Ids and secrets that count up, so that a story told twice is the same to the last character."""
    ids, words = itertools.count(1), itertools.count(1)
    with pytest.MonkeyPatch.context() as patch:
        made = SimpleNamespace(uuid7=lambda: f"01900000-0000-7000-8000-{next(ids):012x}")
        patch.setattr("hall.database.uuid_utils", made)
        patch.setattr(secrets, "token_urlsafe", lambda size=32: f"rahasia-{next(words):08d}")
        patch.setattr(secrets, "token_hex", lambda size=8: f"{next(words):016x}")
        yield


class Stage:
    """Runs verbs. ``told`` is what they answered, ``ran`` which of them were seen to succeed."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.now: datetime = TUESDAY_BEFORE_OPENING
        self.told: list[tuple[str, str]] = []
        self.ran: set[str] = set()
        self.refused: set[str] = set()
        self._verbs = verbs()
        self._tables = tables_of(db)

    def does(self, verb: Callable[..., Any], lines: str = "", rows: str = "", /, **given: Any) -> Any:
        """The verb succeeds, adds exactly these kinds of lines and changes exactly these tables besides the journal."""
        name, before = self._name(verb), self._tables
        answer = verb(**self._filled(verb, given))
        after = self._tables = tables_of(self.db)
        assert after["journal"][: len(before["journal"])] == before["journal"], f"{name} changed a line"
        kinds = [line[4] for line in after["journal"][len(before["journal"]) :]]
        assert kinds == lines.split(), f"{name} wrote {kinds}"
        changed = {table for table in after if after[table] != before[table]} - ALWAYS
        assert changed == set(rows.split()), f"{name} changed {' '.join(sorted(changed))}"
        self.ran.add(name)
        self.told.append((name, repr(answer)))
        return answer

    def refuses(self, code: str, verb: Callable[..., Any], besides: str = "", /, **given: Any) -> None:
        """The verb is refused with this code and nothing is written, but in the tables ``besides``."""
        name, before = self._name(verb), self._tables
        with pytest.raises(Refusal) as refusal:
            verb(**self._filled(verb, given))
        assert refusal.value.code == code, f"{name}: {refusal.value.code}, {refusal.value.message}"
        self._tables = tables_of(self.db)
        changed = {table for table in before if self._tables[table] != before[table]}
        assert changed == set(besides.split()), f"{name} refused and wrote"
        self.refused.add(name)
        self.told.append((name, f"{code}: {refusal.value.message} {refusal.value.extra!r}"))

    def once(self, verb: Callable[..., Any], lines: str, rows: str, /, other: dict[str, Any], **given: Any) -> Any:
        """As :meth:`does` with a key; again it gives the same answer and writes nothing; asked ``other`` it refuses."""
        given["key"] = f"kunci-{len(self.told):04d}"
        first = self.does(verb, lines, f"{rows} answers", **given)
        again = self.does(verb, **given)
        assert again == first
        self.refuses("key_reused", verb, **(given | other))
        return first

    def at(self, moment: datetime) -> None:
        """The clock of all that follows."""
        self.now = moment

    def wait(self, seconds: float = 10) -> None:
        """Some time goes by."""
        self.now += timedelta(seconds=seconds)

    def journal(self) -> list[tuple[Any, ...]]:
        """The whole journal, hashes included, by its numbers."""
        with self.db.reading() as connection:
            return [tuple(row) for row in connection.execute(select(journal).order_by(journal.c.hall, journal.c.seq))]

    def look(self, what: str, answer: Any) -> None:
        """Keeps what a read answered, to be held against the other engine."""
        self.told.append((what, re.sub(r" at 0x[0-9a-f]+", "", repr(answer))))

    def _name(self, verb: Callable[..., Any]) -> str:
        name = f"{verb.__module__}.{verb.__name__}"
        assert name in self._verbs, f"{name} is no verb"
        return name

    def _filled(self, verb: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
        usual = {"db": self.db, "hall": HALL, "now": self.now, "actor": CONSOLE, "by": MANAGER}
        takes = inspect.signature(verb).parameters
        return {name: value for name, value in usual.items() if name in takes} | given
