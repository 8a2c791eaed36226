"""Backups and restores that are killed at each of their steps: ``python -m tests.torture.dying WHAT SOURCE TARGET``.

For each step a child is made that dies with ``kill -9`` just before it, and what it left is handed to the test: one
line for each death, ``died`` or ``done``, and the test says when to go on. Made by a process without threads, so that a
child is a plain copy of it and no new interpreter has to start.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import backup as under_test
from app.settings import Settings
from hall.database import Database, sqlite_url
from tests.cast import TUESDAY_EVENING

STEPS = ("rename", "link", "open", "fsync", "close", "unlink", "chmod")


def die_before(step: int) -> None:
    """From now on the given step of all that change the disk is the last thing that this process does not do."""
    left = step

    def dying(act: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **named: Any) -> Any:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return act(*given, **named)

        return wrapped

    for name in STEPS:
        setattr(os, name, dying(getattr(os, name)))
    connect = sqlite3.connect

    def connected(*given: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = dying(connect)(*given, **named)
        return connection

    sqlite3.connect = connected  # type: ignore[assignment]


def back_up(source: Path, target: Path) -> None:
    db = Database(sqlite_url(source))
    try:
        under_test.backup(db, target)
    finally:
        db.close()


def put_back(source: Path, target: Path) -> None:
    under_test.restore(source, Settings(home=target.parent), TUESDAY_EVENING)


def main() -> None:
    act = {"backup": back_up, "restore": put_back}[sys.argv[1]]
    source, target = Path(sys.argv[2]), Path(sys.argv[3])
    step = 0
    while sys.stdin.readline():
        child = os.fork()
        if child == 0:
            die_before(step)
            act(source, target)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            said = "died" if os.WTERMSIG(status) == signal.SIGKILL else f"signal {os.WTERMSIG(status)}"
        else:
            said = "done" if os.WEXITSTATUS(status) == 0 else f"failed {os.WEXITSTATUS(status)}"
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()
        step += 1


if __name__ == "__main__":
    main()
