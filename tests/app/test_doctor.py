"""The doctor names what has made halls fail, and a server does not start where numbers could be lost."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event

from app import doctor_database
from app.doctor import must_be_fit_to_serve
from app.doctor_database import connection_guards, filesystem_of, where
from app.settings import BadSettings, Settings
from hall.database import Database
from hall.errors import Unavailable
from queueing.issuing import issue
from tests.app.visit import Clock, look, of, raw, said, settings_of
from tests.cast import KIOSK, TUESDAY_MORNING, wib

# ---- in order, or nothing there ----


def test_a_hall_in_order_has_no_fault(home: Settings) -> None:
    found = look(replace(home, voice="espeak"))
    assert [f for f in found if f.level == "fault"] == []
    topics = {"python", "clock", "disk", "secret", "addresses", "sqlite", "guards", "migrations", "integrity", "halls"}
    assert topics | {"people", "voice"} <= {f.topic for f in found if f.level == "ok"}
    must_be_fit_to_serve(home, clock=Clock())


def test_a_machine_where_nothing_was_set_up_yet(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "nowhere")
    found = look(settings)
    assert of(found, "database") == of(found, "secret") == of(found, "home") == ["fault"]
    with pytest.raises(BadSettings, match="There is no database"):
        must_be_fit_to_serve(settings, clock=Clock())
    assert not settings.home.exists()  # looking creates nothing


def test_a_database_without_a_hall(db: Database) -> None:
    found = look(settings_of(db))
    assert of(found, "halls") == ["fault"] and of(found, "migrations") == ["ok"]


# ---- the machine ----


@pytest.mark.parametrize(
    ("version", "level", "word"),
    [((3, 40, 1), "ok", "lock on the file"), ((3, 51, 3), "ok", "3.51.3."), ((3, 34, 0), "fault", "too old")],
)
def test_the_sqlite_version_and_its_guard_are_told(
    home: Settings, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], level: str, word: str
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    found = look(home)
    assert of(found, "sqlite") == [level] and word in said(found, "sqlite")


def built_with(home: Settings, monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    """The same library, which says of itself that it was built otherwise."""

    class Otherwise(Database):
        def __init__(self, url: str, *, pool_size: int = 2) -> None:
            super().__init__(url, pool_size=pool_size)

            @event.listens_for(self.engine, "before_cursor_execute", retval=True)
            def ask(_connection: object, _cursor: object, statement: str, given: Any, *_: object) -> tuple[str, Any]:
                if statement == "PRAGMA compile_options":
                    statement = " UNION ALL ".join(f"SELECT '{option}'" for option in options)
                return statement, given

    monkeypatch.setattr(doctor_database, "Database", Otherwise)


@pytest.mark.parametrize("option", ["THREADSAFE=0", "OMIT_WAL", "DISABLE_DIRSYNC"])
def test_a_sqlite_that_was_built_without_what_is_needed_stops_the_server(
    home: Settings, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    built_with(home, monkeypatch, "COMPILER=gcc", option)
    found = look(home)
    assert of(found, "sqlite")[0] == "fault" and option in said(found, "sqlite")
    with pytest.raises(BadSettings, match=option):
        must_be_fit_to_serve(home, clock=Clock())


def test_a_sqlite_that_is_too_old_stops_the_server(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 0))
    with pytest.raises(BadSettings, match="is too old"):
        must_be_fit_to_serve(home, clock=Clock())


def test_a_lock_that_cannot_be_taken_stops_the_server(home: Settings, contoh: Database) -> None:
    contoh.close()
    lock = Path(f"{contoh.path}.turn")
    lock.unlink()
    lock.mkdir()  # also root is refused that
    found = look(home)
    assert of(found, "sqlite")[0] == "fault" and f"The lock {lock}" in said(found, "sqlite")
    with pytest.raises(BadSettings, match="keeps the server and commands apart"):
        must_be_fit_to_serve(home, clock=Clock())


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(("free", "level"), [(50 * 1024**2, "fault"), (1024**3, "warning"), (90 * 1024**3, "ok")])
def test_little_space_is_told(home: Settings, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100 * 1024**3, 0, free))
    assert level in of(look(home), "disk")


MOUNTS = """\
proc /proc proc rw 0 0
/dev/sda1 / ext4 rw 0 0
server:/export /srv nfs4 rw 0 0
//server/share /mnt/with\\040blank cifs rw 0 0
me@host:/ /mnt/ssh fuse.sshfs rw 0 0
/dev/sdb1 /srv/local xfs rw 0 0
tmpfs /run tmpfs rw 0 0
/dev/sdc1 /mnt/twice ext4 rw 0 0
host /mnt/twice 9p rw 0 0
overlay /var/lib overlay rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind", "level"),
    [
        ("/var/antre.db", "ext4", "ok"),
        ("/srv/antre/antre.db", "nfs4", "fault"),
        ("/srv/local/antre.db", "xfs", "ok"),
        ("/srv/locally/antre.db", "nfs4", "fault"),
        ("/mnt/with blank/antre.db", "cifs", "fault"),
        ("/mnt/ssh/antre.db", "fuse.sshfs", "fault"),
        ("/mnt/twice/antre.db", "9p", "fault"),
        ("/var/lib/antre/antre.db", "overlay", "ok"),
        ("/run/antre.db", "tmpfs", "fault"),
    ],
)
def test_a_database_on_a_network_disk_is_refused(path: str, kind: str, level: str) -> None:
    assert filesystem_of(Path(path), MOUNTS) == kind
    assert where(Path(path), MOUNTS).level == level


def test_a_database_on_a_network_disk_is_not_even_opened(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_database, "filesystem_of", lambda path, mounts: "nfs4")
    assert "fault" in of(look(home), "disk") and of(look(home), "guards") == []
    with pytest.raises(BadSettings, match="network file system"):
        must_be_fit_to_serve(home, clock=Clock())


# ---- the clock ----


def test_a_clock_that_was_never_set_stops_the_server(home: Settings) -> None:
    for year in (1970, 2025, 2100):
        now = datetime(year, 6, 1, tzinfo=UTC)
        assert "fault" in of(look(home, now), "clock")
        with pytest.raises(BadSettings, match="clock"):
            must_be_fit_to_serve(home, clock=Clock(now))


def test_a_clock_before_the_last_line_of_the_journal_stops_the_server(home: Settings, contoh: Database) -> None:
    issue(contoh, "contoh", "ktp", actor=KIOSK, now=TUESDAY_MORNING, history=True)
    early = TUESDAY_MORNING - timedelta(minutes=1)
    assert "fault" in of(look(home, early), "clock") and "contoh" in said(look(home, early), "clock")
    with pytest.raises(BadSettings, match="journal of contoh"):
        must_be_fit_to_serve(home, clock=Clock(early))
    must_be_fit_to_serve(home, clock=Clock(TUESDAY_MORNING - timedelta(seconds=1)))  # a time server's own correction


def test_a_clock_years_after_the_last_line_stops_the_server_until_somebody_says_that_it_is_right(
    home: Settings, contoh: Database
) -> None:
    late = TUESDAY_MORNING + timedelta(days=5 * 365)
    assert "fault" in of(look(home, late), "clock") and "--clock-is-right" in said(look(home, late), "clock")
    with pytest.raises(BadSettings, match="nothing was written since 2026-03-02"):
        must_be_fit_to_serve(home, clock=Clock(late))
    must_be_fit_to_serve(home, clock=Clock(late), clock_is_right=True)
    must_be_fit_to_serve(home, clock=Clock(TUESDAY_MORNING + timedelta(days=365)))  # a hall that was rebuilt


def test_nobody_can_say_that_a_clock_before_the_journal_is_right(home: Settings, contoh: Database) -> None:
    with pytest.raises(BadSettings, match="journal of contoh"):
        must_be_fit_to_serve(home, clock=Clock(TUESDAY_MORNING - timedelta(days=1)), clock_is_right=True)


def test_old_history_carried_in_last_does_not_hide_a_clock_set_back(home: Settings, contoh: Database) -> None:
    issue(contoh, "contoh", "ktp", actor=KIOSK, now=TUESDAY_MORNING, history=True)
    contoh.memory.clear()
    issue(contoh, "contoh", "ktp", actor="replay", now=wib("2026-01-05", "09:00"), history=True)
    assert "fault" in of(look(home, wib("2026-02-01", "09:00")), "clock")


# ---- the database ----


def weaken(db: Database, pragma: str) -> None:
    @event.listens_for(db.engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA {pragma}")


@pytest.mark.parametrize(
    ("pragma", "name"),
    [
        ("synchronous=NORMAL", "synchronous"),
        ("foreign_keys=OFF", "foreign_keys"),
        ("wal_autocheckpoint=1000", "wal_autocheckpoint"),
        ("journal_mode=DELETE", "journal_mode"),
    ],
)
def test_a_connection_without_a_guard_is_named_and_stops_the_server(
    home: Settings, contoh: Database, monkeypatch: pytest.MonkeyPatch, pragma: str, name: str
) -> None:
    contoh.close()

    class Weak(Database):
        def __init__(self, url: str, *, pool_size: int = 2) -> None:
            super().__init__(url, pool_size=pool_size)
            weaken(self, pragma)

    monkeypatch.setattr(doctor_database, "Database", Weak)
    found = look(home)
    assert of(found, "guards") == ["fault"] and name in said(found, "guards")
    with pytest.raises(BadSettings, match=name):
        must_be_fit_to_serve(home, clock=Clock())


def test_tables_of_another_version_stop_the_server(home: Settings, contoh: Database) -> None:
    raw(contoh, "UPDATE alembic_version SET version_num = 'future'")
    found = look(home)
    assert of(found, "migrations") == ["fault"] and "future" in said(found, "migrations")
    with pytest.raises(Unavailable, match="not_migrated"):
        must_be_fit_to_serve(home, clock=Clock())


def test_a_damaged_file_is_told(home: Settings, contoh: Database) -> None:
    contoh.checkpoint()
    size = contoh.path.stat().st_size
    contoh.close()
    with contoh.path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 4))
    found = look(home)
    assert "fault" in of(found, "integrity") + of(found, "database")


def test_a_file_that_is_no_database_is_told(home: Settings, contoh: Database) -> None:
    contoh.close()
    for ending in ("-wal", "-shm"):
        Path(f"{contoh.path}{ending}").unlink(missing_ok=True)
    contoh.path.write_bytes(b"not a database at all" * 100)
    assert "fault" in of(look(home), "database")


def test_records_that_point_to_nothing_are_told(home: Settings, contoh: Database) -> None:
    raw(contoh, "DELETE FROM halls")
    assert of(look(home), "integrity") == ["fault"]


def test_a_database_that_others_can_read_is_told(home: Settings, contoh: Database) -> None:
    contoh.path.chmod(0o644)
    assert of(look(home), "database") == ["warning"]


def test_postgresql_is_examined_too(postgres: Database) -> None:
    settings = Settings(
        database_url=postgres.url.render_as_string(hide_password=False), voice="off", secret_key="s" * 40
    )
    found = [f for f in look(settings) if f.topic in ("postgresql", "guards", "migrations")]
    assert {f.topic: f.level for f in found} == {"postgresql": "ok", "guards": "ok", "migrations": "ok"}
    must_be_fit_to_serve(settings, clock=Clock())


def test_a_postgresql_that_forgets_at_a_power_cut_is_told(postgres: Database) -> None:
    @event.listens_for(postgres.engine, "connect")
    def weaken_it(connection: Any, _record: object) -> None:
        connection.execute("SET synchronous_commit = off")
        connection.commit()

    postgres.engine.dispose()
    [finding] = connection_guards(postgres)
    assert finding.level == "fault" and "synchronous_commit" in finding.message


# ---- secret, addresses, cookies ----


def test_the_secret_must_be_there_and_private(home: Settings) -> None:
    key = home.home / "secret.key"
    key.chmod(0o640)
    assert of(look(home), "secret") == ["fault"] and "chmod 600" in said(look(home), "secret")
    key.write_text("short")
    assert of(look(home), "secret") == ["fault"]
    key.unlink()
    assert of(look(home), "secret") == ["fault"]
    assert of(look(replace(home, secret_key="s" * 40)), "secret") == ["ok"]


@pytest.mark.parametrize(
    ("changes", "addresses", "cookies"),
    [
        ({}, ["ok"], []),
        ({"bind": "[::1]:80", "secure_cookies": False}, ["ok"], []),
        ({"bind": "0.0.0.0:80"}, ["fault"], ["ok"]),
        ({"bind": "0.0.0.0:80", "base_url": "https://antre.example.go.id"}, ["ok"], ["ok"]),
        (
            {"bind": "10.1.2.3:80", "base_url": "https://antre.example.go.id", "secure_cookies": False},
            ["ok"],
            ["fault"],
        ),
        ({"bind": "0.0.0.0:80", "base_url": "http://antre.example.go.id"}, ["ok"], ["fault"]),
        ({"bind": "0.0.0.0:80", "base_url": "https://localhost"}, ["fault"], ["ok"]),
        ({"proxies": 1}, ["fault"], ["ok"]),  # behind nginx on this machine, and the QR says 127.0.0.1
        ({"base_url": "https://antre.example.go.id", "secure_cookies": False}, ["ok"], ["fault"]),
    ],
)
def test_what_phones_and_browsers_need_is_told(
    home: Settings, changes: dict[str, Any], addresses: list[str], cookies: list[str]
) -> None:
    found = look(replace(home, **changes))
    assert (of(found, "addresses"), of(found, "cookies")) == (addresses, cookies)


def test_the_doctor_changes_nothing(home: Settings, contoh: Database) -> None:
    contoh.checkpoint()
    before = contoh.path.read_bytes()
    look(home)
    assert contoh.path.read_bytes() == before
