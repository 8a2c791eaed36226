"""Loading a hall file: creates, updates, retires; and twice is once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from hall import people, places
from hall.database import Database, metadata
from hall.errors import NotSignedIn
from hall.hallfile import read_hall_file
from hall.journal import since
from hall.places import halls
from hall.setup import Loaded, StaffTables, load_hall
from hall.turn import position
from queueing.issuing import issue
from staffing import facts
from tests.cast import BLORA_FILE, CONSOLE, CONTOH_FILE, KIOSK, TUESDAY_BEFORE_OPENING, TUESDAY_MORNING
from tests.conftest import hall_file

NOW = TUESDAY_BEFORE_OPENING
TABLES = StaffTables(facts.roster, facts.posts)
Edit = Callable[[str], str]


@pytest.fixture
def load_edited(db: Database, tmp_path: Path) -> Callable[..., Loaded]:
    """Loads the small hall's file after edits of its text."""

    def load(*edits: tuple[str, str]) -> Loaded:
        text = CONTOH_FILE.read_text()
        for old, new in edits:
            assert text.count(old) >= 1
            text = text.replace(old, new)
        (tmp_path / "hall.toml").write_text(text)
        return load_hall(db, read_hall_file(tmp_path / "hall.toml"), TABLES, actor="system", now=NOW)

    return load


def everything(db: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with db.reading() as connection:
        return {t.name: sorted(map(tuple, connection.execute(select(t))), key=repr) for t in metadata.sorted_tables}


@pytest.mark.parametrize("path", [CONTOH_FILE, BLORA_FILE], ids=["contoh", "blora"])
@pytest.mark.parametrize("fresh", ["db", "postgres"])
def test_loading_twice_changes_nothing_the_second_time(fresh: str, path: Path, request: pytest.FixtureRequest) -> None:
    db: Database = request.getfixturevalue(fresh)
    first = load_hall(db, hall_file(path), TABLES, actor="system", now=NOW)
    assert first.created and {"agencies", "services", "counters", "officers", "roster"} <= set(first.changed)
    before = everything(db)
    second = load_hall(db, hall_file(path), TABLES, actor="system", now=NOW + timedelta(days=1))
    assert (second.created, second.changed) == (False, ())
    assert everything(db) == before


@pytest.mark.parametrize("fresh", ["db", "postgres"])
def test_two_who_load_the_same_new_hall_at_once_make_it_once(fresh: str, request: pytest.FixtureRequest) -> None:
    db: Database = request.getfixturevalue(fresh)
    url = db.url.render_as_string(hide_password=False)
    others = [Database(url, pool_size=2) for _ in range(3)]  # as processes of their own: each has its own queue
    together = threading.Barrier(len(others))

    def load(other: Database) -> Loaded:
        together.wait(timeout=60)
        return load_hall(other, hall_file(CONTOH_FILE), TABLES, actor="system", now=NOW)

    try:
        with ThreadPoolExecutor(len(others)) as pool:
            done = list(pool.map(load, others))
    finally:
        for other in others:
            other.close()
    assert [loaded.created for loaded in done].count(True) == 1
    assert sum(bool(loaded.changed) for loaded in done) == 1  # whoever came first filled it, the others found it so
    with db.reading() as connection:
        assert [line.kind for line in since(connection, "contoh", 0)] in (["hall_set_up"], ["hall_set_up"] * 2)


def test_what_was_loaded_is_what_the_file_says(contoh: Database) -> None:
    with contoh.reading() as connection:
        hall = places.places(contoh, connection, "contoh")
    file = hall_file(CONTOH_FILE)
    assert list(hall.agencies) == [a.code for a in file.agencies]
    assert list(hall.counters) == ["1", "2", "3", "4"]
    assert hall.services["pkb"].quota == 60 and hall.services["ktp"].quota is None
    assert hall.services["ktp"].requirements[0] == "Fotokopi kartu keluarga"
    assert hall.counters_of == {"ktp": ("1", "2", "4"), "pkb": ("3",)}
    assert (hall.zone, hall.options.grace_minutes, hall.options.pause_minutes) == ("Asia/Jakarta", 10, 15)


def test_a_changed_service_is_changed_and_told(load_edited: Callable[..., Loaded], db: Database) -> None:
    load_edited()
    with db.reading() as connection:
        seq, config = position(connection, "contoh")
    assert load_edited(("minutes = 12", "minutes = 14")).changed == ("services",)
    with db.reading() as connection:
        assert places.places(db, connection, "contoh").services["ktp"].minutes == 14
        assert position(connection, "contoh") == (seq + 1, config + 1)
        line = since(connection, "contoh", seq)[0]
    assert (line.kind, line.data) == ("hall_set_up", {"created": False, "changed": ["services"]})


def test_what_the_file_no_longer_names_is_retired_and_comes_back(
    load_edited: Callable[..., Loaded], db: Database
) -> None:
    load_edited()
    ticket = issue(db, "contoh", "ktp", actor=KIOSK, now=TUESDAY_MORNING, confirm=True)
    text = CONTOH_FILE.read_text()
    fourth = text[text.index('[[counter]]\ncode = "4"') : text.index("[[hours]]")]
    post = text[text.index("[[post]]") : text.index("[[officer]]")]
    assert load_edited((fourth, ""), (post, "")).changed == ("counters", "posts")
    with db.reading() as connection:
        assert list(places.places(db, connection, "contoh").counters) == ["1", "2", "3"]
        assert connection.execute(select(func.count()).select_from(places.counters)).scalar() == 4
    assert load_edited().changed == ("counters", "posts")
    with db.reading() as connection:
        assert list(places.places(db, connection, "contoh").counters) == ["1", "2", "3", "4"]
    assert issue(db, "contoh", "ktp", actor=KIOSK, now=TUESDAY_MORNING, confirm=True)["ahead"] == 1
    assert ticket["number"] == "A-001"


def test_an_officer_who_left_may_no_longer_sign_in_and_the_pin_stays_for_a_return(
    load_edited: Callable[..., Loaded], db: Database
) -> None:
    load_edited()
    people.set_account(db, "contoh", "197911032005011003", name=None, role=None, agency=None, pin="senja-73")
    text = CONTOH_FILE.read_text()
    galih = text[text.index('[[officer]]\nnip = "197911032005011003"') : text.index("[[roster]]")]
    assert load_edited((galih, "")).changed == ("officers", "accounts")
    with pytest.raises(NotSignedIn):
        people.verify_pin(db, "contoh", "197911032005011003", "senja-73", now=NOW)
    load_edited()
    assert people.verify_pin(db, "contoh", "197911032005011003", "senja-73", now=NOW).name == "Galih Anom"


def test_options_that_the_file_does_not_state_keep_what_a_manager_set(
    load_edited: Callable[..., Loaded], db: Database
) -> None:
    load_edited()
    with db.writing("contoh") as connection:
        stored = connection.execute(select(halls.c.options)).scalar_one()
        connection.execute(update(halls).values(options=stored | {"idle_minutes": 3, "last_calls": 9}))
    load_edited(("grace_minutes = 10", "grace_minutes = 12"))
    with db.reading() as connection:
        options = places.places(db, connection, "contoh").options
    assert (options.grace_minutes, options.idle_minutes, options.last_calls) == (12, 10, 9)  # idle is stated, too


def test_closures_of_the_file_are_replaced_and_those_of_people_stay(
    load_edited: Callable[..., Loaded], db: Database
) -> None:
    load_edited()
    end = NOW + timedelta(hours=4)
    facts.record_closure(db, "contoh", "counter:2", NOW, end, "listrik padam", actor=CONSOLE, now=NOW)
    closure = (
        '[[closure]]\nscope = "counter:1"\nfrom = 2026-03-03T08:00:00+07:00\nto = 2026-03-03T12:00:00+07:00\n'
        'reason = "rapat"\n'
    )
    load_edited(("[[holiday]]", closure + "\n[[holiday]]"))

    def reasons() -> list[str]:
        with db.reading() as connection:
            return sorted(connection.execute(select(places.closures.c.reason)).scalars())

    assert reasons() == ["listrik padam", "rapat"]
    load_edited()
    assert reasons() == ["listrik padam"]


def test_a_long_agency_name_without_a_short_one_fits_its_column(
    load_edited: Callable[..., Loaded], db: Database
) -> None:
    long = "Dinas Kependudukan dan Pencatatan Sipil Kabupaten Contoh Bagian Utara dan Selatan"
    load_edited(("Dinas Kependudukan dan Pencatatan Sipil", long))
    with db.reading() as connection:
        agency = places.places(db, connection, "contoh").agencies["dukcapil"]
    assert agency.name == long
    assert len(agency.short) <= 60 and agency.short.endswith("…") and long.startswith(agency.short[:-1])


def test_two_halls_live_in_one_database(db: Database) -> None:
    for path in (CONTOH_FILE, BLORA_FILE):
        load_hall(db, hall_file(path), TABLES, actor="system", now=NOW)
    with db.reading() as connection:
        assert places.hall_codes(connection) == ["blora", "contoh"]
        assert set(places.places(db, connection, "contoh").services) == {"ktp", "pkb"}
    assert issue(db, "contoh", "ktp", actor=KIOSK, now=TUESDAY_MORNING, confirm=True)["number"] == "A-001"
    blora = issue(db, "blora", "ktp", actor=KIOSK, now=TUESDAY_MORNING, confirm=True)
    assert blora["number"].endswith("-001")
