"""The journal: in order, without a gap, and no line can be changed or taken away unseen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update

from hall.database import Database
from hall.journal import FIRST_HASH, between, broken_links, chain, journal, since
from hall.turn import turn
from queueing import calling
from queueing.issuing import issue
from staffing import presence
from tests.cast import CONSOLE, KIOSK, SARI, TUESDAY_AFTERNOON, TUESDAY_MORNING

NOW = TUESDAY_MORNING
texts = st.text(st.characters(codec="utf-8"))


@pytest.fixture
def worked(contoh_on_each: Database) -> Database:
    """A hall after a little work."""
    db = contoh_on_each
    presence.sign_in(db, "contoh", "1", SARI.nip, actor=CONSOLE, now=NOW)
    for nr in range(4):
        issue(
            db, "contoh", "ktp", actor=KIOSK, now=NOW + timedelta(microseconds=nr), priority="elderly" if nr else None
        )
    called = calling.call(db, "contoh", "1", actor=CONSOLE, now=NOW)
    assert called is not None
    calling.start(db, called["id"], actor=CONSOLE, now=NOW)
    calling.finish(db, called["id"], actor=CONSOLE, now=NOW + timedelta(minutes=5))
    return db


def breaks(db: Database) -> list[str]:
    with db.reading() as connection:
        return list(broken_links(connection, "contoh"))


def test_a_worked_hall_has_a_whole_chain(worked: Database) -> None:
    assert breaks(worked) == []


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "ticket_lost"},
        {"actor": "nobody"},
        {"subject": "other"},
        {"data": {"number": "A-999"}},
        {"at": NOW + timedelta(microseconds=7)},
        {"recorded": NOW + timedelta(days=1)},
        {"hash": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_line_is_found(worked: Database, change: dict[str, Any]) -> None:
    with worked.writing("contoh") as connection:
        connection.execute(update(journal).where(journal.c.seq == 4).values(**change))
    assert any("line 4" in sentence or "line 5" in sentence for sentence in breaks(worked))


@pytest.mark.parametrize("seq", [1, 4])
def test_a_missing_line_is_found(worked: Database, seq: int) -> None:
    with worked.writing("contoh") as connection:
        connection.execute(delete(journal).where(journal.c.seq == seq))
    assert f"journal of contoh: expected line {seq}, found {seq + 1}" in breaks(worked)


def test_a_line_put_in_between_is_found(worked: Database) -> None:
    with worked.writing("contoh") as connection:
        last = since(connection, "contoh", 0)[-1]
        line = {"at": NOW, "recorded": NOW, "kind": "x", "actor": "y", "subject": "z", "data": {}}
        right_looking = chain(FIRST_HASH, "contoh", last.seq + 1, NOW, NOW, "x", "y", "z", {})
        connection.execute(insert(journal).values(hall="contoh", seq=last.seq + 1, hash=right_looking, **line))
    assert len(breaks(worked)) == 1


def test_since_gives_what_came_after_in_order_and_no_more_than_asked(worked: Database) -> None:
    with worked.reading() as connection:
        everything = since(connection, "contoh", 0)
        assert [line.seq for line in everything] == list(range(1, len(everything) + 1))
        assert since(connection, "contoh", 3) == everything[3:]
        assert since(connection, "contoh", 3, limit=2) == everything[3:5]
        issued = since(connection, "contoh", 0, kinds=("ticket_issued",))
        assert issued == [line for line in everything if line.kind == "ticket_issued"]
        assert since(connection, "contoh", 999) == []
        assert since(connection, "elsewhere", 0) == []


def test_between_goes_by_when_it_happened_not_by_when_it_was_written(worked: Database) -> None:
    with turn(worked, "contoh", TUESDAY_AFTERNOON) as t:
        t.write("thing_done", "late", {}, actor=KIOSK, at=NOW - timedelta(minutes=30))
    with worked.reading() as connection:
        hour = between(connection, "contoh", NOW - timedelta(hours=1), NOW)
        assert [line.subject for line in hour] == ["late"]
        assert between(connection, "contoh", NOW, NOW) == []
        later = between(connection, "contoh", NOW, NOW + timedelta(hours=1), kinds=("ticket_finished",))
        assert [line.kind for line in later] == ["ticket_finished"]


@given(st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts | st.lists(texts, max_size=3)))
def test_the_order_in_which_facts_were_named_does_not_matter_to_the_hash(data: dict[str, Any]) -> None:
    given_values = ("0" * 64, "h", 1, NOW, NOW, "k", "a", "s")
    assert chain(*given_values, data) == chain(*given_values, dict(reversed(data.items())))
