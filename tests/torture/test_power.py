"""The power goes, at any moment: what was acknowledged is there when it comes back, and nothing is half."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from app.verify import verify
from hall.clock import ShiftedClock
from hall.database import Database, new_id, sqlite_url
from hall.errors import Refusal
from hall.journal import journal
from hall.schema import migrate
from queueing import calling
from queueing.issuing import issue
from queueing.tickets import tickets
from staffing import presence
from tests.cast import BIMA, CONSOLE, CONTOH_FILE, GALIH, KIOSK, SARI, TUESDAY_MORNING
from tests.conftest import load
from tests.torture.disk import OK, Cut, Disk
from tests.torture.tally import Tally, size

HALL, PEOPLE, SEATED = "contoh", 5, (SARI, BIMA, GALIH)
CLOCK = ShiftedClock(TUESDAY_MORNING)  # one for all lives: it runs on while the power is gone
CUTS_OF_A_LIFE = 20
# how likely the power goes just before an operation: a write to the log is one of thirty in a turn, the others are rare
CHANCES = {("write", "antre.db-wal"): 0.01, ("write", "antre.db"): 0.01, ("read", "antre.db-wal"): 0.002}


@dataclass
class Told:
    """What the people of a hall were told: by key each ticket given, each call answered."""

    given: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    called: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def until_now(self) -> Told:
        return Told(list(self.given), list(self.called))


def work(db: Database, told: Told, over: threading.Event, seed: int) -> None:
    """One of the people: takes numbers with a key, sits at a counter now and then, and sees to the log."""
    dice = random.Random(seed)
    while not over.is_set():
        key = f"{dice.random()}"
        told.given.append((key, ask(db, dice.choice(("ktp", "pkb")), key)))
        if dice.random() < 0.5:
            serve_one(db, told, dice.choice(SEATED).counter, f"{dice.random()}")
        if dice.random() < 0.05:
            db.checkpoint()
        elif dice.random() < 0.1:
            assert db.file is not None
            db.file.since_checkpoint = 1000  # the next who commits copies the log back


def serve_one(db: Database, told: Told, counter: str, key: str) -> None:
    """Calls the next at that counter, and lets him go."""
    try:
        ticket = calling.call(db, HALL, counter, actor=CONSOLE, now=CLOCK.now(), key=key)
        if ticket is not None:
            told.called.append((key, ticket))
            calling.start(db, ticket["id"], actor=CONSOLE, now=CLOCK.now())
            calling.finish(db, ticket["id"], actor=CONSOLE, now=CLOCK.now())
    except Refusal as refused:
        if refused.code not in {"still_serving", "illegal_move"}:  # somebody else sits there too
            raise


def live(folder: Path, told: Told, seed: int, wanted: int, synchronous: str = "") -> list[tuple[Cut, Told]]:
    """Lets a hall work until the power has gone that often; each time what was on the disk and who had been told.

    ``synchronous`` takes the place of what the hall asks of its connections.
    """
    dice, cuts, over = random.Random(seed), list[tuple[Cut, Told]](), threading.Event()

    def maybe(what: str, name: str) -> int:
        if len(cuts) < wanted and dice.random() < CHANCES.get((what, name), 0.05):
            cuts.append((disk.cut(), told.until_now()))
            if len(cuts) == wanted:
                over.set()
        return OK

    def person(nr: int) -> None:
        try:
            work(db, told, over, seed * 100 + nr)
        finally:
            over.set()  # if one of them fails, nobody goes on

    with Disk(folder, before=maybe) as disk:
        db = Database(sqlite_url(folder / "antre.db"), patience=60)
        try:
            if synchronous:
                event.listen(db.engine, "connect", lambda raw, _: raw.execute(f"PRAGMA synchronous={synchronous}"))
            with ThreadPoolExecutor(PEOPLE) as people:
                for done in [people.submit(person, nr) for nr in range(PEOPLE)]:
                    done.result()
        finally:
            db.close()
    return cuts


@contextmanager
def booted(folder: Path) -> Iterator[Database]:
    """The database as the next start finds it, on the machine's own disk."""
    db = Database(sqlite_url(folder / "antre.db"))
    try:
        yield db
    finally:
        db.close()


def what_was_lost(folder: Path, told: Told) -> list[str]:
    """Everything that is not as it was told, after the start that follows a cut."""
    try:
        with booted(folder) as db:
            return list(_differences(db, told))
    except (sqlite3.Error, Refusal) as fault:
        return [f"the database cannot be used: {fault}"]


def _differences(db: Database, told: Told) -> Iterator[str]:
    with db.reading() as connection:
        whole = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        stored = {row.id: row.label for row in connection.execute(select(tickets.c.id, tickets.c.label))}
        calls = connection.execute(select(journal.c.subject).where(journal.c.kind == "ticket_called")).scalars().all()
    if whole != ["ok"]:
        yield f"the file is damaged: {whole[:3]}"
        return
    yield from (f"ticket lost: {a['number']}" for _, a in told.given if stored.get(a["id"]) != a["number"])
    yield from (f"call lost: {a['number']}" for _, a in told.called if a["id"] not in calls)
    yield from (f"called twice: {one}" for one in set(calls) if calls.count(one) > 1)
    yield from (f"{breach.promise}: {breach.what}" for breach in verify(db))
    for key, answer in told.given[-1:]:  # asked again, as a kiosk does that heard no answer
        again = ask(db, answer["service"], key)
        if again != answer:
            yield f"{answer['number']} asked for again is {again['number']}"
    new = ask(db, "ktp", new_id())["number"]
    if new in stored.values():
        yield f"{new} is given twice"


def ask(db: Database, service: str, key: str) -> dict[str, Any]:
    return issue(db, HALL, service, actor=KIOSK, now=CLOCK.now(), confirm=True, history=True, key=key)


@pytest.fixture(scope="module")
def open_hall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a hall with its officers at their counters."""
    folder = tmp_path_factory.mktemp("hall")
    with booted(folder) as db:
        set_up(db)
        for one in SEATED:
            presence.sign_in(db, HALL, one.counter, one.nip, actor=CONSOLE, now=TUESDAY_MORNING, beats=False)
    return folder / "antre.db"


def set_up(db: Database) -> None:
    """What ``antre init`` does."""
    migrate(db)
    load(db, CONTOH_FILE)


def outages(home: Path, hall: Path, tally: Tally, *, lives: int, seed: int, synchronous: str = "") -> list[str]:
    """That many lives of a hall with their power cuts; every third begins with a fresh hall, the others go on with
    what the last cut of the life before has left. Everything that was not as told."""
    lost: list[str] = []
    told, folder = Told(), home
    for nr in range(lives):
        if nr % 3 == 0:
            folder, told = home / f"{nr}", Told()
            folder.mkdir()
            shutil.copy(hall, folder / "antre.db")
        tally.add(histories=1, faults=CUTS_OF_A_LIFE)
        before = len(told.given)
        for at, (cut, heard) in enumerate(live(folder, told, seed + nr, CUTS_OF_A_LIFE, synchronous)):
            after = home / f"{nr}-{at}"
            after.mkdir()
            dice = random.Random(f"{seed + nr} {at}")
            cut.leave(after, dice)
            if dice.random() < 0.5:  # shared memory of before is worth nothing after
                (after / "antre.db-shm").write_bytes(dice.randbytes(32768))
            found = what_was_lost(after, heard)
            lost += [f"life {seed + nr}, cut {at}: {what}" for what in found]
            if at < CUTS_OF_A_LIFE - 1 or found:
                shutil.rmtree(after)
        tally.add(tickets=len(told.given) - before)
        if lost:
            break
        folder, told = after, heard
    return lost


def test_the_power_goes_while_numbers_are_given_and_called(tmp_path: Path, open_hall: Path, tally: Tally) -> None:
    lost = outages(tmp_path, open_hall, tally, lives=size(5, 50), seed=1000)
    assert lost == []


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_without_a_full_sync_the_same_cuts_lose_tickets(tmp_path: Path, open_hall: Path, synchronous: str) -> None:
    lost = outages(tmp_path, open_hall, Tally(), lives=6, seed=2000, synchronous=synchronous)
    assert any("ticket lost" in what for what in lost), lost


def test_the_power_goes_while_a_hall_is_set_up(tmp_path: Path, tally: Tally) -> None:
    for life in range(size(1, 6)):
        dice, cuts = random.Random(3000 + life), list[Cut]()
        folder = tmp_path / f"{life}"
        folder.mkdir()

        def maybe(what: str, name: str, dice: random.Random = dice, cuts: list[Cut] = cuts) -> int:
            if dice.random() < (0.01 if what in ("read", "write") else 0.2):
                cuts.append(disk.cut())
            return OK

        with Disk(folder, before=maybe) as disk, booted(folder) as db:
            set_up(db)
        tally.add(histories=1, faults=len(cuts), tickets=len(cuts))
        for at, cut in enumerate(cuts):
            after = tmp_path / f"{life}-{at}"
            after.mkdir()
            cut.leave(after, dice)
            with booted(after) as db:
                set_up(db)  # as an operator does who types it again
                assert ask(db, "ktp", "first")["number"] == "A-001", f"life {life}, cut {at}"
                tally.verified(db)
