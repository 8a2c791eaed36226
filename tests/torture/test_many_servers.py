"""Show 4: several server processes on one PostgreSQL, one killed in the middle, its people go on at the others."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.torture.many_servers import ManyServers
from tests.torture.tally import Tally, size

SERVERS, PEOPLE, TICKETS, KILLS = size(3, 4), size(16, 64), size(240, 2_000), size(1, 6)


@pytest.fixture
def hall(tmp_path: Path, postgres_url: str) -> Iterator[ManyServers]:
    hall = ManyServers(tmp_path / "hall", postgres_url, SERVERS, PEOPLE)
    try:
        hall.open()
        yield hall
    finally:
        hall.close()


@pytest.mark.timeout(1200)
def test_people_of_a_killed_server_go_on_at_another_one(hall: ManyServers, tally: Tally) -> None:
    seconds = hall.work(TICKETS, KILLS, random.Random(4))
    db = hall.place.open()
    try:
        tally.add(histories=1, faults=KILLS, tickets=len(hall.told.given))
        assert list(hall.differences(db)) == []
        assert len(hall.told.given) == len(hall.told.moved["finish"]) == TICKETS
        assert hall.told.elsewhere > 0  # somebody had to go
        tally.verified(db)
    finally:
        db.close()
    tally.note(
        f"{SERVERS} server processes on PostgreSQL, {PEOPLE} clients: {TICKETS / seconds:.0f} tickets a second issued "
        f"and called, {hall.told.elsewhere} times asked again"
    )
