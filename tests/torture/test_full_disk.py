"""A real server on a disk that takes no more: refused with the right code, boards still shown, well by itself after."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from requests import Response
from sqlalchemy import select

from adapters.printers.pretend import PretendPrinter
from hall.database import Database, new_id, sqlite_url
from queueing.tickets import tickets
from tests.live import HALL, run_antre
from tests.torture.killed import KilledHall
from tests.torture.tally import Tally

Switch = Callable[[], None]
MEGABYTES = 8


@contextmanager
def no_file_may_grow(hall: KilledHall) -> Iterator[tuple[Switch, Switch]]:
    """Every write at the end of the log fails."""

    def set_limit(to: int) -> None:
        for pid in hall.processes():
            hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (to, hard))

    log = hall.home / "antre.db-wal"
    yield lambda: set_limit(log.stat().st_size), lambda: set_limit(resource.RLIM_INFINITY)


@contextmanager
def somebody_fills_it(hall: KilledHall) -> Iterator[tuple[Switch, Switch]]:
    """Every byte of the file system is taken."""
    other = hall.home / "somebody-elses"

    def fill() -> None:
        with other.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 512)

    yield fill, other.unlink


@contextmanager
def small_file_system(home: Path) -> Iterator[None]:
    """A file system of a few megabytes at ``home``."""
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "antre-torture", str(home)],
        check=True,
        capture_output=True,
    )
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(home)], check=True)


def full_and_well_again(hall: KilledHall, full: Switch, room: Switch, code: str, tally: Tally) -> None:
    """Takes numbers until there is no room, asks some more, and again when there is."""
    given, wish = hall.told.given, {"service": "ktp", "confirm": True}

    def take(key: str) -> Response:
        answer = hall.ask_once("POST", f"/halls/{HALL}/tickets", "kiosk", key, json=wish)
        if answer.status_code == 201:
            given[key] = answer.json()
        return answer

    hall.ask("POST", f"/halls/{HALL}/tickets", "kiosk", new_id(), json=wish)  # the server is up
    hall.told.given.clear()
    full()
    refused: list[str] = []
    while len(refused) < 3:
        key = new_id()
        answer = take(key)
        if answer.status_code != 201:
            refused.append(key)
            assert answer.status_code == 503, answer.text
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["code"] == code
    call = hall.ask_once("POST", f"/halls/{HALL}/counters/1/call", "console", new_id())
    assert call.status_code == 200 or call.json()["code"] == code  # it is short, and may just have found room
    board = hall.ask_once("GET", f"/halls/{HALL}/board", "display")
    assert board.status_code == 200  # what is known is shown
    assert "the database cannot be used" in hall.log()
    if code == "disk_full":
        examined = run_antre(hall.environment, "doctor")
        assert examined.returncode == 1
        assert "0.0 GB free" in examined.stdout
    room()
    assert [take(key).status_code for key in refused] == [201] * 3
    tally.add(faults=4, tickets=len(given))


def lived_through(home: Path, tally: Tally, kind: Callable[..., Any], code: str) -> None:
    """One hall whose disk fills up while its server runs, and is emptied again."""
    with PretendPrinter() as printer:
        hall = KilledHall(home, printer, sqlite_url(home / "antre.db"))
        try:
            hall.start()
            with kind(hall) as (full, room):
                full_and_well_again(hall, full, room, code, tally)
            assert hall.stop() == 0
        finally:
            hall.close()
        with closing(Database(hall.url)) as db:
            tally.add(histories=1)
            with db.reading() as connection:
                stored = set(connection.execute(select(tickets.c.label)).scalars())
            told = [answer["number"] for answer in hall.told.given.values()]
            assert len(stored) == len(told) + 1  # and the one that found the server up
            assert set(told) <= stored
            tally.verified(db)


@contextmanager
def any_disk(_home: Path) -> Iterator[None]:
    yield


def may_mount() -> bool:
    """Whether this user may make file systems."""
    with TemporaryDirectory() as home, suppress(OSError, subprocess.CalledProcessError), small_file_system(Path(home)):
        return True
    return False


DISKS = (
    (any_disk, no_file_may_grow, "database_unavailable"),
    (
        small_file_system,
        somebody_fills_it,
        "disk_full",
    ),  # where the user may mount
)


WHAT = ("no file may grow", "somebody fills it")


@pytest.mark.parametrize(("place", "kind", "code"), DISKS[: 1 + may_mount()], ids=WHAT[: 1 + may_mount()])
def test_a_server_on_a_full_disk_refuses_and_is_well_again(
    place: Callable[..., Any], kind: Callable[..., Any], code: str, tmp_path: Path, tally: Tally
) -> None:
    with place(tmp_path):
        lived_through(tmp_path, tally, kind, code)
