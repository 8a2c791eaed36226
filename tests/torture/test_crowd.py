"""Show 3: many threads and processes at once; no number twice, no ticket called twice, no gap."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

from sqlalchemy import func, select

from app.verify import verify
from hall.database import Database
from hall.journal import broken_links, journal
from hall.turn import position
from queueing.tickets import tickets
from staffing import presence
from tests.cast import (
    AYU,
    BAMBU,
    BLORA_FILE,
    CONSOLE,
    DAHLIA,
    JATI,
    LINTANG,
    MELATI,
    RANDU,
    ROOT,
    SEKAR,
    TUESDAY_MORNING,
)
from tests.conftest import load
from tests.torture.crowd import HALL, Got, crowd
from tests.torture.tally import Tally, size

SEATED = (MELATI, JATI, BAMBU, SEKAR, AYU, LINTANG, RANDU, DAHLIA)
FINE = {"still_serving", "not_signed_in", "illegal_move"}  # counters are shared, and counter 9 is empty


def open_hall(db: Database) -> Database:
    load(db, BLORA_FILE)
    for officer in SEATED:
        presence.sign_in(db, HALL, officer.counter, officer.nip, actor=CONSOLE, now=TUESDAY_MORNING, beats=False)
    return db


def crowds(db: Database, processes: int, threads: int, each: int) -> Got:
    """Several processes at once, let go at the same moment."""
    url = db.url.render_as_string(hide_password=False)
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.torture.crowd", url, str(threads), str(each), str(seed)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(processes)
    ]
    together = Got()
    for process in running:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in running:
        together.add(Got(**json.loads(process.communicate(timeout=100)[0])))
        assert process.returncode == 0
    return together


def the_promises_hold(db: Database, got: Got, wanted: int) -> None:
    """What everybody was told agrees with what is stored, and what is stored with the journal."""
    assert got.faults == {}
    assert set(got.refused) <= FINE
    assert len(got.numbers) == wanted
    assert [n for n, times in Counter(got.numbers).items() if times > 1] == []
    assert [t for t, times in Counter(t for _, t in got.called).items() if times > 1] == []
    with db.reading() as connection:
        stored = connection.execute(select(tickets.c.label, tickets.c.prefix, tickets.c.number)).all()
        assert sorted(row.label for row in stored) == sorted(got.numbers)
        for prefix in {row.prefix for row in stored}:  # and none was left out
            assert sorted(r.number for r in stored if r.prefix == prefix) == list(
                range(1, 1 + sum(r.prefix == prefix for r in stored))
            )
        lines = connection.execute(select(func.count(), func.max(journal.c.seq)).where(journal.c.hall == HALL)).one()
        assert lines[0] == lines[1] == position(connection, HALL)[0]
        assert list(broken_links(connection, HALL)) == []
        calls = connection.execute(select(journal.c.subject).where(journal.c.kind == "ticket_called")).scalars().all()
        assert Counter(calls) == Counter(t for _, t in got.called)
    assert verify(db) == []


def test_sixty_four_threads_in_one_process(db: Database, tally: Tally) -> None:
    open_hall(db)
    tally.add(histories=1, tickets=1024)
    the_promises_hold(db, crowd(db, 64, 16, seed=99), 1024)


def test_four_processes_of_sixteen_threads_on_one_file(db: Database, tally: Tally) -> None:
    open_hall(db)
    each = size(12, 60)
    tally.add(histories=1, tickets=64 * each)
    the_promises_hold(db, crowds(db, 4, 16, each), 64 * each)


def test_four_processes_of_eight_threads_on_one_postgres(postgres: Database, tally: Tally) -> None:
    open_hall(postgres)
    each = size(8, 40)
    tally.add(histories=1, tickets=32 * each)
    the_promises_hold(postgres, crowds(postgres, 4, 8, each), 32 * each)
