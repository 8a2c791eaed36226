"""A hall's life goes on over every migration, on both engines, however it is interrupted and whoever else migrates."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import op
from click.testing import CliRunner, Result
from sqlalchemy import text

from app.backup import backup, restore
from app.cli import cli
from app.settings import Settings, secret_of
from app.verify import verify
from hall.database import Database, sqlite_url
from hall.errors import Unavailable
from hall.schema import migrate, must_be_current, newest, revision_of
from staffing.floor import floor
from staffing.watch import watch
from tests.app.lively import Hall
from tests.cast import CONTOH_FILE, ROOT, wib
from tests.conformance.migrating import dying_at
from tests.conformance.revisions import Rows, bring_to, chain, fill, held, kept

OLD = chain()[:-1]
ENGINES = ("sqlite", "postgresql")


@pytest.fixture(params=ENGINES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    own = request.param == "sqlite"
    database = Database(sqlite_url(tmp_path / "antre.db") if own else request.getfixturevalue("postgres_url"))
    try:
        yield database
    finally:
        database.close()


def at_revision(db: Database, revision: str) -> Rows:
    """Fills the database as a program of that revision left it; returns what it holds."""
    bring_to(db, revision)
    fill(db, kept(revision))
    return held(db)


def is_in(before: Rows, after: Rows) -> bool:
    """Whether every row of every table is still there, column by column; new columns may stand beside."""
    for table, rows in before.items():
        now = [{name: row.get(name) for name in (rows[0] if rows else ())} for row in after[table]]
        if sorted(now, key=repr) != rows:
            return False
    return True


def url_of(db: Database) -> str:
    return db.url.render_as_string(hide_password=False)


def processes(db: Database, *dies_at: int) -> list[tuple[int, str]]:
    """So many other processes that migrate, let go at the same moment; each one's status and last words."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.conformance.migrating", url_of(db), str(step)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for step in dies_at
    ]  # fmt: skip
    for process in running:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    ended = []
    for process in running:
        _, words = process.communicate(timeout=100)
        ended.append((process.returncode, words))
    return ended


def test_every_revision_that_may_be_out_there_is_kept_with_a_life_in_it() -> None:
    for revision in OLD:
        lively = {table for table, rows in kept(revision).items() if rows}
        assert {"halls", "journal", "tickets", "sessions", "absences"} <= lively, revision


@pytest.mark.parametrize("revision", OLD)
def test_a_hall_of_an_earlier_revision_lives_on(revision: str, empty: Database) -> None:
    before = at_revision(empty, revision)
    assert revision_of(empty) == revision
    migrate(empty)
    after = held(empty)
    assert revision_of(empty) == newest()
    assert is_in(before, after)
    assert verify(empty) == []
    migrate(empty)
    assert held(empty) == after  # again changes nothing
    hall = Hall(empty, "contoh", 5)
    hall.play("2026-03-16", 40)
    assert sum(hall.done.values()) > 15
    watch(empty, "contoh", now=hall.now)
    assert floor(empty, "contoh", hall.now).counters
    assert verify(empty) == []


def test_tables_of_a_newer_program_are_refused_with_a_sentence_and_left_alone(empty: Database) -> None:
    at_revision(empty, OLD[0])
    with empty.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = held(empty)
    with pytest.raises(Unavailable, match=r"versi 9999, dari program yang lebih baru.*newer_revision"):
        migrate(empty)
    with pytest.raises(Unavailable, match="not_migrated"):
        must_be_current(empty)
    assert held(empty) == before and revision_of(empty) == "9999"


@pytest.mark.parametrize("step", [1, 4, 17])
def test_a_migration_that_fails_half_way_leaves_everything_as_it_was(
    step: int, empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = at_revision(empty, OLD[0])

    def fail() -> None:
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(op, "create_table", dying_at(step, fail))
        with pytest.raises(RuntimeError, match="the power is gone"):
            migrate(empty)
    assert held(empty) == before  # no new table, no new column, no other revision
    assert revision_of(empty) == OLD[0]
    migrate(empty)
    assert is_in(before, held(empty)) and verify(empty) == []


def test_a_process_killed_while_it_migrates_leaves_everything_as_it_was(empty: Database) -> None:
    before = at_revision(empty, OLD[0])
    for step in (2, 12):
        assert processes(empty, step) == [(-signal.SIGKILL, "")]
        assert held(empty) == before and revision_of(empty) == OLD[0]
    migrate(empty)  # waits, on PostgreSQL, until the server has noticed that the dead one is gone
    assert is_in(before, held(empty)) and verify(empty) == []


@pytest.mark.parametrize("first", ["empty", OLD[0]])
def test_several_servers_that_start_at_the_same_moment_migrate_once(first: str, empty: Database) -> None:
    before = {} if first == "empty" else at_revision(empty, first)
    assert processes(empty, 0, 0, 0) == [(0, "")] * 3
    must_be_current(empty)
    assert is_in(before, held(empty)) and verify(empty) == []


def test_one_of_several_killed_while_it_migrates_does_not_stop_the_others(empty: Database) -> None:
    before = at_revision(empty, OLD[0])
    ended = processes(empty, 3, 0)
    assert {status for status, _ in ended} <= {0, -signal.SIGKILL} and (0, "") in ended
    must_be_current(empty)
    assert is_in(before, held(empty)) and verify(empty) == []


def antre(home: Path, *words: str) -> Result:
    """A command with its home in that folder."""
    environment = {"ANTRE_HOME": str(home), "ANTRE_VOICE": "off", "ANTRE_DATABASE_URL": None}
    return CliRunner().invoke(cli, words, env=environment)


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    """The home of a server of the first revision, updated to this program a moment ago."""
    home = tmp_path / "home"
    secret_of(Settings(home=home), make=True)
    database = Database(sqlite_url(home / "antre.db"))
    try:
        at_revision(database, OLD[0])
    finally:
        database.close()
    return home


def test_an_old_database_is_not_served_before_it_is_migrated(old_home: Path) -> None:
    for words in (["serve"], ["verify"], ["token", "list"], ["floor", "--hall", "contoh"]):
        refused = antre(old_home, *words)
        assert refused.exit_code == 1 and "antre migrate" in refused.stderr, words
    assert antre(old_home, "doctor").exit_code == 1
    assert antre(old_home, "migrate").exit_code == 0
    assert antre(old_home, "verify").exit_code == 0


def test_loading_the_hall_file_migrates_first(old_home: Path) -> None:
    assert antre(old_home, "init", str(CONTOH_FILE)).exit_code == 0
    assert antre(old_home, "verify").exit_code == 0


def test_a_backup_of_an_earlier_revision_is_migrated_where_it_is_restored(old_home: Path, tmp_path: Path) -> None:
    with closing(Database(sqlite_url(old_home / "antre.db"))) as old:
        before = held(old)
        backup(old, tmp_path / "kept.db")
    settings = Settings(home=tmp_path / "elsewhere")
    restore(tmp_path / "kept.db", settings, wib("2026-03-12", "07:00"))
    with closing(Database(settings.url)) as again:
        must_be_current(again)
        assert is_in(before, held(again)) and verify(again) == []
    with closing(Database(sqlite_url(tmp_path / "kept.db"))) as untouched:
        assert revision_of(untouched) == OLD[0]
