"""What stands in a hall, read once per change of its set-up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select, update

from hall.database import Database
from hall.errors import Invalid, NotFound
from hall.options import CAPACITY_MODES, Options, read_options
from hall.places import Places, Printer, halls, places, rule_from_json, rule_to_json
from hall.turn import turn
from staffing import facts
from tests.cast import BLORA_FILE, CONSOLE, CONTOH_FILE, TUESDAY_MORNING
from tests.conftest import hall_file

NOW = TUESDAY_MORNING


def look(db: Database) -> Places:
    with db.reading() as connection:
        return places(db, connection, "contoh")


def test_places_are_read_once_until_the_set_up_changes(contoh: Database) -> None:
    first = look(contoh)
    asked: list[str] = []
    event.listen(contoh.engine, "before_cursor_execute", lambda c, cur, sql, *more: asked.append(sql))
    assert look(contoh) is first
    assert [sql for sql in asked if "FROM services" in sql] == []
    facts.record_closure(contoh, "contoh", "counter:1", NOW, NOW + timedelta(hours=1), "rapat", actor=CONSOLE, now=NOW)
    second = look(contoh)
    assert second is not first
    assert first.calendar.state_at("dukcapil", "1", NOW).due  # whoever still holds the old one is not confused by half
    assert second.calendar.state_at("dukcapil", "1", NOW).reason == "closure"


def test_a_change_by_another_process_is_noticed(contoh: Database) -> None:
    first = look(contoh)
    other = Database(contoh.url.render_as_string())
    try:
        facts.record_closure(other, "contoh", "hall", NOW, NOW + timedelta(hours=1), "banjir", actor=CONSOLE, now=NOW)
    finally:
        other.close()
    assert first.calendar.state_at("samsat", "3", NOW).due
    assert look(contoh).calendar.state_at("samsat", "3", NOW).reason == "closure"


def test_an_unknown_hall_service_or_counter_is_refused_by_name(contoh: Database) -> None:
    hall = look(contoh)
    for ask, code in ((lambda: hall.service("x"), "unknown_service"), (lambda: hall.counter("x"), "unknown_counter")):
        with pytest.raises(NotFound) as refused:
            ask()
        assert refused.value.code == code
    with contoh.reading() as connection, pytest.raises(NotFound) as refused:
        places(contoh, connection, "tiada")
    assert refused.value.code == "unknown_hall"


def test_the_business_date_is_the_halls(contoh: Database) -> None:
    hall = look(contoh)
    midnight = NOW.replace(hour=17, minute=0)  # 00.00 WIB
    assert hall.date(midnight) == date(2026, 3, 4)
    assert hall.date(midnight - timedelta(microseconds=1)) == date(2026, 3, 3)


def test_a_kiosk_prints_on_its_own_printer_or_on_the_shared_one(contoh: Database) -> None:
    def hall_with(*printers: Printer) -> Places:
        return replace(look(contoh), printers={printer.code: printer for printer in printers})

    own, shared = Printer("p1", "usb", "", 80, "k1"), Printer("p2", "network", "", 80, "")
    assert hall_with(own, shared).printer_for("k1") == own
    assert hall_with(own, shared).printer_for("k2") == shared
    assert hall_with(own, shared).printer_for(None) == shared
    assert hall_with(own).printer_for("k2") is None
    assert hall_with().printer_for("k1") is None


@pytest.mark.parametrize("path", [CONTOH_FILE, BLORA_FILE], ids=["contoh", "blora"])
def test_hours_come_back_as_they_were_stored(path: Path) -> None:
    rules = hall_file(path).hours
    assert rules
    assert [rule_from_json(rule_to_json(rule)) for rule in rules] == list(rules)


def test_options_have_defaults_and_take_what_is_theirs() -> None:
    assert read_options({}) == Options()
    assert read_options({"grace_minutes": 3, "capacity": "stop"}).grace_minutes == 3


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        ({"grace": 3}, "unknown_option"),
        ({"grace_minutes": "3"}, "bad_option"),
        ({"grace_minutes": True}, "bad_option"),
        ({"grace_minutes": 3.0}, "bad_option"),
        ({"grace_minutes": -1}, "bad_option"),
        ({"issue_in_breaks": 1}, "bad_option"),
        ({"capacity": "maybe"}, "bad_option"),
        ({"closing_line": None}, "bad_option"),
    ],
)
def test_other_options_are_refused(stored: dict[str, object], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_options(stored)
    assert refused.value.code == code


several = {"grace_minutes": st.integers(0, 999), "capacity": st.sampled_from(CAPACITY_MODES), "running_text": st.text()}


@given(st.fixed_dictionaries({}, optional=several))
def test_every_value_of_the_right_kind_is_taken(stored: dict[str, object]) -> None:
    options = read_options(stored)
    assert all(getattr(options, name) == value for name, value in stored.items())


def test_a_change_of_options_reaches_everybody(contoh: Database) -> None:
    assert look(contoh).options.last_calls == 6
    with turn(contoh, "contoh", NOW) as t:
        stored = t.connection.execute(select(halls.c.options)).scalar_one()
        t.connection.execute(update(halls).values(options=stored | {"last_calls": 9}))
        t.set_up_changed()
    assert look(contoh).options.last_calls == 9
