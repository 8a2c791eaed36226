"""``kill -9`` of a command at work: what it began is whole or not there, and it can be given again."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from app.replay import AT_ONCE
from hall.database import Database, sqlite_url
from queueing.tickets import tickets
from tests.cast import CONTOH_FILE, TUESDAY_MORNING
from tests.live import environment_of, run_antre
from tests.torture.tally import Tally, size
from tests.torture.test_power import set_up

WAIT_S = 100.0
LINES = AT_ONCE + 100  # a replay of two transactions


def killed(home: Path, words: tuple[str, ...], at_work: Callable[[], bool], pause: float) -> None:
    """Starts the command, waits for a sign that it is at work, a little longer, and kills it."""
    command = [sys.executable, "-m", "app.cli", *words]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment_of(home, 1), stdout=quiet, stderr=quiet) as process:
        until = time.monotonic() + WAIT_S
        while process.poll() is None and not at_work():
            assert time.monotonic() < until
            time.sleep(0.001)
        time.sleep(pause)
        process.kill()


def again(home: Path, *words: str) -> None:
    """Gives the command once more, to its end."""
    done = run_antre(environment_of(home, 1), *words)
    assert done.returncode == 0, done.stderr


def opened(path: Path) -> closing[Database]:
    return closing(Database(sqlite_url(path)))


def count(path: Path, tally: Tally) -> int:
    """How many tickets are stored, in a database that is in order."""
    with opened(path) as db:
        with db.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            found = connection.execute(select(func.count()).select_from(tickets)).scalar_one()
        tally.verified(db)
    return found


def kill_init(home: Path, dice: random.Random, tally: Tally) -> None:
    """Tables, hall and secret are made."""
    killed(home, ("init", str(CONTOH_FILE)), (home / "antre.db").exists, dice.random() * 0.6)
    again(home, "init", str(CONTOH_FILE))
    assert count(home / "antre.db", tally) == 0


def kill_replay(home: Path, dice: random.Random, tally: Tally) -> None:
    """History is carried in: each transaction of it or nothing, and then the rest."""
    shutil.copy(home.parent / "antre.db", home)
    history = [
        json.dumps({"at": (TUESDAY_MORNING + timedelta(seconds=nr)).isoformat(), "do": "issue", "service": "ktp"})
        for nr in range(LINES)
    ]
    file, words = home / "history.jsonl", ("replay", "--hall", "contoh", str(home / "history.jsonl"))
    file.write_text("\n".join(history))
    killed(home, words, (home / "antre.db-wal").exists, dice.random() * 1.2)
    done = count(home / "antre.db", tally)
    assert done in (0, AT_ONCE, LINES)
    if done < LINES:
        file.write_text("\n".join(history[done:]))
        again(home, *words)
    assert count(home / "antre.db", tally) == LINES
    tally.add(tickets=LINES)


def kill_backup(home: Path, dice: random.Random, tally: Tally) -> None:
    """A copy is made: it bears its name when it is whole, and not before."""
    shutil.copy(home.parent / "antre.db", home)
    copy, second = home / "copy", home / "second"
    killed(home, ("backup", str(copy)), lambda: any(home.glob(".copy.*.unfinished")), dice.random() * 0.05)
    assert not copy.exists() or count(copy, tally) == 0
    again(home, "backup", str(second))
    assert count(second, tally) == count(home / "antre.db", tally) == 0


def test_commands_are_killed_at_work_and_given_again(tmp_path: Path, tally: Tally) -> None:
    def attack(one: Callable[[Path, random.Random, Tally], None], nr: int) -> None:
        home = tmp_path / f"{one.__name__}-{nr}"
        home.mkdir()
        one(home, random.Random(nr), tally)

    with opened(tmp_path / "antre.db") as db:
        set_up(db)
    kinds, times = (kill_init, kill_replay, kill_backup), size(1, 12)
    with ThreadPoolExecutor(len(kinds)) as hands:
        for done in [hands.submit(attack, one, nr) for nr in range(times) for one in kinds]:
            done.result()
    tally.add(histories=len(kinds) * times, faults=len(kinds) * times)
