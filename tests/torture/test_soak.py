"""A hall's whole work for a long while over a bad line: the server grows in nothing that it does not give back."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import pytest

from adapters.printers.pretend import PretendPrinter
from bench.history import write_history
from hall.database import Database, sqlite_url
from tests.live import HALL, PIN, LiveHall, close_hall, open_hall, serve_again
from tests.torture.bad_line import BadLine, Manners
from tests.torture.hall_at_work import DESKS, MORE, SECOND, Crew, Phones, Size, size_of
from tests.torture.screens import Screens
from tests.torture.tally import Tally, size

MINUTES = float(os.environ.get("ANTRE_SOAK_MINUTES") or size(15, 600) / 60)
SCREENS = 100
LONG_ENOUGH = 5.0  # minutes from which on growth says something
GROWTH_KB = 6_000
READERS = 32  # the pool of app.factory's database; it takes one more only where so many read at the same moment
BEFORE = size(2_000, 20_000)  # tickets: a hall with a past soon has all of its database's caches full, as they stay
WAL_KB = 96_000  # three rounds of a thousand turns: a reader may be in the way of a new beginning now and then


@pytest.fixture
def hall(tmp_path: Path, printer: PretendPrinter) -> Iterator[LiveHall]:
    """A hall with two officers and a past."""
    opened = open_hall(tmp_path, printer, more=MORE)
    try:
        close_hall(opened)
        db = Database(sqlite_url(tmp_path / "antre.db"))
        try:
            write_history(db, HALL, BEFORE, services=("ktp", "pkb"), counters=tuple(DESKS))
        finally:
            db.close()
        serve_again(opened)
        done = opened.command("staff", "pin", SECOND, "--hall", HALL, "--pin-stdin", stdin=f"{PIN}\n")
        assert done.returncode == 0, done.stderr
        yield opened
    finally:
        close_hall(opened)


def work(hall: LiveHall, crew: Crew, line: BadLine, minutes: float, dice: random.Random) -> list[Size]:
    """Serves citizens at a hall's pace, while now and then the line is cut, falls silent or is held up."""
    sizes: list[Size] = []
    end = time.monotonic() + minutes * 60
    next_fault = next_size = 0.0
    bad_until: float | None = None
    counters = list(DESKS)
    while (at := time.monotonic()) < end:
        crew.night()
        counter = dice.choice(counters)
        crew.come(counter)
        time.sleep(dice.uniform(0.2, 0.5))
        crew.call(counter)
        time.sleep(dice.uniform(0.2, 0.5))
        if bad_until is not None and at >= bad_until:
            line.mend()
            bad_until, next_fault = None, at + dice.uniform(3, 9)
        elif bad_until is None and at >= next_fault:
            dice.choice((line.shake, line.cut, line.fall_silent, line.hold))()
            bad_until = at + dice.uniform(0.3, 2.5)
        if at >= next_size:
            sizes.append(size_of(hall))
            next_size = at + min(60, minutes * 60 / 12)
            tell(minutes, sizes)
    line.mend()
    return sizes


def tell(minutes: float, sizes: list[Size]) -> None:
    """A line to follow a long soak by."""
    if minutes > LONG_ENOUGH:
        print(f"{time.strftime('%H:%M:%S')} {sizes[-1]}", flush=True)


@pytest.mark.timeout(MINUTES * 60 + 240)
def test_a_long_day_on_a_bad_line_leaves_nothing_behind(hall: LiveHall, tally: Tally) -> None:
    crew = Crew(hall)
    port = int(hall.url.rpartition(":")[2])
    crew.sit_down()
    for counter in DESKS:
        crew.come(counter)
        crew.call(counter)
    crew.close()
    before = min((calm(hall) for _ in range(20)), key=lambda one: one.descriptors)  # the first slip opens a file or two
    manners = Manners(nudge_lost=0.05, nudge_twice=0.1, nudge_late=(0.0, 0.3), asked_twice=0.05)
    with ExitStack() as stack:
        line = stack.enter_context(BadLine(port, seed=7, manners=manners))
        screens = stack.enter_context(Screens(hall.tokens["display"], {line.url: SCREENS}))
        screens.until(lambda screen: screen.seq > 0, "shown", 60)
        phones = stack.enter_context(Phones(hall, line.url, crew))
        sizes = work(hall, crew, line, MINUTES, random.Random(7))
        last = crew.seq()
        screens.until(lambda screen: screen.seq >= last and screen.live is True, "current", 30)
        assert screens.faults == []
        assert min(phones.answers.values()) > 0
        tally.add(histories=1, faults=line.faults, tickets=len(crew.tickets))
    crew.close()
    after = calm(hall, before)
    assert after.visitors == 0
    assert after.descriptors <= before.descriptors
    assert after.readers <= READERS
    assert after.threads <= before.threads + 1  # the socket server's own looks after all sockets, from the first one on
    assert max(one.wal_kb for one in sizes) < WAL_KB
    quarter = len(sizes) // 4
    first, final = (median(one.rss_kb for one in part) for part in (sizes[quarter : 2 * quarter], sizes[-quarter:]))
    tally.note(
        f"{MINUTES:g} min, {len(crew.tickets):,} tickets, {SCREENS} screens: {first / 1024:.0f} MB after the first "
        f"quarter, {final / 1024:.0f} MB in the last; before and after {before.descriptors} and {after.descriptors} "
        f"descriptors, {before.threads} and {after.threads} threads, {before.readers} and {after.readers} readers, "
        f"write-ahead log at most {max(one.wal_kb for one in sizes):,} kB"
    )
    if MINUTES >= LONG_ENOUGH:
        assert final - first < GROWTH_KB


def calm(hall: LiveHall, before: Size | None = None) -> Size:
    """The size when everybody has gone: the server notices within the pings of a socket and the end of a keep-alive."""
    end = time.monotonic() + 100
    while True:
        time.sleep(0.1)
        now = size_of(hall)
        gone = now.visitors == 0
        if before is not None:
            gone &= now.descriptors <= before.descriptors and now.threads <= before.threads + 1
        if gone or time.monotonic() > end:
            return now
