"""Moments are kept to the microsecond on both engines, in 1901 as in 2099."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from hall.database import Database
from hall.journal import between, broken_links, journal
from hall.turn import turn

MOMENTS = [
    datetime(1901, 12, 13, 20, 45, 51, 999_999, UTC),  # before 32 bits began to count
    datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 3, 1, 0, 0, 1, UTC),
    datetime(2038, 1, 19, 3, 14, 8, 123_457, UTC),  # after they ended
    datetime(2099, 12, 31, 23, 59, 59, 999_999, UTC),
]


def test_a_moment_comes_back_as_it_was_whenever_it_was(contoh_on_each: Database) -> None:
    db, now = contoh_on_each, MOMENTS[-1] + timedelta(days=1)
    with turn(db, "contoh", now) as t:
        for moment in reversed(MOMENTS):
            t.write("outage_ended", "server", {"Ñ": "🌾", "angka": [1, 0.1, None, True]}, actor="system", at=moment)
    with db.reading() as connection:
        lines = between(connection, "contoh", MOMENTS[0], now)
        told = [line for line in lines if line.kind == "outage_ended"]
        assert [line.at for line in told] == MOMENTS
        assert all(line.at.tzinfo is UTC and line.data["angka"] == [1, 0.1, None, True] for line in told)
        assert list(broken_links(connection, "contoh")) == []  # the hash knows the microsecond, too
        just = select(journal.c.at).where(journal.c.hall == "contoh", journal.c.at > MOMENTS[0], journal.c.at < now)
        assert MOMENTS[0] not in connection.execute(just).scalars().all()
