"""Doing a thing once, however often it is asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from hall.database import Database
from hall.errors import Invalid, Refusal
from hall.journal import journal
from hall.once import answered, answers, check_key, fingerprint, forget_old, remember
from hall.turn import turn
from queueing import calling
from queueing.issuing import issue
from queueing.tickets import tickets
from staffing import presence
from tests.cast import CONSOLE, KIOSK, SARI, TUESDAY_MORNING

NOW = TUESDAY_MORNING
texts = st.text(st.characters(codec="utf-8"))


def take(db: Database, key: str | None, service: str = "ktp", **more: Any) -> dict[str, Any]:
    return issue(db, "contoh", service, actor=KIOSK, now=NOW, key=key, confirm=True, **more)


def how_many(db: Database) -> tuple[int, ...]:
    with db.reading() as connection:
        return tuple(
            connection.execute(select(func.count()).select_from(t)).scalar_one() for t in (tickets, journal, answers)
        )


def test_the_same_key_gives_the_same_answer_and_no_second_ticket(contoh_on_each: Database) -> None:
    first = take(contoh_on_each, "touch-1")
    stored = how_many(contoh_on_each)
    assert take(contoh_on_each, "touch-1") == first
    assert how_many(contoh_on_each) == stored
    assert take(contoh_on_each, "touch-2")["number"] == "A-002"


def test_without_a_key_every_touch_is_a_ticket(contoh: Database) -> None:
    assert [take(contoh, None)["number"], take(contoh, None)["number"]] == ["A-001", "A-002"]


def test_an_answer_stays_the_same_when_the_line_has_moved_on(contoh: Database) -> None:
    first = take(contoh, "touch-1")
    presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=CONSOLE, now=NOW)
    called = calling.call(contoh, "contoh", "1", actor=CONSOLE, now=NOW)
    assert called is not None and called["id"] == first["id"]
    assert take(contoh, "touch-1") == first


@pytest.mark.parametrize("other", [{"service": "pkb"}, {"service": "ktp", "priority": "elderly"}])
def test_another_question_with_a_used_key_is_refused_and_writes_nothing(
    contoh: Database, other: dict[str, Any]
) -> None:
    take(contoh, "touch-1")
    stored = how_many(contoh)
    with pytest.raises(Invalid) as refused:
        take(contoh, "touch-1", **other)
    assert refused.value.code == "key_reused"
    assert how_many(contoh) == stored


def test_a_refusal_is_no_answer_so_the_same_key_may_confirm(contoh: Database) -> None:
    with pytest.raises(Refusal) as refused:
        issue(contoh, "contoh", "ktp", actor=KIOSK, now=NOW, key="touch-1")
    assert refused.value.code == "unstaffed_needs_confirmation"
    assert take(contoh, "touch-1")["number"] == "A-001"


def test_eight_touches_at_once_with_one_key_are_one_ticket(contoh_on_each: Database) -> None:
    with ThreadPoolExecutor(8) as crowd:
        got = list(crowd.map(lambda _: take(contoh_on_each, "touch-1"), range(8)))
    assert all(answer == got[0] for answer in got)
    assert how_many(contoh_on_each)[0] == 1


def test_a_move_repeated_with_its_key_is_answered_and_not_done_again(contoh: Database) -> None:
    presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=CONSOLE, now=NOW)
    take(contoh, None)
    take(contoh, None)
    first = calling.call(contoh, "contoh", "1", actor=CONSOLE, now=NOW, key="F1")
    assert calling.call(contoh, "contoh", "1", actor=CONSOLE, now=NOW, key="F1") == first
    assert first is not None
    calling.start(contoh, first["id"], actor=CONSOLE, now=NOW, key="F2")
    done = calling.finish(contoh, first["id"], actor=CONSOLE, now=NOW, key="F3")
    assert calling.finish(contoh, first["id"], actor=CONSOLE, now=NOW, key="F3") == done
    with pytest.raises(Refusal) as refused:
        calling.finish(contoh, first["id"], actor=CONSOLE, now=NOW)
    assert refused.value.code == "illegal_move"
    with pytest.raises(Refusal) as refused:
        calling.no_show(contoh, first["id"], actor=CONSOLE, now=NOW, key="F3")
    assert refused.value.code == "key_reused"


def test_a_key_belongs_to_its_hall(contoh: Database) -> None:
    with turn(contoh, "contoh", NOW) as t:
        remember(t, "k", {"a": 1}, {"b": 2})
        assert answered(t, "k", {"a": 1}) == {"b": 2}
        assert answered(t, "other", {"a": 1}) is None
        assert answered(t, None, {"a": 1}) is None


@pytest.mark.parametrize("key", ["", "x" * 129, "kunci-é", "a\nb", "a\0b", "\x7f"])
def test_a_key_is_short_printable_ascii_and_is_looked_at_before_anything_else(contoh: Database, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        take(contoh, key)
    assert refused.value.code == "bad_key"


@pytest.mark.parametrize("key", [None, "a", "x" * 128, "0190b5c2-7e6d-7cc3 ~!"])
def test_every_other_key_will_do(key: str | None) -> None:
    assert check_key(key) == key


@given(st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts))
def test_the_same_question_has_the_same_fingerprint_in_whatever_order_it_comes(asked: dict[str, Any]) -> None:
    assert fingerprint(asked) == fingerprint(dict(reversed(asked.items())))


def test_answers_are_forgotten_after_a_week_and_not_before(contoh_on_each: Database) -> None:
    first = take(contoh_on_each, "touch-1")
    assert forget_old(contoh_on_each, NOW + timedelta(days=7)) == 0
    assert take(contoh_on_each, "touch-1") == first
    assert forget_old(contoh_on_each, NOW + timedelta(days=7, seconds=1)) == 1
    assert how_many(contoh_on_each)[2] == 0
