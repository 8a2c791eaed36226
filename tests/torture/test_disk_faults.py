"""A disk that is full or fails, at each operation: refused with a code, nothing half, and well again by itself."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import func, select

from hall.database import Database, new_id
from hall.errors import Refusal
from hall.journal import journal
from queueing import calling
from queueing.issuing import issue
from queueing.tickets import tickets
from tests.cast import CONSOLE, KIOSK
from tests.torture import disk as d
from tests.torture.tally import Tally, size
from tests.torture.test_power import CLOCK, HALL, booted, open_hall

__all__ = ["open_hall"]

# what may befall an operation, and the code of the refusal that tells of it
FAULTS = {
    "write": ((d.FULL, "disk_full"), (d.WRITE, "database_unavailable")),
    "sync": ((d.SYNC, "database_unavailable"),),
    "truncate": ((d.TRUNCATE, "database_unavailable"),),
    "read": ((d.READ, "database_unavailable"),),
    "open": ((d.CANT_OPEN, "database_unavailable"),),
    "map": ((d.MAP, "database_unavailable"),),
    "delete": ((d.DELETE, "database_unavailable"),),
}


OFTEN = ("write", "read")  # a hundred of each in a morning; of the others a handful


@dataclass
class Failing:
    """Lets the disk fail at the ``at``-th operation of this kind, ``lasting`` or only once."""

    what: str
    at: int
    fault: int
    lasting: bool
    failed: bool = False

    def __call__(self, what: str, _name: str) -> int:
        if what != self.what:
            return d.OK
        self.at -= 1
        if self.at > 0 or (self.at < 0 and not self.lasting):
            return d.OK
        self.failed = True
        return self.fault


@dataclass
class People:
    """Those who ask: each thing once more with its key until it is answered, and what came of it."""

    db: Database
    given: dict[str, dict[str, Any]] = field(default_factory=dict)
    called: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    sure: bool = True  # whether all who were refused were told that nothing was written

    def want(self, wishes: list[Wish]) -> list[Wish]:
        """Asks for each; those that were refused because of the disk."""
        left = []
        for wish in wishes:
            try:
                if not wish(self):
                    left.append(wish)
            except Refusal as refusal:
                if refusal.status == 503:
                    self.codes.append(refusal.code)
                    self.sure = self.sure and "Tidak ada yang dicatat" in refusal.message
                elif not left:
                    raise  # not because something before it was refused
                left.append(wish)
        return left


Wish = Callable[[People], bool]  # whether it was fulfilled


def morning() -> list[Wish]:
    """What is wanted: two numbers, one called and served, the log copied back by a turn and by command."""
    keys = [new_id() for _ in range(3)]

    def number(key: str) -> Wish:
        def ask(people: People) -> bool:
            now = CLOCK.now()
            people.given[key] = issue(people.db, HALL, "ktp", actor=KIOSK, now=now, confirm=True, history=True, key=key)
            return True

        return ask

    def call(people: People) -> bool:
        ticket = calling.call(people.db, HALL, "1", actor=CONSOLE, now=CLOCK.now(), key=keys[2])
        if ticket is not None:
            people.called[keys[2]] = ticket
        return ticket is not None  # the first of the day was refused, and nobody waits

    def move(verb: Callable[..., Any]) -> Wish:
        def do(people: People) -> bool:
            ticket = people.called.get(keys[2])
            if ticket is not None:
                verb(people.db, ticket["id"], actor=CONSOLE, now=CLOCK.now(), key=f"{verb.__name__} {ticket['id']}")
            return ticket is not None

        return do

    def copy_back(people: People) -> bool:
        assert people.db.file is not None
        people.db.file.since_checkpoint = 1000
        return number(keys[1])(people)

    def checkpoint(people: People) -> bool:
        people.db.checkpoint()
        return True

    return [number(keys[0]), call, move(calling.start), copy_back, move(calling.finish), checkpoint]


def faults(people: People, disk: d.Disk, tally: Tally, step: int) -> Iterator[str]:
    """Lets operations of a morning fail, each kind in each way, once and lastingly; what went wrong.

    Of the frequent ones every ``step``-th, of the rare ones each.
    """
    ways = [(what, *way, lasting) for what, known in FAULTS.items() for way in known for lasting in (False, True)]
    for what, fault, code, lasting in ways:
        for at in count(1, step if what in OFTEN else 1):
            disk.before = failing = Failing(what, at, fault, lasting)
            people.codes.clear()
            people.sure = True
            left = people.want(morning())
            disk.before = lambda what, name: d.OK
            if not failing.failed:
                break  # the morning has no more of them
            where = f"{what} {at}, error {fault}{', lasting' if lasting else ''}"
            tally.add(faults=1)
            if set(people.codes) - {code}:
                yield f"{where}: told as {people.codes}, not as {code}"
            yield from (f"{where}, then a cut: {told}" for told in after_a_cut(disk.cut(), people, left))
            if people.want(left):
                yield f"{where}: still {people.codes} when the disk was well again"
            yield from (f"{where}: {told}" for told in wrong(people))


def after_a_cut(cut: d.Cut, people: People, left: list[Wish]) -> Iterator[str]:
    """What would be wrong if the power went as well, before anybody asked again."""
    with TemporaryDirectory() as folder:
        cut.leave(Path(folder), random.Random(len(people.given)))
        with booted(Path(folder)) as db:
            those = People(db, dict(people.given), dict(people.called))
            if people.sure and (lie := list(wrong(those))):
                yield f"told that nothing was written, and {lie}"
            if those.want(left):
                yield f"still {those.codes}"
            yield from wrong(those)
            for key, answer in people.given.items():
                if those.given[key] != answer:
                    yield f"{answer['number']} is lost"


def wrong(people: People) -> Iterator[str]:
    """Where the database is not as people were told."""
    with people.db.reading() as connection:
        stored = connection.execute(select(tickets.c.label).order_by(tickets.c.number)).scalars().all()
        calls = select(func.count()).where(journal.c.kind == "ticket_called")
        called = connection.execute(calls).scalar_one()
        whole = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
    if whole != "ok":
        yield f"the file is damaged: {whole}"
    if list(stored) != [f"A-{nr:03d}" for nr in range(1, len(people.given) + 1)]:
        yield f"{len(people.given)} numbers were given, and stored are {stored[-3:]}"
    if called != len(people.called):
        yield f"{len(people.called)} were called, and stored are {called}"


@pytest.fixture
def folder(tmp_path: Path, open_hall: Path) -> Path:
    """The place of a hall with its officers at their counters."""
    shutil.copy(open_hall, tmp_path / "antre.db")
    return tmp_path


def test_a_disk_that_fails_at_any_operation_refuses_and_is_well_again(folder: Path, tally: Tally) -> None:
    with d.Disk(folder) as disk, booted(folder) as db:
        people = People(db)
        assert list(faults(people, disk, tally, step=size(23, 1))) == []
        tally.add(histories=1, tickets=len(people.given))
        tally.verified(db)
