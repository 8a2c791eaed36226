"""``kill -9`` of the server at any moment, under load, with people who ask again: nothing lost, nothing given twice."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters.printers.pretend import PretendPrinter
from hall.database import Database, sqlite_url
from tests.torture.killed import KilledHall
from tests.torture.tally import LONG, Tally, size

GUNICORN = ("gunicorn", "--config", "python:app.gunicorn_conf", "tests.torture.wsgi:app")
FIRST_TICKET_S = 5.0


@pytest.fixture
def halls(tmp_path: Path, postgres_url: str) -> Iterator[list[KilledHall]]:
    """Two halls on SQLite, of which one copies its log back all the time, and one on PostgreSQL."""
    with ExitStack() as stack:
        made = []
        for nr, url in enumerate((None, None, postgres_url)):
            home = tmp_path / f"{nr}"
            home.mkdir()
            printer = stack.enter_context(PretendPrinter())
            more = (GUNICORN,) if nr == 1 else ()
            made.append(KilledHall(home, printer, url or sqlite_url(home / "antre.db"), *more))
            stack.callback(made[-1].close)
        yield made


@pytest.mark.timeout(1200)
def test_servers_are_killed_while_people_take_numbers(halls: list[KilledHall], tally: Tally) -> None:
    kills = (size(10, 100), size(10, 100), size(2, 60))
    with ThreadPoolExecutor(len(halls)) as keepers:
        for kept in [keepers.submit(h.live, n, seed=100 * n) for h, n in zip(halls, kills, strict=True)]:
            kept.result()
    for hall, times in zip(halls, kills, strict=True):
        alone = hall.restart_alone()
        assert hall.stop() == 0, hall.log()
        db = Database(hall.url)
        try:
            tally.add(histories=1, faults=times, tickets=len(hall.told.given))
            assert hall.differences(db) == []
            tally.verified(db)
        finally:
            db.close()
        waited = hall.first_tickets
        on = "PostgreSQL" if not db.is_sqlite else "SQLite"
        tally.note(
            f"{on}: first ticket after a start in {alone:.1f} s alone, in {statistics.median(waited):.1f} s under load "
            f"(three servers at once), at most {max(waited):.1f} s; "
            f"{len(hall.told.called)} called, {hall.told.repeated} asked for again"
        )
        assert not LONG or alone < FIRST_TICKET_S
