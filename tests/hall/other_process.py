"""Another process on the same database file, for tests: ``python -m tests.hall.other_process WHAT PATH``."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import sys
from pathlib import Path

from hall.database import Database, sqlite_url
from hall.errors import Unavailable
from queueing.issuing import issue
from tests.cast import KIOSK, TUESDAY_MORNING

NOBODY = 65534


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def hold(path: str) -> None:
    """Locks the file for writing until a line comes in, as a forgotten database shell would."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    tell("held")
    sys.stdin.readline()
    connection.rollback()
    connection.close()


def take_number(db: Database) -> str:
    try:
        return str(issue(db, "contoh", "ktp", actor=KIOSK, now=TUESDAY_MORNING, confirm=True)["number"])
    except Unavailable as refused:
        return refused.code


def small_disk(path: str) -> None:
    """Takes numbers on a disk that soon takes no more, then again when somebody made room."""
    db = Database(sqlite_url(Path(path)))
    given = [take_number(db)]
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(path), hard))
    while (answer := take_number(db)).startswith("A-"):
        given.append(answer)
    refused = [answer, take_number(db), take_number(db)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    again = take_number(db)
    db.close()
    tell(json.dumps({"given": given, "refused": refused, "again": again}))


def read_only(path: str) -> None:
    """Takes a number where nothing may be written, then where it may."""
    if os.geteuid() == 0:  # nothing is read-only to root
        os.seteuid(NOBODY)
    db = Database(sqlite_url(Path(path)))
    refused = [take_number(db), take_number(db)]
    with db.reading() as connection:
        readable = connection.exec_driver_sql("select count(*) from tickets").scalar()
    db.close()
    tell(json.dumps({"refused": refused, "readable": readable}))


if __name__ == "__main__":
    {"hold": hold, "small-disk": small_disk, "read-only": read_only}[sys.argv[1]](sys.argv[2])
