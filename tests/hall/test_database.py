"""The database: what it promises on both engines, and what people are told when it cannot."""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, create_engine, insert, select, text

from hall.database import Database, Json, Moment, canonical, new_id, sqlite_url
from hall.errors import Invalid, Unavailable
from hall.places import halls
from hall.turn import position, turn
from hall.writers import FileWriters
from queueing.issuing import issue
from queueing.tickets import tickets
from tests.cast import CONTOH_FILE, KIOSK, ROOT, TUESDAY_MORNING, WIT
from tests.conftest import load

NOW = TUESDAY_MORNING


def take_number(db: Database) -> str:
    return str(issue(db, "contoh", "ktp", actor=KIOSK, now=NOW, confirm=True)["number"])


def file_of(db: Database) -> FileWriters:
    """Those who write to a SQLite file."""
    assert db.file is not None
    return db.file


def state(db: Database) -> tuple[Any, ...]:
    """All that a refused number must leave as it was."""
    with db.reading() as connection:
        tables = ("tickets", "journal", "answers", "print_jobs")
        counts = [connection.execute(text(f"select count(*) from {table}")).scalar() for table in tables]
        return position(connection, "contoh"), *counts


@contextmanager
def other_process(what: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.hall.other_process", what, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


# values


scratch = MetaData()
values = Table("scratch", scratch, Column("n", Integer, primary_key=True), Column("at", Moment), Column("data", Json))
moments = st.datetimes(
    datetime(1900, 1, 1),
    datetime(2200, 1, 1),
    timezones=st.integers(-12, 14).map(lambda h: timezone(timedelta(hours=h))),
)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
jsons = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def scratch_table(request: pytest.FixtureRequest) -> Engine:
    database: Database = request.getfixturevalue("db" if request.param == "sqlite" else "postgres")
    engine: Engine = database.engine
    scratch.create_all(engine)
    return engine


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=moments, data=jsons)
def test_moments_and_values_come_back_as_they_went_in(scratch_table: Engine, at: datetime, data: Any) -> None:
    with scratch_table.begin() as connection:
        connection.execute(values.delete())
        connection.execute(insert(values).values(n=1, at=at, data=data))
        back = connection.execute(select(values)).one()
    assert back.at == at
    assert back.at.utcoffset() == timedelta(0)
    assert canonical(back.data) == canonical(data)  # so a journal line's hash can be worked out again


def test_a_moment_without_a_zone_is_refused_by_both_engines(scratch_table: Engine) -> None:
    with scratch_table.connect() as connection, pytest.raises(Exception, match="needs a zone"):
        connection.execute(insert(values).values(n=1, at=datetime(2026, 3, 3), data={}))


def test_moments_compare_across_zones(scratch_table: Engine) -> None:
    nine_wib = datetime(2026, 3, 3, 2, tzinfo=UTC)
    with scratch_table.begin() as connection:
        connection.execute(insert(values).values(n=1, at=nine_wib, data={}))
        for clock, found in ((10, 1), (12, 0)):  # 11.00 WIT is 09.00 WIB
            early = datetime(2026, 3, 3, clock, tzinfo=WIT)
            assert len(connection.execute(select(values).where(values.c.at > early)).all()) == found


def test_one_value_has_one_spelling() -> None:
    assert canonical({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"é"]}'


def test_new_keys_sort_by_their_creation() -> None:
    keys = [new_id() for _ in range(500)]
    assert keys == sorted(keys)
    assert len(set(keys)) == 500


# what SQLite is asked for


def test_every_sqlite_connection_keeps_what_it_acknowledged_and_checkpoints_only_when_told(contoh: Database) -> None:
    def settings_of(connection: Connection) -> list[Any]:
        asked = ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint", "cache_size")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]

    with contoh.reading() as one, contoh.reading() as two, contoh.writing() as three:
        assert [settings_of(c) for c in (one, two, three)] == [["wal", 2, 1, 0, -2000]] * 3


def test_every_thousandth_turn_copies_the_log_back(contoh: Database) -> None:
    contoh.checkpoint()
    before = contoh.path.stat().st_mtime_ns, contoh.path.read_bytes()
    take_number(contoh)
    assert contoh.path.read_bytes() == before[1]
    file_of(contoh).since_checkpoint = 999
    take_number(contoh)
    assert contoh.path.read_bytes() != before[1]


def test_a_log_that_somebody_was_reading_begins_anew_soon_after(
    contoh: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hall.writers.NEW_LOG", 60)  # pages; what a few turns write
    log = contoh.path.with_name(contoh.path.name + "-wal")
    contoh.checkpoint()
    with contoh.reading() as connection:
        position(connection, "contoh")
        for _ in range(20):
            take_number(contoh)
        file_of(contoh).since_checkpoint = 999
        take_number(contoh)  # the reader still needs the log as it was
    largest = log.stat().st_size
    for _ in range(60):
        take_number(contoh)
    assert log.stat().st_size < 2 * largest


def test_a_log_that_cannot_be_copied_back_does_not_make_a_stored_ticket_look_refused(
    contoh: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = file_of(contoh)
    really = file.say

    def full(connection: Connection, command: str) -> Any:
        if "checkpoint" in command:
            raise sqlite3.OperationalError("database or disk is full")
        return really(connection, command)

    monkeypatch.setattr(file, "say", full)
    file_of(contoh).since_checkpoint = 999
    with caplog.at_level(logging.ERROR):
        assert take_number(contoh) == "A-001"
    assert "could not be copied back" in caplog.text
    with pytest.raises(Unavailable):
        contoh.checkpoint()
    assert take_number(contoh) == "A-002"


# readers


def test_readers_do_not_wait_for_a_writer_and_see_nothing_of_it(contoh_on_each: Database) -> None:
    db = contoh_on_each
    with turn(db, "contoh", NOW) as t:
        t.connection.execute(text("update turns set seq = seq + 100"))
        with db.reading() as connection:
            seen = position(connection, "contoh")[0]
        assert seen == t.seq
        t.connection.execute(text("update turns set seq = seq - 100"))


def test_a_reader_sees_one_state_however_long_it_looks(contoh_on_each: Database) -> None:
    db = contoh_on_each
    with db.reading() as connection:
        before = position(connection, "contoh")
        take_number(db)
        assert position(connection, "contoh") == before
        assert connection.execute(select(tickets)).all() == []
    with db.reading() as connection:
        assert position(connection, "contoh")[0] == before[0] + 1


def test_a_reader_on_postgres_cannot_write(postgres: Database) -> None:
    with pytest.raises(Unavailable), postgres.reading() as connection:
        connection.execute(text("delete from turns"))


# trouble


def test_a_file_locked_by_another_process_refuses_in_time_and_works_again_afterwards(contoh: Database) -> None:
    hasty = Database(contoh.url.render_as_string(), patience=0.3)
    try:
        assert take_number(hasty) == "A-001"
        before = state(hasty)
        with other_process("hold", hasty.path) as holder:
            assert holder.stdout is not None and holder.stdout.readline() == "held\n"
            codes: list[str] = []

            def try_it() -> None:
                with pytest.raises(Unavailable) as refused:
                    take_number(hasty)
                codes.append(refused.value.code)

            crowd = [threading.Thread(target=try_it) for _ in range(8)]
            for citizen in crowd:
                citizen.start()
            for citizen in crowd:
                citizen.join(timeout=20)
            assert codes == ["database_locked"] * 8
            assert state(hasty) == before  # and readers still read
            holder.communicate("\n", timeout=20)
        assert take_number(hasty) == "A-002"
    finally:
        hasty.close()


def test_a_full_database_refuses_and_writes_nothing(contoh: Database) -> None:
    assert take_number(contoh) == "A-001"
    with contoh.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    file_of(contoh).say(file_of(contoh).writer(), f"PRAGMA max_page_count = {pages}")
    given = ["A-001"]

    def fill() -> None:
        while len(given) < 500:
            given.append(take_number(contoh))

    with pytest.raises(Unavailable) as refused:
        fill()
    assert refused.value.code == "disk_full"
    assert state(contoh)[1] == len(given)
    assert take_number(contoh) == f"A-{len(given) + 1:03d}"  # by a fresh connection, which knows of no limit


def test_a_disk_that_takes_no_more_refuses_and_the_line_goes_on_once_there_is_room(contoh: Database) -> None:
    contoh.checkpoint()
    with other_process("small-disk", contoh.path) as process:
        told = json.loads(process.communicate(timeout=60)[0])
    given = told["given"]
    assert given == [f"A-{n:03d}" for n in range(1, len(given) + 1)]
    assert told["refused"] == ["database_unavailable"] * 3
    assert told["again"] == f"A-{len(given) + 1:03d}"  # no number lost, none given twice
    assert take_number(contoh) == f"A-{len(given) + 2:03d}"
    assert state(contoh)[1] == len(given) + 2


def test_a_file_that_may_only_be_read_refuses_numbers_and_still_answers_readers(contoh: Database) -> None:
    folder = Path(tempfile.mkdtemp(prefix="antre-ro-"))  # not below pytest's folder, which other users may not enter
    try:
        take_number(contoh)
        contoh.checkpoint()
        shutil.copy(contoh.path, folder / "antre.db")
        for name in ("antre.db.turn", "antre.db-wal", "antre.db-shm"):  # as left by a server that runs as another user
            (folder / name).touch()
        for file in folder.iterdir():
            file.chmod(0o444)
        folder.chmod(0o555)
        with other_process("read-only", folder / "antre.db") as process:
            told = json.loads(process.communicate(timeout=60)[0])
        assert told == {"refused": ["database_unavailable"] * 2, "readable": 1}
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.parametrize("content", [b"", b"this is no database, it only has the name of one" * 100])
def test_a_file_that_is_no_database_of_ours_is_refused_with_a_code(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "antre.db").write_bytes(content)
    db = Database(sqlite_url(tmp_path / "antre.db"))
    try:
        for _ in range(2):
            with pytest.raises(Unavailable) as refused:
                take_number(db)
            assert refused.value.code == "database_unavailable"
        with pytest.raises(Unavailable), db.reading() as connection:
            connection.execute(select(tickets))
    finally:
        db.close()


def test_a_folder_that_is_not_there_is_refused_with_a_code(tmp_path: Path) -> None:
    db = Database(sqlite_url(tmp_path / "nowhere" / "antre.db"))
    try:
        with pytest.raises(Unavailable), db.reading() as connection:
            connection.execute(text("select 1"))
        with pytest.raises(Unavailable) as refused:
            take_number(db)
        assert refused.value.code == "database_unavailable"
    finally:
        db.close()


def test_a_postgres_that_is_not_there_is_refused_with_a_code() -> None:
    db = Database("postgresql://nobody@127.0.0.1:1/antre")
    try:
        with pytest.raises(Unavailable) as refused:
            take_number(db)
        assert refused.value.code == "database_unavailable"
    finally:
        db.close()


def test_postgres_connections_that_were_cut_are_replaced(postgres: Database) -> None:
    load(postgres, CONTOH_FILE)
    assert take_number(postgres) == "A-001"
    knife = create_engine(postgres.engine.url, isolation_level="AUTOCOMMIT")
    with knife.connect() as connection:
        others = "datname = current_database() and pid <> pg_backend_pid()"
        connection.execute(text(f"select pg_terminate_backend(pid) from pg_stat_activity where {others}"))
    knife.dispose()
    assert take_number(postgres) == "A-002"


def test_a_hall_held_by_another_process_on_postgres_refuses_in_time(postgres: Database) -> None:
    load(postgres, CONTOH_FILE)
    hasty = Database(postgres.url.render_as_string(hide_password=False), patience=0.3)
    try:
        with turn(postgres, "contoh", NOW), pytest.raises(Unavailable) as refused:
            take_number(hasty)
        assert refused.value.code == "database_locked"
        assert take_number(hasty) == "A-001"
    finally:
        hasty.close()


@pytest.mark.parametrize("name", ["x" * 201, "a\0b"])
def test_what_postgres_cannot_store_is_the_callers_fault_and_not_a_crash(postgres: Database, name: str) -> None:
    hall = insert(halls).values(code="x", name=name, regency="x", zone="x", options={})
    with pytest.raises(Invalid) as refused, postgres.writing() as connection:
        connection.execute(hall)
    assert refused.value.code == "unstorable"
    with pytest.raises(Invalid), postgres.reading() as connection:
        connection.execute(select(tickets).where(tickets.c.label == "\0"))
    with postgres.reading() as connection:
        assert connection.execute(select(halls)).all() == []


def test_closing_again_does_nothing(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    db.checkpoint()
    db.close()
    db.close()
    assert caplog.messages == []  # it would wait in its own queue until patience ends, and say so
