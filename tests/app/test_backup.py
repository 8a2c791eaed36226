"""A backup taken while the hall works is whole; a restore refuses a bad one and keeps what was there."""

from __future__ import annotations

import hashlib
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.backup import backup, restore, seal
from app.settings import Settings
from app.verify import verify
from hall.database import Database, sqlite_url
from hall.errors import Conflict, Refusal, Unavailable
from queueing.issuing import issue
from queueing.tickets import tickets
from staffing import presence
from tests.cast import KIOSK, SARI, SYSTEM, TUESDAY_EVENING, TUESDAY_MORNING
from tests.live import environment_of, run_antre

NOW = TUESDAY_EVENING


def take(db: Database, key: str) -> str:
    answer = issue(db, "contoh", "ktp", actor=KIOSK, now=TUESDAY_MORNING, history=True, key=key)
    return str(answer["id"])


def ids(db: Database) -> set[str]:
    with db.reading() as connection:
        return set(connection.execute(select(tickets.c.id)).scalars())


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    db = Database(sqlite_url(path))
    try:
        yield db
    finally:
        db.close()


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file of a folder with the hash of its content."""
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.iterdir()) if f.is_file()}


@pytest.fixture
def worked(contoh: Database) -> Database:
    """A hall with three tickets and somebody at a counter."""
    presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=SYSTEM, now=TUESDAY_MORNING, beats=False)
    for nr in range(3):
        take(contoh, f"k{nr}")
    return contoh


@pytest.fixture
def saved(worked: Database, tmp_path: Path) -> Path:
    """A backup of it, outside of its home."""
    target = tmp_path / "elsewhere" / "antre.backup"
    target.parent.mkdir()
    backup(worked, target)
    return target


# ---- backup ----


def test_a_backup_taken_while_numbers_are_issued_is_whole_and_has_all_that_were_told_before(
    contoh: Database, tmp_path: Path
) -> None:
    told: list[str] = []
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            told.append(take(contoh, f"k{len(told)}"))

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for nr in range(3):
            while len(told) < 20 * (nr + 1):
                stop.wait(0.01)
            before = set(told)
            backup(contoh, tmp_path / f"b{nr}")
            with opened(tmp_path / f"b{nr}") as copy:
                assert before <= ids(copy)
                assert verify(copy) == []
    finally:
        stop.set()
        worker.join()
    assert verify(contoh) == []


def test_a_backup_is_one_private_file(saved: Path) -> None:
    assert [f.name for f in saved.parent.iterdir()] == ["antre.backup"]
    assert saved.stat().st_mode & 0o777 == 0o600  # it holds the hashes of PINs and tokens
    with closing(sqlite3.connect(f"{saved.as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_backup_overwrites_nothing(worked: Database, saved: Path, tmp_path: Path) -> None:
    before = fingerprint(saved.parent)
    for target in (saved, worked.path):
        with pytest.raises(Conflict, match="target_exists"):
            backup(worked, target)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(Conflict, match="target_exists"):
        backup(worked, link)
    assert fingerprint(saved.parent) == before


def test_a_backup_into_a_folder_that_is_not_there_says_so(worked: Database, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="backup_failed"):
        backup(worked, tmp_path / "nowhere" / "b")
    assert not (tmp_path / "nowhere").exists()


def test_a_backup_that_does_not_fit_the_disk_leaves_nothing_behind(worked: Database, tmp_path: Path) -> None:
    target = tmp_path / "small"
    target.mkdir()
    home = worked.path.parent

    def little_space() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    command = [sys.executable, "-m", "app.cli", "backup", str(target / "b")]
    environment = environment_of(home, 8080, ANTRE_DATABASE_URL=str(worked.url))
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, preexec_fn=little_space, timeout=60, check=False
    )
    assert done.returncode == 1 and "backup_failed" in done.stderr
    assert list(target.iterdir()) == []


def test_postgresql_has_its_own_tools(postgres: Database, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="pg_dump"):
        backup(postgres, tmp_path / "b")
    settings = Settings(home=tmp_path, database_url=postgres.url.render_as_string(hide_password=False))
    with pytest.raises(Conflict, match="pg_restore"):
        restore(tmp_path / "b", settings, NOW)


# ---- restore ----


def test_a_backup_restored_elsewhere_is_the_same_hall(worked: Database, saved: Path, tmp_path: Path) -> None:
    before = fingerprint(saved.parent)
    home = tmp_path / "second"
    assert "There was none before" in restore(saved, Settings(home=home), NOW)
    assert fingerprint(saved.parent) == before  # the backup itself stays as it is
    assert sorted(f.name for f in home.iterdir()) == ["antre.db", "antre.db.turn"]
    assert (home / "antre.db").stat().st_mode & 0o777 == 0o600
    with opened(home / "antre.db") as copy:
        assert ids(copy) == ids(worked)
        assert verify(copy) == []
        assert take(copy, "k2") in ids(worked)  # a retry of before the backup is answered, not done again
        take(copy, "new")
        assert verify(copy) == []


def test_what_was_there_is_kept_with_all_that_was_not_yet_copied_back(
    worked: Database, saved: Path, tmp_path: Path
) -> None:
    late = take(worked, "after the backup")
    home = tmp_path / "crashed"  # the files of a server that lost its power: the log was never copied back
    home.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{worked.path}{ending}", home / f"antre.db{ending}")
    assert (home / "antre.db-wal").stat().st_size > 0
    said = restore(saved, Settings(home=home), NOW)
    kept = home / "antre.db.before-restore-20260303T130000Z"
    assert str(kept) in said
    with opened(home / "antre.db") as restored:
        assert late not in ids(restored) and len(ids(restored)) == 3
        assert verify(restored) == []
    with opened(kept) as before:
        assert late in ids(before)
        assert verify(before) == []


def test_a_second_restore_in_the_same_second_keeps_both(saved: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "second")
    for _ in range(3):
        restore(saved, settings, NOW)
    assert len([f for f in settings.home.iterdir() if "before-restore" in f.name]) == 2


def test_the_log_of_a_database_that_is_gone_is_not_replayed_into_the_new_one(
    worked: Database, saved: Path, tmp_path: Path
) -> None:
    take(worked, "later")
    home = tmp_path / "second"
    home.mkdir()
    shutil.copy(f"{worked.path}-wal", home / "antre.db-wal")
    restore(saved, Settings(home=home), NOW)
    with opened(home / "antre.db") as copy:
        assert len(ids(copy)) == 3 and verify(copy) == []


def test_a_damaged_database_can_be_replaced(worked: Database, saved: Path, tmp_path: Path) -> None:
    home = tmp_path / "second"
    home.mkdir()
    (home / "antre.db").write_bytes(b"\xff" * 5000)
    restore(saved, Settings(home=home), NOW)
    with opened(home / "antre.db") as copy:
        assert ids(copy) == ids(worked)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def scribble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 9000] = b"\x13" * 9000
    path.write_bytes(content)


def sql(statement: str) -> Callable[[Path], None]:
    def act(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(statement)
        seal(path)  # as if the program itself had written it so

    return act


def another_program(path: Path) -> None:
    path.unlink()
    sql("CREATE TABLE songs (title TEXT)")(path)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda path: path.write_bytes(b"hello" * 1000), "damaged"),
        (lambda path: path.write_bytes(b""), "damaged"),
        (truncate, "damaged"),
        (scribble, "damaged"),
        (another_program, "damaged"),
        (sql("UPDATE journal SET actor = 'somebody else' WHERE seq = 2"), "damaged"),
        (sql("DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)"), "damaged"),
        (sql("UPDATE alembic_version SET version_num = '9999'"), "newer_revision"),
        (lambda path: path.unlink(), "restore_failed"),
    ],
    ids=["text", "empty", "cut", "scribbled", "another program's", "changed line", "cut journal", "newer", "missing"],
)
def test_a_bad_backup_is_refused_and_nothing_changes(
    worked: Database, saved: Path, spoil: Callable[[Path], Any], code: str
) -> None:
    settings = Settings(home=worked.path.parent)
    worked.close()
    before = fingerprint(settings.home)
    spoil(saved)
    with pytest.raises(Refusal) as refused:
        restore(saved, settings, NOW)
    assert refused.value.code == code
    assert fingerprint(settings.home) == before


def test_the_database_itself_is_no_backup(worked: Database) -> None:
    worked.close()
    with pytest.raises(Conflict, match="same_file"):
        restore(worked.path, Settings(home=worked.path.parent), NOW)


def test_nothing_is_restored_under_a_running_server(worked: Database, saved: Path) -> None:
    worked.close()
    home = worked.path.parent
    before = fingerprint(home)
    idle = (
        "import sys; from hall.database import Database; db = Database(sys.argv[1])\n"
        "with db.reading() as c: c.exec_driver_sql('SELECT count(*) FROM tickets').all()\n"
        "print('open', flush=True); sys.stdin.readline(); db.close()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", idle, str(worked.url)],
        env=environment_of(home, 8080),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None and server.stdin is not None
        assert server.stdout.readline() == "open\n"
        with pytest.raises(Conflict, match="server_running"):
            restore(saved, Settings(home=home), NOW)
        server.stdin.write("\n")
        server.stdin.flush()
        assert server.wait(timeout=30) == 0
    assert {name: value for name, value in fingerprint(home).items() if name == "antre.db"} == {
        "antre.db": before["antre.db"]
    }
    restore(saved, Settings(home=home), NOW)  # now that nobody is there


def test_nothing_is_restored_while_somebody_writes(worked: Database, saved: Path, tmp_path: Path) -> None:
    home = tmp_path / "second"
    restore(saved, Settings(home=home), NOW)
    with opened(home / "antre.db") as db, db.writing(), pytest.raises(Conflict, match="server_running"):
        restore(saved, Settings(home=home), NOW)


def test_both_commands_say_what_they_did(worked: Database, tmp_path: Path) -> None:
    home = worked.path.parent
    with worked.reading() as connection:
        count = connection.execute(select(func.count()).select_from(tickets)).scalar_one()
    worked.close()
    environment = environment_of(home, 8080)
    done = run_antre(environment, "backup", str(tmp_path / "b"))
    assert (done.returncode, done.stdout) == (0, f"Backup written to {tmp_path / 'b'}.\n")
    again = run_antre(environment, "backup", str(tmp_path / "b"))
    assert again.returncode == 1 and "already exists" in again.stderr
    back = run_antre(environment, "restore", str(tmp_path / "b"))
    assert back.returncode == 0 and "is now the database" in back.stdout
    with opened(home / "antre.db") as db:
        assert len(ids(db)) == count
